package awsiam_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
)

// boundedWorld is an irsa.yaml with policies and boundaries that are as they happen to be.
func boundedWorld(r *rand.Rand) string {
	acts := []string{`"*"`, `"s3:*"`, `"s3:Get*"`, `"sqs:*"`, `"ec2:*","s3:Get*"`, `"s3:Delete*","sqs:*"`}
	doc := func() string {
		d := allows(acts[r.IntN(len(acts))])
		if r.IntN(4) == 0 {
			d += ", " + denies([]string{`"s3:Delete*"`, `"sqs:*"`, `"ec2:*"`}[r.IntN(3)])
		}
		return d
	}
	text := guardPolicies("P "+doc(), "Q "+doc(), "B1 "+allows(acts[r.IntN(len(acts))]), "B2 "+allows(acts[r.IntN(len(acts))]))
	role := ", policies: [" + []string{"", "P", "Q", "P, Q"}[r.IntN(4)] + "]"
	if r.IntN(2) == 0 {
		role += ", inlinePolicies: {x: {Version: \"2012-10-17\", Statement: [" + doc() + "]}}"
	}
	if b := r.IntN(3); b > 0 {
		role += fmt.Sprintf(", permissionsBoundary: \"%sB%d\"", boundedBy, b)
	}
	return text + "serviceAccounts: [{name: app, role: {name: app-role" + role + "}}]\n"
}

// TestBetweenIsNoMore: between the two parts of a plan, whatever changes in it, a role may do what
// it might before or will in the end.
func TestBetweenIsNoMore(t *testing.T) {
	t.Parallel()
	const worlds = 100
	for seed := range uint64(worlds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 7))
			texts := [2]string{boundedWorld(r), boundedWorld(r)}
			before, after := released(fileOf(t, texts[0])), released(fileOf(t, texts[1]))
			c := newCloud(t, localaws.Options{})
			if err := c.process(before, nil).run(context.Background()); err != nil {
				t.Fatal(err)
			}
			had := powers(t, c.account(t), "app-role")
			s, plan, err := c.process(after, nil).plan(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			first, second := plan.Split()
			if err := s.Apply(context.Background(), first, nil); err != nil {
				t.Fatal(err)
			}
			between := powers(t, c.account(t), "app-role")
			if err := s.Apply(context.Background(), second, nil); err != nil {
				t.Fatal(err)
			}
			may := append(had, powers(t, c.account(t), "app-role")...)
			for _, action := range between {
				if !slices.Contains(may, action) {
					t.Errorf("it may do %s, from\n%s\nto\n%s", action, texts[0], texts[1])
				}
			}
		})
	}
}

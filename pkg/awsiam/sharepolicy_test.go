package awsiam_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// onePolicy is a release with a role of its own and a policy that eight share.
func onePolicy(t testing.TB, name string) *spec.File {
	return load(t, fmt.Sprintf(`
policies:
- name: OnePolicy
  document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]}
  sharedWith: [a/*, b/*, c/*, d/*, e/*, f/*, g/*, h/*]
serviceAccounts:
- name: %s
  role: {name: role-%[1]s, policies: [OnePolicy]}
`, name))
}

var eight = []string{"a", "b", "c", "d", "e", "f", "g", "h"}

// TestEightShareAPolicy: eight releases that have one policy are applied at once. Each ends well,
// or is told to run again and does then; the policy is one, on all their roles. When all have
// left, in any order, it is gone.
func TestEightShareAPolicy(t *testing.T) {
	t.Parallel()
	files := map[string]*spec.File{}
	for _, name := range eight {
		files[name] = onePolicy(t, name)
	}
	arn := "arn:aws:iam::" + account + ":policy/helm-irsa/OnePolicy"
	runs := func(c *cloud) map[string]*process {
		out := map[string]*process{}
		for _, name := range eight {
			out[name] = c.of(files[name], name, false)
		}
		return out
	}
	turn := 0
	end := func(c *cloud, errs map[string]error) error {
		for _, name := range eight {
			var again *awsiam.Meanwhile
			switch err := errs[name]; {
			case err == nil:
			case !errors.As(err, &again):
				return fmt.Errorf("%s was not told to run again: %w", name, err)
			default:
				if err := runs(c)[name].run(context.Background()); err != nil {
					return fmt.Errorf("%s, once more: %w", name, err)
				}
			}
		}
		now := (&hand{c: c}).now(t)
		if len(now.Policies[arn].Versions) != 1 {
			return fmt.Errorf("the policy has the versions %v", now.Policies[arn].Versions)
		}
		for _, name := range eight {
			if !slices.Equal(now.Roles["role-"+name].Attached, []string{arn}) {
				return fmt.Errorf("role-%s has %v", name, now.Roles["role-"+name].Attached)
			}
			if err := runs(c)[name].empty(); err != nil {
				return err
			}
		}
		turn++
		for i := range eight { // another one begins each time
			name := eight[(i*3+turn)%len(eight)]
			if err := c.of(files[name], name, true).run(context.Background()); err != nil {
				return fmt.Errorf("%s leaves: %w", name, err)
			}
		}
		if text := string(c.snapshot(t)); strings.Contains(text, "OnePolicy") {
			return fmt.Errorf("all have left, and the policy is there")
		}
		return nil
	}
	x := &together{from: newCloud(t, localaws.Options{}).snapshot(t), runs: runs, turns: 2, end: end}
	x.random(t, 10)
}

package awsiam_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// After each write of a plan, a role may do what it might before or will in the end, and nothing
// that a permissions boundary or a deny kept from it in both.

// probes are the accesses that are tried.
var probes = []trust.Access{
	{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/x"}, {Action: "s3:DeleteObject", Resource: "arn:aws:s3:::b/x"},
	{Action: "ec2:RunInstances", Resource: "*"}, {Action: "sqs:SendMessage", Resource: "*"}, {Action: "iam:CreateUser", Resource: "*"},
}

// powers are those of the probes that a role may do, within its boundary.
func powers(t testing.TB, a savedAccount, name string) []string {
	var out []string
	role, there := a.Roles[name]
	if !there {
		return nil
	}
	bound := []trust.Document(nil)
	for _, p := range a.Policies {
		for _, v := range p.Versions {
			if v.Default && p.ARN == role.Boundary {
				doc, err := trust.ParsePermissions(v.Document)
				if err != nil {
					t.Fatal(err)
				}
				bound = append(bound, doc)
			}
		}
	}
	if role.Boundary != "" && bound == nil {
		t.Fatalf("the boundary %s of role %s is not there", role.Boundary, name)
	}
	all := permissionsOn(t, a, name)
	for _, probe := range probes {
		within := bound == nil || trust.EvaluateAccesses(bound, probe).Verdict == trust.Allow
		if within && trust.EvaluateAccesses(all, probe).Verdict == trust.Allow {
			out = append(out, probe.Action)
		}
	}
	return out
}

// guardPolicies are lists of policies of irsa.yaml, by name.
func guardPolicies(documents ...string) string {
	var out strings.Builder
	out.WriteString("policies:\n")
	for _, d := range documents {
		name, statements, _ := strings.Cut(d, " ")
		fmt.Fprintf(&out, "- {name: %s, document: {Version: \"2012-10-17\", Statement: [%s]}}\n", name, statements)
	}
	return out.String()
}

func allows(actions string) string {
	return fmt.Sprintf("{Effect: Allow, Action: [%s], Resource: \"*\"}", actions)
}

func denies(actions string) string {
	return fmt.Sprintf("{Effect: Deny, Action: [%s], Resource: \"*\"}", actions)
}

const boundedBy = "arn:aws:iam::111122223333:policy/helm-irsa/"

// guardCases are changes of irsa.yaml, before and after.
func guardCases() map[string][2]string {
	role := func(rest string) string {
		return "serviceAccounts: [{name: app, role: {name: app-role" + rest + "}}]\n"
	}
	three := guardPolicies("All "+allows(`"*"`), "Get "+allows(`"s3:Get*"`), "Bound "+allows(`"s3:*"`), "Queue "+allows(`"sqs:*","s3:Get*"`))
	inline := func(statements string) string {
		return ", inlinePolicies: {x: {Version: \"2012-10-17\", Statement: [" + statements + "]}}"
	}
	boundary := func(name string) string { return ", permissionsBoundary: \"" + boundedBy + name + "\"" }
	return map[string][2]string{
		"a boundary goes with the policy that it bounds":           {three + role(", policies: [All]"+boundary("Bound")), three + role(", policies: [Get]")},
		"a boundary comes with the policy that it bounds":          {three + role(", policies: [Get]"), three + role(", policies: [All]"+boundary("Bound"))},
		"a boundary gets narrower, and a policy comes":             {three + role(", policies: [Get]"+boundary("Queue")), three + role(", policies: [All]"+boundary("Get"))},
		"a boundary becomes another, and so does the policy":       {three + role(", policies: [All]"+boundary("Bound")), three + role(", policies: [Get]"+boundary("Queue"))},
		"a boundary goes with the inline policy that it bounds":    {three + role(boundary("Bound")+inline(allows(`"*"`))), three + role(inline(allows(`"s3:Get*"`)))},
		"a boundary goes with the inline policy, which is deleted": {three + role(boundary("Bound")+inline(allows(`"*"`))), three + role("")},
		"a boundary goes, and an inline policy becomes another":    {three + role(boundary("Bound")+inline(allows(`"*"`))), three + role(inline(allows(`"s3:Get*","sqs:*"`)))},
		"a boundary comes, and an inline policy becomes another":   {three + role(inline(allows(`"s3:*","sqs:*"`))), three + role(boundary("Queue")+inline(allows(`"s3:Get*","ec2:*","sqs:*"`)))},
		"a policy gets wider with a boundary":                      {guardPolicies("P "+allows(`"s3:Get*"`), "Bound "+allows(`"s3:*"`)) + role(", policies: [P]"), guardPolicies("P "+allows(`"*"`), "Bound "+allows(`"s3:*"`)) + role(", policies: [P]"+boundary("Bound"))},
		"a policy gets narrower without its boundary":              {guardPolicies("P "+allows(`"*"`), "Bound "+allows(`"s3:*"`)) + role(", policies: [P]"+boundary("Bound")), guardPolicies("P "+allows(`"s3:Get*"`), "Bound "+allows(`"s3:*"`)) + role(", policies: [P]")},
		"the document of a boundary gets wider, and a policy goes": {guardPolicies("All "+allows(`"*"`), "Get "+allows(`"s3:Get*"`), "Bound "+allows(`"s3:*"`)) + role(", policies: [All]"+boundary("Bound")), guardPolicies("All "+allows(`"*"`), "Get "+allows(`"s3:Get*"`), "Bound "+allows(`"*"`)) + role(", policies: [Get]"+boundary("Bound"))},
		"the document of a boundary gets narrower, a policy comes": {guardPolicies("All "+allows(`"*"`), "Get "+allows(`"s3:Get*"`), "Bound "+allows(`"*"`)) + role(", policies: [Get]"+boundary("Bound")), guardPolicies("All "+allows(`"*"`), "Get "+allows(`"s3:Get*"`), "Bound "+allows(`"s3:*"`)) + role(", policies: [All]"+boundary("Bound"))},
		"a policy gets narrower, and comes":                        {guardPolicies("P "+allows(`"*"`), "Q "+allows(`"s3:Get*"`)) + role(", policies: [Q]"), guardPolicies("P "+allows(`"s3:*"`), "Q "+allows(`"s3:Get*"`)) + role(", policies: [P, Q]")},
		"another boundary comes, and gets narrower":                {guardPolicies("P "+allows(`"*"`), "A "+allows(`"s3:*"`), "B "+allows(`"*"`)) + role(", policies: [P]"+boundary("A")), guardPolicies("P "+allows(`"*"`), "A "+allows(`"s3:*"`), "B "+allows(`"sqs:*"`)) + role(", policies: [P]"+boundary("B"))},
		"a boundary gets wider, and goes":                          {guardPolicies("P "+allows(`"*"`), "A "+allows(`"s3:*"`), "B "+allows(`"sqs:*"`)) + role(", policies: [P]"+boundary("A")), guardPolicies("P "+allows(`"*"`), "A "+allows(`"s3:*","ec2:*"`), "B "+allows(`"sqs:*"`)) + role(", policies: [P]"+boundary("B"))},
		"a deny comes with what it denies":                         {guardPolicies("P "+allows(`"s3:Get*"`)) + role(", policies: [P]"), guardPolicies("P "+allows(`"s3:*","sqs:*"`)+", "+denies(`"s3:Delete*"`)) + role(", policies: [P]")},
		"a deny goes with what it denies":                          {guardPolicies("P "+allows(`"s3:*"`)+", "+denies(`"s3:Delete*"`)) + role(", policies: [P]"), guardPolicies("P "+allows(`"s3:Get*","sqs:*"`)) + role(", policies: [P]")},
		"a deny comes, and another policy":                         {guardPolicies("P "+allows(`"s3:Get*"`), "Q "+allows(`"s3:*"`)) + role(", policies: [P]"), guardPolicies("P "+allows(`"s3:Get*"`)+", "+denies(`"s3:Delete*"`), "Q "+allows(`"s3:*"`)) + role(", policies: [P, Q]")},
		"a deny goes, and another policy":                          {guardPolicies("P "+allows(`"s3:Get*"`)+", "+denies(`"s3:Delete*"`), "Q "+allows(`"s3:*"`)) + role(", policies: [P, Q]"), guardPolicies("P "+allows(`"s3:Get*"`), "Q "+allows(`"s3:*"`)) + role(", policies: [P]")},
		"a policy goes, and gets wider for another role": {
			guardPolicies("P "+allows(`"s3:Get*"`)) + "serviceAccounts: [{name: app, role: {name: app-role, policies: [P]}}, {name: b, role: {name: b-role, policies: [P]}}]\n",
			guardPolicies("P "+allows(`"*"`)) + "serviceAccounts: [{name: app, role: {name: app-role}}, {name: b, role: {name: b-role, policies: [P]}}]\n",
		},
		"a deny of an inline policy goes, and another inline policy": {guardPolicies("P "+allows(`"s3:*"`)) + role(", policies: [P]"+inline(denies(`"s3:Delete*"`)+", "+allows(`"sqs:*"`))), guardPolicies("P "+allows(`"s3:Get*"`)) + role(", policies: [P]"+inline(allows(`"sqs:*"`)))},
	}
}

// TestNoMoreThanBeforeOrAfter goes through each case in one part and in two.
func TestNoMoreThanBeforeOrAfter(t *testing.T) {
	t.Parallel()
	for name, texts := range guardCases() {
		for _, split := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, in two parts %v", name, split), func(t *testing.T) {
				t.Parallel()
				before, after := released(fileOf(t, texts[0])), released(fileOf(t, texts[1]))
				c := newCloud(t, localaws.Options{})
				if err := c.process(before, nil).run(context.Background()); err != nil {
					t.Fatal(err)
				}
				from, had := c.snapshot(t), powers(t, c.account(t), "app-role")
				if err := c.process(after, nil).run(context.Background()); err != nil {
					t.Fatal(err)
				}
				may := append(had, powers(t, c.account(t), "app-role")...)
				final := canonical(t, c.snapshot(t), look{})

				c = restored(t, t.TempDir(), from)
				watched(t, c, func(call string, a savedAccount) {
					for _, action := range powers(t, a, "app-role") {
						if !slices.Contains(may, action) {
							t.Errorf("after %s, the role may do %s, which it could not before and cannot in the end", call, action)
						}
					}
				})
				p := c.process(after, nil)
				p.split = split
				if err := p.run(context.Background()); err != nil {
					t.Fatal(err)
				}
				c.aws.SetFaults(localaws.Faults{})
				if got := canonical(t, c.snapshot(t), look{}); got != final {
					t.Errorf("it ended elsewhere:\n%s", difference(final, got))
				}
				if err := c.process(after, nil).empty(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// watched looks at the AWS account after each write.
func watched(t testing.TB, c *cloud, look func(call string, a savedAccount)) {
	c.aws.SetFaults(localaws.Faults{After: func(call localaws.Call) {
		if len(writes([]localaws.Call{call})) > 0 {
			look(call.Operation, c.account(t))
		}
	}})
}

// TestAdoptedRoleIsNarrowFirst: pods come into a role that somebody else made once it may do
// what irsa.yaml says, and no more.
func TestAdoptedRoleIsNarrowFirst(t *testing.T) {
	t.Parallel()
	c := newCloud(t, localaws.Options{})
	first := released(load(t, guardPolicies("All "+allows(`"*"`), "Bound "+allows(`"s3:*"`))+
		"serviceAccounts: [{name: other, role: {name: app-role, policies: [All], permissionsBoundary: \""+boundedBy+"Bound\", inlinePolicies: {x: {Version: \"2012-10-17\", Statement: ["+allows(`"*"`)+"]}}}}]\n"))
	first.Name = "other"
	if err := c.process(first, nil).run(context.Background()); err != nil {
		t.Fatal(err)
	}
	second := released(load(t, "serviceAccounts: [{name: app, role: {name: app-role, inlinePolicies: {x: {Version: \"2012-10-17\", Statement: ["+allows(`"s3:Get*","sqs:*"`)+"]}}}}]\n"))
	second.Adopt = []string{"role/app-role"}
	entered := false
	watched(t, c, func(call string, a savedAccount) {
		if !strings.Contains(a.Roles["app-role"].Trust, "system:serviceaccount:apps:app\"") {
			return
		}
		entered = true
		for _, action := range powers(t, a, "app-role") {
			if !slices.Contains([]string{"s3:GetObject", "sqs:SendMessage"}, action) {
				t.Errorf("after %s, the pods may do %s", call, action)
			}
		}
	})
	if err := c.process(second, nil).run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if !entered {
		t.Error("the pods never get in")
	}
}

package awsiam_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// Between the start of the first part of a plan and the start of the second, a pod that runs
// loses nothing.

// phaseCases are changes of irsa.yaml, before and after.
func phaseCases(t *testing.T) map[string][2]string {
	t.Helper()
	out := map[string][2]string{
		"a service account, a policy, attachments": {mineBefore, splitAfter},
		"everything of the release":                {mineBefore, mineAfter},
		"another service account": {
			"serviceAccounts: [{name: app, role: {name: app-role}}]\n",
			"serviceAccounts: [{name: app-s3, role: {name: app-role}}]\n",
		},
		"from irsa to another role by Pod Identity": {
			"serviceAccounts: [{name: app, mode: irsa, role: {name: app-role}}]\n",
			"serviceAccounts: [{name: app, mode: podIdentity, role: {name: pod-role}}]\n",
		},
		"from Pod Identity to irsa": {
			"serviceAccounts: [{name: app, mode: podIdentity, role: {name: app-role}}]\n",
			"serviceAccounts: [{name: app, mode: irsa, role: {name: app-role}}]\n",
		},
		"patterns": {
			`serviceAccounts: [{name: app, role: {name: app-role, trust: {subjects: ["system:serviceaccount:apps:a*", "system:serviceaccount:apps:b*"]}}}]` + "\n",
			`serviceAccounts: [{name: app, role: {name: app-role, trust: {subjects: ["system:serviceaccount:apps:b*", "system:serviceaccount:apps:c*"]}}}]` + "\n",
		},
	}
	folders, err := filepath.Glob(goldenFolder + "/phases-*")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if strings.Contains(folder, "-no-room") {
			continue // it is told that pods lose something at once
		}
		var texts [2]string
		for i, name := range []string{"earlier.yaml", "irsa.yaml"} {
			text, err := os.ReadFile(filepath.Join(folder, name))
			if err != nil {
				t.Fatal(err)
			}
			texts[i] = string(text)
		}
		out[filepath.Base(folder)] = texts
	}
	if len(out) < 14 {
		t.Fatalf("only %d cases", len(out))
	}
	return out
}

// fileOf reads an irsa.yaml, with or without its head.
func fileOf(t *testing.T, text string) *spec.File {
	if !strings.Contains(text, "apiVersion:") {
		return load(t, text)
	}
	path := filepath.Join(t.TempDir(), "irsa.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := spec.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// accounts is what there is now, without a file for it.
func (c *cloud) account(t testing.TB) savedAccount {
	var state struct{ Accounts map[string]savedAccount }
	if err := json.Unmarshal(c.snapshot(t), &state); err != nil {
		t.Fatal(err)
	}
	return state.Accounts[account]
}

// entry is a request that a role let in, and the role.
type entry struct {
	role    string
	request trust.Request
}

// right is an access that the policies of a role allow.
type right struct {
	role string
	trust.Access
}

// held is what pods of an AWS account may do.
type held struct {
	entries      []entry
	rights       []right
	attached     map[string][]string
	associations []string
}

// holdings takes down who gets in and what the roles may do.
func holdings(t testing.TB, a savedAccount) held {
	t.Helper()
	out := held{attached: map[string][]string{}, associations: associationsOf(a)}
	for name, role := range a.Roles {
		doc := trustOf(t, role.Trust)
		for _, s := range doc.Statements() {
			for _, r := range requestsFor(s) {
				if trust.Evaluate(doc, r).Verdict == trust.Allow {
					out.entries = append(out.entries, entry{name, r})
				}
			}
		}
		out.attached[name] = role.Attached
		all := permissionsOn(t, a, name)
		for _, d := range all {
			for _, s := range d.Statements() {
				actions, _ := s.Actions()
				resources, _ := s.Resources()
				for _, action := range actions {
					for _, resource := range resources {
						access := trust.Access{Action: strings.ReplaceAll(action, "*", "GetObject"), Resource: strings.ReplaceAll(resource, "*", "x")}
						if trust.EvaluateAccesses(all, access).Verdict == trust.Allow {
							out.rights = append(out.rights, right{name, access})
						}
					}
				}
			}
		}
	}
	return out
}

// missing is the first thing that is held no more.
func (h held) missing(t testing.TB, a savedAccount) string {
	for _, e := range h.entries {
		if role, there := a.Roles[e.role]; !there || trust.Evaluate(trustOf(t, role.Trust), e.request).Verdict != trust.Allow {
			return fmt.Sprintf("role %s refuses %+v: %s", e.role, e.request.Context, role.Trust)
		}
	}
	for _, r := range h.rights {
		if trust.EvaluateAccesses(permissionsOn(t, a, r.role), r.Access).Verdict != trust.Allow {
			return fmt.Sprintf("role %s may not do %s on %s any more", r.role, r.Action, r.Resource)
		}
	}
	for role, arns := range h.attached {
		for _, arn := range arns {
			if !slices.Contains(a.Roles[role].Attached, arn) {
				return fmt.Sprintf("role %s has not %s any more", role, arn)
			}
		}
	}
	now := associationsOf(a)
	for _, name := range h.associations {
		if !slices.Contains(now, name) {
			return "no association of " + name
		}
	}
	return ""
}

// withoutOverruling is what is held but for the associations of service accounts that are to have
// their role by IRSA alone: while there is one, the webhook gives new pods that and no token, so it
// cannot wait for them.
func (h held) withoutOverruling(f *spec.File) held {
	h.associations = slices.DeleteFunc(slices.Clone(h.associations), func(name string) bool {
		return slices.ContainsFunc(f.ServiceAccounts, func(sa spec.ServiceAccount) bool {
			return cmp.Or(sa.Namespace, "apps")+"/"+sa.Name == name && !sa.UsesPodIdentity()
		})
	})
	return h
}

func trustOf(t testing.TB, text string) trust.Document {
	d, err := trust.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func associationsOf(a savedAccount) []string {
	var out []string
	for _, c := range a.Clusters {
		for _, one := range c.Associations {
			out = append(out, one.Namespace+"/"+one.ServiceAccount)
		}
	}
	return out
}

// permissionsOn are the documents of a role that the release wrote.
func permissionsOn(t testing.TB, a savedAccount, role string) []trust.Document {
	var out []trust.Document
	add := func(text string) {
		d, err := trust.ParsePermissions(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, d)
	}
	for _, text := range a.Roles[role].Inline {
		add(text)
	}
	for _, p := range a.Policies {
		if !slices.Contains(a.Roles[role].Attached, p.ARN) {
			continue
		}
		for _, v := range p.Versions {
			if v.Default {
				add(v.Document)
			}
		}
	}
	return out
}

// requestsFor are requests that a statement is about: of tokens, of EKS Pod Identity, and of
// AWS services.
func requestsFor(s trust.Statement) []trust.Request {
	var out []trust.Request
	principals, _ := s.Principals()
	actions, _ := s.Actions()
	values := map[string][]string{}
	for _, c := range s.Conditions() {
		values[c.Key] = c.Values
	}
	for _, p := range principals {
		_, issuer, token := strings.Cut(p.ID, ":oidc-provider/")
		for _, action := range actions {
			if !token {
				context := map[string][]string{}
				for key, v := range values {
					context[key] = v[:1]
				}
				out = append(out, trust.Request{Action: action, Principal: p, Context: context})
				continue
			}
			for _, subject := range values[issuer+":sub"] {
				for _, audience := range values[issuer+":aud"] {
					out = append(out, trust.WebIdentity(trust.Token{
						Issuer: issuer, ProviderARN: p.ID, Subject: strings.ReplaceAll(subject, "*", "x"), Audiences: []string{audience},
					}))
				}
			}
		}
	}
	return out
}

// TestPodsKeepWhatTheyHave looks after each write of the first part whether all that got in
// before still does, and may do what it could; before the second part, also what is new; and
// in the end, what a plan that is not split leads to.
func TestPodsKeepWhatTheyHave(t *testing.T) {
	t.Parallel()
	for name, texts := range phaseCases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, after := released(fileOf(t, texts[0])), released(fileOf(t, texts[1]))
			c := newCloud(t, localaws.Options{})
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			must(c.process(before, nil).run(context.Background()))
			from, had := c.snapshot(t), holdings(t, c.account(t))
			was := had.withoutOverruling(after.File)
			if len(was.entries) == 0 {
				t.Fatal("nobody gets in before")
			}
			must(c.process(after, nil).run(context.Background()))
			final, is := canonical(t, c.snapshot(t), look{}), holdings(t, c.account(t))

			c = restored(t, t.TempDir(), from)
			s, plan, err := c.process(after, nil).plan(context.Background())
			must(err)
			first, second := plan.Split()
			for _, change := range first.Begun {
				if !slices.Contains(second.Changes, change) || slices.Contains(first.Changes, change) {
					t.Errorf("%s %s begins in the first part, and does not end in the second", change.Type, change.Name)
				}
			}
			if !first.Empty() && len(first.Changes)+len(first.Begun) == 0 {
				t.Error("the first part does something, and no change says what")
			}
			looks := 0
			c.aws.SetFaults(localaws.Faults{After: func(call localaws.Call) {
				if len(writes([]localaws.Call{call})) == 0 {
					return
				}
				looks++
				if what := was.missing(t, c.account(t)); what != "" {
					t.Errorf("after %s: %s", call.Operation, what)
				}
			}})
			must(s.Apply(context.Background(), first, nil))
			c.aws.SetFaults(localaws.Faults{})
			if looks == 0 && !first.Empty() {
				t.Error("nothing was looked at")
			}
			if what := is.missing(t, c.account(t)); what != "" {
				t.Errorf("after the first part, what is new is not there: %s", what)
			}
			between := c.snapshot(t)
			must(s.Apply(context.Background(), second, nil))
			if got := canonical(t, c.snapshot(t), look{}); got != final {
				t.Errorf("it ended elsewhere than a plan that is not split:\n%s", difference(final, got))
			}
			must(c.process(after, nil).empty())
			if second.Empty() {
				return
			}
			// Where Helm never succeeds: the same again takes away the rest, and the irsa.yaml
			// of before takes the first part back.
			c = restored(t, t.TempDir(), between)
			_, plan, err = c.process(after, nil).plan(context.Background())
			must(err)
			if again, _ := plan.Split(); !again.Empty() {
				t.Errorf("after the first part, a plan has a first part again: %+v", again.Changes)
			}
			for _, w := range plan.Warnings {
				if strings.Contains(w, "can now be assumed") {
					t.Errorf("after the first part, a plan lets somebody in: %s", w)
				}
			}
			must(c.process(before, nil).run(context.Background()))
			if got := holdings(t, c.account(t)); !sameHeld(had, got) {
				t.Errorf("the irsa.yaml of before leads to\n%+v, want\n%+v", got, had)
			}
		})
	}
}

// sameHeld compares what pods may do.
func sameHeld(a, b held) bool {
	texts := func(h held) []string {
		var out []string
		for _, e := range h.entries {
			out = append(out, fmt.Sprintf("%s %s %+v %v", e.role, e.request.Action, e.request.Principal, e.request.Context))
		}
		for _, r := range h.rights {
			out = append(out, fmt.Sprintf("%s %s %s", r.role, r.Action, r.Resource))
		}
		for role, arns := range h.attached {
			for _, arn := range arns {
				out = append(out, role+" "+arn)
			}
		}
		out = append(out, h.associations...)
		slices.Sort(out)
		return slices.Compact(out)
	}
	return slices.Equal(texts(a), texts(b))
}

// TestLosses asks of pods what they lose by the second part of a plan.
func TestLosses(t *testing.T) {
	t.Parallel()
	const role = "arn:aws:iam::" + account + ":role/helm-irsa/app-role"
	type pod = awsiam.Pod
	for _, tt := range []struct {
		name, before, after string
		leaves              bool
		pods                map[pod]awsiam.Extent
	}{
		{name: "nothing", before: mineBefore, after: mineBefore, pods: map[pod]awsiam.Extent{
			{Namespace: "apps", ServiceAccount: "app", RoleARN: role}: awsiam.LosesNothing,
		}},
		{
			name:   "the role moves to another service account",
			before: "serviceAccounts: [{name: app, role: {name: app-role}}]\n",
			after:  "serviceAccounts: [{name: app-s3, role: {name: app-role}}]\n",
			pods: map[pod]awsiam.Extent{
				{Namespace: "apps", ServiceAccount: "app", RoleARN: role}:                                awsiam.LosesRole,
				{Namespace: "apps", ServiceAccount: "app", RoleARN: role, Audience: "sts.amazonaws.com"}: awsiam.LosesRole,
				{Namespace: "apps", ServiceAccount: "app-s3", RoleARN: role}:                             awsiam.LosesNothing,
				{Namespace: "else", ServiceAccount: "app", RoleARN: role}:                                awsiam.LosesNothing,
				{Namespace: "apps", ServiceAccount: "app", RoleARN: role + "2"}:                          awsiam.LosesNothing,
				{Namespace: "apps", ServiceAccount: "app"}:                                               awsiam.LosesNothing,
			},
		},
		{
			name:   "another audience",
			before: "serviceAccounts: [{name: app, role: {name: app-role}}]\n",
			after:  "serviceAccounts: [{name: app, role: {name: app-role, trust: {audience: vault}}}]\n",
			pods: map[pod]awsiam.Extent{
				{Namespace: "apps", ServiceAccount: "app", RoleARN: role}:                                awsiam.LosesRole,
				{Namespace: "apps", ServiceAccount: "app", RoleARN: role, Audience: "sts.amazonaws.com"}: awsiam.LosesRole,
				{Namespace: "apps", ServiceAccount: "app", RoleARN: role, Audience: "vault"}:             awsiam.LosesNothing,
			},
		},
		{
			name:   "from irsa to Pod Identity",
			before: "serviceAccounts: [{name: app, mode: irsa, role: {name: app-role}}]\n",
			after:  "serviceAccounts: [{name: app, mode: podIdentity, role: {name: app-role}}]\n",
			pods: map[pod]awsiam.Extent{
				{Namespace: "apps", ServiceAccount: "app", RoleARN: role}: awsiam.LosesRole,
				{Namespace: "apps", ServiceAccount: "app"}:                awsiam.LosesNothing,
			},
		},
		{
			name:   "from Pod Identity to irsa",
			before: "serviceAccounts: [{name: app, mode: podIdentity, role: {name: app-role}}]\n",
			after:  "serviceAccounts: [{name: app, mode: irsa, role: {name: app-role}}]\n",
			pods: map[pod]awsiam.Extent{
				{Namespace: "apps", ServiceAccount: "app", RoleARN: role}: awsiam.LosesNothing,
				{Namespace: "apps", ServiceAccount: "app"}:                awsiam.LosesRole,
				{Namespace: "apps", ServiceAccount: "other"}:              awsiam.LosesNothing,
			},
		},
		{
			name:   "permissions",
			before: mineBefore, after: splitAfter,
			pods: map[pod]awsiam.Extent{
				{Namespace: "apps", ServiceAccount: "app", RoleARN: role}:                                       awsiam.LosesPermissions,
				{Namespace: "apps", ServiceAccount: "app"}:                                                      awsiam.LosesRole,
				{Namespace: "apps", ServiceAccount: "other", RoleARN: strings.Replace(role, "app", "other", 1)}: awsiam.LosesRole,
			},
		},
		{
			name: "a policy that shrinks",
			before: `policies: [{name: P, document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: ["s3:GetObject", "s3:PutObject"], Resource: "*"}]}}]
serviceAccounts: [{name: app, mode: both, role: {name: app-role, policies: [P]}}]
`,
			after: `policies: [{name: P, document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: ["s3:GetObject"], Resource: "*"}]}}]
serviceAccounts: [{name: app, mode: both, role: {name: app-role, policies: [P]}}]
`,
			pods: map[pod]awsiam.Extent{
				{Namespace: "apps", ServiceAccount: "app", RoleARN: role}: awsiam.LosesPermissions,
				{Namespace: "apps", ServiceAccount: "app"}:                awsiam.LosesPermissions,
			},
		},
		{
			name:   "destroy",
			before: mineBefore, after: mineBefore, leaves: true,
			pods: map[pod]awsiam.Extent{
				{Namespace: "apps", ServiceAccount: "app", RoleARN: role}: awsiam.LosesRole,
				{Namespace: "apps", ServiceAccount: "app"}:                awsiam.LosesRole,
				{Namespace: "apps", ServiceAccount: "app", RoleARN: "x"}:  awsiam.LosesNothing,
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t, localaws.Options{})
			if err := c.process(released(load(t, tt.before)), nil).run(context.Background()); err != nil {
				t.Fatal(err)
			}
			var destroy *awsiam.DestroyOptions
			if tt.leaves {
				destroy = &awsiam.DestroyOptions{}
			}
			_, plan, err := c.process(released(load(t, tt.after)), destroy).plan(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			_, second := plan.Split()
			losses := second.Losses()
			for p, want := range tt.pods {
				got := awsiam.LosesNothing
				for _, l := range losses {
					got = max(got, l.Of(p))
				}
				if got != want {
					t.Errorf("%+v loses %d, want %d, of %+v", p, got, want, losses)
				}
			}
		})
	}
}

// TestAdoptionInTwoParts: who has a role that another release adopts keeps it until the second
// part, also where the first one was all that was done and it is planned again.
func TestAdoptionInTwoParts(t *testing.T) {
	t.Parallel()
	first := released(load(t, "serviceAccounts: [{name: app, role: {name: app-role}}]\n"))
	first.Name = "first"
	second := released(load(t, "serviceAccounts: [{name: app2, role: {name: app-role}}]\n"))
	second.Adopt = []string{"role/app-role"}
	c := newCloud(t, localaws.Options{})
	if err := c.process(first, nil).run(context.Background()); err != nil {
		t.Fatal(err)
	}
	was := holdings(t, c.account(t))
	for round := range 2 {
		s, plan, err := c.process(second, nil).plan(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		before, after := plan.Split()
		if before.Empty() != (round == 1) || after.Empty() {
			t.Errorf("in round %d, the parts have %d and %d changes", round, len(before.Changes), len(after.Changes))
		}
		if err := s.Apply(context.Background(), before, nil); err != nil {
			t.Fatal(err)
		}
		if what := was.missing(t, c.account(t)); what != "" {
			t.Errorf("in round %d: %s", round, what)
		}
		if round == 0 {
			continue // Helm failed
		}
		if err := s.Apply(context.Background(), after, nil); err != nil {
			t.Fatal(err)
		}
	}
	if was.missing(t, c.account(t)) == "" {
		t.Error("the release that had the role still gets in")
	}
	second.Adopt = nil
	if err := c.process(second, nil).empty(); err != nil {
		t.Error(err)
	}
}

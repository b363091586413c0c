package awsiam_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// aged is a snapshot as the version before would have left it: no hash in the tags of
// roles, nothing behind the descriptions of policies, and nobody's consent.
func aged(t testing.TB, snapshot []byte) []byte {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(snapshot, &all); err != nil {
		t.Fatal(err)
	}
	mark, consent := regexp.MustCompile(` ?\(helm-irsa: [^)]*\)$`), regexp.MustCompile(`(HelmIrsa[0-9a-f]{12}N1)W[0-9a-f]{16}`)
	changed := 0
	for _, account := range asMap(all["Accounts"]) {
		for _, role := range asMap(asMap(account)["Roles"]) {
			var tags []any
			for _, tag := range asList(asMap(role)["Tags"]) {
				key := fmt.Sprint(asMap(tag)["Key"])
				if key == spec.TagID || strings.HasPrefix(key, "helm-irsa.dev/shared-with") {
					changed++
					continue
				}
				tags = append(tags, tag)
			}
			asMap(role)["Tags"] = tags
			asMap(role)["Trust"] = consent.ReplaceAllString(fmt.Sprint(asMap(role)["Trust"]), "$1")
		}
		for _, policy := range asMap(asMap(account)["Policies"]) {
			p := asMap(policy)
			if text, ok := p["Description"].(string); ok && mark.MatchString(text) {
				p["Description"] = mark.ReplaceAllString(text, "")
				changed++
			}
		}
	}
	if changed == 0 {
		t.Fatal("nothing in the snapshot is of this version")
	}
	out, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// made runs processes one after another and gives what AWS knows then.
func (c *cloud) made(t testing.TB, all ...*process) []byte {
	t.Helper()
	for _, p := range all {
		if err := p.run(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	return c.snapshot(t)
}

// TestUpgrade: what the version before made is taken over by a plan that writes the tag of
// each role, and nothing else.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	first := released(load(t, everything))
	c := newCloud(t, localaws.Options{}).furnish(t)
	full := c.made(t, c.process(first, nil))
	old := restored(t, t.TempDir(), aged(t, full))
	_, plan, err := old.process(first, nil).plan(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range plan.Changes {
		if change.Type != awsiam.TypeRole || change.Action != awsiam.Update || !regexp.MustCompile(`^\+tag helm-irsa.dev/id: [0-9a-f]{20}$`).MatchString(change.Diff) {
			t.Errorf("%s %s %s: %s", change.Action, change.Type, change.Name, change.Diff)
		}
	}
	if len(plan.Changes) != len(first.File.ServiceAccounts) || len(plan.Warnings) > 0 {
		t.Errorf("%d changes, and warnings %q", len(plan.Changes), plan.Warnings)
	}
	before := len(old.aws.Calls())
	old.made(t, old.process(first, nil))
	if err := old.process(first, nil).empty(); err != nil {
		t.Error(err)
	}
	for _, call := range writes(old.aws.Calls()[before:]) {
		if call.Operation != "TagRole" {
			t.Errorf("the upgrade calls %s", call.Operation)
		}
	}
	// Its policies can still be changed, and that is said.
	newer := released(load(t, strings.ReplaceAll(everything, "DOCUMENT", "2")))
	_, plan, err = old.process(newer, nil).plan(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(plan.Warnings, "\n"); strings.Count(text, "policy ReadBucket was made by an earlier version of helm-irsa") != 2 { // one in each AWS account
		t.Errorf("warnings: %s", text)
	}
}

// adopting wants a role and a policy that were there before, and shares a role of its own.
const adopting = everythingHead + `
policies:
- name: ReadBucket
  document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*"}]}
- name: Theirs
  path: /
  document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "sqs:*", Resource: "*"}]}
serviceAccounts:
- name: web
  mode: both
  role: {name: adopted-role, path: /, policies: [ReadBucket, Theirs]}
- name: jobs
  role: {name: jobs-role, policies: [ReadBucket], sharedWith: ["heir/heir"]}
`

// inheriting is the release that shares that role, and has more of its own.
const inheriting = everythingHead + `
policies:
- name: ReadBucket
  document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*"}]}
serviceAccounts:
- name: jobs
  role: {name: jobs-role, policies: [ReadBucket]}
- name: more
  role:
    name: more-role
    policyARNs: ["arn:aws:iam::aws:policy/AmazonSQSFullAccess"]
    inlinePolicies: {extra: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:ListBucket", Resource: "*"}]}}
- name: most
  role: {name: most-role, policies: [ReadBucket]}
`

func (c *cloud) strangers(t testing.TB) *cloud {
	t.Helper()
	const lambda = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	if _, err := c.aws.AddRole(localaws.Role{Name: "adopted-role", Trust: lambda, Policies: []string{"arn:aws:iam::aws:policy/AmazonSQSFullAccess"}}); err != nil {
		t.Fatal(err)
	}
	c.aws.AddCredential("AKIAOWNER", localaws.Credential{Account: account})
	c.call(t, "AKIAOWNER", "CreatePolicy", map[string]string{"PolicyName": "Theirs", "PolicyDocument": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`})
	return c
}

// TestInterruptedOwnership interrupts at every call what takes over, hands over, releases
// and upgrades. The same command again ends where the undisturbed one does.
func TestInterruptedOwnership(t *testing.T) {
	t.Parallel()
	first := released(load(t, everything))
	adopts := released(load(t, adopting))
	adopts.Adopt = []string{"role/adopted-role", "policy/Theirs"}
	heir := awsiam.Release{File: load(t, inheriting), Name: "heir", Namespace: "heir"}
	nameless := awsiam.Release{File: load(t, inheriting), Namespace: "heir"}
	named := heir
	named.Adopt = []string{"role/jobs-role", "role/more-role", "role/most-role", "policy/ReadBucket"}
	gone := &awsiam.DestroyOptions{}

	c := newCloud(t, localaws.Options{}).furnish(t)
	old := aged(t, c.made(t, c.process(first, nil)))
	c = newCloud(t, localaws.Options{}).strangers(t)
	theirs := c.snapshot(t)
	adopted := c.made(t, c.process(adopts, nil))
	joined := c.made(t, c.process(heir, nil))
	c = newCloud(t, localaws.Options{})
	unnamed := c.made(t, c.process(nameless, nil))
	for _, tt := range []struct {
		name    string
		from    []byte
		release awsiam.Release
		destroy *awsiam.DestroyOptions
	}{
		{"upgrade", old, first, nil},
		{"destroy what the version before made", old, first, gone},
		{"adopt", theirs, adopts, nil},
		{"release", adopted, adopts, gone},
		{"delete what was adopted", adopted, adopts, &awsiam.DestroyOptions{DeleteAdopted: true}},
		{"hand over", joined, adopts, gone},
		{"leave", joined, heir, gone},
		{"get a name", unnamed, named, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := tt.release
			if tt.destroy != nil {
				r.Adopt = nil
			}
			w := &walk{name: tt.name, from: tt.from, run: func(c *cloud) *process { return c.process(r, tt.destroy) }}
			w.after = []func(*cloud) error{func(c *cloud) error {
				if err := c.process(r, tt.destroy).run(context.Background()); err != nil {
					return fmt.Errorf("the next run: %w", err)
				}
				if tt.name == "hand over" { // who inherits takes off a tag that says that it shares its own role
					if err := c.process(heir, nil).run(context.Background()); err != nil {
						return fmt.Errorf("the next run of who inherits: %w", err)
					}
				}
				if got := canonical(t, c.snapshot(t), look{}); got != w.final {
					return fmt.Errorf("the next run ended elsewhere:\n%s", difference(w.final, got))
				}
				return c.process(r, tt.destroy).empty()
			}}
			w.walk(t)
		})
	}
}

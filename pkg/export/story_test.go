package export_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/golden"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/export"
)

// story is an irsa.yaml of a release with a role that stays, one that changes and one that goes or
// comes.
const story = `apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: prod_cluster, region: eu-west-3, accountID: "111122223333", issuer: "https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"}
policies:
- name: orders-queue
  document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: [%s], Resource: "arn:aws:sqs:*:*:orders"}]}
serviceAccounts:
- name: orders
  role:
    name: orders
    policies: [orders-queue]
    maxSessionDuration: %s
    inlinePolicies:
      table: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: [%s], Resource: "arn:aws:dynamodb:*:*:table/orders"}]}
- name: steady
  role: {name: steady, policyARNs: ["arn:aws:iam::aws:policy/AmazonSQSFullAccess"]}
- name: %s
  role: {name: %[4]s, policyARNs: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]}
`

func told(t *testing.T, name string, words ...any) testCase {
	t.Helper()
	path := filepath.Join(t.TempDir(), "irsa.yaml")
	if err := os.WriteFile(path, fmt.Appendf(nil, story, words...), 0o600); err != nil {
		t.Fatal(err)
	}
	file := load(t, path)
	return testCase{&golden.Case{Name: name}, file, wanted(t, file)}
}

// TestTerraformStory: what Terraform would change from one export to the next is what helm irsa plan
// would change from what it made of the one irsa.yaml to the other. The AWS provider cannot be had
// here: the resources are of the type that is built into Terraform, so it is Terraform itself that
// compares them, and it keeps what it applied in a state of its own.
func TestTerraformStory(t *testing.T) {
	t.Parallel()
	before := told(t, "before", `"sqs:SendMessage"`, "1h", `"dynamodb:GetItem"`, "reports")
	after := told(t, "after", `"sqs:SendMessage", "sqs:ReceiveMessage"`, "2h", `"dynamodb:GetItem", "dynamodb:PutItem"`, "audit")

	dir := t.TempDir()
	write(t, dir, "irsa.tf", asData(string(before.export(t, "terraform", export.Options{}).Files[0].Text)))
	runTerraform(t, dir, "init", "-no-color")
	engine := changesOf(t, dir) // of all that is new
	l := startLocal(t, before)
	ours := l.changes(t, before)
	if want := names(before); !maps.Equal(engine, ours) || !slices.Equal(slices.Sorted(maps.Keys(ours)), want) {
		t.Errorf("at first Terraform would change %v, helm irsa %v; there are to be %v", engine, ours, want)
	}

	runTerraform(t, dir, "apply", "-no-color", "-auto-approve", "plan")
	l.apply(t, before)
	if left := l.changes(t, before); len(left) > 0 {
		t.Fatalf("helm irsa has made all, and would still change %v", left)
	}
	if left := changesOf(t, dir); len(left) > 0 {
		t.Fatalf("Terraform has made all, and would still change %v", left)
	}

	write(t, dir, "irsa.tf", asData(string(after.export(t, "terraform", export.Options{}).Files[0].Text)))
	engine, ours = changesOf(t, dir), l.changes(t, after)
	want := map[string]string{
		"policy orders-queue": "update", "role orders": "update", "inlinePolicy orders/table": "update",
		"role reports": "delete", "role audit": "create", "attachments audit": "create",
	}
	delete(engine, "attachments reports") // they go with the role, where helm irsa says it in one word
	if !maps.Equal(engine, want) || !maps.Equal(ours, want) {
		t.Errorf("of the change Terraform says %v, helm irsa plan %v; want %v of both", engine, ours, want)
	}
}

// names are what is wanted, as changesOf calls it.
func names(c testCase) []string {
	var out []string
	for range c.wanted.Providers {
		out = append(out, "oidcProvider")
	}
	for _, p := range c.wanted.Policies {
		out = append(out, "policy "+p.Name)
	}
	for _, r := range c.wanted.Roles {
		out = append(out, "role "+r.Name, "attachments "+r.Name)
		for name := range r.Inline {
			out = append(out, "inlinePolicy "+r.Name+"/"+name)
		}
	}
	slices.Sort(out)
	return out
}

// changesOf plans with Terraform, and gives what is to be done with what. Resources that only keep
// others off are left out: they have no counterpart in AWS.
func changesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	runTerraform(t, dir, "plan", "-no-color", "-out=plan")
	type values struct{ Input map[string]any }
	var plan struct {
		Changes []struct {
			Name   string
			Change struct {
				Actions       []string
				Before, After *values
			}
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal(runTerraform(t, dir, "show", "-json", "plan"), &plan); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, c := range plan.Changes {
		kind, _, _ := strings.Cut(c.Name, "-")
		in := c.Change.After
		if in == nil {
			in = c.Change.Before
		}
		action := strings.Join(c.Change.Actions, "+")
		if action == "no-op" || strings.HasSuffix(kind, "_exclusive") {
			continue
		}
		name := map[string]string{"aws_iam_openid_connect_provider": "oidcProvider", "aws_iam_policy": "policy ", "aws_iam_role": "role ", "aws_iam_role_policy": "inlinePolicy ", "aws_iam_role_policy_attachment": "attachments "}[kind]
		switch kind {
		case "aws_iam_openid_connect_provider":
		case "aws_iam_role_policy":
			name += fmt.Sprint(in.Input["role"], "/", in.Input["name"])
		case "aws_iam_role_policy_attachment":
			name += fmt.Sprint(in.Input["role"])
		default:
			name += fmt.Sprint(in.Input["name"])
		}
		out[name] = action
	}
	return out
}

// changes are what a plan of helm irsa would do, in the same words.
func (l *local) changes(t *testing.T, c testCase) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, change := range l.plan(t, c) {
		name := string(change.Type) + " " + change.Name
		switch change.Type {
		case awsiam.TypeProvider:
			name = "oidcProvider"
		case awsiam.TypeAttachment:
			role, _, _ := strings.Cut(change.Name, "/")
			name = "attachments " + role
		}
		out[name] = string(change.Action)
	}
	return out
}

func (l *local) apply(t *testing.T, c testCase) {
	t.Helper()
	s, err := awsiam.Open(t.Context(), awsiam.Release{File: c.file, Namespace: "apps", Name: "shop"}, awsiam.Options{Load: l.options()})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := s.Plan(t.Context())
	if err == nil {
		err = s.Apply(context.WithoutCancel(t.Context()), plan, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
}

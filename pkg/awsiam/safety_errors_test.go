package awsiam_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// rank is the order in which an apply makes its writes; those of one rank may be side
// by side.
var rank = map[string]int{
	"CreateOpenIDConnectProvider": 1, "AddClientIDToOpenIDConnectProvider": 1,
	"CreatePolicy": 1, "TagPolicy": 1, "CreatePolicyVersion": 1, "DeletePolicyVersion": 1,
	"CreateRole": 3, "UpdateRole": 3, "PutRolePermissionsBoundary": 3, "DeleteRolePermissionsBoundary": 3,
	"TagRole": 3, "UntagRole": 4, "UpdateAssumeRolePolicy": 4, "GetRole": 4,
	"AttachRolePolicy": 5, "PutRolePolicy": 5,
	"CreatePodIdentityAssociation": 6, "UpdatePodIdentityAssociation": 6, "TagResource": 6,
	"DeletePodIdentityAssociation": 7,
	"DetachRolePolicy":             8, "DeleteRolePolicy": 8, "UntagPolicy": 8,
	"DeleteRole":                  9,
	"DeletePolicy":                10,
	"DeleteOpenIDConnectProvider": 11,
}

// TestEveryPermissionDenied takes away each permission that the runs use, one after
// the other.
func TestEveryPermissionDenied(t *testing.T) {
	t.Parallel()
	first, second := released(load(t, everything)), released(load(t, changed))
	all := &awsiam.DestroyOptions{Provider: true}
	c := newCloud(t, localaws.Options{}).furnish(t)
	dir, from := t.TempDir(), c.snapshot(t)
	for _, run := range []struct {
		name    string
		release awsiam.Release
		destroy *awsiam.DestroyOptions
	}{{"apply", first, nil}, {"update", second, nil}, {"destroy", second, all}} {
		c := restored(t, dir, from)
		if err := c.process(run.release, run.destroy).run(context.Background()); err != nil {
			t.Fatalf("%s: %v", run.name, err)
		}
		after := c.snapshot(t)
		want := canonical(t, after, look{})
		var needs []string
		for _, call := range c.aws.Calls() {
			for _, p := range call.Needs {
				if !slices.Contains(needs, p.Action) {
					needs = append(needs, p.Action)
				}
			}
		}
		for _, permission := range needs {
			c := restored(t, dir, from)
			c.aws.SetFaults(localaws.Faults{Deny: []string{permission}})
			err := c.process(run.release, run.destroy).run(context.Background())
			where := run.name + " without " + permission
			if err == nil {
				t.Errorf("%s: no error", where)
				continue
			}
			checkDenied(t, where, err, permission, c.aws.Calls())
			c.aws.SetFaults(localaws.Faults{})
			if err := c.process(run.release, run.destroy).run(context.Background()); err != nil {
				t.Errorf("%s, and then with it: %v", where, err)
			}
			if got := canonical(t, c.snapshot(t), look{}); got != want {
				t.Errorf("%s, and then with it, ended elsewhere:\n%s", where, difference(want, got))
			}
		}
		t.Logf("%s: %d permissions denied: %s", run.name, len(needs), strings.Join(needs, " "))
		if len(needs) < 15 {
			t.Errorf("%s: only %d permissions", run.name, len(needs))
		}
		from = after
	}
}

func checkDenied(t *testing.T, where string, err error, permission string, calls []localaws.Call) {
	t.Helper()
	i := slices.IndexFunc(calls, func(c localaws.Call) bool { return strings.HasPrefix(c.Code, "AccessDenied") })
	if i < 0 {
		t.Errorf("%s: nothing was denied", where)
		return
	}
	denied := calls[i]
	message := err.Error()
	for _, part := range []string{denied.Service + ":" + denied.Operation, denied.Code, permission} {
		if !strings.Contains(message, part) {
			t.Errorf("%s: the error does not say %s: %s", where, part, message)
		}
	}
	named := slices.ContainsFunc(calls, func(c localaws.Call) bool {
		return c.Code == denied.Code && slices.ContainsFunc(c.Needs, func(p localaws.Permission) bool {
			return p.Resource == "*" || strings.Contains(message, p.Resource[strings.LastIndexAny(p.Resource, "/:")+1:])
		})
	})
	if !named {
		t.Errorf("%s: the error does not name the resource %s: %s", where, denied.Resource, message)
	}
	if hint := hintOf(err); !strings.HasPrefix(hint, "allow "+permission+" on ") {
		t.Errorf("%s: the hint is %q", where, hint)
	}
	for _, c := range writes(calls[i+1:]) {
		if rank[denied.Operation] > 0 && rank[c.Operation] > rank[denied.Operation] {
			t.Errorf("%s: %s was denied, and %s called after it", where, denied.Operation, c.Operation)
		}
	}
}

// TestQuotas runs into each quota.
func TestQuotas(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		limits localaws.Limits
		code   string
		says   []string
		found  bool // before the first write
	}{
		{"roles", localaws.Limits{Roles: 3}, "L-FE177D64", []string{account, "2 roles", "4 more", "3"}, true},
		{"policies", localaws.Limits{Policies: 3}, "L-E95E4862", []string{account, "1 customer managed policies", "3 more"}, true},
		{"policies of a role", localaws.Limits{PoliciesPerRole: 2}, "L-0DA4ABF3", []string{"web", "3 managed policies", "2"}, true},
		{"trust", localaws.Limits{TrustSize: 700}, "L-C07B4B0D", []string{"sync-role", "characters", "700"}, true},
		{"policy's size", localaws.Limits{PolicySize: 90}, "", []string{"ReadBucket", "characters", "90"}, true},
		{"inline size", localaws.Limits{InlineSize: 100}, "", []string{"jobs-role", "characters", "100"}, true},
		{"providers", localaws.Limits{Providers: 1}, "L-858F3967", []string{"LimitExceeded", ": 1"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t, localaws.Options{Limits: tt.limits})
			if tt.limits.PolicySize == 0 {
				c.furnish(t)
			}
			if _, err := c.aws.AddRole(localaws.Role{Name: "another", Trust: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`}); err != nil {
				t.Fatal(err)
			}
			body := everything
			if tt.limits.PolicySize > 0 { // the boundary would be too large as well
				body = strings.Split(everything, "nodeRole:")[0] + "serviceAccounts: [{name: web, role: {policies: [ReadBucket]}}]\n"
			}
			err := c.process(released(load(t, body)), nil).run(context.Background())
			if err == nil {
				t.Fatal("no error")
			}
			text := err.Error()
			if !tt.found && len(writes(c.aws.Calls())) == 0 || tt.found && len(writes(c.aws.Calls())) > 0 {
				t.Errorf("written: %v", writes(c.aws.Calls()))
			}
			for _, part := range tt.says {
				if !strings.Contains(text, part) {
					t.Errorf("the error does not say %s: %s", part, text)
				}
			}
			if hint := hintOf(err); hint == "" || !strings.Contains(hint, tt.code) {
				t.Errorf("the hint does not name %q: %q", tt.code, hint)
			}
		})
	}
}

// TestCannotBegin is about credentials and the cluster: one clear line, nothing written.
func TestCannotBegin(t *testing.T) {
	t.Parallel()
	static := func(key string) func(*config.LoadOptions) error {
		return config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(key, "secret", ""))
	}
	profiles := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(profiles, []byte("[profile known]\nregion = eu-west-3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	usual := twoAccounts
	for _, tt := range []struct {
		name, body string
		with       []func(*config.LoadOptions) error
		says, hint string
	}{
		{"expired", usual, []func(*config.LoadOptions) error{static("AKIAEXPIRED")}, "ExpiredToken", "aws sso login"},
		{"invalid", usual, []func(*config.LoadOptions) error{static("AKIAINVALID")}, "InvalidClientTokenId", "aws sts get-caller-identity"},
		{"no credentials", usual, []func(*config.LoadOptions) error{config.WithCredentialsProvider(nil)}, "finding AWS credentials", "AWS_PROFILE"},
		{"credential_process", usual, []func(*config.LoadOptions) error{config.WithCredentialsProvider(processcreds.NewProvider("/nowhere/get-credentials"))}, "the credential_process of the AWS profile failed: exit status 127", "aws configure get credential_process"},
		{"unknown profile", usual, []func(*config.LoadOptions) error{config.WithSharedConfigFiles([]string{profiles}), config.WithSharedConfigProfile("unknwon")}, `"unknwon"`, "profile"},
		{"no region", `apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: prod_cluster}
` + usual, nil, "no AWS region", "cluster.region"},
		{"no such cluster", strings.Replace(everythingHead, "prod_cluster", "prod-cluster", 1) + usual, nil, `"prod-cluster" in eu-west-3 of AWS account ` + account + "; there are: prod_cluster", `did you mean "prod_cluster"?`},
		{"other account not said", usual + "- {name: x, role: {accountID: \"777788889999\"}}\n", nil, "777788889999", "accounts"},
		{"other account refused", strings.Replace(everythingHead, "helm-irsa-access", "nobody", 1) + usual + "- {name: x, role: {accountID: \"444455556666\"}}\n", nil, "AccessDenied", "sts:AssumeRole"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t, localaws.Options{})
			c.aws.AddCredential("AKIAEXPIRED", localaws.Credential{Account: account, Expires: c.clock.Now().Add(-time.Hour)})
			c.aws.AddCredential("AKIAINVALID", localaws.Credential{Account: account, Invalid: true})
			p := c.process(released(load(t, tt.body)), nil)
			p.options.Load = append(p.options.Load, tt.with...)
			err := p.run(context.Background())
			if err == nil {
				t.Fatal("no error")
			}
			t.Logf("%v\n%s", err, hintOf(err))
			if strings.Contains(err.Error(), "\n") || len(err.Error()) > 400 || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("not one line that says %s: %v", tt.says, err)
			}
			if hint := hintOf(err); !strings.Contains(hint, tt.hint) {
				t.Errorf("the hint does not say %s: %q", tt.hint, hint)
			}
			if got := writes(c.aws.Calls()); len(got) > 0 {
				t.Errorf("written: %v", got)
			}
			var f *awsiam.Fault
			if !errors.As(err, &f) {
				t.Errorf("%T is no Fault", err)
			}
		})
	}
}

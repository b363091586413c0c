package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/helm-irsa/helm-irsa/test/howtos"
)

// goings are the ways in which releases go, or seem to. Each is of a release with a service account
// app in a namespace of its own, and a role and a policy called after the way.
var goings = []struct {
	name string
	do   func(w *world)
	// goes is what `helm irsa gc` deletes of it; stays are roles that a token of app still gets.
	goes, stays []string
}{
	{"kept", func(w *world) {
		w.must("irsa", "uninstall", "app", "-n", w.namespace, "--irsa-yes", "--irsa-keep-roles")
	}, []string{"role kept", "policy kept"}, nil},
	{"plain", (*world).plainUninstall, []string{"role plain", "policy plain"}, nil},
	{"namespace", (*world).clear, []string{"role namespace", "policy namespace"}, nil},
	{"moved", func(w *world) {
		w.plainUninstall()
		w.another(w.namespace + "-there").installs("moved-there")
	}, []string{"role moved", "policy moved"}, nil},
	{"half", func(w *world) { // somebody began to clean up
		w.plainUninstall()
		client, name := iam.NewFromConfig(w.config(home)), aws.String("half")
		for _, arn := range []string{howtos.Policy(home, "half"), readS3} {
			_, err := client.DetachRolePolicy(w.ctx(), &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: &arn})
			w.no(err)
		}
		_, err := client.DeleteRolePolicy(w.ctx(), &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: aws.String("own")})
		w.no(err)
		_, err = client.DeleteRole(w.ctx(), &iam.DeleteRoleInput{RoleName: name})
		w.no(err)
	}, []string{"policy half"}, nil},
	{"renamed-release", func(w *world) {
		w.plainUninstall()
		w.must("upgrade", "--install", "shop", absolute(helper), "-n", w.namespace, "--set", "serviceAccount.name=app", "--set", "awsRoleArn="+howtos.Role(home, "renamed-release"))
	}, nil, []string{"renamed-release"}},
	{"renamed-account", func(w *world) {
		w.must("upgrade", "app", absolute(helper), "-n", w.namespace, "--set", "serviceAccount.name=other", "--set", "awsRoleArn="+howtos.Role(home, "renamed-account"))
	}, nil, nil},
	{"renamed-role", func(w *world) { w.installs("renamed-role-2") }, nil, []string{"renamed-role-2"}},
	{"no-file", func(w *world) { w.no(os.Remove(filepath.Join(w.dir, "irsa.yaml"))) }, nil, []string{"no-file"}},
	{"runs-on", func(w *world) { // nothing waits for the pods
		w.platform("app")
		w.plainUninstall()
	}, nil, nil},
}

// another is a world with another namespace of the same cluster, and the same kubeconfig.
func (w *world) another(namespace string) *world {
	w.Helper()
	other := w.beside(w.where, namespace)
	other.env = w.env
	return other
}

// installs installs the release, with that role.
func (w *world) installs(role string) {
	w.Helper()
	w.irsaYAML(fmt.Sprintf(`policies:
- {name: %[1]s, path: /, document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::%[1]s/*"}]}}
serviceAccounts:
- name: app
  role: {name: %[1]s, description: of %[1]s, policies: [%[1]s], policyARNs: [%[2]s], tags: {team: %[1]s}, inlinePolicies: {own: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "sqs:ListQueues", Resource: "*"}]}}}
`, role, readS3))
	w.must(w.upgrade("app", absolute(helper), "--set", "serviceAccount.name=app", "--irsa-verify=never")...)
}

func (w *world) plainUninstall() {
	w.Helper()
	w.must("uninstall", "app", "-n", w.namespace)
}

// TestGone: releases that went in ten ways, one of another cluster, and one of a cluster that is gone.
// `helm irsa gc` deletes what nothing can use, and no more; `helm irsa restore` makes it again with
// the same documents.
func TestGone(t *testing.T) {
	t.Parallel()
	h := helms[len(helms)-1] // the records of both Helms have the same labels: see internal/kube
	timed(t, "Gone", h, func(t *testing.T, h helmProgram) {
		w := newWorld(t, h, paris, "gone")
		far := w.standby("gone-far")
		together(w, far)
		goes, stays := map[string]bool{}, map[string]string{}
		for _, g := range goings {
			one := w.another("gone-" + g.name)
			one.installs(g.name)
			g.do(one)
			for _, thing := range g.goes {
				goes[thing] = true
			}
			for _, role := range g.stays {
				stays[one.namespace+"/app"] = role
			}
		}
		stays["gone-moved-there/app"] = "moved-there"
		far.installs("far")
		far.plainUninstall()
		w.lost()
		for _, thing := range []string{"role far", "policy far", "role lost", "policy lost", "oidcProvider oidc.example.com/lost"} {
			goes[thing] = true
		}

		before := w.documents()
		gc := []string{"irsa", "gc", "--context", w.context(), "--cluster-gone", "lost", "--cluster-gone", "https://oidc.example.com/lost", "--restore-file", filepath.Join(w.dir, "back.json"), "--yes"}
		if r := w.run(append(slices.Clone(gc[:len(gc)-3]), "--dry-run")...); strings.Contains(r.stdout, "far is not in") {
			t.Errorf("what is of a cluster that was not read is left over: %s", r)
		}
		gc = append(gc, "--context", far.context())
		r := w.must(gc...)
		after := w.documents()
		for thing := range before {
			if _, there := after[thing]; there == goes[thing] {
				t.Errorf("%s is there: %v; it should go: %v", thing, there, goes[thing])
			}
			delete(goes, thing)
		}
		for thing := range goes {
			t.Errorf("%s was not there", thing)
		}
		if t.Failed() {
			t.Fatal(r)
		}
		for account, role := range stays {
			if _, err := w.assume(w.token(account), howtos.Role(home, role)); err != nil {
				t.Errorf("%s lost role %s: %v", account, role, err)
			}
		}
		for _, pod := range w.pods("gone-runs-on") { // its token is of before
			if pod.Spec.ServiceAccountName == "app" && w.role("runs-on") == nil {
				t.Errorf("pod %s lost its role", pod.Name)
			}
		}

		w.must("irsa", "restore", filepath.Join(w.dir, "back.json"), "--yes")
		if again := w.documents(); !maps.Equal(again, before) {
			for thing, text := range before {
				if again[thing] != text {
					t.Errorf("%s was\n%s\nand is\n%s", thing, text, again[thing])
				}
			}
		}
	})
}

// lost makes what a release had in a cluster that is gone.
func (w *world) lost() {
	w.Helper()
	one := w.another("gone-lost")
	one.env = append(slices.Clone(w.env), "KUBECONFIG="+os.DevNull, "HELM_KUBECONTEXT=") // no context is of it
	one.write(filepath.Join(one.dir, "irsa.yaml"), fmt.Sprintf(`apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: lost, region: %s, accountID: "%s", issuer: "https://oidc.example.com/lost"}
defaults: {path: /}
policies:
- {name: lost, path: /, document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]}}
serviceAccounts:
- {name: app, role: {name: lost, policies: [lost]}}
`, one.where.region, home))
	one.must("irsa", "apply", "app", "-n", one.namespace, "--yes")
}

// documents are the roles, policies and providers of the home AWS account, each in one text with all
// that a restoration brings back: documents as they were sent, tags, attachments.
func (w *world) documents() map[string]string {
	w.Helper()
	client := iam.NewFromConfig(w.config(home))
	out := map[string]string{}
	put := func(thing string, parts ...any) {
		text, err := json.MarshalIndent(parts, "", " ")
		w.no(err)
		out[thing] = string(text)
	}
	sent := func(document *string) string {
		text, err := url.QueryUnescape(aws.ToString(document))
		w.no(err)
		return text
	}
	tags := func(all []types.Tag) map[string]string {
		out := map[string]string{}
		for _, tag := range all {
			out[*tag.Key] = *tag.Value
		}
		return out
	}
	all, err := client.GetAccountAuthorizationDetails(w.ctx(), &iam.GetAccountAuthorizationDetailsInput{
		Filter: []types.EntityType{types.EntityTypeRole, types.EntityTypeLocalManagedPolicy}, MaxItems: aws.Int32(1000),
	})
	w.no(err)
	for _, r := range all.RoleDetailList {
		var attached []string
		for _, p := range r.AttachedManagedPolicies {
			attached = append(attached, *p.PolicyArn)
		}
		slices.Sort(attached)
		inline := map[string]string{}
		for _, p := range r.RolePolicyList {
			inline[*p.PolicyName] = sent(p.PolicyDocument)
		}
		one, err := client.GetRole(w.ctx(), &iam.GetRoleInput{RoleName: r.RoleName})
		w.no(err)
		put("role "+*r.RoleName, *r.Arn, sent(r.AssumeRolePolicyDocument), attached, inline, tags(r.Tags), aws.ToString(one.Role.Description), *one.Role.MaxSessionDuration)
	}
	for _, p := range all.Policies {
		one, err := client.GetPolicy(w.ctx(), &iam.GetPolicyInput{PolicyArn: p.Arn})
		w.no(err)
		version, err := client.GetPolicyVersion(w.ctx(), &iam.GetPolicyVersionInput{PolicyArn: p.Arn, VersionId: p.DefaultVersionId})
		w.no(err)
		put("policy "+*p.PolicyName, *p.Arn, sent(version.PolicyVersion.Document), tags(one.Policy.Tags), aws.ToString(one.Policy.Description))
	}
	providers, err := client.ListOpenIDConnectProviders(w.ctx(), nil)
	w.no(err)
	for _, p := range providers.OpenIDConnectProviderList {
		one, err := client.GetOpenIDConnectProvider(w.ctx(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: p.Arn})
		w.no(err)
		put("oidcProvider "+*one.Url, *p.Arn, one.ClientIDList, tags(one.Tags), one.ThumbprintList)
	}
	return out
}

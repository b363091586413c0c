package verify_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// stray are documents without a kind, of every sort.
const stray = `---
rbac: {serviceAccountName: other}
serviceAccount: {create: true, name: app, annotations: "eks.amazonaws.com/role-arn:arn:aws:iam::111122223333:role/web"}
podAnnotations: {iam.amazonaws.com/role: web}
aws: {assumeRoleArn: "arn:aws:iam::111122223333:role/web", AWS_ACCESS_KEY_ID: EXAMPLE}
metadataOptions: {httpPutResponseHopLimit: 1}
---
metadata: {annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:policy/web"}}
spec:
  serviceAccountName: web
  containers: [{name: a, env: [{name: AWS_SECRET_ACCESS_KEY, value: EXAMPLE}]}]
---
spec: {containers: [{name: a}]}
---
env: [{name: AWS_ROLE_ARN, value: "arn:aws:iam::111122223333:role/web"}, {name: AWS_WEB_IDENTITY_TOKEN_FILE, value: /x}]
`

// TestReleaseHasNoFragments: where a release is verified, documents without a kind change
// nothing, in every golden case.
func TestReleaseHasNoFragments(t *testing.T) {
	t.Parallel()
	more, err := manifest.Read("stray.yaml", strings.NewReader(stray))
	if err != nil {
		t.Fatal(err)
	}
	differ := 0
	for _, c := range goldenCases(t) {
		if c.Err != nil {
			continue
		}
		in := c.Input
		in.Release = "shop"
		whole := *in.Objects
		whole.List = slices.DeleteFunc(slices.Clone(whole.List), func(o manifest.Object) bool { return o.Kind == "" })
		all := whole
		all.List = slices.Concat(in.Objects.List, more.List)
		report := func(objects *manifest.Objects, release string) []byte {
			in := in
			in.Objects, in.Release = objects, release
			return told(verify.Verify(in))
		}
		if want, got := report(&whole, "shop"), report(&all, "shop"); !bytes.Equal(want, got) {
			t.Errorf("%s: with fragments it is\n%s\nwithout\n%s", c.Name, got, want)
		}
		if !bytes.Equal(report(&whole, ""), report(&all, "")) {
			differ++
		}
	}
	if differ < 300 { // else the fragments are such that the test cannot fail
		t.Errorf("only in %d cases do the fragments matter where they count", differ)
	}
}

// TestReleaseJudgesNoRoleOfOthers: where a release is verified, a service account of which
// neither irsa.yaml, an annotation, an association nor a trust policy says that it has a role is
// not judged against one, though AWS has a single one.
func TestReleaseJudgesNoRoleOfOthers(t *testing.T) {
	t.Parallel()
	const account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: apps}\n"
	for _, subject := range []string{"system:serviceaccount:apps:other", "system:serviceaccount:apps:*", "system:serviceaccount:*:*", "system:serviceaccount:other:web", "web", ""} {
		_, snapshot := thousand(1)
		snapshot = strings.ReplaceAll(snapshot, "system:serviceaccount:ns1:app-0", subject)
		objects, err := manifest.Read("m", strings.NewReader(account))
		if err != nil {
			t.Fatal(err)
		}
		r := verify.Verify(verify.Input{Objects: objects, Snapshot: stateOf(t, snapshot), Release: "shop", Namespace: "apps"})
		for _, a := range r.ServiceAccounts {
			if a.RoleARN != "" || a.Status == verify.Broken {
				t.Errorf("%q: %s is judged against %s: %s", subject, a.Name, a.RoleARN, told(r))
			}
		}
	}
}

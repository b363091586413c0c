package verify_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// objectsOf are those of manifests.
func objectsOf(t *testing.T, manifests string) *manifest.Objects {
	t.Helper()
	out, err := manifest.Read("manifests.yaml", strings.NewReader(manifests))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const (
	aServiceAccount = `{apiVersion: v1, kind: ServiceAccount, metadata: {name: web, namespace: apps, annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/web"}}}`
	aPod            = `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: apps}, spec: {template: {spec: {serviceAccountName: web, containers: [{name: a, image: x}]}}}}`
)

// TestStatusOfNothing: without a service account the status is unknown where AWS or the
// manifests were not looked at, or where values stand for what was not shown.
func TestStatusOfNothing(t *testing.T) {
	t.Parallel()
	read := &awsstate.State{}
	for name, tt := range map[string]struct {
		in   verify.Input
		want verify.Status
	}{
		"both were read":         {verify.Input{Objects: objectsOf(t, "kind: ConfigMap\nmetadata: {name: a}\n"), Snapshot: read}, verify.OK},
		"no manifests":           {verify.Input{Snapshot: read}, verify.Unknown},
		"no AWS":                 {verify.Input{Objects: objectsOf(t, "kind: ConfigMap\nmetadata: {name: a}\n")}, verify.Unknown},
		"neither":                {verify.Input{}, verify.Unknown},
		"values":                 {verify.Input{Objects: objectsOf(t, "a: 1\n"), Snapshot: read}, verify.Unknown},
		"values, and a release":  {verify.Input{Objects: objectsOf(t, "a: 1\n"), Snapshot: read, Release: "shop"}, verify.OK},
		"an error":               {verify.Input{Objects: objectsOf(t, "kind: App\nmetadata: {name: a}\nspec: {aws: {roleArn: \"arn:aws:iam:111122223333:role/x\"}}\n"), Snapshot: read}, verify.Broken},
		"a warning":              {verify.Input{Objects: objectsOf(t, "apiVersion: karpenter.k8s.aws/v1\nkind: EC2NodeClass\nmetadata: {name: a}\n"), Snapshot: read}, verify.Unknown},
		"a warning, and neither": {verify.Input{Objects: objectsOf(t, "apiVersion: karpenter.k8s.aws/v1\nkind: EC2NodeClass\nmetadata: {name: a}\n")}, verify.Unknown},
	} {
		if got := verify.Verify(tt.in).Status; got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

// codesOf are the codes of a report, with their severities.
func codesOf(r *verify.Report) string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, string(f.Severity)+" "+f.Code)
	}
	return strings.Join(out, ", ")
}

// TestCompleteKinds: what the cluster lacks is missing where all of the kind was read, and not
// known where it was not.
func TestCompleteKinds(t *testing.T) {
	t.Parallel()
	gone := verify.Observed{Assumed: map[string]verify.Assumption{"apps/web": {NoAccount: true}}}
	for name, tt := range map[string]struct {
		manifests string
		complete  string
		observed  verify.Observed
		want      string
	}{
		"webhooks unread":                    {aServiceAccount + "\n---\n" + aPod, "", verify.Observed{}, ""},
		"no webhook":                         {aServiceAccount + "\n---\n" + aPod, "MutatingWebhookConfiguration", verify.Observed{}, "error webhook-missing"},
		"service accounts unread":            {aPod, "", verify.Observed{}, ""},
		"no service account that was tried":  {aServiceAccount + "\n---\n" + aPod, "ServiceAccount", gone, "error service-account-missing"},
		"perhaps no service account":         {aServiceAccount + "\n---\n" + aPod, "", gone, "warning service-account-missing"},
		"no service account with a role yet": {strings.Replace(aPod, "image: x", "image: x, env: [{name: AWS_ROLE_ARN, value: x}]", 1), "ServiceAccount", verify.Observed{}, "error service-account-missing, error preset-env-blocks-injection"},
	} {
		objects := objectsOf(t, tt.manifests)
		objects.Complete = map[string]bool{tt.complete: true}
		if got := codesOf(verify.Verify(verify.Input{Objects: objects, Observed: tt.observed})); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

// TestNoManifests: service accounts of irsa.yaml are judged without any.
func TestNoManifests(t *testing.T) {
	t.Parallel()
	file, err := spec.Parse("irsa.yaml", []byte("apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\nserviceAccounts:\n- {name: web, namespace: apps, role: {arn: \"arn:aws:iam::111122223333:role/web\"}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	r := verify.Verify(verify.Input{File: file, Observed: verify.Observed{Assumed: map[string]verify.Assumption{"apps/web": {NoAccount: true}}}})
	if got, want := codesOf(r), "warning service-account-missing"; got != want || r.Status != verify.Unknown || len(r.ServiceAccounts) != 1 {
		t.Errorf("%s, %s of %d; want %s", got, r.Status, len(r.ServiceAccounts), want)
	}
}

// TestProvenWithoutPods: a service account that nothing runs as yet is not in doubt for that, once
// a token of it got the role.
func TestProvenWithoutPods(t *testing.T) {
	t.Parallel()
	link := func(observed verify.Observed) verify.LinkStatus {
		r := verify.Verify(verify.Input{Objects: objectsOf(t, aServiceAccount), Observed: observed})
		i := slices.IndexFunc(r.ServiceAccounts[0].Links, func(l verify.LinkStatus) bool { return l.Name == verify.LinkWorkload })
		return r.ServiceAccounts[0].Links[i]
	}
	if got := link(verify.Observed{}); got.Status != verify.Unknown {
		t.Errorf("untried: %+v", got)
	}
	got := link(verify.Observed{Assumed: map[string]verify.Assumption{"apps/web": {ARN: "arn:aws:sts::111122223333:assumed-role/web/x"}}})
	if got.Status != verify.OK || got.Why != "nothing runs as it yet, and a token of it gets the role" {
		t.Errorf("tried: %+v", got)
	}
}

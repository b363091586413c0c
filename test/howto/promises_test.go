package howto

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
	"github.com/helm-irsa/helm-irsa/test/howtos"
)

// What single pages promise beside what all do.

// apply, and destroy, without a cluster.
func (st *stage) apply(t *testing.T, namespace string, more ...string) result {
	t.Helper()
	return st.must(t, append([]string{"apply", st.Release, "-n", namespace, "-f", st.File(), "--yes"}, more...)...)
}

func (st *stage) destroy(t *testing.T, namespace string, more ...string) result {
	t.Helper()
	return st.must(t, append([]string{"destroy", st.Release, "-n", namespace, "-f", st.File(), "--yes"}, more...)...)
}

func (st *stage) attached(t *testing.T, role string) []string {
	t.Helper()
	out, err := iam.NewFromConfig(st.config(t, key(howtos.Home))).ListAttachedRolePolicies(t.Context(), &iam.ListAttachedRolePoliciesInput{RoleName: &role})
	if err != nil {
		t.Fatal(err)
	}
	var arns []string
	for _, p := range out.AttachedPolicies {
		arns = append(arns, *p.PolicyArn)
	}
	slices.Sort(arns)
	return arns
}

// TestNodeRole: docs/epinio.md, the policy is on the nodes' role, and what was there stays.
func TestNodeRole(t *testing.T) {
	t.Parallel()
	st := set(t, howtos.Named("epinio node role"))
	said := st.apply(t, st.Namespace).stdout
	if !strings.Contains(said, "! every pod on the nodes of role eks-nodes gets policy EpinioECEKSClusterPolicy\n") {
		t.Errorf("apply does not warn:\n%s", said)
	}
	want := append(slices.Clone(howtos.NodeRole.Policies), st.Policies...)
	slices.Sort(want)
	if got := st.attached(t, howtos.NodeRole.Name); !slices.Equal(got, want) {
		t.Errorf("the nodes' role has %q, want %q", got, want)
	}
	st.destroy(t, st.Namespace)
	if got := st.attached(t, howtos.NodeRole.Name); !slices.Equal(got, howtos.NodeRole.Policies) {
		t.Errorf("after destroy, the nodes' role has %q", got)
	}
}

// TestDataSync: docs/cinchy.md, the role may assume itself once more, S3 may assume it,
// and no other role may.
func TestDataSync(t *testing.T) {
	t.Parallel()
	st := set(t, howtos.Named("cinchy"))
	st.apply(t, st.Namespace)
	arn := st.Accounts["cinchy/cinchy-connections"]
	_, pod, err := st.assume(t, "cinchy/cinchy-connections", arn)
	if err != nil {
		t.Fatal(err)
	}
	again := func(accessKey string) error {
		_, err := sts.NewFromConfig(st.config(t, accessKey)).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("sync")})
		return err
	}
	if err := again(pod); err != nil {
		t.Errorf("the role does not assume itself: %v", err)
	}
	if err := again(key(howtos.Home)); err == nil {
		t.Error("a user of the AWS account assumes the role")
	}
	out, err := iam.NewFromConfig(st.config(t, key(howtos.Home))).GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("cinchy-connections-role")})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := trust.Parse(*out.Role.AssumeRolePolicyDocument)
	if err != nil {
		t.Fatal(err)
	}
	for service, want := range map[string]trust.Verdict{"s3.amazonaws.com": trust.Allow, "ec2.amazonaws.com": trust.ImplicitDeny} {
		if got := trust.Evaluate(doc, trust.Request{Action: trust.ActionAssumeRole, Principal: trust.Principal{Type: "Service", ID: service}}).Verdict; got != want {
			t.Errorf("the trust says %v to %s, want %v", got, service, want)
		}
	}
	if got := st.attached(t, "cinchy-connections-role"); !slices.Equal(got, []string{"arn:aws:iam::aws:policy/AmazonS3FullAccess"}) {
		t.Errorf("the role has %q", got)
	}
}

// TestPreviewEnvironments: docs/qovery.md, a role for all environments is there once;
// the release that made it may go first.
func TestPreviewEnvironments(t *testing.T) {
	t.Parallel()
	st := set(t, howtos.Named("qovery cluster"))
	bare := st.found(t)
	st.apply(t, st.Namespace)
	const preview = "z4e5f6a7b-preview"
	arn := howtos.Role(howtos.Home, "my-s3-role")
	// The pattern lets the new environment in before it has a release.
	if _, _, err := st.assume(t, preview+"/my-app-sa", arn); err != nil {
		t.Error(err)
	}
	st.apply(t, preview)
	if p := st.planned(t, st.HowTo, st.Namespace); len(p.Changes) > 0 {
		t.Errorf("the second release gives the first something to do: %+v", p.Changes)
	}
	st.destroy(t, st.Namespace)
	if _, _, err := st.assume(t, preview+"/my-app-sa", arn); err != nil {
		t.Errorf("after the first release has gone: %v", err)
	}
	// It keeps the role now, and gives its own consent.
	for _, c := range st.planned(t, st.HowTo, preview).Changes {
		if c.Action != "update" || c.Type != "role" && c.Type != "trust" {
			t.Errorf("the second release has something to do: %+v", c)
		}
	}
	st.apply(t, preview)
	if p := st.planned(t, st.HowTo, preview); len(p.Changes) > 0 {
		t.Errorf("the second release still has something to do: %+v", p.Changes)
	}
	st.destroy(t, preview, "--oidc-provider")
	if left := st.found(t); left != bare {
		t.Errorf("after both there is\n%s", left)
	}
}

// TestComingFromKiam: docs/giantswarm.md, a role that kiam uses is taken over when it
// is named, keeps kiam's statement, and outlives the release for its sake.
func TestComingFromKiam(t *testing.T) {
	t.Parallel()
	s := howtos.Named("giantswarm")
	st := set(t, s)
	const kiam = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/eks-nodes"},"Action":"sts:AssumeRole"}]}`
	if _, err := st.aws.AddRole(localaws.Role{Name: "uploader", Trust: kiam}); err != nil {
		t.Fatal(err)
	}
	bare := st.found(t)
	page, err := os.ReadFile(filepath.Join(root, "docs", "giantswarm.md"))
	if err != nil {
		t.Fatal(err)
	}
	r := st.irsa(t, "apply", s.Release, "-n", s.Namespace, "-f", s.File())
	said, _, _ := strings.Cut(r.stderr, "Error: ")       // Helm's own
	said = strings.Replace(said, " -f "+s.File(), "", 1) // the page has it in the environment
	if r.code != 1 || !strings.Contains(said, "--adopt role/uploader") || !strings.Contains(string(page), "\n"+said) {
		t.Errorf("apply of a role that exists, not as the page shows it: exit %d\n%s", r.code, said)
	}
	if now := st.found(t); now != bare {
		t.Errorf("and it changed the account:\n%s", now)
	}
	st.apply(t, s.Namespace, "--adopt", "role/uploader")
	if _, _, err := st.assume(t, "data/uploader", howtos.Role(howtos.Home, "uploader")); err != nil {
		t.Error(err)
	}
	if p := st.planned(t, s, s.Namespace); len(p.Changes) > 0 {
		t.Errorf("after the adoption there is something to do: %+v", p.Changes)
	}
	st.destroy(t, s.Namespace, "--oidc-provider")
	if left := st.found(t); left != bare {
		t.Errorf("after destroy there is\n%s\nbefore, there was\n%s", left, bare)
	}
}

// TestExamples: every irsa.yaml in docs/examples is a scenario's, or is run by the console
// blocks of its page, which are a test too.
func TestExamples(t *testing.T) {
	t.Parallel()
	found, err := filepath.Glob(filepath.Join(root, "docs", "examples", "*", "irsa.yaml"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no example (%v)", err)
	}
	for _, path := range found {
		name := filepath.Base(filepath.Dir(path))
		page, err := os.ReadFile(filepath.Join(root, "docs", name+".md")) // one without a page has none that runs it
		paged := err == nil && strings.Contains(string(page), "\n$ export HELM_IRSA_FILE=docs/examples/"+name+"/irsa.yaml\n")
		if !paged && !slices.ContainsFunc(howtos.All(), func(s howtos.HowTo) bool { return s.Example == name }) {
			t.Errorf("docs/examples/%s is not run", name)
		}
	}
}

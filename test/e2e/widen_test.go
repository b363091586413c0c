package e2e

import (
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// gatedTwice writes irsa.yaml for the chart gated, whose role may do these, and lets these service
// accounts in. Another lifetime of the token makes the pods anew.
func (w *world) gatedTwice(actions, subjects, seconds string) {
	w.Helper()
	w.irsaYAML(`serviceAccounts:
- name: orders
  rollout: true
  token: {expirationSeconds: ` + seconds + `}
  role:
    name: first
    inlinePolicies: {bucket: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: [` + actions + `], Resource: "arn:aws:s3:::bucket/*"}]}}
    trust: {subjects: [` + subjects + `]}
`)
}

// inline is an inline policy of a role of the home AWS account.
func (w *world) inline(role, name string) string {
	w.Helper()
	out, err := iam.NewFromConfig(w.config(home)).GetRolePolicy(w.ctx(), &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
	w.no(err)
	text, err := url.PathUnescape(*out.PolicyDocument)
	w.no(err)
	return text
}

// TestWidenFirst: a policy that shrinks, and a subject that goes, are narrowed only once Helm has
// succeeded: an upgrade that fails and is rolled back finds running pods with all that they had.
func TestWidenFirst(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w := gatedWorld(newWorld(t, h, paris, "widen-"+h.major), "first")
		us, them := "system:serviceaccount:"+w.namespace+":orders", "system:serviceaccount:"+w.namespace+":stock"
		w.gatedTwice(`"s3:GetObject", "s3:PutObject"`, us+", "+them, "3600")
		install := w.upgrade("orders", absolute(gated), "--wait")
		w.must(install...)
		w.keep("first")

		back := map[string]string{"3": "--atomic", "4": "--rollback-on-failure"}[h.major]
		w.gatedTwice(`"s3:GetObject", "s3:ListBucket"`, us, "7200")
		w.gate(false)
		r := w.fails(append(install, back, "--timeout", "6s"), "AWS keeps what was made for this release, and nothing was taken away")
		if got := w.inline("first", "bucket"); !strings.Contains(got, "s3:PutObject") || !strings.Contains(got, "s3:ListBucket") {
			t.Errorf("the policy is to have what was and what is to be: %s: %s", got, r)
		}
		if got := w.trust("first"); !strings.Contains(got, us) || !strings.Contains(got, them) {
			t.Errorf("the trust is to let both in: %s", got)
		}
		w.keep("first")

		w.gate(true)
		w.must(install...)
		if got := w.inline("first", "bucket"); strings.Contains(got, "s3:PutObject") || !strings.Contains(got, "s3:ListBucket") {
			t.Errorf("the policy is to have what irsa.yaml says: %s", got)
		}
		if got := w.trust("first"); strings.Contains(got, them) {
			t.Errorf("the trust is to let one in: %s", got)
		}
		w.keep("first")
	})
}

package e2e

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/helm-irsa/helm-irsa/test/howtos"
)

// breaks are what people do to a release that works. Each is mended again by
// `helm irsa apply`, or by an upgrade.
var breaks = []struct {
	name string
	do   func(w *world)
	// codes are those that verify may say first.
	codes []string
	// kept: STS still gives the role to the pods that run.
	kept bool
}{
	{"another namespace in the trust", func(w *world) { w.retrust(":"+w.namespace+":", ":other:") }, []string{"sub-namespace-mismatch"}, false},
	{"another service account in the trust", func(w *world) { w.retrust(":orders\"", ":order\"") }, []string{"sub-service-account-name-mismatch"}, false},
	{"another audience in the trust", func(w *world) { w.retrust(`:aud": "sts.amazonaws.com"`, `:aud": "sts.example.com"`) }, []string{"aud-value-wrong"}, false},
	{"another issuer in the trust", func(w *world) { w.retrust("id/EXAMPLE", "id/OTHER") }, []string{"issuer-mismatch", "oidc-provider-missing", "federated-provider-arn-typo"}, false},
	{"no role", (*world).dropRole, []string{"role-missing"}, false},
	{"no provider", (*world).dropProvider, []string{"oidc-provider-missing"}, false},
	{"the provider's audience", (*world).dropAudience, []string{"oidc-provider-audience-wrong"}, false},
	{"the annotation taken off", func(w *world) { w.annotate("null") }, []string{"annotation-missing", "annotation-removed-by-controller"}, true},
	{"another role on the account", func(w *world) { w.annotate(`"arn:aws:iam::111122223333:role/other"`) }, []string{"annotation-removed-by-controller"}, true},
	{"no ARN on the account", func(w *world) { w.annotate(`"orders"`) }, []string{"annotation-removed-by-controller"}, true},
}

// installedShop is a world with the shop in it, the command that installed it, and what its pods
// assume.
func installedShop(t *testing.T, h helmProgram, namespace string) (w *world, install []string, want identities) {
	t.Helper()
	w = newWorld(t, h, paris, namespace)
	w.irsaYAML(shopAccounts("orders", "reports"))
	install = w.upgrade("shop", absolute(shop), "--wait")
	w.must(install...)
	want = w.shopIdentities("orders", "reports")
	w.agrees("shop", want)
	return w, install, want
}

// TestBroken breaks one link after the other: verify names it, and STS says the same.
func TestBroken(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w, install, want := installedShop(t, h, "broken-"+h.major)
		account := w.namespace + "/orders"
		for _, b := range breaks {
			b.do(w)
			w.names("shop", account, b.codes...)
			if _, err := w.assume(w.token(account), want[account]); (err == nil) != b.kept {
				t.Errorf("%s: STS says %v", b.name, err)
			}
			if t.Failed() {
				t.Fatalf("with %s", b.name)
			}
			if b.name == "no role" { // Helm finds nothing to do, but AWS has
				w.must("irsa", "apply", "shop", "-n", w.namespace, "--yes")
			}
			w.restore()
			w.must(install...)
			w.agrees("shop", want)
		}
	})
}

// TestPlainUpgrade: a helm upgrade without helm irsa takes annotation and service account away.
// The pods that run keep their role, and nobody calls that well.
func TestPlainUpgrade(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w, install, want := installedShop(t, h, "plain-"+h.major)
		status := []string{"irsa", "status", "shop", "--namespace", w.namespace}
		w.must(status...)

		w.must("upgrade", "shop", absolute(shop), "--namespace", w.namespace)
		orders := w.namespace + "/orders"
		w.names("shop", orders, "annotation-missing")
		if r := w.run(status...); r.code != 2 || !strings.Contains(r.stdout, orders+": annotation-missing: ") {
			t.Errorf("status does not say annotation-missing: %s", r)
		}
		if _, err := w.assume(w.token(orders), want[orders]); err != nil {
			t.Error(err)
		}
		w.must(install...)
		w.agrees("shop", want)
		w.must(status...)
	})
}

// restore undoes by hand what no tool of ours would touch.
func (w *world) restore() {
	w.Helper()
	w.annotate(`"` + howtos.Role(home, "orders") + `"`)
}

// annotate sets the role of the live service account, as kubectl annotate does.
func (w *world) annotate(value string) {
	w.Helper()
	patch := `{"metadata":{"annotations":{"eks.amazonaws.com/role-arn":` + value + `}}}`
	_, err := w.kube.CoreV1().ServiceAccounts(w.namespace).Patch(w.ctx(), "orders", types.MergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: "kubectl-annotate"})
	w.no(err)
}

// retrust changes the text of the role's trust.
func (w *world) retrust(old, replacement string) {
	w.Helper()
	document := w.trust("orders")
	changed := strings.ReplaceAll(document, old, replacement)
	if changed == document {
		w.Fatalf("%q is not in the trust:\n%s", old, document)
	}
	_, err := iam.NewFromConfig(w.config(home)).UpdateAssumeRolePolicy(w.ctx(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("orders"), PolicyDocument: &changed})
	w.no(err)
}

func (w *world) dropRole() {
	w.Helper()
	client, name := iam.NewFromConfig(w.config(home)), aws.String("orders")
	attached, err := client.ListAttachedRolePolicies(w.ctx(), &iam.ListAttachedRolePoliciesInput{RoleName: name})
	w.no(err)
	for _, p := range attached.AttachedPolicies {
		_, err := client.DetachRolePolicy(w.ctx(), &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: p.PolicyArn})
		w.no(err)
	}
	_, err = client.DeleteRole(w.ctx(), &iam.DeleteRoleInput{RoleName: name})
	w.no(err)
}

func (w *world) dropProvider() {
	w.Helper()
	_, err := iam.NewFromConfig(w.config(home)).DeleteOpenIDConnectProvider(w.ctx(), &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: aws.String(w.provider())})
	w.no(err)
}

func (w *world) dropAudience() {
	w.Helper()
	client, arn := iam.NewFromConfig(w.config(home)), w.provider()
	_, err := client.AddClientIDToOpenIDConnectProvider(w.ctx(), &iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn, ClientID: aws.String("other")})
	w.no(err)
	_, err = client.RemoveClientIDFromOpenIDConnectProvider(w.ctx(), &iam.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn, ClientID: aws.String("sts.amazonaws.com")})
	w.no(err)
}

func (w *world) provider() string {
	return "arn:aws:iam::" + home + ":oidc-provider/" + strings.TrimPrefix(w.where.issuer, "https://")
}

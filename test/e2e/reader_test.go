package e2e

import (
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestReader: verify runs as somebody who may not do everything. What may not be read or
// tried is unknown, and named with the permission; with these, all is known.
func TestReader(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w := newWorld(t, h, paris, "reader-"+h.major)
		w.irsaYAML(shopAccounts("orders", "reports"))
		w.must(w.upgrade("shop", absolute(shop), "--wait")...)

		reader := w.as("reader-" + h.major)
		w.grant("reader-"+h.major, "view", rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"get", "list"}}) // Helm's releases
		report, r := reader.verify("shop")
		if r.code != 3 {
			t.Errorf("verify ends with %d although it could not look at everything: %s", r.code, r)
		}
		for _, a := range report.ServiceAccounts {
			if a.Status != "unknown" {
				t.Errorf("%s is %s", a.Name, a.Status)
			}
		}
		w.says(r, "mutatingwebhookconfigurations", "create serviceaccounts/token")

		w.grant("reader-"+h.major, "",
			rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"serviceaccounts/token"}, Verbs: []string{"create"}},
			rbacv1.PolicyRule{APIGroups: []string{"admissionregistration.k8s.io"}, Resources: []string{"mutatingwebhookconfigurations"}, Verbs: []string{"get", "list"}})
		reader.agrees("shop", w.shopIdentities("orders", "reports"))

		// What it may not write it is not asked to: the upgrade is Helm's to refuse.
		reader.fails(w.upgrade("shop", absolute(shop), "--set", "image=registry.example.com/shop:2"), "forbidden")
		w.proven(w.shopIdentities("orders", "reports"))
	})
}

// as is the world of another user of the cluster.
func (w *world) as(user string) *world {
	w.Helper()
	kubeconfig, err := w.cluster.KubeconfigFor(user)
	w.no(err)
	other := *w
	other.env = append(append([]string{}, w.env...), "KUBECONFIG="+kubeconfig)
	return &other
}

// grant lets a user do what a cluster role and these rules say.
func (w *world) grant(user, role string, rules ...rbacv1.PolicyRule) {
	w.Helper()
	subjects := []rbacv1.Subject{{Kind: "User", APIGroup: rbacv1.GroupName, Name: user}}
	bind := func(name string) {
		_, err := w.kube.RbacV1().ClusterRoleBindings().Create(w.ctx(), &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{GenerateName: strings.ToLower(user) + "-"},
			Subjects:   subjects, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name},
		}, metav1.CreateOptions{})
		w.no(err)
	}
	made, err := w.kube.RbacV1().ClusterRoles().Create(w.ctx(), &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{GenerateName: user + "-"}, Rules: rules}, metav1.CreateOptions{})
	w.no(err)
	bind(made.Name)
	if role != "" {
		bind(role)
	}
}

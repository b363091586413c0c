package e2e

import (
	"cmp"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-irsa/helm-irsa/test/howtos"
)

// leavingAccounts has two service accounts; the workloads named last run as the second.
func leavingAccounts(workloads ...string) string {
	text := `serviceAccounts:
- name: orders
  role: {name: orders}
`
	if len(workloads) > 0 {
		text += "- name: reports\n  role: {name: reports}\n  usedBy:\n"
	}
	for _, name := range workloads {
		text += "  - workload: {kind: Deployment, name: " + name + "}\n"
	}
	return text
}

// TestLeaving: a workload that irsa.yaml gave a service account goes back to the one that
// its chart gives it, none or another, once irsa.yaml does not name it any more, and once
// Helm is run without us. The API server must not keep the name in the deprecated
// serviceAccount.
func TestLeaving(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w := newWorld(t, h, paris, "leaving-"+h.major)
		wait := []string{"--wait", "--timeout", "90s"}
		install := w.upgrade("shop", absolute(shop), wait...)
		both := w.shopIdentities("orders", "reports")
		w.irsaYAML(leavingAccounts("reports", "orders"))
		w.must(install...)
		w.proven(both)
		w.runsAs("orders", "reports")
		w.runsAs("reports", "reports")

		w.irsaYAML(leavingAccounts())
		w.must(install...)
		w.left()
		w.proven(identities{w.namespace + "/orders": howtos.Role(home, "orders")})
		if w.role("reports") != nil {
			t.Error("the role that nobody names any more is there")
		}

		w.irsaYAML(leavingAccounts("reports", "orders"))
		w.must(install...)
		w.proven(both)
		w.runsAs("reports", "reports")
		w.must(append([]string{"upgrade", "shop", absolute(shop), "--namespace", w.namespace}, wait...)...)
		w.left()
		w.proven(identities{})
	})
}

// left: the shop's workloads run as its chart says, and the service account that was
// added is gone.
func (w *world) left() {
	w.Helper()
	w.runsAs("orders", "orders")
	w.runsAs("reports", "")
	if _, err := w.kube.CoreV1().ServiceAccounts(w.namespace).Get(w.ctx(), "reports", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		w.Errorf("service account reports is not gone: %v", err)
	}
}

// runsAs: the Deployment names the service account in both of its fields, and all of its
// new pods are there and run as it; as default where it is empty.
func (w *world) runsAs(name, account string) {
	w.Helper()
	d, err := w.kube.AppsV1().Deployments(w.namespace).Get(w.ctx(), name, metav1.GetOptions{})
	w.no(err)
	if pod := d.Spec.Template.Spec; pod.ServiceAccountName != account || pod.DeprecatedServiceAccount != account {
		w.Fatalf("Deployment %s names service account %q (serviceAccount: %q), want %q", name, pod.ServiceAccountName, pod.DeprecatedServiceAccount, account)
	}
	w.await(fmt.Sprintf("the pods of %s to run as service account %q", name, account), func() bool {
		running := 0
		for _, p := range w.pods(w.namespace) {
			if p.Labels["app"] != name {
				continue
			}
			if p.Spec.ServiceAccountName != cmp.Or(account, "default") || p.Status.Phase != corev1.PodRunning {
				return false
			}
			running++
		}
		return running == int(*d.Spec.Replicas)
	})
}

package e2e

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestAccountOfAnother: a ServiceAccount that eksctl made is left alone, and taken over
// where the user says so, with all that is on it.
func TestAccountOfAnother(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w := newWorld(t, h, paris, "another-"+h.major)
		w.makeNamespace(w.namespace)
		sa := &corev1.ServiceAccount{
			ObjectMeta: metav1.ObjectMeta{
				Name:        "orders",
				Labels:      map[string]string{"app.kubernetes.io/managed-by": "eksctl", "team": "shop"},
				Annotations: map[string]string{"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/eksctl-orders", "owner": "shop"},
			},
			ImagePullSecrets: []corev1.LocalObjectReference{{Name: "registry"}},
		}
		before, err := w.kube.CoreV1().ServiceAccounts(w.namespace).Create(w.ctx(), sa, metav1.CreateOptions{FieldManager: "eksctl"})
		w.no(err)
		w.irsaYAML(shopAccounts("orders", "reports"))
		bare := w.iam()

		w.fails(w.upgrade("shop", absolute(shop)), w.namespace+"/orders", "eksctl", "--irsa-adopt")
		if w.iam() != bare {
			t.Error("AWS was changed, although the release cannot be installed")
		}
		same, err := w.kube.CoreV1().ServiceAccounts(w.namespace).Get(w.ctx(), "orders", metav1.GetOptions{})
		w.no(err)
		if same.ResourceVersion != before.ResourceVersion {
			t.Error("the service account was changed, although the user did not ask for it")
		}

		w.must(w.upgrade("shop", absolute(shop), "--irsa-adopt", "--wait")...)
		after, err := w.kube.CoreV1().ServiceAccounts(w.namespace).Get(w.ctx(), "orders", metav1.GetOptions{})
		w.no(err)
		if after.UID != before.UID || after.Labels["team"] != "shop" || after.Annotations["owner"] != "shop" || len(after.ImagePullSecrets) != 1 {
			t.Errorf("the service account lost something: %+v, it was %+v", after, before)
		}
		want := w.shopIdentities("orders", "reports")
		w.proven(want)
		w.agrees("shop", want)

		w.must(w.upgrade("shop", absolute(shop), "--wait")...) // and from now on it is Helm's
		w.must("irsa", "uninstall", "shop", "-n", w.namespace, "--irsa-yes", "--wait")
		w.nothingLeft()
	})
}

package e2e

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/helm-irsa/helm-irsa/test/howtos"
)

// TestRoleWrittenByHand: Helm 4 has a conflict over a role that kubectl annotate wrote, and
// that is known before AWS is changed; Helm 3 writes over it. What pods still run with stays.
func TestRoleWrittenByHand(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w := newWorld(t, h, paris, "byhand-"+h.major)
		w.irsaYAML(strings.ReplaceAll(shopAccounts("orders", "reports"), "rollout: true", "rollout: false"))
		w.must(w.upgrade("shop", absolute(shop), "--wait")...)
		patch := []byte(`{"metadata":{"annotations":{"eks.amazonaws.com/role-arn":"arn:aws:iam::111122223333:role/byhand"}}}`)
		_, err := w.kube.CoreV1().ServiceAccounts(w.namespace).Patch(w.ctx(), "orders", types.MergePatchType, patch, metav1.PatchOptions{FieldManager: "kubectl-annotate"})
		w.no(err)

		w.irsaYAML(strings.ReplaceAll(shopAccounts("orders-2", "reports"), "rollout: true", "rollout: false"))
		upgrade := w.upgrade("shop", absolute(shop), "--wait")
		if h.major == "4" {
			bare := w.iam()
			w.fails(upgrade, "kubectl-annotate", "--force-conflicts")
			if w.iam() != bare {
				t.Error("AWS was changed, although the release cannot be upgraded")
			}
			upgrade = append(upgrade, "--force-conflicts")
		}
		orders := howtos.Role(home, "orders")
		r := w.fails(upgrade, "pod-older-than-annotation", "kubectl rollout restart -n "+w.namespace+" deployment orders", "what irsa.yaml no longer wants stays in AWS until this is mended")
		if r.code != 2 || strings.Contains(r.stderr, "verified: "+w.namespace+"/orders ") {
			t.Errorf("pods that have the old role are to be said: %s", r)
		}
		if !strings.Contains(w.iam(), orders+`"`) {
			t.Error("the role that pods still run with is gone")
		}
	})
}

package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/test/howtos"
)

const shop = "test/e2e/testdata/shop"

// shopAccounts are two service accounts with roles of these names; their pods restart
// with them.
func shopAccounts(orders, reports string) string {
	return `serviceAccounts:
- name: orders
  rollout: true
  role: {name: ` + orders + `, policyARNs: [arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess]}
- name: reports
  rollout: true
  role: {name: ` + reports + `}
  usedBy: [{workload: {kind: Deployment, name: reports}}]
`
}

// shopIdentities are those service accounts in the scenario's namespace.
func (w *world) shopIdentities(orders, reports string) identities {
	return identities{
		w.namespace + "/orders":  howtos.Role(home, orders),
		w.namespace + "/reports": howtos.Role(home, reports),
	}
}

// TestLifecycle: install, an upgrade that changes nothing, one that changes a role, a
// rollback to before, uninstall.
func TestLifecycle(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w := newWorld(t, h, paris, "lifecycle-"+h.major)
		bare := w.iam()
		install := w.upgrade("shop", absolute(shop), "--wait")
		w.irsaYAML(shopAccounts("orders", "reports"))
		w.must(install...)
		first := w.shopIdentities("orders", "reports")
		w.proven(first)
		w.agrees("shop", first)

		before := w.uids()
		w.aws.ResetCalls()
		w.must(install...)
		if now := w.uids(); !slices.Equal(now, before) {
			t.Error("an upgrade that changes nothing restarts pods")
		}
		for _, c := range w.aws.Calls() {
			if !strings.HasPrefix(c.Operation, "Get") && !strings.HasPrefix(c.Operation, "List") && !strings.HasPrefix(c.Operation, "Describe") {
				t.Errorf("an upgrade that changes nothing calls %s:%s", c.Service, c.Operation)
			}
		}

		orders, reports, web := w.started("orders"), w.started("reports"), w.started("web")
		w.irsaYAML(shopAccounts("orders-2", "reports"))
		r := w.must(install...)
		second := w.shopIdentities("orders-2", "reports")
		w.proven(second)
		w.agrees("shop", second)
		for _, uid := range w.started("orders") {
			if slices.Contains(orders, uid) {
				t.Errorf("a pod of orders is not restarted, although its role changed: %s", r)
			}
		}
		if !slices.Equal(w.started("reports"), reports) || !slices.Equal(w.started("web"), web) {
			t.Errorf("pods restart whose role did not change: %s", r)
		}
		if w.role("orders") != nil {
			t.Errorf("the role that nobody names any more is there: %s", r)
		}

		// Helm takes the release back, which irsa.yaml does not fit any more; what AWS had for it is made from the irsa.yaml of then.
		w.must("rollback", "shop", "1", "-n", w.namespace, "--wait")
		w.names("shop", w.namespace+"/orders", "annotation-missing")
		w.irsaYAML(shopAccounts("orders", "reports"))
		w.must("irsa", "apply", "shop", "-n", w.namespace, "--yes")
		w.proven(first)
		w.agrees("shop", first)

		w.must("irsa", "uninstall", "shop", "-n", w.namespace, "--irsa-yes", "--wait")
		w.nothingLeft()
		w.must("irsa", "destroy", "shop", "-n", w.namespace, "--oidc-provider", "--yes")
		if left := w.iam(); left != bare {
			t.Errorf("in AWS there is\n%s\nbefore, there was\n%s", left, bare)
		}
	})
}

// TestFailedUpgrade: where Helm fails, the pods that run keep what they have, and the
// next try goes on.
func TestFailedUpgrade(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w := newWorld(t, h, paris, "failed-"+h.major)
		w.irsaYAML(shopAccounts("orders", "reports"))
		w.must(w.upgrade("shop", absolute(shop), "--wait")...)
		first := w.shopIdentities("orders", "reports")

		w.irsaYAML(shopAccounts("orders-2", "reports"))
		// No image: the API server refuses the pods' template.
		r := w.fails(w.upgrade("shop", absolute(shop), "--set", "image="), "AWS keeps what was made for this release", "nothing was taken away", "with the irsa.yaml of before it takes back what was made")
		if w.role("orders") == nil {
			t.Errorf("the role of the pods that run is gone: %s", r)
		}
		w.must("rollback", "shop", "1", "-n", w.namespace, "--wait")
		w.proven(first)

		w.must(w.upgrade("shop", absolute(shop), "--wait")...)
		second := w.shopIdentities("orders-2", "reports")
		w.proven(second)
		w.agrees("shop", second)
		if w.role("orders") != nil {
			t.Error("the role that nobody names any more is there")
		}
	})
}

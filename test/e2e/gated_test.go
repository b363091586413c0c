package e2e

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/helm-irsa/helm-irsa/test/e2e/pods"
	"github.com/helm-irsa/helm-irsa/test/howtos"
)

// gated is a chart whose new pods start only while the gate is open, so that Helm waits
// for as long as a scenario needs.
const gated = "test/e2e/testdata/gated"

// gatedWorld is a world with an open gate, and with irsa.yaml for a role of this name.
func gatedWorld(w *world, role string) *world {
	w.Helper()
	w.gatedRole(role)
	w.gate(true)
	w.Cleanup(func() { _ = w.label(nil) }) // a cluster that is gone has no nodes
	return w
}

// gatedRole writes irsa.yaml so that the chart's service account has a role of this name;
// more are service accounts beside it.
func (w *world) gatedRole(name string, more ...string) {
	w.Helper()
	w.irsaYAML(`serviceAccounts:
- name: orders
  rollout: true
  role: {name: ` + name + `, policyARNs: [arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess]}
` + strings.Join(more, ""))
}

// gatedIdentity is what the chart's service account assumes with it.
func (w *world) gatedIdentity(role string) identities {
	return identities{w.namespace + "/orders": howtos.Role(home, role)}
}

// gate lets pods start, or makes those wait that have not.
func (w *world) gate(open bool) {
	w.Helper()
	var value *string
	if open {
		value = new("open")
	}
	w.no(w.label(value))
}

func (w *world) label(value *string) error {
	text := "null"
	if value != nil {
		text = fmt.Sprintf("%q", *value)
	}
	nodes, err := w.kube.CoreV1().Nodes().List(w.ctx(), metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, n := range nodes.Items {
		patch := fmt.Sprintf(`{"metadata":{"labels":{"gate.example.com/%s":%s}}}`, w.namespace, text)
		if _, err := w.kube.CoreV1().Nodes().Patch(w.ctx(), n.Name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
			return err
		}
	}
	return nil
}

// awaitPending waits until a pod with the role is there and waits for the gate: Helm,
// too, waits then.
func (w *world) awaitPending(role string) {
	w.Helper()
	w.await("a pod that has the role "+role+" and waits", func() bool {
		return slices.ContainsFunc(w.pods(w.namespace), func(p corev1.Pod) bool {
			return p.Spec.NodeName == "" && pods.Env(p.Spec.Containers[0], "AWS_ROLE_ARN") == howtos.Role(home, role)
		})
	})
}

// keep: every pod has one of the roles, and assumes it.
func (w *world) keep(roles ...string) {
	w.Helper()
	all := w.pods(w.namespace)
	if len(all) == 0 {
		w.Error("there is no pod")
	}
	for _, pod := range all {
		for _, c := range pods.Assume(w.ctx(), w.kube, w.sts(), &pod) {
			named := slices.ContainsFunc(roles, func(role string) bool { return howtos.Role(home, role) == c.RoleARN })
			if !named || c.Session != sessionOf(c.RoleARN) {
				w.Errorf("pod %s has the role %q, which is to be one of %q, and assumes %q: %v", pod.Name, c.RoleARN, roles, c.Session, c.Err)
			}
		}
	}
}

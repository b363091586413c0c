package upgrade

import (
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// TestRollouts: a workload replaces its pods as long as kubectl rollout status would wait for it.
func TestRollouts(t *testing.T) {
	t.Parallel()
	const spec = "spec: {replicas: 2, template: {spec: {serviceAccountName: web}}}\n"
	for name, c := range map[string]struct {
		text string
		want string
	}{
		"not seen yet":            {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: n, generation: 3}\n" + spec + "status: {observedGeneration: 2, replicas: 2, updatedReplicas: 2}\n", "deployment/a"},
		"old pods":                {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: n, generation: 3}\n" + spec + "status: {observedGeneration: 3, replicas: 3, updatedReplicas: 2}\n", "deployment/a"},
		"none left":               {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: n, generation: 3}\n" + spec + "status: {observedGeneration: 3, replicas: 2, updatedReplicas: 2}\n", ""},
		"a node lacks the new":    {"apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a, namespace: n, generation: 3}\n" + spec + "status: {observedGeneration: 3, desiredNumberScheduled: 2, updatedNumberScheduled: 1}\n", "daemonset/a"},
		"every node has the new":  {"apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a, namespace: n, generation: 3}\n" + spec + "status: {observedGeneration: 3, desiredNumberScheduled: 2, updatedNumberScheduled: 2}\n", ""},
		"two revisions":           {"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a, namespace: n, generation: 3}\n" + spec + "status: {observedGeneration: 3, currentRevision: x, updateRevision: y}\n", "statefulset/a"},
		"one revision":            {"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a, namespace: n, generation: 3}\n" + spec + "status: {observedGeneration: 3, currentRevision: y, updateRevision: y}\n", ""},
		"no template":             {"apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: n, generation: 3}\n", ""},
		"a Job is never replaced": {"apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, namespace: n, generation: 1}\n" + spec + "status: {observedGeneration: 1}\n", ""},
	} {
		objects, err := manifest.Read("cluster", strings.NewReader(c.text))
		if err != nil {
			t.Fatal(err)
		}
		for i := range objects.List {
			objects.List[i].Live = true
		}
		if got := rollouts(objects.List)["n/web"]; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		for i := range objects.List { // what a chart says is not what runs
			objects.List[i].Live = false
		}
		if got := rollouts(objects.List); len(got) > 0 {
			t.Errorf("%s: a manifest rolls out: %v", name, got)
		}
	}
}

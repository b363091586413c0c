package e2e

import (
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/helm-irsa/helm-irsa/test/e2e/pods"
)

// alone is a cluster of one scenario, which may stop its parts.
func alone(t *testing.T) *shared {
	s := &shared{region: paris.region, issuer: paris.issuer}
	t.Cleanup(func() {
		if s.cluster == nil {
			return
		}
		if err := s.cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// clusterFaults are faults of the cluster, each in the release that the one before it left.
var clusterFaults = []struct {
	name string
	do   func(w *world, install []string)
}{
	{"APIServerGoneBeforeHelm", apiServerGoneBeforeHelm},
	{"APIServerGoneWhileHelmWaits", apiServerGoneWhileHelmWaits},
	{"WebhookDown", webhookDown},
}

// TestClusterFaults stops what the cluster is made of.
func TestClusterFaults(t *testing.T) {
	t.Parallel()
	for _, h := range helms {
		t.Run("helm"+h.major, func(t *testing.T) {
			t.Parallel()
			w := gatedWorld(newWorld(t, h, alone(t), "cluster-faults"), "first")
			install := w.upgrade("orders", absolute(gated), "--wait")
			w.must(install...)
			for _, f := range clusterFaults {
				t.Run(f.name, func(t *testing.T) {
					timed(t, "ClusterFaults/"+f.name, h, func(t *testing.T, _ helmProgram) {
						of := *w
						of.T = t
						f.do(&of, install)
					})
				})
			}
		})
	}
}

// apiServerGoneBeforeHelm: AWS has the new role when the API server goes. The pods keep
// theirs, and the same command goes on.
func apiServerGoneBeforeHelm(w *world, install []string) {
	w.gatedRole("second")
	w.after(lastWrite, func() {
		if err := w.cluster.StopAPIServer(); err != nil {
			w.Error(err)
		}
	})
	r := w.fails(install, "connection refused", "AWS keeps what was made for this release", "nothing was taken away", "run the same command again once that is mended")
	if w.role("first") == nil || w.role("second") == nil {
		w.Errorf("a role is missing: %s", r)
	}
	w.no(w.cluster.StartAPIServer(w.ctx()))
	w.keep("first")
	w.must(install...)
	w.arrived("second", "first")
}

// apiServerGoneWhileHelmWaits: Helm cannot write down how the release stands any more.
// Nor can we say it then: the next try does.
func apiServerGoneWhileHelmWaits(w *world, install []string) {
	w.gatedRole("third")
	w.gate(false)
	helm := w.begin(install...)
	w.awaitPending("third")
	w.no(w.cluster.KillAPIServer())
	// Helm would wait for the cluster to come back, and its user does not.
	w.no(syscall.Kill(-helm.cmd.Process.Pid, syscall.SIGINT))
	r := helm.end()
	w.says(r, "AWS keeps what was made for this release", "nothing was taken away", "run the same command again once that is mended")
	w.no(w.cluster.StartAPIServer(w.ctx()))
	w.keep("second", "third")
	w.gate(true)
	r = w.fails(install, "another operation (install/upgrade/rollback) is in progress", "release orders is pending-upgrade")
	w.follow(r, "helm rollback")
	w.must(install...)
	w.arrived("third", "second")
}

// webhookDown: pods that are made meanwhile start without an identity, as the webhook's
// failure policy has it. verify names that, and how to mend it.
func webhookDown(w *world, install []string) {
	w.no(w.cluster.StopWebhook())
	w.gatedRole("fourth")
	failed := w.fails(install, "webhook-failing", "kubectl rollout restart", "what irsa.yaml no longer wants stays in AWS until this is mended")
	bare := func(p corev1.Pod) bool { return pods.Env(p.Spec.Containers[0], "AWS_ROLE_ARN") == "" }
	if !slices.ContainsFunc(w.pods(w.namespace), bare) {
		w.Error("every pod has an identity, without the webhook")
	}
	// Which of them depends on whether the pod came within the second of the annotation.
	w.names("orders", w.namespace+"/orders", "webhook-failing", "pod-older-than-annotation")
	got, r := w.verify("orders")
	w.no(w.cluster.StartWebhook())
	w.restart(got.Findings[0].Fix)
	w.await("the pods to be replaced: "+r.String(), func() bool {
		return !slices.ContainsFunc(w.pods(w.namespace), bare)
	})
	w.follow(failed, "helm irsa apply", "--yes")
	w.arrived("fourth", "third")
}

// restart runs what verify said to mend the pods of the chart gated, up to its comment;
// where there is no kubectl, what kubectl would do
// (k8s.io/kubectl@v0.36.1/pkg/polymorphichelpers/objectrestarter.go).
func (w *world) restart(fix string) {
	w.Helper()
	line, _, _ := strings.Cut(fix, "#")
	if want := "kubectl rollout restart -n " + w.namespace + " deployment orders"; strings.TrimSpace(line) != want {
		w.Fatalf("verify says %q, want %q", fix, want)
	}
	path, err := exec.LookPath("kubectl")
	if err != nil {
		const patch = `{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":"now"}}}}}`
		_, err := w.kube.AppsV1().Deployments(w.namespace).Patch(w.ctx(), "orders", types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{})
		w.no(err)
		return
	}
	cmd := exec.CommandContext(w.Context(), path, strings.Fields(line)[1:]...)
	cmd.Dir, cmd.Env = w.dir, w.env
	if r := w.finish(cmd); r.code != 0 {
		w.Fatalf("%s: %s", line, r)
	}
}

// arrived: the release has this role, all agree, and the one before is gone.
func (w *world) arrived(role, before string) {
	w.Helper()
	w.proven(w.gatedIdentity(role))
	w.agrees("orders", w.gatedIdentity(role))
	if w.role(before) != nil {
		w.Errorf("the role %s, that nobody names any more, is there", before)
	}
}

package e2e

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-irsa/helm-irsa/test/howtos"
)

// TestHowTo takes each how-to from a bare AWS account to a release and back. Those of one
// namespace, and both Helms, come one after the other: each has to leave nothing.
func TestHowTo(t *testing.T) {
	t.Parallel()
	groups := map[string][]howtos.HowTo{}
	for _, h := range howtos.All() {
		groups[h.Namespace] = append(groups[h.Namespace], h)
	}
	for namespace, group := range groups {
		t.Run(namespace, func(t *testing.T) {
			t.Parallel()
			for _, page := range group {
				for _, h := range helms {
					t.Run(page.Name+"/helm"+h.major, func(t *testing.T) {
						timed(t, "HowTo/"+page.Name, h, func(t *testing.T, h helmProgram) { howTo(t, h, page) })
					})
				}
			}
		})
	}
}

// clusterOf is where a how-to's issuer fits.
func clusterOf(page howtos.HowTo) *shared {
	switch {
	case page.Name == "giantswarm":
		return bucket
	case page.Region == montreal.region:
		return montreal
	}
	return paris
}

func howTo(t *testing.T, h helmProgram, page howtos.HowTo) {
	w := newWorld(t, h, clusterOf(page), page.Namespace, page.Cluster)
	t.Cleanup(w.clear)
	w.dir = root
	w.crd("rollouts", "Rollout", "argoproj.io") // for Giant Swarm's
	w.volume()                                  // for Cinchy's
	bare := w.iam()
	file := page.File()
	w.makeNamespace(w.namespace) // which Giant Swarm's chart has in it too
	w.must(append([]string{"irsa", "upgrade", "--install", "--take-ownership", "--wait", "--irsa-yes", "--irsa-file", file}, page.Upgrade(page.Namespace)...)...)
	if strings.HasPrefix(page.Name, "qovery") {
		w.platform("my-app-sa")
	}

	want := identities(page.Accounts)
	w.runCronJobs()
	w.proven(want, w.own(page.Refused)...)
	w.agrees(page.Release, want, "-f", file)
	pods := w.uids()
	r := w.must(append([]string{"irsa", "upgrade", "--install", "--irsa-file", file}, page.Upgrade(page.Namespace)...)...)
	if now := w.uids(); !slices.Equal(now, pods) {
		t.Errorf("an upgrade that changes nothing restarts pods: %s", r)
	}

	if strings.HasPrefix(page.Name, "qovery") {
		w.platformEnds()
	}
	w.must("irsa", "uninstall", page.Release, "-n", page.Namespace, "--irsa-file", file, "--irsa-yes", "--wait")
	w.nothingLeft()
	if len(want) > 0 {
		w.must("irsa", "destroy", page.Release, "-n", page.Namespace, "-f", file, "--oidc-provider", "--yes")
	}
	if left := w.iam(); left != bare {
		t.Errorf("in AWS there is\n%s\nbefore, there was\n%s", left, bare)
	}
}

// own are those of the service accounts that the cluster can have: each gets its
// namespace and is made.
func (w *world) own(accounts []string) []string {
	for _, account := range accounts {
		w.account(account)
	}
	return accounts
}

// runCronJobs runs each CronJob of the namespace once, as kubectl create job --from does.
func (w *world) runCronJobs() {
	w.Helper()
	list, err := w.kube.BatchV1().CronJobs(w.namespace).List(w.ctx(), metav1.ListOptions{})
	w.no(err)
	for _, c := range list.Items {
		job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: c.Name + "-now", OwnerReferences: []metav1.OwnerReference{
			*metav1.NewControllerRef(&c, batchv1.SchemeGroupVersion.WithKind("CronJob")),
		}}, Spec: c.Spec.JobTemplate.Spec}
		_, err := w.kube.BatchV1().Jobs(w.namespace).Create(w.ctx(), job, metav1.CreateOptions{})
		w.no(err)
		w.await("the pod of job "+job.Name, func() bool {
			return slices.ContainsFunc(w.podNames(), func(name string) bool { return strings.HasPrefix(name, job.Name+"-") })
		})
	}
}

// absolute is a path of the repository, for commands that run elsewhere.
func absolute(path string) string { return filepath.Join(root, filepath.FromSlash(path)) }

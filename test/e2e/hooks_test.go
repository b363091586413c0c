package e2e

import (
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-irsa/helm-irsa/test/e2e/pods"
	"github.com/helm-irsa/helm-irsa/test/howtos"
)

// TestHooks: hooks before and after run as they would without us. Helm 4 shows them to a
// post-renderer, so the service account that is a hook can have a role; Helm 3 does not,
// which is said, with what to do.
func TestHooks(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w := newWorld(t, h, paris, "hooks-"+h.major)
		install := w.upgrade("app", absolute("testdata/charts/hooks"), "--wait")
		w.irsaYAML("serviceAccounts:\n- name: app-app\n  role: {name: app}\n")
		w.must(install...)
		want := identities{w.namespace + "/app-app": howtos.Role(home, "app")}
		w.ran("app-migrate")
		w.proven(want)
		w.agrees("app", want)

		if h.major == "3" { // which would run the hook as the chart's own, without the role
			w.irsaYAML("serviceAccounts:\n- name: app-app\n  role: {name: app}\n- name: app-migrate\n  role: {name: migrate}\n")
			bare := w.iam()
			w.fails(install, "needs service account app-migrate, and Helm 3 hands no hook to a post-renderer", "nothing was changed in AWS or the cluster")
			if w.iam() != bare {
				t.Error("AWS was changed")
			}
		}
		w.irsaYAML("serviceAccounts:\n- name: app-app\n  role: {name: app}\n- name: app-migrate\n  create: never\n  role: {name: migrate}\n")
		r := w.must(install...)
		if h.major == "3" {
			w.says(r, "warning: service account "+w.namespace+"/app-migrate is not in this release", "where it is made, annotate it: eks.amazonaws.com/role-arn: "+howtos.Role(home, "migrate"))
			return
		}
		want[w.namespace+"/app-migrate"] = howtos.Role(home, "migrate")
		job := w.ran("app-migrate")
		for _, pod := range w.pods(w.namespace) {
			if pod.Labels["batch.kubernetes.io/job-name"] == job.Name {
				for _, c := range pod.Spec.Containers {
					if got := pods.Env(c, "AWS_ROLE_ARN"); got != want[w.namespace+"/app-migrate"] {
						t.Errorf("the migration's pod has the role %q", got)
					}
				}
			}
		}
	})
}

// ran is a job of the namespace, which has completed.
func (w *world) ran(name string) *batchv1.Job {
	w.Helper()
	job, err := w.kube.BatchV1().Jobs(w.namespace).Get(w.ctx(), name, metav1.GetOptions{})
	w.no(err)
	if job.Status.Succeeded == 0 {
		w.Errorf("job %s has not completed: %+v", name, job.Status)
	}
	return job
}

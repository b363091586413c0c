package e2e

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-irsa/helm-irsa/test/howtos"
)

// TestStart goes from nothing to a proven identity without a line typed into irsa.yaml: init, the
// command that it says to type next, verify. Then the values that it writes take the
// post-renderer's place, and no pod is replaced.
func TestStart(t *testing.T) {
	t.Parallel()
	for _, s := range howtos.Starts() {
		for _, h := range helms {
			t.Run(s.Name+"/helm"+h.major, func(t *testing.T) {
				t.Parallel()
				timed(t, "Start/"+s.Name, h, func(t *testing.T, h helmProgram) { start(t, h, s) })
			})
		}
	}
}

func start(t *testing.T, h helmProgram, s howtos.Start) {
	w := newWorld(t, h, paris, s.Namespace+"-"+h.major)
	chart := []string{s.Name, absolute(s.Chart()), "--namespace", w.namespace}
	for _, v := range s.Set {
		chart = append(chart, "--set", v)
	}
	init := slices.Concat([]string{"irsa", "init"}, chart, []string{"--cluster-name", w.name, "--cluster-region", w.where.region})
	for _, g := range s.Grants {
		init = append(init, "--grant", g)
	}
	said := w.must(init...)
	w.must("irsa", "validate", s.Name, "-n", w.namespace)
	w.follow(said, "helm irsa upgrade", "--wait", "--irsa-yes")

	want := w.annotated(s.ServiceAccounts)
	w.proven(want)
	w.agrees(s.Name, want, "--live")

	pods := w.uids()
	values := w.must(slices.Concat([]string{"irsa", "values"}, chart)...)
	file := w.write(filepath.Join(w.dir, "identity.yaml"), values.stdout)
	w.must(slices.Concat([]string{"upgrade"}, chart, []string{"--values", file, "--wait"})...)
	if now := w.uids(); !slices.Equal(now, pods) {
		t.Errorf("with values in the post-renderer's place, pods are replaced: %v, before %v", now, pods)
	}
	if now := w.annotated(s.ServiceAccounts); !maps.Equal(now, want) {
		t.Errorf("with values in the post-renderer's place, the roles are %v, before %v", now, want)
	}
	w.proven(want)
	w.must("irsa", "uninstall", s.Name, "-n", w.namespace, "--irsa-yes", "--wait")
	w.nothingLeft()
}

// annotated are the roles that the cluster's service accounts name; each must name one.
func (w *world) annotated(names []string) identities {
	w.Helper()
	out := identities{}
	for _, name := range names {
		a, err := w.kube.CoreV1().ServiceAccounts(w.namespace).Get(w.ctx(), name, metav1.GetOptions{})
		w.no(err)
		role := a.Annotations["eks.amazonaws.com/role-arn"]
		if role == "" {
			w.Errorf("service account %s names no role", name)
		}
		out[w.namespace+"/"+name] = role
	}
	return out
}

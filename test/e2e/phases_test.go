package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
)

// writes are the operations of AWS that change something.
var writes = regexp.MustCompile(`^(Add|Attach|Create|Delete|Detach|Put|Remove|Set|Tag|Untag|Update)`)

// seen are the operations that AWS has answered.
type seen struct {
	mu  sync.Mutex
	all []string
}

func (s *seen) take(c localaws.Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, c.Operation)
}

func (s *seen) writing() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.all), func(op string) bool { return !writes.MatchString(op) })
}

// TestFailsBeforeTheFirstWrite: whatever is wrong before the chart has rendered, and whatever the
// rendering shows, leaves AWS and the cluster as they were, and is said in three lines at most
// beside Helm's own.
func TestFailsBeforeTheFirstWrite(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w := newWorld(t, h, paris, "before-"+h.major)
		w.makeNamespace(w.namespace)
		w.irsaYAML("serviceAccounts:\n- name: orders\n  role: {name: first}\n  usedBy: [{workload: {kind: Deployment, name: orders}}]\n")
		text, err := os.ReadFile(filepath.Join(w.dir, "irsa.yaml"))
		w.no(err)
		w.write(filepath.Join(w.dir, "typo.yaml"), strings.Replace(string(text), "kind: Deployment, name: orders", "kind: Deployment, name: odrers", 1))
		chart := filepath.Join(w.dir, "faulty")
		for _, dir := range []string{"faulty", "strict"} {
			w.no(os.MkdirAll(filepath.Join(w.dir, dir, "templates"), 0o755))
		}
		w.write(filepath.Join(chart, "Chart.yaml"), "apiVersion: v2\nname: faulty\nversion: 0.1.0\n")
		w.write(filepath.Join(chart, "templates", "x.yaml"), "{{ fail \"this chart never renders\" }}\n")
		strict := filepath.Join(w.dir, "strict")
		w.write(filepath.Join(strict, "Chart.yaml"), "apiVersion: v2\nname: strict\nversion: 0.1.0\n")
		w.write(filepath.Join(strict, "values.schema.json"), `{"type":"object","properties":{"size":{"type":"integer"}}}`)
		w.write(filepath.Join(strict, "templates", "x.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n")
		good, bare := absolute(gated), w.iam()
		for name, c := range map[string]struct {
			args []string
			env  []string
			said string
			deny []string // permissions
		}{
			"no chart":          {w.upgrade("orders", "./none"), nil, "none", nil},
			"no repository":     {w.upgrade("orders", "norepo/orders"), nil, "repo", nil},
			"no version":        {w.upgrade("orders", "orders", "--repo", "http://127.0.0.1:1", "--version", "9.9.9"), nil, "127.0.0.1:1", nil},
			"no values file":    {w.upgrade("orders", good, "-f", "none.yaml"), nil, "none.yaml", nil},
			"bad values":        {w.upgrade("orders", good, "--set-json", "a={"), nil, "set-json", nil},
			"a flag of no Helm": {w.upgrade("orders", good, "--frobnicate"), nil, "frobnicate", nil},
			"a timeout":         {w.upgrade("orders", good, "--timeout", "5"), nil, "timeout", nil},
			"--yes":             {w.upgrade("orders", good, "--yes"), nil, "--irsa-yes", nil},
			"template":          {w.upgrade("orders", chart), nil, "this chart never renders", nil},
			"schema":            {w.upgrade("orders", strict, "--set", "size=big"), nil, "size", nil},
			"target":            {w.upgrade("orders", good, "--irsa-file", "typo.yaml"), nil, "odrers", nil},
			"no irsa.yaml":      {w.upgrade("orders", good, "--irsa-file", "none.yaml"), nil, "none.yaml", nil},
			"values":            {w.upgrade("orders", good, "-f", "irsa.yaml"), nil, "--irsa-file irsa.yaml", nil},
			"no credentials":    {w.upgrade("orders", good), []string{"AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY="}, "AWS credentials", nil},
			"no permission":     {w.upgrade("orders", good), nil, "not authorized", []string{"iam:GetAccountAuthorizationDetails"}},
			"no terminal":       {slices.DeleteFunc(w.upgrade("orders", good), func(a string) bool { return a == "--irsa-yes" }), nil, "no terminal", nil},
			"no cluster":        {w.upgrade("orders", good, "--kube-context", "none"), nil, "none", nil},
		} {
			var calls seen
			w.aws.SetFaults(localaws.Faults{After: calls.take, Deny: c.deny})
			own := w.env
			w.env = append(slices.Clone(own), c.env...)
			r := w.run(c.args...)
			w.env = own
			if r.code == 0 || !strings.Contains(r.stderr, c.said) {
				t.Errorf("%s: %q is to be said: %s", name, c.said, r)
			}
			w.aws.SetFaults(localaws.Faults{})
			if wrote := calls.writing(); len(wrote) > 0 || w.iam() != bare {
				t.Errorf("%s: AWS was changed by %q: %s", name, wrote, r)
			}
			if n := ourLines(r.stderr); n > 3 {
				t.Errorf("%s: %d lines: %s", name, n, r)
			}
			if got := w.run("status", "orders", "-n", w.namespace); got.code == 0 {
				t.Errorf("%s: there is a release: %s", name, got)
			}
			if len(w.pods(w.namespace)) > 0 {
				t.Errorf("%s: there are pods", name)
			}
		}
	})
}

// ourLines counts the lines that are ours, without those of a plan.
func ourLines(stderr string) int {
	return strings.Count("\n"+stderr, "\nhelm-irsa: ")
}

// victims are the processes of an upgrade.
var victims = []string{"helm-irsa", "helm", "irsa-post-renderer"}

// TestWalk: helm irsa, the Helm that it runs, and the post-renderer are killed, one after the
// other, at each call of AWS that the upgrade to another role makes. Nothing stays behind, no
// release is half there, running pods keep their role, and the same command goes on to the end.
func TestWalk(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w := gatedWorld(newWorld(t, h, paris, "walk-"+h.major), "first")
		install := w.upgrade("orders", absolute(gated), "--wait")
		w.must(install...)
		w.arrived("first", "none")
		now := "first"
		w.walk("Walk", install, func() string {
			next := map[string]string{"first": "second", "second": "first"}[now]
			w.gatedRole(next)
			return next
		}, func(next string) {
			w.keep(now, next)
		}, func(next string) {
			w.keep(next)
			w.agrees("orders", w.gatedIdentity(next))
			now = next
		})
	})
}

// TestWalkFirst: the same, where nothing is there before: the first upgrade.
func TestWalkFirst(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w := gatedWorld(newWorld(t, h, paris, "walk-first-"+h.major), "first")
		bare, install := w.iam(), w.upgrade("orders", absolute(gated), "--wait")
		anew := func() {
			w.must("irsa", "uninstall", "orders", "--namespace", w.namespace, "--wait", "--irsa-yes", "--irsa-file", "irsa.yaml")
			w.dropProvider() // it is the cluster's, and stays
			if left := w.iam(); left != bare {
				t.Fatalf("an uninstall leaves %s", left)
			}
		}
		w.walk("WalkFirst", install, func() string { return "first" }, func(string) {
			if len(w.pods(w.namespace)) > 0 {
				w.keep("first")
			}
		}, func(string) {
			w.keep("first")
			w.agrees("orders", w.gatedIdentity("first"))
			anew()
		})
	})
}

// walk kills each process of an upgrade at each operation of AWS that it makes. before makes
// the upgrade one that has something to do, and says which role it gives; killed and after
// look at what is there once it was killed, and once the same command went on.
func (w *world) walk(name string, upgrade []string, before func() string, killed, after func(role string)) {
	w.Helper()
	var calls seen
	w.aws.SetFaults(localaws.Faults{After: calls.take})
	role := before()
	w.must(upgrade...)
	w.aws.SetFaults(localaws.Faults{})
	operations := slices.Compact(slices.Sorted(slices.Values(calls.all)))
	after(role)
	walked, deaths := 0, 0
	for _, operation := range operations {
		for _, victim := range victims {
			role := before()
			helm := w.killAt(operation, victim, upgrade)
			r := helm.end()
			killed(role)
			if strings.Contains(w.run("status", "orders", "-n", w.namespace).stdout, "STATUS: pending") {
				w.Errorf("%s killed at %s leaves the release in the middle: %s", victim, operation, r)
			}
			w.aws.SetFaults(localaws.Faults{})
			w.must(upgrade...)
			after(role)
			walked++
			if helm.killed.Load() {
				deaths++
			}
		}
	}
	results.tell("%s, Helm %s: %d points, %d operations of AWS with each of %d processes, of which %d were there to be killed",
		name, w.helm.major, walked, len(operations), len(victims), deaths)
	if walked < 12 || deaths < walked/2 {
		w.Errorf("only %d points, and %d killed: %q", walked, deaths, operations)
	}
}

// killAt starts an upgrade, and kills one of its processes once AWS has acted on an operation.
func (w *world) killAt(operation, victim string, args []string) *running {
	w.Helper()
	ready := make(chan struct{})
	var r *running
	w.after(operation, func() {
		<-ready
		name := victim
		if len(name) > 15 { // as the kernel cuts it
			name = name[:15]
		}
		for _, p := range r.look() {
			if p.name == name && p.lives() && (victim != "helm" || p.pid == r.inner.pid) {
				r.killed.Store(syscall.Kill(p.pid, syscall.SIGKILL) == nil)
			}
		}
	})
	r = w.begin(args...)
	close(ready)
	return r
}

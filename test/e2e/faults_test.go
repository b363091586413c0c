package e2e

import (
	"strings"
	"syscall"
	"testing"
)

// What goes wrong in the middle of an upgrade: nothing is lost, the message says what
// happened and what to type next, and that works.

// TestAWSGone: AWS cannot be reached any more once Helm is run. The release is installed,
// what could not be verified is said, and what was to be taken away waits.
func TestAWSGone(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w := gatedWorld(newWorld(t, h, paris, "aws-gone-"+h.major), "first")
		install := w.upgrade("orders", absolute(gated), "--wait")
		w.after(lastWrite, w.leaveAWS)
		r := w.must(install...)
		w.says(r, "the roles were not verified: ")
		w.returnAWS()
		w.follow(r, "helm irsa verify")
		w.proven(w.gatedIdentity("first"))

		w.gatedRole("second")
		w.after(lastWrite, w.leaveAWS)
		r = w.fails(install, "connection refused",
			"the release is installed, and what irsa.yaml no longer wants is still in AWS")
		// Nothing is known without AWS, which is no verdict of any kind.
		gone := w.fails([]string{"irsa", "verify", "orders", "-n", w.namespace, "--live"}, "connection refused", "AWS_ENDPOINT_URL")
		if gone.code != 1 || gone.stdout != "" {
			t.Errorf("without AWS, verify ends so: %s", gone)
		}

		w.returnAWS()
		w.keep("second")
		if w.role("first") == nil {
			t.Errorf("what was not verified was taken away for: %s", r)
		}
		w.follow(r, "helm irsa apply", "--yes")
		if w.role("first") != nil {
			t.Error("the role that nobody names any more is there")
		}
		w.proven(w.gatedIdentity("second"))
		w.agrees("orders", w.gatedIdentity("second"))
	})
}

// TestHelmKilled: the Helm that the plugin runs is killed while it waits, and leaves the
// release in the middle of an install, and of an upgrade.
func TestHelmKilled(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w := gatedWorld(newWorld(t, h, paris, "killed-"+h.major), "first")
		install := w.upgrade("orders", absolute(gated), "--wait")
		w.gate(false)
		helm := w.begin(install...)
		w.awaitPending("first")
		w.no(syscall.Kill(helm.inner.pid, syscall.SIGKILL))
		r := helm.end()
		w.says(r, "release orders is pending-install", "AWS keeps what was made for this release")
		w.gate(true)
		w.follow(r, "helm uninstall")
		w.must(install...)
		w.proven(w.gatedIdentity("first"))

		w.gatedRole("second")
		w.gate(false)
		helm = w.begin(install...)
		w.awaitPending("second")
		w.no(syscall.Kill(helm.inner.pid, syscall.SIGKILL))
		r = helm.end()
		w.says(r, "release orders is pending-upgrade", "AWS keeps what was made for this release", "nothing was taken away")
		w.keep("first", "second")
		w.gate(true)
		w.follow(r, "helm rollback")
		w.must(install...)
		w.proven(w.gatedIdentity("second"))
		w.agrees("orders", w.gatedIdentity("second"))
		if w.role("first") != nil {
			t.Error("the role that nobody names any more is there")
		}
	})
}

// TestHelmEnded: the Helm that the user started is killed, which nobody below it is told:
// the upgrade goes on to its end, and nothing stays behind. Then another is interrupted
// from the terminal: Helm gives up in good order, and the same command goes on.
func TestHelmEnded(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w := gatedWorld(newWorld(t, h, paris, "ended-"+h.major), "first")
		install := w.upgrade("orders", absolute(gated), "--wait")
		w.must(install...)

		w.gatedRole("second")
		w.gate(false)
		helm := w.begin(install...)
		w.awaitPending("second")
		w.no(helm.cmd.Process.Kill())
		w.keep("first", "second")
		w.gate(true)
		r := helm.end()
		w.says(r, "verified: "+w.namespace+"/orders can assume ", "0 created, 0 updated, 1 deleted")
		w.proven(w.gatedIdentity("second"))
		w.agrees("orders", w.gatedIdentity("second"))

		w.gatedRole("third")
		w.gate(false)
		helm = w.begin(install...)
		w.awaitPending("third")
		w.no(syscall.Kill(-helm.cmd.Process.Pid, syscall.SIGINT)) // as a terminal does
		r = helm.end()
		w.says(r, "context canceled", "AWS keeps what was made for this release", "nothing was taken away", "run the same command again")
		if strings.Contains(r.stderr, "pending") {
			t.Errorf("an interrupted Helm leaves the release in the middle: %s", r)
		}
		w.keep("second", "third")
		w.gate(true)
		w.must(install...)
		w.proven(w.gatedIdentity("third"))
		w.agrees("orders", w.gatedIdentity("third"))
		if w.role("second") != nil {
			t.Error("the role that nobody names any more is there")
		}
	})
}

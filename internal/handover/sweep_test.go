//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package handover

import (
	"net"
	"os"
	"path/filepath"
	"testing"
)

// TestSweep: what a killed run left goes, and nothing else does.
func TestSweep(t *testing.T) {
	t.Parallel()
	tmp, outside := t.TempDir(), t.TempDir()
	no := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	// run makes a folder as a run does, with further files.
	run := func(name string, mode os.FileMode, files ...string) string {
		dir := filepath.Join(tmp, name)
		no(os.Mkdir(dir, 0o700))
		for _, f := range files {
			no(os.WriteFile(filepath.Join(dir, f), []byte("x"), 0o600))
		}
		no(os.Chmod(dir, mode))
		return dir
	}
	killed := run("helm-irsa-run-1", 0o700, lockName)
	listener, err := net.Listen("unix", filepath.Join(killed, socketName))
	no(err)
	listener.(*net.UnixListener).SetUnlinkOnClose(false)
	no(listener.Close())
	early := run("helm-irsa-run-2", 0o700)
	alive := run("helm-irsa-run-3", 0o700, lockName)
	lock, err := os.Open(filepath.Join(alive, lockName))
	no(err)
	defer lock.Close()
	no(lockFile(lock))
	others := []string{
		alive,
		run("helm-irsa-run-4", 0o755, lockName),                   // anybody may look into it
		run("helm-irsa-run-x", 0o700, lockName),                   // no name of ours
		run("helm-irsa-run-5x", 0o700, lockName),                  // nor this
		run("helm-irsa-run-6", 0o700, lockName, "notes.txt"),      // somebody keeps something in it
		run("helm-irsa-run-7", 0o700, "notes.txt", "precious.md"), // nothing of ours is in it
	}
	no(os.Symlink(outside, filepath.Join(tmp, "helm-irsa-run-8")))
	no(os.WriteFile(filepath.Join(outside, lockName), []byte("precious"), 0o600))
	linked := run("helm-irsa-run-9", 0o700)
	no(os.Symlink(filepath.Join(outside, lockName), filepath.Join(linked, lockName)))

	sweep(tmp)
	for _, dir := range []string{killed, early} {
		if _, err := os.Lstat(dir); !os.IsNotExist(err) {
			t.Errorf("%s is still there (%v)", dir, err)
		}
	}
	for _, dir := range append(others, filepath.Join(outside, lockName), filepath.Join(tmp, "helm-irsa-run-8"), filepath.Join(linked, lockName)) {
		if _, err := os.Lstat(dir); err != nil {
			t.Errorf("%s: %v", dir, err)
		}
	}
	for _, file := range []string{filepath.Join(others[4], "notes.txt"), filepath.Join(others[5], "notes.txt")} {
		if _, err := os.Lstat(file); err != nil {
			t.Error(err)
		}
	}
	sweep(filepath.Join(tmp, "none")) // no such folder is no fault
}

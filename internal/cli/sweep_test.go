//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package cli

import (
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
	killed := run("helm-irsa-run-1", 0o700, reportFile)
	no(makePipe(filepath.Join(killed, pipeFile)))
	early := run("helm-irsa-run-2", 0o700)
	alive := run("helm-irsa-run-3", 0o700, reportFile)
	lock, err := os.Open(filepath.Join(alive, reportFile))
	no(err)
	defer lock.Close()
	no(lockFile(lock))
	others := []string{
		alive,
		run("helm-irsa-run-4", 0o755, reportFile),                 // anybody may look into it
		run("helm-irsa-run-x", 0o700, reportFile),                 // no name of ours
		run("helm-irsa-run-5x", 0o700, reportFile),                // nor this
		run("helm-irsa-run-6", 0o700, reportFile, "notes.txt"),    // somebody keeps something in it
		run("helm-irsa-run-7", 0o700, "notes.txt", "precious.md"), // nothing of ours is in it
	}
	no(os.Symlink(outside, filepath.Join(tmp, "helm-irsa-run-8")))
	no(os.WriteFile(filepath.Join(outside, reportFile), []byte("precious"), 0o600))
	linked := run("helm-irsa-run-9", 0o700)
	no(os.Symlink(filepath.Join(outside, reportFile), filepath.Join(linked, reportFile)))

	sweep(tmp)
	for _, dir := range []string{killed, early} {
		if _, err := os.Lstat(dir); !os.IsNotExist(err) {
			t.Errorf("%s is still there (%v)", dir, err)
		}
	}
	for _, dir := range append(others, filepath.Join(outside, reportFile), filepath.Join(tmp, "helm-irsa-run-8"), filepath.Join(linked, reportFile)) {
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

// TestKept: what several post-renderers write comes together, and a pipe that nobody wrote
// to is empty.
func TestKept(t *testing.T) {
	t.Parallel()
	for _, texts := range [][]string{{}, {"---\na: 1\n", "---\nb: 2\n"}} {
		folder, err := newRunFolder()
		if err != nil {
			t.Fatal(err)
		}
		k, want := folder.keep(), ""
		for _, text := range texts {
			w, err := os.OpenFile(k.path, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.WriteString(text); err != nil {
				t.Fatal(err)
			}
			w.Close()
			want += text
		}
		for range 2 { // it may be asked again
			if got, ok := k.end(); !ok || string(got) != want {
				t.Errorf("got %q (%v), want %q", got, ok, want)
			}
		}
		if info, err := os.Stat(k.path); err != nil || info.Size() != 0 || info.Mode()&os.ModeNamedPipe == 0 {
			t.Errorf("the pipe is %v (%v)", info, err)
		}
		folder.remove()
		if _, err := os.Lstat(folder.dir); !os.IsNotExist(err) {
			t.Errorf("the folder is still there (%v)", err)
		}
	}
}

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fullDisks are folders for temporary files that take no more at some point: mount options
// of a file system in memory (https://man7.org/linux/man-pages/man5/tmpfs.5.html).
var fullDisks = []struct {
	name, options string
	// made: AWS was made before.
	made  bool
	words []string
}{
	{"no folder", "nr_inodes=1", false, []string{"making a folder for the post-renderer: mkdir ", "no space left on device", "export TMPDIR="}},
	{"no lock", "nr_inodes=2", false, []string{"making a folder for the post-renderer: ", "lock: no space left on device", "export TMPDIR="}},
	{"no socket", "nr_inodes=3", false, []string{"making a folder for the post-renderer: listen unix ", "no space left on device", "export TMPDIR="}},
}

// TestDiskFull: a disk that is full is named with the file and what to do, in Helm 4 as in
// Helm 3, and nothing is installed by halves.
func TestDiskFull(t *testing.T) {
	if out, err := exec.Command("unshare", onDisk(t.TempDir(), "size=4k", "true")...).CombinedOutput(); err != nil {
		t.Skipf("no disk that is full can be made here: unshare: %v: %s", err, out)
	}
	scenario(t, func(t *testing.T, h helmProgram) {
		w := gatedWorld(newWorld(t, h, paris, "full-"+h.major), "first")
		bare := w.iam()
		w.write(filepath.Join(w.dir, "long.yaml"), "note: "+strings.Repeat("long", 2000)+"\n")
		install := w.upgrade("orders", absolute(gated), "--wait", "-f", "long.yaml")
		for _, disk := range fullDisks {
			r := w.full(disk.options, install)
			w.says(r, disk.words...)
			if r.code == 0 || disk.made != (w.iam() != bare) {
				t.Errorf("%s: AWS is to be made: %v: %s", disk.name, disk.made, r)
			}
			w.fails([]string{"status", "orders", "-n", w.namespace}, "release: not found")
		}
		// Beside the folder, its lock and its socket, nothing is written there.
		for _, disk := range []string{"size=4k", "nr_inodes=4"} {
			if r := w.full(disk, install); r.code != 0 || !strings.Contains(r.stderr, "verified: ") {
				t.Errorf("with room for a socket, %s: %s", disk, r)
			}
		}
		w.arrived("first", "none")
	})
}

// onDisk are the arguments of unshare that run a program with its temporary files on a
// file system of its own at dir, which needs no root
// (https://man7.org/linux/man-pages/man1/unshare.1.html).
func onDisk(dir, options string, program ...string) []string {
	const mount = `mount -t tmpfs -o "$1" full "$0" && export TMPDIR="$0" && shift && exec "$@"`
	return append([]string{"--user", "--map-root-user", "--mount", "sh", "-c", mount, dir, options}, program...)
}

// full runs Helm so.
func (w *world) full(options string, args []string) result {
	w.Helper()
	cmd := exec.CommandContext(w.Context(), "unshare", onDisk(w.TempDir(), options, append([]string{w.path}, args...)...)...)
	cmd.Dir, cmd.Env = w.dir, w.env
	return w.finish(cmd)
}

// halfway stands in for the post-renderer: it lets half of the manifests through, and
// kills the real one when that has the same half.
const halfway = `#!/bin/sh
half=$(mktemp -u)
mkfifo "$half"
exec 3<&0
{
	head -c 300 | tee "$half.copy"
	cat "$half.copy" >&4
	rm "$half" "$half.copy"
	until ls -l /proc/$$/fd | grep -qF socket:; do sleep 0.01; done # it has reached helm irsa
	sleep 0.5
	kill -KILL $$
} <&3 4>"$half" &
exec "$0.real" "$@" <"$half" 3<&- >&2
`

// TestRendererKilled: a post-renderer that ends in the middle of the manifests installs
// nothing, half of them least of all.
func TestRendererKilled(t *testing.T) {
	scenario(t, func(t *testing.T, h helmProgram) {
		w := gatedWorld(newWorld(t, h, paris, "halfway-"+h.major), "first")
		install := w.upgrade("orders", absolute(gated), "--wait")
		dir, err := plugins()
		w.no(err)
		broken := filepath.Join(w.TempDir(), "plugins")
		w.no(os.CopyFS(broken, os.DirFS(dir)))
		renderer := filepath.Join(broken, "irsa", "bin", "irsa-post-renderer")
		w.no(os.Rename(renderer, renderer+".real"))
		w.no(os.WriteFile(renderer, []byte(halfway), 0o700))

		w.env = append(w.env, "HELM_PLUGINS="+broken)
		r := w.fails(install, "our post-renderer was ended from outside", "nothing was changed in AWS")
		w.fails([]string{"status", "orders", "-n", w.namespace}, "release: not found")
		if w.role("first") != nil {
			t.Errorf("AWS has the role: %s", r)
		}

		w.env = append(w.env, "HELM_PLUGINS="+dir)
		w.must(install...)
		w.arrived("first", "none")
	})
}

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// running is a Helm that was started in a process group of its own, as a shell starts
// one, and that is not waited for yet. It writes to files: a pipe would end with it.
type running struct {
	*world
	cmd       *exec.Cmd
	out, said string
	// inner is the Helm that our plugin runs.
	inner  process
	family []process
	killed atomic.Bool // one of them was, by killAt
}

// process is one of those that a Helm started.
type process struct {
	pid, parent int
	// began tells a process from a later one of the same ID.
	began     string
	name, all string
}

// begin starts Helm, and waits until the plugin runs Helm in its turn: from then on the
// whole family is known. What is left of it when the scenario ends is killed.
func (w *world) begin(args ...string) *running {
	w.Helper()
	if runtime.GOOS != "linux" {
		w.Skip("which process started which is read from /proc, which Linux has")
	}
	dir := w.TempDir()
	r := &running{world: w, cmd: w.command(args...), out: filepath.Join(dir, "out"), said: filepath.Join(dir, "said")}
	out, err := os.Create(r.out)
	w.no(err)
	defer out.Close()
	said, err := os.Create(r.said)
	w.no(err)
	defer said.Close()
	r.cmd.Stdout, r.cmd.Stderr, r.cmd.SysProcAttr = out, said, &syscall.SysProcAttr{Setpgid: true}
	w.no(r.cmd.Start())
	w.Cleanup(r.killAll)
	w.await("the Helm that the plugin runs", func() bool {
		for _, p := range r.look() {
			if p.pid != r.cmd.Process.Pid && p.name != "helm-irsa" && strings.Contains(p.all, "--post-renderer=") {
				r.inner = p
			}
		}
		return r.inner.pid != 0
	})
	return r
}

// TestLook: a process that becomes another program is looked at anew.
func TestLook(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("which process started which is read from /proc, which Linux has")
	}
	r := &running{cmd: exec.CommandContext(t.Context(), "sh", "-c", "read -r go; exec sleep 600")}
	gate, err := r.cmd.StdinPipe()
	if err == nil {
		err = r.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer r.cmd.Wait() // it is killed
	defer r.killAll()
	named := func(name string) bool {
		return slices.ContainsFunc(r.look(), func(p process) bool { return p.name == name && strings.HasPrefix(p.all, name+" ") })
	}
	for _, name := range []string{"sh", "sleep"} {
		for deadline := time.Now().Add(time.Minute); !named(name); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("waited a minute for %s: %v", name, r.family)
			}
		}
		_, _ = gate.Write([]byte("go\n")) // the second time nobody reads
	}
	if len(r.family) != 1 {
		t.Errorf("one process is one of the family: %v", r.family)
	}
}

// killAll ends what is left where a scenario failed.
func (r *running) killAll() {
	for _, p := range r.look() {
		if p.lives() {
			_ = syscall.Kill(p.pid, syscall.SIGKILL)
		}
	}
}

// look finds what Helm has started by now; who was seen once stays in the family,
// whoever is its parent then, and has the name that it has now: between fork and exec a
// process has its parent's (https://man7.org/linux/man-pages/man2/execve.2.html).
func (r *running) look() []process {
	for _, p := range processes() {
		known := slices.IndexFunc(r.family, func(k process) bool { return k.pid == p.pid && k.began == p.began })
		child := p.pid == r.cmd.Process.Pid || slices.ContainsFunc(r.family, func(k process) bool { return k.pid == p.parent && k.lives() })
		switch {
		case known >= 0:
			r.family[known] = p
		case child:
			r.family = append(r.family, p)
		}
	}
	return r.family
}

// end waits until everything that Helm started has ended, and gives what was said.
func (r *running) end() result {
	r.Helper()
	_ = r.cmd.Wait() // how it ended is in its state
	r.await("all that Helm started to end", func() bool {
		return !slices.ContainsFunc(r.look(), process.lives)
	})
	out, err := os.ReadFile(r.out)
	r.no(err)
	said, err := os.ReadFile(r.said)
	r.no(err)
	return result{string(out), string(said), r.cmd.ProcessState.ExitCode()}
}

// processes are all that can be seen, the elder first.
func processes() []process {
	paths, _ := filepath.Glob("/proc/[0-9]*") // the pattern is a good one
	var out []process
	for _, path := range paths {
		pid, err := strconv.Atoi(filepath.Base(path))
		if err != nil {
			continue
		}
		if p, ok := read(pid); ok {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b process) int { return a.pid - b.pid })
	return out
}

// read reads a process that lives: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html.
// A zombie is one that has ended.
func read(pid int) (process, bool) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	text, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return process{}, false
	}
	open, shut := strings.IndexByte(string(text), '('), strings.LastIndexByte(string(text), ')')
	fields := strings.Fields(string(text[shut+1:]))
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return process{}, false
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return process{}, false
	}
	all, _ := os.ReadFile(filepath.Join(dir, "cmdline")) // gone by now: it has none
	return process{pid, parent, fields[19], string(text[open+1 : shut]), strings.ReplaceAll(string(all), "\x00", " ")}, true
}

func (p process) lives() bool {
	now, ok := read(p.pid)
	return ok && now.began == p.began
}

package helm

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// script makes an executable that stands in for helm.
func script(t *testing.T, body string) Client {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in is a shell script")
	}
	path := filepath.Join(t.TempDir(), "helm")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body), 0o755); err != nil {
		t.Fatal(err)
	}
	return Client{Path: path, Env: os.Environ()}
}

func TestMajorOfAScript(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]int{"v3.22.0": 3, "v4.3.1": 4, "3.17.0+g1": 3, "v3.22": 3} {
		major, err := script(t, "echo '"+said+"'").Major()
		if err != nil || major != want {
			t.Errorf("%s: got %d, %v", said, major, err)
		}
	}
	for _, body := range []string{"echo nonsense", "exit 1", "true"} {
		if major, err := script(t, body).Major(); err == nil {
			t.Errorf("%s: got %d, want an error", body, major)
		}
	}
}

// TestMajorOfAnotherProgram: a Go program that is not Helm is asked for its
// version like a script. That Helm's own file is read is tested in test/helm.
func TestMajorOfAnotherProgram(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go on PATH")
	}
	if major, err := (Client{Path: path, Env: os.Environ()}).Major(); err == nil {
		t.Errorf("got %d for a program that is not Helm", major)
	}
}

func TestRunExitCode(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]int{"exit 1": 1, "exit 7": 7, "kill -TERM $$": 143} {
		err := script(t, body).Run("upgrade")
		var exit *ExitError
		if !errors.As(err, &exit) || exit.Code != want || exit.Command != "upgrade" {
			t.Errorf("%s: got %#v", body, err)
		}
	}
	if err := script(t, "exit 0").Run("upgrade"); err != nil {
		t.Error(err)
	}
}

// TestHelperStays: what Helm printed is had once Helm has ended, whoever of its helpers stays
// and holds its output.
func TestHelperStays(t *testing.T) {
	t.Parallel()
	c := script(t, `sleep 600 &
echo $! >>"$0.pids"
echo said`)
	t.Cleanup(func() {
		text, _ := os.ReadFile(c.Path + ".pids") // none where Helm did not start
		for line := range strings.Lines(string(text)) {
			pid, err := strconv.Atoi(strings.TrimSpace(line))
			if err != nil {
				continue
			}
			if p, err := os.FindProcess(pid); err == nil {
				_ = p.Kill() // it may have ended
			}
		}
	})
	if out, err := c.Ask(t.Context(), "get"); out != "said\n" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
	if out, err := c.Output("env"); out != "said" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
}

func TestOutputNamesTheCause(t *testing.T) {
	t.Parallel()
	_, err := script(t, "echo broken >&2; exit 3").Output("env", "X")
	if err == nil || !strings.Contains(err.Error(), "helm env: exit status 3: broken") {
		t.Error(err)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	helm := script(t, "exit 0").Path
	path, err := Find(func(string) string { return helm })
	if err != nil || path != helm {
		t.Error(path, err)
	}
	if _, err := Find(func(string) string { return filepath.Join(t.TempDir(), "none") }); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestNamespace(t *testing.T) {
	t.Parallel()
	client := script(t, `echo "from helm: $*"`)
	env := func(ns string) func(string) string { return func(string) string { return ns } }
	for _, c := range []struct{ argv, env, want string }{
		{"-n a", "b", "a"},
		{"", "b", "b"},
		{"", "", "from helm: env HELM_NAMESPACE"},
		{"--kube-context c --kubeconfig=k", "", "from helm: env HELM_NAMESPACE --kubeconfig=k --kube-context=c"},
	} {
		a, err := ParseArgs("upgrade", strings.Fields(c.argv), mine())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := client.Namespace(a, env(c.env)); err != nil || got != c.want {
			t.Errorf("%q with %q: got %q (%v), want %q", c.argv, c.env, got, err, c.want)
		}
	}
}

func TestSignalsGoToHelm(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no shell")
	}
	// The whole path, with a process that gets a signal, is in internal/cli/testdata/script/signal.txtar.
	cmd := exec.Command("sh", "-c", "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 6)); err != nil {
		t.Fatal(err)
	}
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	go passSignals(cmd.Process, signals, done)
	signals <- syscall.SIGTERM
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 9 {
		t.Error(err)
	}
	close(done)
}

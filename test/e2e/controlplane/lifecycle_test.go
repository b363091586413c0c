package controlplane_test

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/helm-irsa/helm-irsa/test/e2e/controlplane"
)

// While the API server is away nothing can be done; afterwards everything is as it was,
// and works. Stop leaves no process and no folder.
func TestFaults(t *testing.T) {
	t.Parallel()
	needPrograms(t)
	// As long as a folder of a test with a long name: sockets have short names only.
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	c, err := controlplane.Start(t.Context(), controlplane.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopped(t, c, dir) })
	namespace := space(t, c)
	for name, away := range map[string]func() error{"stopped": c.StopAPIServer, "killed": c.KillAPIServer} {
		before := create(t, c, namespace, "default")
		if err := away(); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Client().CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{}); err == nil {
			t.Errorf("%s: the API server answers", name)
		}
		if err := c.StartAPIServer(t.Context()); err != nil {
			t.Fatal(err)
		}
		ready(t, c, before)
		ready(t, c, create(t, c, namespace, "default"))
	}
	if err := c.StartAPIServer(t.Context()); err == nil {
		t.Error("an API server that runs was started")
	}
	if err := c.StopWebhook(); err != nil {
		t.Errorf("stopping a webhook where there is none: %v", err)
	}
	if err := c.StartWebhook(); err == nil {
		t.Error("a webhook was started where there is none")
	}
}

func stopped(t *testing.T, c *controlplane.Cluster, dir string) {
	if runtime.GOOS == "linux" && len(processesIn(t, dir)) != 5 {
		t.Errorf("processes of the cluster: %v, want 5", processesIn(t, dir))
	}
	for range 2 {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder after Stop: %v", err)
	}
	if runtime.GOOS == "linux" && len(processesIn(t, dir)) != 0 {
		t.Errorf("processes after Stop: %v", processesIn(t, dir))
	}
}

// processesIn are the command lines of the processes that work in a folder, also in one
// that is gone: Linux marks that at the end of its name.
func processesIn(t *testing.T, dir string) (found []string) {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if at, err := os.Readlink(link); err != nil || strings.TrimSuffix(at, " (deleted)") != dir {
			continue // of another user, or gone meanwhile
		}
		if line, err := os.ReadFile(filepath.Join(filepath.Dir(link), "cmdline")); err == nil && len(line) > 0 {
			found = append(found, string(line))
		}
	}
	return found
}

// A cluster ends with whoever started it, however that ends.
func TestParentKilled(t *testing.T) {
	t.Parallel()
	needPrograms(t)
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ends processes with their parent")
	}
	dir := filepath.Join(t.TempDir(), "cluster")
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = child.Wait() }()
	defer func() { _ = child.Process.Kill() }()
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the program with the cluster said %q: %v", line, err)
	}
	if len(processesIn(t, dir)) != 5 {
		t.Fatalf("processes of the cluster: %v, want 5", processesIn(t, dir))
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	until(t, "the processes are gone", func() (bool, error) { return len(processesIn(t, dir)) == 0, nil })
}

// The folder of a process that was killed goes when the next cluster starts; that of one
// that lives stays.
func TestSweep(t *testing.T) {
	tmp, broken := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", tmp)
	var folders []string
	for _, name := range []string{"dead", "alive"} {
		dir := filepath.Join(tmp, "helm-irsa-cluster-"+name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "owner.lock"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		folders = append(folders, dir)
	}
	lock, err := os.Open(filepath.Join(folders[1], "owner.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if _, err := controlplane.Start(t.Context(), controlplane.Options{Binaries: broken}); err == nil {
		t.Fatal("a cluster without programs started")
	}
	left, err := filepath.Glob(filepath.Join(tmp, "*"))
	if err != nil || len(left) != 1 || left[0] != folders[1] {
		t.Errorf("left are %v (%v), want %s alone", left, err, folders[1])
	}
}

// Nothing is started where the options make no sense, and nothing is left where a
// program does not start.
func TestRefused(t *testing.T) {
	t.Parallel()
	full, broken := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\necho one line >&2\necho disk full >&2\nexit 3\n"
	if err := os.WriteFile(filepath.Join(broken, "etcd"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "cluster")
	for want, o := range map[string]controlplane.Options{
		"not an https URL": {Issuer: "http://issuer.example.com", Binaries: broken},
		"is not empty":     {Dir: full, Binaries: broken},
		"starting etcd: it ended (exit status 3): disk full": {Dir: dir, Binaries: broken},
		"no such file": {Dir: dir, Binaries: full},
	} {
		c, err := controlplane.Start(t.Context(), o)
		if err == nil {
			_ = c.Stop()
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error is %v, want one line with %q", err, want)
		}
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder after a start that failed: %v", err)
	}
	if _, err := os.Stat(filepath.Join(full, "mine")); err != nil {
		t.Errorf("the file in a folder that was refused: %v", err)
	}
}

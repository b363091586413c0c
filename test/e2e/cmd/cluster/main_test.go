package main

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/helm-irsa/helm-irsa/test/e2e/controlplane"
)

// selfVariable makes this program the one under test.
const selfVariable = "HELM_IRSA_E2E_TEST_CLUSTER"

func TestMain(m *testing.M) {
	if os.Getenv(selfVariable) != "" {
		main()
	}
	os.Exit(m.Run())
}

func program(t *testing.T, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), selfVariable+"=1", "TMPDIR="+t.TempDir())
	return cmd
}

func needPrograms(t *testing.T) {
	t.Helper()
	if os.Getenv(controlplane.BinariesVariable) == "" {
		t.Skipf("%s is not set to what test/e2e/binaries/build.sh prints", controlplane.BinariesVariable)
	}
}

// A command finds the cluster and the keys of its issuer; its exit code is ours.
func TestCommand(t *testing.T) {
	t.Parallel()
	needPrograms(t)
	cmd := program(t, "-name", "demo", "--", "sh", "-c", `cat "$KUBECONFIG" "$CLUSTER_JWKS"; exit 7`)
	var talk strings.Builder
	cmd.Stderr = &talk
	out, _ := cmd.Output()
	if code := cmd.ProcessState.ExitCode(); code != 7 {
		t.Errorf("exit code %d, want 7: %s", code, talk.String())
	}
	for _, want := range []string{"current-context: demo", "https://127.0.0.1:", `"keys":[`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the command saw no %s in %s", want, out)
		}
	}
	if !strings.Contains(talk.String(), "is ready after") {
		t.Errorf("no progress on stderr: %s", talk.String())
	}
}

// Without a command it runs until stdin is closed; its files are gone afterwards.
func TestUntilStdinCloses(t *testing.T) {
	t.Parallel()
	needPrograms(t)
	dir := filepath.Join(t.TempDir(), "out")
	cmd := program(t, "-dir", dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	talk, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	lines := bufio.NewScanner(talk)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "cluster: until") {
		t.Log(lines.Text())
	}
	config, err := clientcmd.BuildConfigFromFlags("", filepath.Join(dir, "kubeconfig"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	version, err := client.Discovery().ServerVersion()
	if err != nil || !strings.HasPrefix(version.GitVersion, "v1.") {
		t.Errorf("the version of the cluster is %v: %v", version, err)
	}
	in.Close()
	for lines.Scan() {
		t.Log(lines.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after stdin was closed: %v", err)
	}
	for _, name := range []string{"kubeconfig", "jwks.json"} {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s after the end: %v", name, err)
		}
	}
}

// What is wrong is said in one line, before anything is started.
func TestUsage(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"neither -dir":              nil,
		"not defined: -nonsense":    {"-nonsense"},
		"not an https URL":          {"-issuer", "http://issuer.example.com", "-bin", "/", "--", "true"},
		"no such file or directory": {"-bin", t.TempDir(), "--", "true"},
	} {
		cmd := program(t, args...)
		var talk strings.Builder
		cmd.Stderr = &talk
		err := cmd.Run()
		last := talk.String()[strings.LastIndex(strings.TrimSpace(talk.String()), "\n")+1:]
		if err == nil || !strings.HasPrefix(last, "cluster: error: ") || !strings.Contains(last, want) {
			t.Errorf("%q: %v, %s", args, err, talk.String())
		}
	}
}

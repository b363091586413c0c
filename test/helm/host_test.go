package helm

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// root is the repository.
const root = "../.."

// host is one real Helm with folders of its own.
type host struct {
	major int
	path  string
	env   []string
	// data is its HELM_DATA_HOME, tmp its TMPDIR.
	data, tmp string
}

// eachHelm runs a test with each Helm that there is.
func eachHelm(t *testing.T, test func(t *testing.T, h host)) {
	t.Parallel()
	for major, name := range map[int]string{3: "HELM3", 4: "HELM4"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newHost(t, major, name))
		})
	}
}

func newHost(t *testing.T, major int, variable string) host {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		t.Skipf("no Helm %d: %s is not set (make test-helm sets it)", major, variable)
	}
	home := t.TempDir()
	data, tmp := filepath.Join(home, "data"), t.TempDir()
	env := []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + home,
		"TMPDIR=" + tmp,
		"HELM_CONFIG_HOME=" + filepath.Join(home, "config"),
		"HELM_CACHE_HOME=" + filepath.Join(home, "cache"),
		"HELM_DATA_HOME=" + data,
		"HELM_PLUGINS=" + filepath.Join(data, "plugins"),
		"KUBECONFIG=" + filepath.Join(home, "none"),
	}
	// The install hook builds from a checkout with the caches and settings of this test.
	for _, name := range []string{"GOMODCACHE", "GOCACHE", "GOPROXY", "GOFLAGS", "GOSUMDB", "GOTOOLCHAIN"} {
		env = append(env, name+"="+goEnv(t, name))
	}
	return host{major: major, path: path, data: data, tmp: tmp, env: env}
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatalf("go env %s: %v", name, err)
	}
	return strings.TrimSpace(string(out))
}

// result is what a run of Helm left.
type result struct {
	stdout, stderr string
	code           int
}

func (h host) run(t *testing.T, args ...string) result {
	t.Helper()
	return run(t, h.env, h.path, args...)
}

func run(t *testing.T, env []string, path string, args ...string) result {
	t.Helper()
	var out, said bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = env, &out, &said
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s %q: %v", path, args, err)
	}
	return result{out.String(), said.String(), cmd.ProcessState.ExitCode()}
}

// must runs Helm and fails the test where Helm fails.
func (h host) must(t *testing.T, args ...string) string {
	t.Helper()
	r := h.run(t, args...)
	if r.code != 0 {
		t.Fatalf("helm %q: exit %d\n%s%s", args, r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// install installs the plugin from an unpacked archive.
func (h host) install(t *testing.T) {
	t.Helper()
	h.must(t, "plugin", "install", unpack(t, archive(t)))
}

func write(t *testing.T, path, text string, mode os.FileMode) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func abs(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

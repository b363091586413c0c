package howto

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/helm-irsa/helm-irsa/test/moto"
	"github.com/helm-irsa/helm-irsa/test/plugin"
)

// root is the repository.
const root = "../.."

// helmVariable names the Helm 3 that the scenarios are run with: `make test-aws` sets it.
const helmVariable = "HELM_IRSA_TEST_HELM"

// users is the environment of whoever runs the tests, without what is meant for AWS:
// moto_server and the AWS CLI may be found through it.
var users = moto.WithoutAWS(os.Environ())

// scratch is where the plugin lies, once it is built.
var scratch string

// TestMain gives this process's own calls of AWS an environment without the user's.
func TestMain(m *testing.M) {
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") {
			os.Unsetenv(name)
		}
	}
	os.Setenv("AWS_CONFIG_FILE", os.DevNull)
	os.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	os.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	code := m.Run()
	if scratch != "" {
		os.RemoveAll(scratch)
	}
	os.Exit(code)
}

// plugins is a folder with the plugin, built once.
var plugins = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "helm-irsa-howto-")
	if err != nil {
		return "", err
	}
	scratch = dir
	return dir, plugin.Build(root, dir)
})

// host runs `helm irsa` with folders of its own and this environment for AWS.
type host struct {
	helm string
	env  []string
}

// newHost skips the test where there is no Helm.
func newHost(t *testing.T, kubeconfig string, aws ...string) *host {
	t.Helper()
	helm := os.Getenv(helmVariable)
	if helm == "" {
		t.Skipf("no Helm 3 to run the how-tos with: %s is not set (make test-aws sets it)", helmVariable)
	}
	dir, err := plugins()
	if err != nil {
		t.Fatal(err)
	}
	own := t.TempDir()
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + own, "TMPDIR=" + own, "LC_ALL=C",
		"HELM_CONFIG_HOME=" + filepath.Join(own, "config"), "HELM_CACHE_HOME=" + filepath.Join(own, "cache"), "HELM_DATA_HOME=" + filepath.Join(own, "data"),
		"HELM_PLUGINS=" + dir, "KUBECONFIG=" + write(t, filepath.Join(own, "kubeconfig"), kubeconfig),
		"AWS_EC2_METADATA_DISABLED=true", "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
	}
	return &host{helm, append(env, aws...)}
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// result is what a run left.
type result struct {
	stdout, stderr string
	code           int
}

// irsa runs `helm irsa`, in the root of the repository.
func (h *host) irsa(t *testing.T, args ...string) result {
	t.Helper()
	return run(t, h.env, h.helm, append([]string{"irsa"}, args...)...)
}

// must runs `helm irsa`, and ends the test where it fails.
func (h *host) must(t *testing.T, args ...string) result {
	t.Helper()
	r := h.irsa(t, args...)
	if r.code != 0 {
		t.Fatalf("helm irsa %s: exit %d\n%s%s", strings.Join(args, " "), r.code, r.stdout, r.stderr)
	}
	return r
}

func run(t *testing.T, env []string, path string, args ...string) result {
	t.Helper()
	var out, said bytes.Buffer
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = root, env, &out, &said, time.Minute
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s %q: %v", path, args, err)
	}
	return result{out.String(), said.String(), cmd.ProcessState.ExitCode()}
}

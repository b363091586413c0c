package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/helm-irsa/helm-irsa/test/e2e/controlplane"
	"github.com/helm-irsa/helm-irsa/test/plugin"
)

// root is the repository, absolute.
var root = func() string {
	dir, err := filepath.Abs("../..")
	if err != nil {
		panic(err)
	}
	return dir
}()

// helms are the Helms that every scenario is run with, and the variables that name them.
var helms = []helmProgram{{"3", "HELM3"}, {"4", "HELM4"}}

type helmProgram struct{ major, variable string }

// path skips the test where this Helm, or the programs of a control plane, are not there.
func (h helmProgram) path(t *testing.T) string {
	t.Helper()
	if os.Getenv(controlplane.BinariesVariable) == "" {
		t.Skipf("no control plane: %s is not set (make e2e builds one and sets it)", controlplane.BinariesVariable)
	}
	path := os.Getenv(h.variable)
	if path == "" {
		t.Skipf("no Helm %s: %s is not set (make e2e sets it)", h.major, h.variable)
	}
	return path
}

// scratch is where the plugin lies, once it is built.
var scratch string

// TestMain gives the tests an environment without the user's AWS and Kubernetes, and ends
// with the table of scenarios.
func TestMain(m *testing.M) {
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "HELM_") && name != controlplane.BinariesVariable || name == "KUBECONFIG" {
			os.Unsetenv(name)
		}
	}
	os.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	code := m.Run()
	for _, err := range stopClusters() {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if scratch != "" {
		os.RemoveAll(scratch)
	}
	results.print(os.Stdout)
	os.Exit(code)
}

// plugins is a folder with the plugin, built once.
var plugins = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "helm-irsa-e2e-")
	if err != nil {
		return "", err
	}
	scratch = dir
	return dir, plugin.Build(root, dir)
})

// scenario runs one scenario with each Helm, side by side, and notes how it went.
func scenario(t *testing.T, test func(t *testing.T, h helmProgram)) {
	t.Helper()
	t.Parallel()
	for _, h := range helms {
		t.Run("helm"+h.major, func(t *testing.T) {
			t.Parallel()
			timed(t, strings.TrimPrefix(t.Name(), "Test"), h, test)
		})
	}
}

func timed(t *testing.T, name string, h helmProgram, test func(t *testing.T, h helmProgram)) {
	name = strings.TrimSuffix(name, "/helm"+h.major)
	began := time.Now()
	t.Cleanup(func() {
		r := "ok"
		switch {
		case t.Failed():
			r = "FAILED"
		case t.Skipped():
			r = "skipped"
		}
		results.add(row{name, h.major, r, time.Since(began)})
	})
	test(t, h)
}

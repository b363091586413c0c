package docs

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/test/cluster"
	"github.com/helm-irsa/helm-irsa/test/plugin"
)

// helmVariable names the Helm 3 that the pages are run with: `make test` sets it.
// The pages show what Helm 3 prints; Helm 4 writes manifests in its own way.
const helmVariable = "HELM_IRSA_TEST_HELM"

// scratch is where home lies, once there is one.
var scratch string

// home is a folder of one user's: Helm with the plugin, both programs, no cluster.
var home = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "helm-irsa-docs-")
	if err != nil {
		return "", err
	}
	scratch = dir
	if err := plugin.Build(root, filepath.Join(dir, "plugins")); err != nil {
		return dir, err
	}
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		return dir, err
	}
	helm, err := filepath.Abs(os.Getenv(helmVariable))
	if err != nil {
		return dir, err
	}
	return dir, os.Symlink(helm, filepath.Join(bin, "helm"))
})

func TestMain(m *testing.M) {
	code := m.Run()
	if scratch != "" {
		os.RemoveAll(scratch)
	}
	os.Exit(code)
}

// environment is what the commands of a page get, with a cluster of its own; it skips
// where there is no Helm. Nothing of the user's for AWS or Kubernetes is in it.
func environment(t *testing.T, issuer string) []string {
	t.Helper()
	helm := os.Getenv(helmVariable)
	if helm == "" {
		t.Skipf("no Helm 3 to run the pages with: %s is not set (make test sets it)", helmVariable)
	}
	version, err := exec.Command(helm, "version", "--short").Output()
	if err != nil || !strings.HasPrefix(string(version), "v3.") {
		t.Fatalf("%s=%s is not Helm 3: %q, %v", helmVariable, helm, version, err)
	}
	dir, err := home()
	if err != nil {
		t.Fatal(err)
	}
	own := t.TempDir()
	kubeconfig, stop := (&cluster.Cluster{Issuer: issuer}).Start()
	t.Cleanup(stop)
	write(t, filepath.Join(own, "kubeconfig"), kubeconfig)
	return []string{
		"PATH=" + filepath.Join(dir, "bin") + ":" + filepath.Join(dir, "plugins", "irsa", "bin") + ":" + os.Getenv("PATH"),
		"HOME=" + own,
		"TMPDIR=" + own,
		"LC_ALL=C",
		"HELM_CONFIG_HOME=" + filepath.Join(own, "config"),
		"HELM_CACHE_HOME=" + filepath.Join(own, "cache"),
		"HELM_DATA_HOME=" + filepath.Join(own, "data"),
		"HELM_PLUGINS=" + filepath.Join(dir, "plugins"),
		"KUBECONFIG=" + filepath.Join(own, "kubeconfig"),
		"AWS_EC2_METADATA_DISABLED=true",
	}
}

// localCluster is the cluster of the local AWS that a page starts.
var localCluster = regexp.MustCompile(`local-aws --cluster ([\w-]+),region=([\w-]+)`)

// issuerOf is the issuer of a page's cluster: what the irsa.yaml of its example says, else
// what the local AWS says, which makes it of the AWS account, region and name. Empty where
// the page has none.
func issuerOf(t *testing.T, page string) string {
	t.Helper()
	example := filepath.Join(root, "docs", "examples", strings.TrimSuffix(filepath.Base(page), ".md"), "irsa.yaml")
	if f, err := spec.Load(example); err == nil && f.Cluster.Issuer != "" {
		return f.Cluster.Issuer
	}
	m := localCluster.FindStringSubmatch(read(t, page))
	if m == nil {
		return ""
	}
	sum := sha256.Sum256([]byte("111122223333/" + m[2] + "/" + m[1]))
	return "https://oidc.eks." + m[2] + ".amazonaws.com/id/" + strings.ToUpper(hex.EncodeToString(sum[:16]))
}

package engines

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/test/cluster"
)

// helmfileVariable names helmfile 1.x; where it is not set, its tests are skipped.
const helmfileVariable = "HELM_IRSA_TEST_HELMFILE"

// helmfile is one user's: helmfile, Helm with the plugin, a cluster, an AWS account.
type helmfile struct {
	env     []string
	cluster *cluster.Cluster
	// state is what there is in AWS.
	state string
	helm4 bool
}

func newHelmfile(t *testing.T) helmfile {
	t.Helper()
	programs := map[string]string{
		"helmfile": program(t, helmfileVariable, "helmfile"),
		"helm":     program(t, helmVariable, "Helm (make test sets it)"),
	}
	dir := bin(t, programs)
	plugin := filepath.Join(t.TempDir(), "irsa")
	write(t, filepath.Join(plugin, "plugin.yaml"), read(t, filepath.Join(root, "plugin.yaml")))
	if err := os.CopyFS(filepath.Join(plugin, "plugins"), os.DirFS(filepath.Join(root, "plugins"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, filepath.Join(plugin, "bin")); err != nil {
		t.Fatal(err)
	}
	h := helmfile{env: environment(t, dir), cluster: new(cluster.Cluster), state: filepath.Join(t.TempDir(), "aws.json")}
	kubeconfig, stop := h.cluster.Start()
	t.Cleanup(stop)
	file := filepath.Join(t.TempDir(), "kubeconfig")
	write(t, file, kubeconfig)
	// Helm 3 does not know the nested plugins: it gets the program by its name on PATH.
	folders := filepath.Dir(plugin)
	if h.helm4 = strings.HasPrefix(run(t, root, h.env, "", "helm", "version", "--short").must(t), "v4."); h.helm4 {
		folders += string(os.PathListSeparator) + filepath.Join(plugin, "plugins")
	}
	h.env = append(h.env, "HELM_PLUGINS="+folders, "KUBECONFIG="+file)
	return h
}

// run runs helmfile where local AWS answers.
func (h helmfile) run(t *testing.T, file string, args ...string) result {
	t.Helper()
	all := append([]string{"local-aws", "--cluster", "prod_cluster,region=eu-west-3", "--state", h.state, "--", "helmfile", "--file", file}, args...)
	return run(t, root, h.env, "", "helm-irsa", all...)
}

// TestHelmfile: the example, from nothing to a release with its roles and back.
func TestHelmfile(t *testing.T) {
	t.Parallel()
	h := newHelmfile(t)
	const file = "docs/examples/helmfile/helmfile.yaml"

	rendered := h.run(t, file, "template").must(t)
	if n := strings.Count(rendered, "eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/epinio-"); n != 2 {
		t.Errorf("template shows %d roles, want 2:\n%s", n, rendered)
	}
	if aws := read(t, h.state); strings.Contains(aws, "epinio-server-role") {
		t.Error("template made a role")
	}

	h.run(t, file, "sync").must(t)
	if aws := read(t, h.state); !strings.Contains(aws, "epinio-server-role") || !strings.Contains(aws, "epinio-staging-role") {
		t.Error("sync did not make the roles")
	}
	for _, name := range []string{"epinio-server", "epinio-staging"} {
		account := h.cluster.Get("/api/v1/namespaces/epinio/serviceaccounts/" + name)
		metadata, _ := account["metadata"].(map[string]any)
		annotations, _ := metadata["annotations"].(map[string]any)
		if role := "arn:aws:iam::111122223333:role/" + name + "-role"; annotations["eks.amazonaws.com/role-arn"] != role {
			t.Errorf("service account %s is %v, want role %s", name, account, role)
		}
	}
	// The hooks' output is among helmfile's own log.
	if again := h.run(t, file, "sync"); again.code != 0 || !strings.Contains(again.stderr, "Nothing to do for release epinio/epinio") {
		t.Errorf("a second sync: exit code %d\n%s", again.code, again.stderr)
	}

	h.run(t, file, "destroy").must(t)
	if aws := read(t, h.state); strings.Contains(aws, "epinio-server-role") {
		t.Error("destroy left a role")
	}
	if account := h.cluster.Get("/api/v1/namespaces/epinio/serviceaccounts/epinio-staging"); account != nil {
		t.Errorf("destroy left %v", account)
	}
}

// TestHelmfileFails: where irsa.yaml does not fit the chart, nothing is installed.
func TestHelmfileFails(t *testing.T) {
	t.Parallel()
	h := newHelmfile(t)
	dir := t.TempDir()
	chart(t, "cinchy", filepath.Join(dir, "chart"))
	write(t, filepath.Join(dir, "irsa.yaml"), irsaOf("any", "any", "workload: {kind: Deployment, name: gone}"))
	write(t, filepath.Join(dir, "helmfile.yaml"), `releases:
- name: app
  namespace: data
  chart: ./chart
  postRenderer: irsa-post-renderer
  postRendererArgs: [--irsa-file=irsa.yaml, --namespace=data, --report=report.json]
`)
	r := h.run(t, filepath.Join(dir, "helmfile.yaml"), "sync")
	if r.code == 0 {
		t.Errorf("sync passes:\n%s%s", r.stdout, r.stderr)
	}
	if left := h.cluster.Paths(); len(left) > 0 {
		t.Errorf("sync installed %q", left)
	}
	const want = "the release has no Deployment/gone"
	if report := read(t, filepath.Join(dir, "report.json")); !strings.Contains(report, want) {
		t.Errorf("the report is\n%s\nwant %s", report, want)
	}
	// Helm 4 throws away what a post-renderer plugin says.
	if h.helm4 == strings.Contains(r.stderr, want) {
		t.Errorf("helmfile says\n%s", r.stderr)
	}
}

package docs

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/cli"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

var update = flag.Bool("update", false, "rewrite the generated pages")

// TestGenerated: docs/irsa-yaml.md, docs/findings.md, docs/troubleshooting.md, docs/catalog.md and docs/cli are what the types and the
// commands say, with no page that is left over.
func TestGenerated(t *testing.T) {
	t.Parallel()
	want := map[string]string{"docs/irsa-yaml.md": string(spec.Markdown()), "docs/findings.md": cli.FindingsPage(), "docs/catalog.md": cli.CatalogPage(), "docs/troubleshooting.md": cli.TroubleshootingPage()}
	for _, p := range cli.Pages() {
		want["docs/cli/"+p.Name+".md"] = p.Text
	}
	for name, text := range want {
		path := filepath.Join(root, filepath.FromSlash(name))
		if *update {
			write(t, path, text)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("%s is not what is generated (%v): go test ./test/docs -update", name, err)
		}
	}
	left, err := filepath.Glob(filepath.Join(root, "docs", "cli", "*"))
	if err != nil || len(left) == 0 {
		t.Fatalf("nothing in docs/cli (%v)", err)
	}
	for _, path := range left {
		name := "docs/cli/" + filepath.Base(path)
		if _, ok := want[name]; ok {
			continue
		}
		if !*update {
			t.Errorf("%s is no command's page: go test ./test/docs -update", name)
		} else if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

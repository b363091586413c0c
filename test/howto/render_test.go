package howto

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/strvals"

	"github.com/helm-irsa/helm-irsa/pkg/catalog"
	"github.com/helm-irsa/helm-irsa/pkg/render"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/test/howtos"
)

// specOf is the how-to's irsa.yaml.
func specOf(t *testing.T, s howtos.HowTo) *spec.File {
	t.Helper()
	path := filepath.Join(root, filepath.FromSlash(s.File()))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := spec.Parse(path, text)
	if err != nil {
		t.Fatal(err)
	}
	file, _ = catalog.WithPresets(file)
	return file
}

// rendered is what `helm template` prints of the how-to's chart with our post-renderer
// (helm.sh/helm/v3 cmd/helm/template.go).
func rendered(t *testing.T, s howtos.HowTo) []byte {
	t.Helper()
	chart, err := loader.LoadDir(filepath.Join(root, filepath.FromSlash(s.Chart)))
	if err != nil {
		t.Fatal(err)
	}
	file, values := specOf(t, s), map[string]any{}
	for _, v := range s.Set {
		if err := strvals.ParseInto(v, values); err != nil {
			t.Fatal(err)
		}
	}
	set, err := render.Values(file, s.Namespace)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range set { // as the wrapper does: a --set-string
		if err := strvals.ParseIntoString(v.Path+"="+v.Value, values); err != nil {
			t.Fatal(err)
		}
	}
	r, err := render.New(render.Options{Spec: file, Namespace: s.Namespace, Release: s.Release})
	if err != nil {
		t.Fatal(err)
	}
	install := action.NewInstall(&action.Configuration{Log: t.Logf})
	install.DryRun, install.DryRunOption, install.ClientOnly, install.Replace = true, "true", true, true
	install.ReleaseName, install.Namespace, install.PostRenderer = s.Release, s.Namespace, r
	release, err := install.Run(chart, values)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	fmt.Fprintln(&out, strings.TrimSpace(release.Manifest))
	for _, h := range release.Hooks {
		fmt.Fprintf(&out, "---\n# Source: %s\n%s\n", h.Path, h.Manifest)
	}
	return out.Bytes()
}

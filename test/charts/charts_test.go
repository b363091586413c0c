// Package charts_test renders and lints the charts of this repository with
// Helm's own engine, in process: no cluster, no network, no Helm binary.
package charts_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/kube/fake"
	"helm.sh/helm/v3/pkg/lint/support"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage"
	"helm.sh/helm/v3/pkg/storage/driver"
	"sigs.k8s.io/yaml"
)

// values parses values as a user writes them.
func values(t *testing.T, text string) map[string]any {
	t.Helper()
	v := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("values %q: %v", text, err)
	}
	return v
}

// load reads the chart in a folder.
func load(t *testing.T, path string) *chart.Chart {
	t.Helper()
	c, err := loader.LoadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// install is `helm template`: a client-only dry run into release rel, namespace ns1.
func install(path string, vals map[string]any, change func(*action.Install)) (*release.Release, error) {
	c, err := loader.LoadDir(path)
	if err != nil {
		return nil, err
	}
	client := action.NewInstall(&action.Configuration{
		Releases:     storage.Init(driver.NewMemory()),
		KubeClient:   &fake.PrintingKubeClient{Out: io.Discard},
		Capabilities: chartutil.DefaultCapabilities,
		Log:          func(string, ...any) {},
	})
	client.ReleaseName, client.Namespace = "rel", "ns1"
	client.DryRun, client.ClientOnly, client.Replace = true, true, true
	client.IncludeCRDs = true
	if change != nil {
		change(client)
	}
	return client.RunWithContext(context.Background(), c, vals)
}

// lintStrict is `helm lint --strict`: the messages that would fail it.
func lintStrict(t *testing.T, path string, vals map[string]any) []support.Message {
	t.Helper()
	lint := action.NewLint()
	lint.Strict, lint.Namespace = true, "ns1"
	result := lint.Run([]string{path}, vals)
	if result.TotalChartsLinted != 1 {
		t.Fatalf("linted %d charts, want 1: %v", result.TotalChartsLinted, result.Errors)
	}
	var bad []support.Message
	for _, m := range result.Messages {
		if m.Severity >= support.WarningSev {
			bad = append(bad, m)
		}
	}
	return bad
}

// object is what the tests look at in a rendered document.
type object struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name         string            `json:"name"`
		GenerateName string            `json:"generateName"`
		Namespace    string            `json:"namespace"`
		Labels       map[string]string `json:"labels"`
		Annotations  map[string]string `json:"annotations"`
	} `json:"metadata"`
	ImagePullSecrets []struct {
		Name string `json:"name"`
	} `json:"imagePullSecrets"`
	Automount *bool             `json:"automountServiceAccountToken"`
	Data      map[string]string `json:"data"`
}

// objects parses a stream strictly: a key that stands twice is an error. The
// manifests of a release, not yet post-rendered, have a separator before each.
func objects(t *testing.T, stream string) []object {
	t.Helper()
	var all []object
	for doc := range strings.SplitSeq("\n"+strings.ReplaceAll(stream, "\r\n", "\n"), "\n---\n") {
		var o object
		if err := yaml.UnmarshalStrict([]byte(doc), &map[string]any{}); err != nil {
			t.Errorf("document %q: %v", doc, err)
			continue
		}
		if err := yaml.Unmarshal([]byte(doc), &o); err != nil {
			t.Errorf("document %q: %v", doc, err)
			continue
		}
		if o.Kind != "" {
			all = append(all, o)
		}
	}
	return all
}

// valuesFiles are the values files in a chart's ci folder.
func valuesFiles(t *testing.T, path string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(path, "ci", "*-values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// read reads a file.
func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

package charts_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/lint/support"
	"helm.sh/helm/v3/pkg/release"
)

const testdata = "../../testdata/charts"

// Each chart for the golden cases stands alone: it renders, and lints without errors.
func TestTestdataChartsRenderAndLint(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(testdata)
	if err != nil {
		t.Fatal(err)
	}
	charts := 0
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		charts++
		t.Run(entry.Name(), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(testdata, entry.Name())
			if deps := load(t, path).Metadata.Dependencies; len(deps) != 0 {
				t.Errorf("has dependencies: %v", deps)
			}
			rel := render(t, entry.Name(), "")
			if len(objects(t, rel.Manifest)) == 0 {
				t.Error("renders nothing")
			}
			for _, m := range lintStrict(t, path, map[string]any{}) {
				if m.Severity >= support.ErrorSev {
					t.Error(m)
				}
			}
		})
	}
	if charts < 6 {
		t.Errorf("%d charts, want at least 6", charts)
	}
}

// The two generations of Epinio differ in where the staging service account stands, and
// the newer one ignores the older one's value: the trap that irsa.yaml's preset
// is for.
func TestEpinioGenerations(t *testing.T) {
	t.Parallel()
	const variable = "- name: STAGING_SERVICE_ACCOUNT_NAME\n"
	t.Run("1.12", func(t *testing.T) {
		t.Parallel()
		if m := render(t, "epinio-1.12", "").Manifest; strings.Contains(m, variable) {
			t.Error("has the variable though no value is given")
		}
		m := render(t, "epinio-1.12", `server: {stagingServiceAccountName: staging}`).Manifest
		if !strings.Contains(m, variable+`              value: "staging"`) {
			t.Errorf("the value does not reach the variable:\n%s", m)
		}
	})
	t.Run("1.13", func(t *testing.T) {
		t.Parallel()
		def := render(t, "epinio-1.13", "").Manifest
		if old := render(t, "epinio-1.13", `server: {stagingServiceAccountName: staging}`).Manifest; old != def {
			t.Error("the older generation's value changes something")
		}
		for values, want := range map[string]string{
			"": "epinio-server",
			`server: {stagingWorkloads: {serviceAccountName: staging}}`: "staging",
		} {
			found := 0
			for _, o := range objects(t, render(t, "epinio-1.13", values).Manifest) {
				if !strings.HasPrefix(o.Metadata.Name, "epinio-stage-scripts") {
					continue
				}
				found++
				var staging struct {
					ServiceAccountName string `json:"serviceAccountName"`
				}
				text := o.Data["staging-values.json"]
				if err := json.Unmarshal([]byte(text), &staging); err != nil || strings.Contains(text, "\n") {
					t.Errorf("%s: staging-values.json %q: %v", o.Metadata.Name, text, err)
				}
				if staging.ServiceAccountName != want {
					t.Errorf("%s: service account %q, want %q", o.Metadata.Name, staging.ServiceAccountName, want)
				}
			}
			if found != 3 {
				t.Errorf("%d epinio-stage-scripts, want 3", found)
			}
		}
	})
}

// What makes these charts worth having: each oddity is still in its rendered stream.
func TestTestdataChartsHaveTheirOddities(t *testing.T) {
	t.Parallel()
	tests := []struct{ chart, oddity string }{
		{"epinio-1.12", "\r\n"},
		{"epinio-1.12", "\n    ---\n"},
		{"epinio-1.12", "\n    kind: ServiceAccount\n"},
		{"epinio-1.12", "imagePullPolicy: \n"},
		{"epinio-1.13", "\r\n"},
		{"epinio-1.13", "\n    ---\n"},
		{"cinchy", "serviceAccountName: cinchy-web   # "},
		{"cinchy", "    name: default\n"},
		{"kiam-app", "kind: DaemonSet\r\n"},
		{"kiam-app", "  # agreed with"},
		{"kiam-app", "annotations: {iam.amazonaws.com/role: "},
		{"jobs", "kind: List\n"},
		{"jobs", "generateName: import-\n"},
		{"jobs", "serviceAccountName: \"\"\n"},
	}
	for _, tt := range tests {
		if m := render(t, tt.chart, "").Manifest; !strings.Contains(m, tt.oddity) {
			t.Errorf("%s: no %q in its stream", tt.chart, tt.oddity)
		}
	}
	if hooks := render(t, "hooks", "").Hooks; len(hooks) != 4 {
		t.Errorf("hooks: %d hooks, want 4", len(hooks))
	}
}

// render renders a chart of testdata.
func render(t *testing.T, chart, vals string) *release.Release {
	t.Helper()
	rel, err := install(filepath.Join(testdata, chart), values(t, vals), nil)
	if err != nil {
		t.Fatal(err)
	}
	return rel
}

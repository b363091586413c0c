package export_test

import (
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"

	"github.com/helm-irsa/helm-irsa/pkg/export"
)

// TestInChart: what is written as YAML may stand among a chart's templates: Helm renders it as
// it is.
func TestInChart(t *testing.T) {
	t.Parallel()
	for _, c := range readCases(t) {
		for _, format := range []string{"ack", "cloudformation", "crossplane"} {
			for _, f := range c.export(t, format, export.Options{AdoptExisting: true}).Files {
				if !strings.HasSuffix(f.Name, ".yaml") {
					continue
				}
				release := &chart.Chart{Metadata: &chart.Metadata{Name: "x", Version: "1.0.0"}, Templates: []*chart.File{{Name: "templates/" + f.Name, Data: f.Text}}}
				got, err := engine.Render(release, chartutil.Values{})
				if err != nil || got["x/templates/"+f.Name] != string(f.Text) {
					t.Errorf("%s of %s is rendered as %q (%v)", f.Name, c.Name, got, err)
				}
			}
		}
	}
}

// TestSubstitution: objects with IAM's variables keep them from Flux's postBuild, and no other does.
func TestSubstitution(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"ack", "crossplane"} {
		with, without := 0, 0
		for _, c := range readCases(t) {
			for _, f := range c.export(t, format, export.Options{}).Files {
				for _, object := range strings.Split(string(f.Text), "\n---\n") {
					kept := strings.Contains(object, "kustomize.toolkit.fluxcd.io/substitute")
					if kept != strings.Contains(object, "${") {
						t.Errorf("%s:\n%s", c.Name, object)
					}
					if kept {
						with++
					} else {
						without++
					}
				}
			}
		}
		if with == 0 || without == 0 {
			t.Errorf("%s: %d objects with it, %d without", format, with, without)
		}
	}
}

package charts_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestArtifactHubPlugin: plugin.yaml has what Artifact Hub demands of a Helm plugin, and what it
// shows lies beside it (validateMetadata and PreparePackage in
// internal/tracker/source/helmplugin/helmplugin.go of artifacthub/hub).
func TestArtifactHubPlugin(t *testing.T) {
	t.Parallel()
	var plugin struct{ Name, Version, Description string }
	readYAML(t, "../../plugin.yaml", &plugin)
	if plugin.Name == "" || plugin.Description == "" || !semver.MatchString(plugin.Version) {
		t.Errorf("%+v", plugin)
	}
	for _, name := range []string{"README.md", "LICENSE"} {
		if i, err := os.Lstat("../../" + name); err != nil || !i.Mode().IsRegular() {
			t.Errorf("%s beside plugin.yaml: %v", name, err)
		}
	}
	var repository struct {
		Owners []struct{ Name, Email string }
	}
	readYAML(t, "../../artifacthub-repo.yml", &repository)
	if len(repository.Owners) == 0 || repository.Owners[0].Email == "" {
		t.Errorf("%+v", repository)
	}
}

var semver = regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)

// What Artifact Hub takes of the annotations of a chart
// (https://artifacthub.io/docs/topics/annotations/helm/).
var (
	categories = []string{"ai-machine-learning", "database", "integration-delivery", "monitoring-logging", "networking", "security", "storage", "streaming-messaging", "skip-prediction"}
	changes    = []string{"added", "changed", "deprecated", "removed", "fixed", "security"}
	known      = []string{"category", "changes", "license", "links", "prerelease"}
)

// TestArtifactHubCharts: each chart's annotations are such as Artifact Hub takes.
func TestArtifactHubCharts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../charts/*/Chart.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		var chart struct {
			Version, Description, Home string
			Maintainers                []struct{ Name, Email string }
			Annotations                map[string]string
		}
		readYAML(t, file, &chart)
		if chart.Description == "" || chart.Home == "" || len(chart.Maintainers) == 0 || !semver.MatchString(chart.Version) {
			t.Errorf("%s: %+v", file, chart)
		}
		for key, text := range chart.Annotations {
			name := strings.TrimPrefix(key, "artifacthub.io/")
			switch {
			case !slices.Contains(known, name):
				t.Errorf("%s: no annotation of Artifact Hub is called %s, or this test does not know it", file, key)
			case name == "category" && !slices.Contains(categories, text):
				t.Errorf("%s: no category: %s", file, text)
			case name == "prerelease" && text != "true" && text != "false":
				t.Errorf("%s: prerelease: %s", file, text)
			case name == "changes":
				var all []struct{ Kind, Description string }
				if err := yaml.UnmarshalStrict([]byte(text), &all); err != nil || len(all) == 0 {
					t.Errorf("%s: changes: %v", file, err)
				}
				for _, c := range all {
					if !slices.Contains(changes, c.Kind) || c.Description == "" {
						t.Errorf("%s: change %+v", file, c)
					}
				}
			case name == "links":
				var all []struct{ Name, URL string }
				if err := yaml.UnmarshalStrict([]byte(text), &all); err != nil || len(all) == 0 || all[0].Name == "" || all[0].URL == "" {
					t.Errorf("%s: links: %v %+v", file, err, all)
				}
			}
		}
	}
}

func readYAML(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		err = yaml.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

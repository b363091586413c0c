package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// Every workload is in the chart once, under the service account that it is to run as.
func TestChart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := writeChart(dir, size{workloads: 25, accounts: 4}); err != nil {
		t.Fatal(err)
	}
	deployments, accounts, named := map[string]bool{}, map[string]bool{}, 0
	files, err := filepath.Glob(filepath.Join(dir, "templates", "*.yaml"))
	if err != nil || len(files) != 4 {
		t.Fatalf("%d templates, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range strings.Split(action.ReplaceAllString(string(text), "1"), "\n---\n") {
			var o struct {
				Kind     string
				Metadata struct{ Name string }
				Spec     struct {
					Template struct {
						Spec struct{ ServiceAccountName string }
					}
				}
			}
			if err := yaml.Unmarshal([]byte(document), &o); err != nil {
				t.Fatalf("%s: %v\n%s", file, err, document)
			}
			switch o.Kind {
			case "ServiceAccount":
				accounts[o.Metadata.Name] = true
			case "Deployment":
				deployments[o.Metadata.Name] = true
				if runAs := o.Spec.Template.Spec.ServiceAccountName; runAs != "" {
					named++
					if runAs != strings.TrimSuffix(filepath.Base(file), ".yaml") {
						t.Errorf("%s in %s runs as %s", o.Metadata.Name, file, runAs)
					}
				}
			default:
				t.Errorf("%s has a %q", file, o.Kind)
			}
		}
	}
	// Service accounts 0 and 2 have 7 and 6 workloads that name them.
	if len(deployments) != 25 || len(accounts) != 4 || named != 13 {
		t.Errorf("%d Deployments, %d accounts, %d Deployments that name one", len(deployments), len(accounts), named)
	}
	for _, name := range []string{"Chart.yaml", "values.yaml"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// action is a template's.
var action = regexp.MustCompile(`\{\{[^}]*\}\}`)

func TestChartInNoFolder(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeChart(file, small); err == nil {
		t.Error("a chart is made in a file")
	}
}

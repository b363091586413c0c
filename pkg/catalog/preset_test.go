package catalog

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// TestPresets: each preset says where something stands, and is one of an entry.
func TestPresets(t *testing.T) {
	t.Parallel()
	var ofEntries []string
	for _, e := range Entries() {
		ofEntries = append(ofEntries, e.Presets...)
	}
	for _, p := range Presets() {
		if p.Description == "" || len(p.Generations) == 0 || !slices.Contains(ofEntries, p.Name) {
			t.Errorf("preset %s says nothing of itself, has no generation, or is of no entry", p.Name)
		}
		for _, g := range p.Generations {
			if g.Chart == "" || len(g.Targets) == 0 {
				t.Errorf("preset %s has a generation without chart or targets", p.Name)
			}
			for _, target := range g.Targets {
				if target.Env == nil && target.Embedded == nil && target.Field == nil && target.Workload == nil {
					t.Errorf("preset %s, %s: a target names no object", p.Name, g.Chart)
				}
			}
		}
	}
	for _, name := range ofEntries {
		if !isPreset(name) {
			t.Errorf("an entry has the preset %s, which is not there", name)
		}
	}
}

// TestReadPresets: what is wrong with a file is said with its name.
func TestReadPresets(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"name: b\n":               "called b",
		"name: a\nvalues: x\n":    "values not found",
		"name: a\n---\nname: b\n": "more than one document",
	} {
		_, err := readPresets(fstest.MapFS{"presets/a.yaml": {Data: []byte(text)}})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "presets/a.yaml") {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestWithPresets: presets come with the files that name one, or a value that one may know; a
// name that no preset has is a fault where it stands.
func TestWithPresets(t *testing.T) {
	t.Parallel()
	for targets, want := range map[string]string{
		"[{workload: {kind: Deployment, name: a}}]": "none",
		"[{preset: epinio-staging}]":                "",
		"[{value: a.b}]":                            "",
		"[{anyOf: [{workload: {kind: Deployment, name: a}}, {preset: epinio-staging}]}]": "",
		"[{preset: epinio-stagin}]":                "4:22: serviceAccounts[0].usedBy[0].preset: no preset is called \"epinio-stagin\"; did you mean epinio-staging?",
		"[{anyOf: [{value: a}, {preset: other}]}]": "4:43: serviceAccounts[0].usedBy[0].anyOf[1].preset: no preset is called \"other\"; the presets are epinio-staging",
	} {
		f, err := spec.Parse("irsa.yaml", []byte("apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\nserviceAccounts:\n- {name: a, usedBy: "+targets+"}\n"))
		if err != nil {
			t.Fatal(err)
		}
		out, faults := WithPresets(f)
		switch {
		case f.Presets != nil:
			t.Errorf("%s: the file that was given is changed", targets)
		case want == "none" && (out != f || faults != nil), want == "" && (len(out.Presets) != len(Presets()) || faults != nil):
			t.Errorf("%s: %d presets, %v", targets, len(out.Presets), faults)
		case want != "" && want != "none" && (len(faults) != 1 || faults[0].String() != want):
			t.Errorf("%s: %v, want %s", targets, faults, want)
		}
	}
}

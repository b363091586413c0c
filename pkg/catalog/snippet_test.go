package catalog

import (
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// TestSnippet: an entry with neither parameters nor features, with one, with both, and with
// what does not work in every mode.
func TestSnippet(t *testing.T) {
	t.Parallel()
	features := []Feature{{Name: "fast"}, {Name: "scoped", Modes: []string{"podIdentity", "both"}}}
	parameters := []Parameter{{Name: "zones"}, {Name: "keys"}}
	chart := []Chart{{ServiceAccounts: []ServiceAccount{{Name: "RELEASE-app"}, {Name: "other"}}}}
	for name, c := range map[string]struct {
		e    Entry
		want string
	}{
		"nothing":            {Entry{Name: "x"}, "- name: my-app\n  role:\n    wellKnownPolicies:\n    - x\n"},
		"no service account": {Entry{Name: "x", Charts: []Chart{{}}}, "- name: my-app\n  role:\n    wellKnownPolicies:\n    - x\n"},
		"the release's own":  {Entry{Name: "x", Charts: []Chart{{ServiceAccounts: []ServiceAccount{{Name: "RELEASE"}}}}}, "- name: my-release\n  role:\n    wellKnownPolicies:\n    - x\n"},
		"parameters, in the entry's order": {Entry{Name: "x", Charts: chart, Parameters: parameters, Example: Example{Parameters: map[string][]string{"keys": {"arn:k"}, "zones": {"Z1", "Z2"}}}},
			"- name: app\n  role:\n    wellKnownPolicies:\n    - x:\n        zones: [Z1, Z2]\n        keys: [\"arn:k\"]\n"},
		"a feature": {Entry{Name: "x", Charts: chart, Features: features, Example: Example{Features: []string{"fast"}}}, "- name: app\n  role:\n    wellKnownPolicies:\n    - x:\n        features: [fast]\n"},
		"a feature of one mode": {Entry{Name: "x", Features: features, Example: Example{Features: []string{"fast", "scoped"}}},
			"- name: my-app\n  mode: podIdentity\n  role:\n    wellKnownPolicies:\n    - x:\n        features: [fast, scoped]\n"},
		"an entry of one mode": {Entry{Name: "x", Modes: []string{"podIdentity"}}, "- name: my-app\n  mode: podIdentity\n  role:\n    wellKnownPolicies:\n    - x\n"},
		"quotes":               {Entry{Name: "x", Parameters: parameters, Example: Example{Parameters: map[string][]string{"zones": {"a*", "b?", "c"}}}}, "- name: my-app\n  role:\n    wellKnownPolicies:\n    - x:\n        zones: [\"a*\", \"b?\", c]\n"},
	} {
		if got := c.e.Snippet(); got != "serviceAccounts:\n"+c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestNameFor(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{{"RELEASE-app", "rel", "rel-app"}, {"RELEASE", "rel", "rel"}, {"fixed", "rel", "fixed"}, {"RELEASE-app", "", "app"}, {"RELEASE", "", "my-release"}, {"fixed", "", "fixed"}} {
		if got := NameFor(c[0], c[1]); got != c[2] {
			t.Errorf("%s for %s is %s, want %s", c[0], c[1], got, c[2])
		}
	}
}

// TestModes: an entry of some modes is a fault in the others, a feature only where it is named.
func TestModes(t *testing.T) {
	t.Parallel()
	e := &Entry{Name: "x", Modes: []string{"irsa", "both"}, Features: []Feature{{Name: "scoped", Modes: []string{"both"}}}}
	w := spec.WellKnownPolicy{Name: "x", Parameters: []spec.WellKnownSettings{{Name: "other", Values: []spec.WellKnownText{{Text: "scoped"}}}, {Name: FeaturesParameter, Values: []spec.WellKnownText{{Text: "scoped"}}}}}
	for mode, want := range map[string]string{
		"both":        "",
		"irsa":        "the feature scoped does not work in mode irsa; write mode: both",
		"podIdentity": "x does not work in mode podIdentity; write mode: irsa or both\nthe feature scoped does not work in mode podIdentity; write mode: both",
	} {
		var got []string
		for _, f := range modeFaults(e, w, mode) {
			got = append(got, f.Message+"; "+f.Hint)
		}
		if strings.Join(got, "\n") != want {
			t.Errorf("%s: %q, want %q", mode, got, want)
		}
	}
}

package catalog

import (
	"strings"
)

// Snippet is the part of irsa.yaml that uses the entry as its example does.
func (e *Entry) Snippet() string {
	var b strings.Builder
	b.WriteString("serviceAccounts:\n")
	for _, name := range e.snippetNames() {
		b.WriteString("- name: " + name + "\n")
		if mode := e.snippetMode(); mode != "" {
			b.WriteString("  mode: " + mode + "\n")
		}
		b.WriteString("  role:\n    wellKnownPolicies:\n    - " + e.Name)
		if len(e.Example.Parameters)+len(e.Example.Features) > 0 {
			b.WriteByte(':')
		}
		b.WriteByte('\n')
		for _, p := range e.Parameters {
			if values := e.Example.Parameters[p.Name]; len(values) > 0 {
				b.WriteString("        " + p.Name + ": " + list(values) + "\n")
			}
		}
		if len(e.Example.Features) > 0 {
			b.WriteString("        " + FeaturesParameter + ": " + list(e.Example.Features) + "\n")
		}
	}
	return b.String()
}

// snippetNames are the service accounts of the first chart, where the release is called as
// most charts want it.
func (e *Entry) snippetNames() []string {
	if len(e.Charts) > 0 && len(e.Charts[0].ServiceAccounts) > 0 {
		return []string{NameFor(e.Charts[0].ServiceAccounts[0].Name, "")}
	}
	return []string{"my-app"}
}

func (e *Entry) snippetMode() string {
	for _, name := range e.Example.Features {
		if f := e.feature(name); f != nil && !worksIn(f.Modes, "irsa") {
			return f.Modes[0]
		}
	}
	if !worksIn(e.Modes, "irsa") {
		return e.Modes[0]
	}
	return ""
}

// NameFor is the name of a service account of a release. Without a release it is that of one
// that is called as its chart.
func NameFor(name, release string) string {
	switch {
	case release != "":
		return strings.ReplaceAll(name, "RELEASE", release)
	case name == "RELEASE":
		return "my-release"
	}
	return strings.TrimPrefix(name, "RELEASE-")
}

// list is a list of texts of YAML in one line. Values with a * or a colon need quotes.
func list(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		if quoted[i] = v; strings.ContainsAny(v, "*:?") {
			quoted[i] = `"` + v + `"`
		}
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/pkg/catalog"
)

// listEntries prints the table.
func listEntries(out io.Writer, entries []catalog.Entry) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tCHART\tSERVICE ACCOUNTS\tPARAMETERS")
	for _, e := range entries {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", e.Name, firstOf(chartNames(e)), firstOf(serviceAccountNames(e)), cmp.Or(strings.Join(parameterNames(e), " "), "-"))
	}
	return w.Flush()
}

// firstOf is the first of several, and how many more there are.
func firstOf(names []string) string {
	switch len(names) {
	case 0:
		return "-"
	case 1:
		return names[0]
	}
	return fmt.Sprintf("%s +%d", names[0], len(names)-1)
}

func chartNames(e catalog.Entry) []string {
	var out []string
	for _, c := range e.Charts {
		if !slices.Contains(out, c.Name) { // two publishers may have a chart of one name
			out = append(out, c.Name)
		}
	}
	return out
}

func serviceAccountNames(e catalog.Entry) []string {
	var out []string
	for _, c := range e.Charts {
		for _, sa := range c.ServiceAccounts {
			if !slices.Contains(out, sa.Name) {
				out = append(out, sa.Name)
			}
		}
	}
	return out
}

// parameterNames are the parameters, in brackets where they may be left out.
func parameterNames(e catalog.Entry) []string {
	var out []string
	for _, p := range e.Parameters {
		if !p.Required {
			p.Name = "[" + p.Name + "]"
		}
		out = append(out, p.Name)
	}
	if len(e.Features) > 0 {
		out = append(out, "["+catalog.FeaturesParameter+"]")
	}
	return out
}

// showEntry prints all of one entry.
func showEntry(out io.Writer, e *catalog.Entry, p *catalog.Policy) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n%s\n\nirsa.yaml\n", e.Name, e.Title, e.Allows)
	b.WriteString(indented(e.Snippet()))
	for _, c := range e.Charts {
		showChart(&b, c)
	}
	showParameters(&b, e)
	for _, d := range p.Documents {
		fmt.Fprintf(&b, "\nInline policy %s\n%s", d.Name, indented(prettyJSON(d.JSON)))
	}
	if len(p.ManagedARNs) > 0 {
		fmt.Fprintf(&b, "\nPolicies of AWS\n%s", indented(strings.Join(p.ManagedARNs, "\n")))
	}
	for _, part := range prose(e) {
		fmt.Fprintf(&b, "\n%s\n%s", part.title, indented(strings.Join(part.lines, "\n")))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func showChart(b *strings.Builder, c catalog.Chart) {
	fmt.Fprintf(b, "\nChart %s\n  home: %s\n", c.Name, c.Home)
	for _, moved := range c.Moved {
		fmt.Fprintf(b, "  before: %s\n", moved)
	}
	if len(c.Versions) > 0 {
		fmt.Fprintf(b, "  version seen: %s\n", strings.Join(c.Versions, ", "))
	}
	if c.Namespace != "" {
		fmt.Fprintf(b, "  usual namespace: %s\n", c.Namespace)
	}
	if text := neededValues(c); text != "" {
		b.WriteString("  values that it needs:\n" + indented(indented(text)))
	}
	for _, sa := range c.ServiceAccounts {
		fmt.Fprintf(b, "  service account %s%s\n", sa.Name, offWords(sa))
		for _, v := range valuePaths(sa.Values) {
			fmt.Fprintf(b, "    %s: %s\n", v[0], v[1])
		}
	}
}

// neededValues are values without which the chart does not render, or makes no use of the
// role, as YAML.
func neededValues(c catalog.Chart) string {
	if len(c.Set) == 0 {
		return ""
	}
	text, err := yaml.Marshal(c.Set)
	if err != nil {
		return err.Error() // what was read from YAML can be written
	}
	return string(text)
}

func offWords(sa catalog.ServiceAccount) string {
	if sa.Off {
		return " (the chart does not make it by itself)"
	}
	return ""
}

// valuePaths are what a chart's values drive, and their paths.
func valuePaths(v catalog.Values) [][2]string {
	return slices.DeleteFunc([][2]string{{"annotations", v.Annotations}, {"name", v.Name}, {"create", v.Create}, {"role's ARN", v.RoleARN}}, func(p [2]string) bool { return p[1] == "" })
}

func showParameters(b *strings.Builder, e *catalog.Entry) {
	if len(e.Parameters) > 0 {
		b.WriteString("\nParameters\n")
	}
	for _, p := range e.Parameters {
		fmt.Fprintf(b, "  %s (%s): %s\n", p.Name, parameterRules(e, p), p.About)
	}
	if len(e.Features) > 0 {
		b.WriteString("\nFeatures\n")
	}
	for _, f := range e.Features {
		fmt.Fprintf(b, "  %s: %s\n", f.Name, f.About)
	}
}

// parameterRules says what a parameter's values are, and whether it is needed.
func parameterRules(e *catalog.Entry, p catalog.Parameter) string {
	rules := []string{p.Kind()}
	switch {
	case p.Required:
		rules = append(rules, "needed")
	case slices.Contains(e.AnyOf, p.Name):
		rules = append(rules, "one of these is needed")
	case len(p.Default) > 0:
		rules = append(rules, "default "+strings.Join(p.Default, ", "))
	}
	return strings.Join(rules, ", ")
}

// part is a title and what stands below it.
type part struct {
	title string
	lines []string
}

// presetsOf says of the presets of an entry what they are.
func presetsOf(e *catalog.Entry) []string {
	var out []string
	for _, p := range catalog.Presets() {
		if slices.Contains(e.Presets, p.Name) {
			out = append(out, p.Name+": "+p.Description)
		}
	}
	return out
}

// prose is what is said of an entry in sentences.
func prose(e *catalog.Entry) []part {
	all := []part{
		{"What the publisher says", []string{e.Publisher}}, {"What is narrower here", []string{e.Narrowed}},
		{"What else has to be set", e.Needs}, {"Presets for usedBy", presetsOf(e)}, {"Limits", e.Limits}, {"Replaces", e.Replaces}, {"Sources", e.Sources},
	}
	var whole []string
	for _, s := range e.Statements {
		if s.All != "" && !slices.Contains(whole, s.All) {
			whole = append(whole, s.All)
		}
	}
	all = slices.Insert(all, 2, part{"Why some statements are for every resource", whole})
	return slices.DeleteFunc(all, func(p part) bool { return len(p.lines) == 0 || p.lines[0] == "" })
}

func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  ") + "\n"
}

// prettyJSON is compact JSON with two blanks a level.
func prettyJSON(compact []byte) string {
	var b bytes.Buffer
	if err := json.Indent(&b, compact, "", "  "); err != nil {
		return string(compact) // what was built is JSON
	}
	return b.String()
}

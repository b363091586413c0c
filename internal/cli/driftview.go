package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// driftView prints the table of drift for people.
type driftView struct{ planView }

// driftColours are those of the states on a terminal.
var driftColours = map[driftState]string{driftNone: green, driftFound: yellow, driftBlocked: red, driftBroken: red, driftUnknown: red}

// print writes the table, then what is to be said of each row that is not in sync, and a line with
// the numbers.
func (v driftView) print(r *driftReport) {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STATE\tRELEASE\tCHANGES\tFILE")
	for _, row := range r.Files {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", driftWords[row.State], safe.Text(row.name()), changesWords(row), safe.Text(row.File))
	}
	_ = w.Flush() // to memory
	for i, line := range strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n") {
		if i > 0 {
			v.line(driftColours[r.Files[i-1].State], line)
		} else {
			v.line("", line)
		}
	}
	for _, row := range r.Files {
		v.row(row)
	}
	fmt.Fprintln(v.w)
	v.line("", r.Summary.String())
}

// row says of a file that is not in sync what would change, or why nothing is known.
func (v driftView) row(row driftRow) {
	if row.State == driftNone && len(row.Warnings) == 0 {
		return
	}
	fmt.Fprintln(v.w)
	v.line("", fmt.Sprintf("%s, %s: %s", row.name(), row.File, driftWords[row.State]))
	for _, c := range row.Changes {
		v.line(actionSigns[c.Action].colour, "  "+changeWords(c))
	}
	for _, warning := range row.Warnings {
		v.line(yellow, "  ! "+warning)
	}
	for _, e := range row.Errors {
		v.line(red, "  "+e.at(row.File)+e.Message)
		if e.Hint != "" {
			v.line("", "    "+e.Hint)
		}
	}
	if len(row.Changes) > 0 {
		v.line("", "  all of it: "+row.plan())
	}
}

// at is the place of a fault before its message.
func (e driftError) at(file string) string {
	if e.Line == 0 {
		return ""
	}
	return fmt.Sprintf("%s:%d: ", file, e.Line)
}

// changeWords are one change in one line.
func changeWords(c awsiam.Change) string {
	return fmt.Sprintf("%s %s %s %s", actionSigns[c.Action].sign, c.Action, typeNames[c.Type], safe.Value(c.Name))
}

// changesWords are how many changes a row has.
func changesWords(row driftRow) string {
	var parts []string
	for _, n := range []struct {
		count int
		word  string
	}{{row.Summary.Create, "to create"}, {row.Summary.Update, "to update"}, {row.Summary.Delete, "to delete"}} {
		if n.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n.count, n.word))
		}
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}

// String is the summary in words.
func (s driftSummary) String() string {
	parts := []string{fmt.Sprintf("%d in sync", s.InSync)}
	for _, n := range []struct {
		count int
		word  driftState
	}{{s.Drift, driftFound}, {s.Blocked, driftBlocked}, {s.Broken, driftBroken}, {s.Unknown, driftUnknown}} {
		if n.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n.count, driftWords[n.word]))
		}
	}
	return fmt.Sprintf("%s: %s", plural(s.Files, "release"), strings.Join(parts, ", "))
}

// plural counts things in words.
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

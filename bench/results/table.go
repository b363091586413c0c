package results

import (
	"fmt"
	"slices"
	"strings"
)

// Sense says on which side of the target a value has to be.
type Sense int

// The senses.
const (
	AtLeast Sense = iota
	AtMost
)

// String is the words for it.
func (s Sense) String() string { return [...]string{"at least", "at most"}[s] }

// Row is one line of a table that compares.
type Row struct {
	Work, Ours, Theirs string
	Value, Target      float64 // no target where it is 0
	Sense              Sense
	Unit               string // of Value and Target, with the blank before it
	Skipped            bool   // Theirs says why there is no Value
}

// Met says yes, or by how much the target is missed; nothing where there is none.
func (r Row) Met() string {
	if r.Target == 0 {
		return ""
	}
	missed := r.Value/r.Target - 1
	if r.Sense == AtLeast {
		missed = -missed
	}
	if missed <= 0 {
		return "yes"
	}
	return fmt.Sprintf("missed by %.0f %%", max(1, 100*missed))
}

func (r Row) target() string {
	if r.Target == 0 {
		return "none"
	}
	return fmt.Sprintf("%s %.3g", r.Sense, r.Target)
}

// Table is the rows as a Markdown table.
func Table(rows []Row) string {
	lines := make([][]string, 0, len(rows))
	for _, r := range rows {
		if r.Skipped {
			lines = append(lines, []string{r.Work, "", r.Theirs, "", "", "not measured"})
			continue
		}
		lines = append(lines, []string{
			r.Work, r.Ours, r.Theirs, fmt.Sprintf("%.3g%s", r.Value, r.Unit), r.target(), r.Met(),
		})
	}
	return Grid([]string{"work", "ours", "theirs", "ratio", "target", "met"}, lines)
}

// Grid is a Markdown table, aligned to be read as it is. Every line has as many cells as
// the header.
func Grid(header []string, lines [][]string) string {
	widths := make([]int, len(header))
	for _, line := range append([][]string{header}, lines...) {
		for i, c := range line {
			widths[i] = max(widths[i], len([]rune(c)))
		}
	}
	rule := make([]string, len(widths))
	for i, w := range widths {
		rule[i] = strings.Repeat("-", w)
	}
	var b strings.Builder
	for _, line := range slices.Concat([][]string{header, rule}, lines) {
		for i, c := range line {
			fmt.Fprintf(&b, "| %-*s ", widths[i], c)
		}
		b.WriteString("|\n")
	}
	return b.String()
}

package cli

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/helm-irsa/helm-irsa/internal/safe"
)

// mostComment keeps a comment below what GitHub takes: "Body is too long (maximum is 65536
// characters)" (its answer in https://github.com/telia-oss/github-pr-resource/issues/259).
const mostComment = 60_000

// driftMark lets a pipeline find the comment that it wrote before.
const driftMark = "<!-- helm-irsa drift -->"

// driftMarkdown is a comment for a pull request: a table, and below it the changes of each release
// that drifted, to be unfolded. What has no room is named.
func driftMarkdown(r *driftReport) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n### AWS identity: %s\n\n| state | release | changes | file |\n| --- | --- | --- | --- |\n", driftMark, r.Summary)
	left := 0
	for _, row := range r.Files {
		line := fmt.Sprintf("| %s | %s | %s | %s |\n", driftWords[row.State], markdownCode(row.name()), changesWords(row), markdownCode(row.File))
		if b.Len()+len(line) > mostComment {
			left++
			continue
		}
		b.WriteString(line)
	}
	if left > 0 {
		fmt.Fprintf(&b, "\n%s have no room here: see the job's log.\n", plural(left, "release"))
		return b.String()
	}
	for _, row := range r.Files {
		text := markdownDetails(row)
		if b.Len()+len(text) > mostComment {
			left++
			continue
		}
		b.WriteString(text)
	}
	if left > 0 {
		fmt.Fprintf(&b, "\nThe changes of %s have no room here: see the job's log.\n", plural(left, "release"))
	}
	return b.String()
}

// markdownDetails are a row's changes with their diffs, or why there is none.
func markdownDetails(row driftRow) string {
	if row.State == driftNone && len(row.Warnings) == 0 {
		return ""
	}
	var lines []string
	for _, c := range row.Changes {
		lines = append(lines, changeWords(c))
		for line := range strings.Lines(c.Diff) {
			// A line of a diff begins with its sign, so that the fence colours it.
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	for _, w := range row.Warnings {
		lines = append(lines, "! "+w)
	}
	for _, e := range row.Errors {
		lines = append(lines, e.at(row.File)+e.Message)
		if e.Hint != "" {
			lines = append(lines, "  "+e.Hint)
		}
	}
	if len(row.Changes) > 0 {
		lines = append(lines, "", row.plan())
	}
	for i, line := range lines {
		lines[i] = safe.Text(line)
	}
	text := strings.Join(lines, "\n")
	fence := strings.Repeat("`", max(3, longestRun(text, '`')+1))
	name := row.name()
	if row.Release == "" { // several may be called the same
		name += ", " + row.File
	}
	return fmt.Sprintf("\n<details><summary>%s: %s</summary>\n\n%sdiff\n%s\n%s\n\n</details>\n",
		markdownText(name), driftWords[row.State], fence, text, fence)
}

// markdownCode shows a value of others as code in a cell of a table.
func markdownCode(text string) string { return "<code>" + markdownText(text) + "</code>" }

// markdownText is a value of others without markup: a numeric character reference is text, and
// never structure (https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references).
func markdownText(text string) string {
	var b strings.Builder
	for _, r := range safe.Text(text) {
		if r < 0x80 && r != '-' && r != '/' && (unicode.IsPunct(r) || unicode.IsSymbol(r)) {
			fmt.Fprintf(&b, "&#%d;", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// longestRun is how often a character stands in a row at most.
func longestRun(text string, of rune) int {
	longest, now := 0, 0
	for _, r := range text {
		if now++; r != of {
			now = 0
		}
		longest = max(longest, now)
	}
	return longest
}

package trust

import (
	"fmt"
	"strings"
)

// diffContext is how many equal lines stand around a difference.
const diffContext = 3

// Diff is what a person reads before a change: the lines of a unified diff from
// a's canonical form to b's, each without its line break. It is empty where the
// two are Equal. The zero Document has no lines.
func Diff(a, b Document) []string {
	if Equal(a, b) {
		return nil
	}
	return hunks(edits(lines(Canonical(a)), lines(Canonical(b))))
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// edit is one line of a diff: op is ' ', '-' or '+'.
type edit struct {
	op   byte
	text string
}

// manyLines is where the table below would grow to tens of megabytes; no policy
// that fits a quota comes near it.
const manyLines = 2000

// edits finds the shortest way from a to b, by the longest common subsequence. Of
// texts of many lines all is replaced.
func edits(a, b []string) []edit {
	if len(a) > manyLines || len(b) > manyLines {
		return replaced(a, b)
	}
	longest := make([][]int, len(a)+1)
	for i := range longest {
		longest[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	var out []edit
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, edit{' ', a[i]})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && longest[i+1][j] >= longest[i][j+1]:
			out = append(out, edit{'-', a[i]})
			i++
		default:
			out = append(out, edit{'+', b[j]})
			j++
		}
	}
	return out
}

func replaced(a, b []string) []edit {
	var out []edit
	for _, line := range a {
		out = append(out, edit{'-', line})
	}
	for _, line := range b {
		out = append(out, edit{'+', line})
	}
	return out
}

// hunks writes the edits with the lines around them, and a header for each group.
func hunks(all []edit) []string {
	var out []string
	before, after := 0, 0 // lines of a and b that are behind us
	for i := 0; i < len(all); {
		end := hunkEnd(all, i)
		if end < 0 {
			before, after, i = before+1, after+1, i+1
			continue
		}
		var body []string
		a, b := 0, 0
		for _, e := range all[i:end] {
			body = append(body, string(e.op)+e.text)
			if e.op != '+' {
				a++
			}
			if e.op != '-' {
				b++
			}
		}
		out = append(out, fmt.Sprintf("@@ -%s +%s @@", span(before, a), span(after, b)))
		out = append(out, body...)
		before, after, i = before+a, after+b, end
	}
	return out
}

// span is a hunk's place as diff writes it: of no lines, the line before.
func span(before, count int) string {
	if count > 0 {
		before++
	}
	return fmt.Sprintf("%d,%d", before, count)
}

// hunkEnd says where the hunk that begins at i ends; -1 where none begins.
func hunkEnd(all []edit, i int) int {
	last := -1
	for j := i; j < len(all); j++ {
		if all[j].op != ' ' {
			last = j
			continue
		}
		switch {
		case last < 0 && j-i >= diffContext:
			return -1
		case last >= 0 && j-last > 2*diffContext:
			return last + 1 + diffContext
		}
	}
	if last < 0 {
		return -1
	}
	return min(last+1+diffContext, len(all))
}

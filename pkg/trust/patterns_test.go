package trust

import (
	"slices"
	"strings"
	"testing"
)

// texts are all texts of at most so many of the letters, the empty one first.
func texts(letters string, most int) []string {
	out, last := []string{""}, []string{""}
	for range most {
		var next []string
		for _, t := range last {
			for _, l := range letters {
				next = append(next, t+string(l))
			}
		}
		out, last = append(out, next...), next
	}
	return out
}

// TestPatterns: what is said of two patterns holds for all texts of a few letters: match of
// a pattern and a text, meet, overlap and Covers of two patterns.
func TestPatterns(t *testing.T) {
	t.Parallel()
	patterns, all := texts("ab*?", 3), texts("ab", 6)
	taken := map[string]map[string]bool{}
	for _, p := range patterns {
		taken[p] = map[string]bool{}
		for _, text := range all {
			if want := byHand(p, text); globMatch(p, text) != want {
				t.Fatalf("%q matches %q: %v", p, text, !want)
			} else if want {
				taken[p][text] = true
			}
		}
	}
	for _, p := range patterns {
		for _, q := range patterns {
			both, within := false, true
			for text := range taken[q] {
				both, within = both || taken[p][text], within && taken[p][text]
			}
			if got := meet(glob(p), glob(q)); got != both {
				t.Errorf("%q and %q meet: %v", p, q, got)
			}
			if Covers(p, q) && !within {
				t.Errorf("%q does not cover %q", p, q)
			}
			switch got := overlap(glob(p), glob(q)); {
			case got == Yes && !within, got == No && both, got == Unknown && !both:
				t.Errorf("%q overlaps %q: %v", p, q, got)
			}
		}
	}
}

// byHand is what a pattern matches, by the words of the documentation.
func byHand(pattern, text string) bool {
	switch {
	case pattern == "":
		return text == ""
	case pattern[0] == '*':
		return byHand(pattern[1:], text) || text != "" && byHand(pattern, text[1:])
	case text == "":
		return false
	}
	return (pattern[0] == '?' || pattern[0] == text[0]) && byHand(pattern[1:], text[1:])
}

// TestOpenSubjects: the subject that shows that a pattern is open is one that it takes; and a
// pattern is open where it takes every subject of two names that begin otherwise.
func TestOpenSubjects(t *testing.T) {
	t.Parallel()
	for _, rest := range texts(":a*?", 5) {
		for _, begin := range []string{"", "system:serviceaccount:", "system:*:", "*", "s*t:"} {
			pattern := begin + rest
			subject, open := openSubject(Condition{}, pattern)
			if open && !globMatch(pattern, subject) {
				t.Errorf("%s does not take %s", pattern, subject)
			}
			if all := globMatch(pattern, "system:serviceaccount:zz:zz") && globMatch(pattern, "system:serviceaccount:yyyy:yyyyy"); all && !open {
				t.Errorf("%s is not open", pattern)
			}
		}
	}
}

// TestEditsAreShortest: the edits make one text of the other, and no fewer would.
func TestEditsAreShortest(t *testing.T) {
	t.Parallel()
	for _, a := range texts("ab", 4) {
		for _, b := range texts("ab", 4) {
			var was, is strings.Builder
			changes := 0
			for _, e := range edits(strings.Split(a, ""), strings.Split(b, "")) {
				if e.op != '+' {
					was.WriteString(e.text)
				}
				if e.op != '-' {
					is.WriteString(e.text)
				}
				if e.op != ' ' {
					changes++
				}
			}
			if want := len(a) + len(b) - 2*common(a, b); was.String() != a || is.String() != b || changes != want {
				t.Errorf("%q to %q: %d changes, want %d; of %q, to %q", a, b, changes, want, was.String(), is.String())
			}
		}
	}
}

// TestHunks: every change is in a hunk, in its order, with at most diffContext lines around
// it, and the header says where.
func TestHunks(t *testing.T) {
	t.Parallel()
	for _, a := range texts("ab", 4) {
		for _, b := range texts("ab", 4) {
			all := edits(strings.Split(a, ""), strings.Split(b, ""))
			var want, got []string
			for _, e := range all {
				if e.op != ' ' {
					want = append(want, string(e.op)+e.text)
				}
			}
			for _, line := range hunks(all) {
				if line[0] == '-' || line[0] == '+' {
					got = append(got, line)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%q to %q: %q, want %q", a, b, got, want)
			}
		}
	}
	for from, want := range map[string]string{
		"-a":                        "@@ -1,1 +0,0 @@|-a",
		"-a b c":                    "@@ -1,3 +1,2 @@|-a| b| c",
		"a b c d e f +g":            "@@ -4,3 +4,4 @@| d| e| f|+g",
		"a b c -d e f g h i":        "@@ -1,7 +1,6 @@| a| b| c|-d| e| f| g",
		"a b c d -e f":              "@@ -2,5 +2,4 @@| b| c| d|-e| f",
		"-a b c d e f g +h":         "@@ -1,7 +1,7 @@|-a| b| c| d| e| f| g|+h",
		"-a b c d e f g h +i":       "@@ -1,4 +1,3 @@|-a| b| c| d|@@ -6,3 +5,4 @@| f| g| h|+i",
		"a b c d e f g h -i":        "@@ -6,4 +6,3 @@| f| g| h|-i",
		"a b c d e f g h":           "",
		"+a b c d e f g h i j k -l": "@@ -1,3 +1,4 @@|+a| b| c| d|@@ -8,4 +9,3 @@| i| j| k|-l",
	} {
		var all []edit
		for _, word := range strings.Fields(from) {
			if word[0] == '-' || word[0] == '+' {
				all = append(all, edit{word[0], word[1:]})
			} else {
				all = append(all, edit{' ', word})
			}
		}
		if got := strings.Join(hunks(all), "|"); got != want {
			t.Errorf("%s: %s, want %s", from, got, want)
		}
	}
}

// common is the length of the longest text that is left of both when letters are taken out.
func common(a, b string) int {
	switch {
	case a == "" || b == "":
		return 0
	case a[0] == b[0]:
		return 1 + common(a[1:], b[1:])
	}
	return max(common(a[1:], b), common(a, b[1:]))
}

// TestEditsOfManyLines: up to manyLines the edits are the shortest, above all is replaced.
func TestEditsOfManyLines(t *testing.T) {
	t.Parallel()
	lines := func(n int) []string { return strings.Split(strings.Repeat("x\n", n-1)+"x", "\n") }
	for _, c := range []struct{ a, b, changes int }{
		{manyLines, 1, manyLines - 1}, {1, manyLines, manyLines - 1},
		{manyLines + 1, 1, manyLines + 2}, {1, manyLines + 1, manyLines + 2},
	} {
		changes := 0
		for _, e := range edits(lines(c.a), lines(c.b)) {
			if e.op != ' ' {
				changes++
			}
		}
		if changes != c.changes {
			t.Errorf("%d lines to %d: %d changes, want %d", c.a, c.b, changes, c.changes)
		}
	}
}

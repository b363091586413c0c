package verify

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

// difference shows where a text is not the one that was wanted: `a[b]c, want a[d]c`. The
// brackets hold what differs, letter by letter.
func difference(has, want string) string {
	h, w := []rune(has), []rune(want)
	from := 0
	for from < len(h) && from < len(w) && h[from] == w[from] {
		from++
	}
	back := 0
	for back < len(h)-from && back < len(w)-from && h[len(h)-1-back] == w[len(w)-1-back] {
		back++
	}
	// Whole parts are easier to read than letters.
	for from > 0 && !part(h[from-1]) {
		from--
	}
	for back > 0 && !part(h[len(h)-back]) {
		back--
	}
	mark := func(r []rune) string {
		return string(r[:from]) + "[" + string(r[from:len(r)-back]) + "]" + string(r[len(r)-back:])
	}
	if from+back < 4 { // nothing in common that would help
		return fmt.Sprintf("%q, want %q", has, want)
	}
	out := fmt.Sprintf("%s, want %s", mark(h), mark(w))
	if odd := invisible(has); odd != "" {
		out += " (it has " + odd + ")"
	}
	return out
}

func part(r rune) bool { return strings.ContainsRune(":/.-", r) }

// invisible names the characters of a text that cannot be seen, or look like others.
func invisible(s string) string {
	var out []string
	for _, r := range s {
		name := ""
		switch {
		case r == ' ':
			name = "a blank"
		case r == '\n' || r == '\r':
			name = "a line break"
		case r == '\t':
			name = "a tab"
		case r > unicode.MaxASCII || unicode.IsControl(r):
			name = fmt.Sprintf("U+%04X", r)
		}
		if name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return strings.Join(out, " and ")
}

// near reports whether two texts differ only as typing errors do: in case, in what
// cannot be seen, in the order of the parts between dots, or in few letters.
func near(a, b string) bool {
	if a == b {
		return true
	}
	a, b = strings.ToLower(hints.Visible(a)), strings.ToLower(hints.Visible(b))
	if strings.TrimRight(a, "/.") == strings.TrimRight(b, "/.") || sameParts(a, b) {
		return true
	}
	if max(len(a), len(b)) > longestNear || !spec.Within(a, b, nearEdits) { // first: it is asked of every pair of an AWS account's roles
		return false
	}
	_, ok := spec.Nearest(a, []string{b})
	return ok
}

// sameParts: the same labels in another order.
func sameParts(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	split := func(s string) []string {
		parts := strings.FieldsFunc(s, func(r rune) bool { return r == '.' || r == '/' })
		slices.Sort(parts)
		return parts
	}
	return slices.Equal(split(a), split(b))
}

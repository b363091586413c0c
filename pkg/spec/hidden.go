package spec

import (
	"fmt"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// shown reports whether a key or a value shows all that it holds, and notes a fault where
// it does not. What is printed of irsa.yaml, such as a plan, could otherwise be hidden or
// forged by it.
func (l *loader) shown(n *yaml.Node, at *place) bool { return l.shownText(n.Value, n, at) }

// shownText is shown for a value that was made of what stands at a node.
func (l *loader) shownText(text string, n *yaml.Node, at *place) bool {
	i := strings.IndexFunc(text, isHidden)
	if i < 0 {
		return true
	}
	r := []rune(text[i:])[0]
	hint := "write it without"
	if r == '\n' || r == '\r' {
		hint = "write it on one line; of a block of text, |- and >- leave the last line end away"
		if text != n.Value {
			hint = "a placeholder's value must be one line"
		}
	}
	l.faultAt(n, at, fmt.Sprintf("holds %s U+%04X", hiddenName(r), r), hint)
	return false
}

// isHidden is whether a character is one of the class hidden, or one that Unicode says to
// leave out where a font lacks it, such as a Hangul filler or a variation selector
// (https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point): who reviews a
// condition on aws:PrincipalTag/team would read the value without it.
func isHidden(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

func hiddenName(r rune) string {
	switch {
	case r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
		return "the line end"
	case unicode.Is(unicode.Cc, r):
		return "the control character"
	}
	return "the invisible character"
}

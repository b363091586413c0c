// Package safe prints what somebody else wrote: names, annotations, documents and answers
// from charts, clusters, AWS and irsa.yaml. Text of theirs cannot drive a terminal, hide a
// line or begin one of ours, and a command that holds it is read by a shell as the words
// that were meant.
//
// It has three parts. Text, Value and Lines show a value; Command and Quote write one for a
// shell; Writer and JSON are the last line of defence, for a place that forgot.
package safe

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text shows foreign text on one line. What a terminal acts on or does not show stands
// escaped, as Go writes it: \n, \r, \t, \x1b for C0, DEL and for bytes that are not UTF-8,
// \u009b, \u202e and \U000e0041 for other characters. Everything else stays as it is.
//
// A backslash stays as it is, too: the text is for reading, not for reading back, and may
// be escaped twice without harm. So what is printed as \x1b may have been these four
// characters; the JSON outputs tell the two apart, and no command is made from what is shown.
func Text(s string) string { return escaped(s, "") }

// Lines is Text for what has several lines, or columns, of our own.
func Lines(s string) string { return escaped(s, "\n\t") }

// Value is Text for a value that stands alone, such as in a table or a heading: one that is
// empty, or has blanks at its ends, stands in quotes.
func Value(s string) string {
	shown := Text(s)
	if shown == "" || strings.TrimFunc(shown, unicode.IsSpace) != shown {
		return `"` + shown + `"`
	}
	return shown
}

// escaped escapes all that is hidden but what keep has.
func escaped(s, keep string) string {
	if !hasHidden(s, keep) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case !hidden(s[:n], r) || strings.ContainsRune(keep, r):
			b.WriteString(s[:n])
		default:
			b.WriteString(escape(s[:n], r))
		}
		s = s[n:]
	}
	return b.String()
}

// hasHidden is quick for text of plain ASCII, which nearly all is.
func hasHidden(s, keep string) bool {
	for i := 0; i < len(s); {
		if b := s[i]; b >= ' ' && b < utf8.RuneSelf-1 {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if hidden(s[i:i+n], r) && !strings.ContainsRune(keep, r) {
			return true
		}
		i += n
	}
	return false
}

// hidden: a terminal acts on the character, or shows nothing, or another order of the
// others. Beside what Unicode calls Control, Format, Line and Paragraph Separator, these are
// characters that are not assigned, private ones, and those that it says to leave out where
// a font lacks them (https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point):
// variation selectors, tags, Hangul fillers.
func hidden(text string, r rune) bool {
	if r == utf8.RuneError && len(text) == 1 {
		return true
	}
	return !unicode.IsGraphic(r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || unicode.Is(unicode.Variation_Selector, r)
}

var short = map[rune]string{'\n': `\n`, '\r': `\r`, '\t': `\t`}

func escape(text string, r rune) string {
	switch {
	case short[r] != "":
		return short[r]
	case len(text) == 1:
		return fmt.Sprintf(`\x%02x`, text[0])
	case r > 0xffff:
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

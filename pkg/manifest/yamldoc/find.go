package yamldoc

import (
	"bytes"
	"errors"
	"io"
	"sort"
	"strings"
	"unicode/utf8"
)

// maxFind is the longest text in which the line of an error is looked for: that takes some
// eighty times as long as parsing it.
const maxFind = 256 << 10

// closings are what may be missing at the end of a prefix.
var closings = []string{"", "}", "]", "}}}}}}}}", "]]]]]]]]"}

// Find gives the error with the line on which it stands in text, which is all that was
// parsed, and the column. The library names a line for some errors only, and then often that
// of the enclosing block. Whatever it chokes on, it chokes on in every prefix that holds it,
// so the shortest prefix of whole lines with the same error ends there. A bracket that is
// still open would give the same error too; there the error changes when it is closed.
func (e *SyntaxError) Find(text []byte) *SyntaxError {
	out := *e
	if e.said != "" && len(text) <= maxFind {
		lines := bytes.Count(text, []byte("\n")) + 1
		n := sort.Search(lines, func(n int) bool { return e.standsIn(text[:len(text)-len(behind(text, n+1))]) })
		out.Line = min(n+1, max(1, bytes.Count(bytes.TrimRight(text, "\r\n"), []byte("\n"))+1))
	}
	if out.Line == 0 {
		return &out
	}
	line, _, _ := bytes.Cut(behind(text, out.Line-1), []byte("\n"))
	blank := len(line) - len(bytes.TrimLeft(line, " \t"))
	out.Column = utf8.RuneCount(line[:blank]) + 1
	if tab := bytes.IndexByte(line[:blank], '\t'); tab >= 0 {
		out.Column, out.Reason, out.Tab = tab+1, "a tab is used as indentation", true
	}
	return &out
}

// standsIn reports whether the library says the same of a prefix, whatever closes it.
func (e *SyntaxError) standsIn(prefix []byte) bool {
	for _, closing := range closings {
		if firstError(prefix, closing) != e.said {
			return false
		}
	}
	return true
}

// firstError is what the library says to a stream; empty where it is a good one.
func firstError(text []byte, tail string) string {
	d := NewDecoder(io.MultiReader(bytes.NewReader(text), strings.NewReader(tail)))
	for {
		_, err := d.Next()
		syntax := (*SyntaxError)(nil)
		switch {
		case errors.As(err, &syntax):
			return syntax.said
		case err != nil:
			return ""
		}
	}
}

// behind gives the text behind its first n lines.
func behind(text []byte, n int) []byte {
	for ; n > 0 && len(text) > 0; n-- {
		i := bytes.IndexByte(text, '\n')
		if i < 0 {
			return nil
		}
		text = text[i+1:]
	}
	return text
}

package spec

import (
	"bytes"
	"encoding/json"
	"sort"
	"strconv"
	"unicode/utf16"

	"go.yaml.in/yaml/v3"
)

// plainJSON rewrites JSON text so that YAML reads it in the same way: JSON may escape a
// slash and write a character as two surrogates, YAML may not. Text that is not JSON
// stays as it is. The shifts turn positions in the result into those in data.
func plainJSON(data []byte) ([]byte, shifts) {
	if !bytes.Contains(data, []byte(`\`)) || !json.Valid(data) {
		return data, nil
	}
	w := plainWriter{line: 1, column: 1}
	for rest := data; len(rest) > 0; {
		size, char := escape(rest)
		if char == "" {
			w.copy(rest[:size])
		} else {
			w.replace(size, char)
		}
		rest = rest[size:]
	}
	return w.out, w.shifts
}

// PlainJSON is JSON text as YAML reads it in the same way, with as many lines. Text that is not JSON
// stays as it is.
func PlainJSON(data []byte) []byte {
	if trimmed := bytes.TrimLeft(data, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' && trimmed[0] != '[' {
		return data
	}
	out, _ := plainJSON(data)
	return out
}

// escape is how many bytes of valid JSON belong together, a byte or an escape, and the
// character to write instead where YAML does not read that escape.
func escape(rest []byte) (size int, char string) {
	switch {
	case rest[0] != '\\':
		return 1, ""
	case rest[1] == '/':
		return 2, "/"
	case rest[1] != 'u':
		return 2, ""
	}
	first := unit(rest)
	if !utf16.IsSurrogate(first) {
		return 6, ""
	}
	if len(rest) >= 12 && rest[6] == '\\' && rest[7] == 'u' {
		if r := utf16.DecodeRune(first, unit(rest[6:])); r != '�' {
			return 12, string(r)
		}
	}
	return 6, "�" // as encoding/json reads half a pair
}

// unit is the value of \uXXXX.
func unit(escape []byte) rune {
	n, _ := strconv.ParseUint(string(escape[2:6]), 16, 16) // the JSON is valid
	return rune(n)
}

// shifts say by how much positions moved to the left, in their order.
type shifts []shift

// shift: from a column on, in a line of the rewritten text, by so many characters in all.
type shift struct{ line, column, by int }

// undo gives the nodes of the rewritten text their places in the text as it was.
func (s shifts) undo(n *yaml.Node) {
	if len(s) == 0 {
		return
	}
	behind := sort.Search(len(s), func(i int) bool {
		return s[i].line > n.Line || s[i].line == n.Line && s[i].column > n.Column
	})
	if behind > 0 && s[behind-1].line == n.Line {
		n.Column += s[behind-1].by
	}
	for _, child := range n.Content {
		s.undo(child)
	}
}

// plainWriter writes the text anew and keeps count of where it is in it.
type plainWriter struct {
	out          []byte
	line, column int
	shifts       shifts
}

// copy writes bytes as they are. A line ends as it does in YAML: at \n, \r or both.
func (w *plainWriter) copy(part []byte) {
	for _, c := range part {
		switch {
		case c == '\n' && len(w.out) > 0 && w.out[len(w.out)-1] == '\r':
		case c == '\n' || c == '\r':
			w.line, w.column = w.line+1, 1
		case c&0xc0 != 0x80: // else inside a character
			w.column++
		}
		w.out = append(w.out, c)
	}
}

// replace writes a character for an escape of so many.
func (w *plainWriter) replace(size int, char string) {
	w.out = append(w.out, char...)
	w.column++
	by := size - 1
	if last := len(w.shifts) - 1; last >= 0 && w.shifts[last].line == w.line {
		by += w.shifts[last].by
	}
	w.shifts = append(w.shifts, shift{w.line, w.column, by})
}

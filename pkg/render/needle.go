package render

import (
	"bytes"
	"strings"
)

// search says which documents must be read, by their kind and by the names that
// must stand in them. It errs on the side of reading.
type search struct {
	// byKind maps a kind to the strings of which one must occur. The empty string
	// occurs everywhere.
	byKind map[string][]string
	// anyKind are strings that make a document of any kind worth reading.
	anyKind []string
}

// manyNeedles is where looking for each name costs more than reading the document.
const manyNeedles = 24

func (s *search) add(kind string, needle string) {
	if s.byKind == nil {
		s.byKind = map[string][]string{}
	}
	s.byKind[kind] = append(s.byKind[kind], needle)
}

// wants reports whether the document may hold something that is searched for.
func (s *search) wants(d *document) bool {
	if d.Empty() {
		return false
	}
	for _, n := range s.anyKind {
		if bytes.Contains(d.Bytes, []byte(n)) {
			return true
		}
	}
	if d.Odd || strings.HasSuffix(d.Kind, "List") {
		for _, needles := range s.byKind {
			if occurs(d.Bytes, needles) {
				return true
			}
		}
		return false
	}
	return occurs(d.Bytes, s.byKind[d.Kind])
}

// occurs reports whether one of the needles may stand in the text, perhaps
// written with escapes.
func occurs(text []byte, needles []string) bool {
	if len(needles) == 0 {
		return false
	}
	if len(needles) > manyNeedles {
		return true
	}
	for _, n := range needles {
		if n == "" || bytes.Contains(text, []byte(n)) {
			return true
		}
	}
	return hidesLetters(text)
}

// hidesLetters reports whether the text has an escape that can spell a letter of a
// name in a double-quoted scalar, or break one over two lines.
func hidesLetters(text []byte) bool {
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 || i+1 == len(text) {
			return false
		}
		switch text[i+1] {
		case 'x', 'u', 'U', '\n', '\r':
			return true
		}
		text = text[i+2:]
	}
}

// literal is the longest part of a shell pattern that holds no wildcard.
func literal(pattern string) string {
	longest := ""
	for _, part := range strings.FieldsFunc(pattern, func(r rune) bool { return strings.ContainsRune(`*?[]\`, r) }) {
		if len(part) > len(longest) {
			longest = part
		}
	}
	return longest
}

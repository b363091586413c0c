package render

import (
	"bytes"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/manifest/stream"
)

// search says which documents must be read, by their kind and by the names that
// must stand in them. It errs on the side of reading.
type search struct {
	// byKind maps a kind to the strings of which one must occur. The empty string
	// occurs everywhere.
	byKind map[string][]string
	// hooksByKind is the same for documents that speak of hooks.
	hooksByKind map[string][]string
	// anyKind are strings that make a document of any kind worth reading, anyWord the
	// same where they are words; where those are many, words alone are looked for.
	anyKind []string
	anyWord map[string]bool
}

// manyNeedles is where looking for each name costs more than reading the document.
const manyNeedles = 24

func (s *search) add(kind string, needle string) { addNeedle(&s.byKind, kind, needle) }

func (s *search) addHook(kind string, needle string) { addNeedle(&s.hooksByKind, kind, needle) }

// addNeedle adds one; more than too many are as good as too many.
func addNeedle(to *map[string][]string, kind string, needle string) {
	if *to == nil {
		*to = map[string][]string{}
	}
	if list := (*to)[kind]; len(list) <= manyNeedles {
		(*to)[kind] = append(list, needle)
	}
}

func (s *search) addAnyKind(name string) {
	if s.anyWord == nil {
		s.anyWord = map[string]bool{}
	}
	if wordy(name) {
		s.anyWord[name] = true
	} else {
		s.anyKind = append(s.anyKind, name)
	}
}

// speaks reports whether a document has a string that makes any kind worth reading.
func (s *search) speaks(text []byte) bool {
	if len(s.anyWord) > manyNeedles {
		if hasWord(text, s.anyWord) {
			return true
		}
	} else {
		for n := range s.anyWord {
			if bytes.Contains(text, []byte(n)) {
				return true
			}
		}
	}
	for _, n := range s.anyKind {
		if bytes.Contains(text, []byte(n)) {
			return true
		}
	}
	return false
}

// wants reports whether the document may hold something that is searched for.
func (s *search) wants(d *stream.Doc) bool {
	if d.Empty() {
		return false
	}
	if s.speaks(d.Bytes) {
		return true
	}
	speaksOfHooks := func() bool { return bytes.Contains(d.Bytes, []byte(hookAnnotation)) }
	if !d.Odd && !manifest.IsList(d.Kind) {
		return occurs(d.Bytes, s.byKind[d.Kind]) || occurs(d.Bytes, s.hooksByKind[d.Kind]) && speaksOfHooks()
	}
	return anyOccurs(d.Bytes, s.byKind) || anyOccurs(d.Bytes, s.hooksByKind) && speaksOfHooks()
}

func anyOccurs(text []byte, byKind map[string][]string) bool {
	for _, needles := range byKind {
		if occurs(text, needles) {
			return true
		}
	}
	return false
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

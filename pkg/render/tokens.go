package render

import "bytes"

// tokens says which documents have which of some names in them, as whole words: one pass
// over a document, however many the names are. Names are letters, digits, dots and dashes;
// any other name is not looked for here.
type tokens struct {
	wanted map[string]bool
	docs   map[string][]*document
}

// wordy reports whether a name can be found as a word.
func wordy(name string) bool {
	for i := range len(name) {
		if !isWord(name[i]) {
			return false
		}
	}
	return name != ""
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || c == '-' || c == '.'
}

// escapes are how many letters an escape of a double-quoted scalar takes, which stand
// before a name in it as if they were its own.
var escapes = map[byte]int{'x': 3, 'u': 5, 'U': 9}

// eachWord calls see for every word of a text; behind a backslash also for what follows
// the escape.
func eachWord(text []byte, see func(word []byte)) {
	for i := 0; i < len(text); {
		if !isWord(text[i]) {
			i++
			continue
		}
		from := i
		for i < len(text) && isWord(text[i]) {
			i++
		}
		word := text[from:i]
		see(word)
		if from > 0 && text[from-1] == '\\' {
			if n := max(1, escapes[word[0]]); n < len(word) {
				see(word[n:])
			}
		}
		// A full stop or a dash at an end is as often no part of the name.
		if bare := bytes.Trim(word, "-."); len(bare) < len(word) {
			see(bare)
		}
	}
}

// hasWord reports whether one of the names stands in a text.
func hasWord(text []byte, names map[string]bool) bool {
	found := false
	eachWord(text, func(word []byte) { found = found || names[string(word)] })
	return found
}

// shownIn gives the documents that may name a service account, in their order.
func (s *session) shownIn(name string) []*document {
	if s.memory.shown == nil {
		t := &tokens{wanted: map[string]bool{}, docs: map[string][]*document{}}
		for _, a := range s.accounts {
			t.wanted[a.Name] = true
		}
		for _, d := range s.docs {
			eachWord(d.Bytes, func(word []byte) {
				if !t.wanted[string(word)] {
					return
				}
				if list := t.docs[string(word)]; len(list) == 0 || list[len(list)-1] != d {
					t.docs[string(word)] = append(list, d)
				}
			})
		}
		s.memory.shown = t
	}
	return s.memory.shown.docs[name]
}

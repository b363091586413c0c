package yamledit

import "testing"

// TestEndOfQuotes: where a quoted scalar ends; what begins with no quote, or does not end, is none.
func TestEndOfQuotes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"''": 2, "'' 'x'": 2, "'a'": 3, "'a'''": 5, "''''": 4, "'a''b' 'c'": 6, "'a": -1, "'": -1, "'''": -1, "a'": -1, "": -1, `""`: -1,
	} {
		if end, ok := endOfSingleQuoted([]byte("x"+text), 1); ok != (want >= 0) || ok && end != want+1 {
			t.Errorf("%s: %d %v, want %d", text, end, ok, want)
		}
	}
	for text, want := range map[string]int{
		`""`: 2, `"" "x"`: 2, `"a"`: 3, `"a\""`: 5, `"\\"`: 4, `"\\" "`: 4, `"a`: -1, `"`: -1, `"\"`: -1, `a"`: -1, ``: -1, `''`: -1,
	} {
		if end, ok := endOfDoubleQuoted([]byte("x"+text), 1); ok != (want >= 0) || ok && end != want+1 {
			t.Errorf("%s: %d %v, want %d", text, end, ok, want)
		}
	}
}

// TestBlockBody: which lines a block scalar has, and how deep they are; what begins with no
// indicator, or says its indentation where no key tells from where, is none.
func TestBlockBody(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]block{
		"k: |\n  a\n  b\nl: 1\n": {5, 13, 2}, "k: >-\n a\nl: 1\n": {6, 9, 1}, "k: |": {4, 4, -1}, "k: |\n": {5, 5, -1}, "k: |\nl: 1\n": {5, 5, -1}, "k: |\n\n\n  a\n\n\nl: 1\n": {5, 11, 2},
		"k: |\n  a\n    b\n\n  c": {5, 19, 2}, "k: |2\n    a\n  b\nl: 1\n": {6, 16, 2}, "k: |1-\n  a\nl: 1\n": {7, 11, 1}, "k: |+ # c\n  a\n": {10, 14, 2}, "k: |\r\n  a\r\nl: 1\r\n": {6, 11, 2},
		"k: |\n  a\n b\n": {5, 9, 2}, "k: | #c\n  a\n": {8, 12, 2}, "k: |2 #c\n  a\n": {9, 13, 2}, "k: |-#\n": {7, 7, -1}, "k: a\n": {}, "k: ": {}, "k: |x\n a\n": {},
	} {
		d := &Document{src: []byte(text)}
		key := Str("k")
		key.Column = 1
		got, ok := d.blockBody(Ref{doc: d, key: key}, 3)
		if ok != (want != block{}) || ok && got != want {
			t.Errorf("%q: %v %v, want %v", text, got, ok, want)
		}
		key.Column = 2
		deeper, ok := (&Document{src: []byte(" " + text)}).blockBody(Ref{key: key}, 4)
		if given := text[min(4, len(text)-1)]; ok && (given == '2' || given == '1') && deeper.indent != want.indent+1 {
			t.Errorf("%q below a deeper key: %v", text, deeper)
		}
	}
	if b, ok := (&Document{src: []byte("- |\n a\n")}).blockBody(Ref{}, 2); !ok || b != (block{4, 7, 1}) {
		t.Errorf("in a list: %v %v", b, ok)
	}
	if _, ok := (&Document{src: []byte("- |2\n   a\n")}).blockBody(Ref{}, 2); ok {
		t.Error("an indentation in a list is no column of the line")
	}
}

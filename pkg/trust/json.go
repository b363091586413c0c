package trust

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

type kind int

const (
	nullKind kind = iota
	boolKind
	numberKind
	textKind
	listKind
	objectKind
)

// node is one JSON value. encoding/json alone loses the order of members, which
// of them came twice, and where each stands.
type node struct {
	kind    kind
	text    string   // of a text: what it says; of a number or boolean: as written
	items   []node   // of a list
	members []member // of an object
	from    int      // where its bytes begin and end in the source
	to      int
}

type member struct {
	key   string
	from  int
	value node
}

// member finds a member by its name.
func (n node) member(key string) (node, bool) {
	for _, m := range n.members {
		if m.key == key {
			return m.value, true
		}
	}
	return node{}, false
}

// readJSON reads a text. Faults go to f; the node means something only if there are none.
func readJSON(f *faults) node {
	if at, ok := invalidUTF8(f.text); ok {
		f.add(at, "not JSON: a byte that is not UTF-8")
		return node{}
	}
	var raw json.RawMessage
	if err := json.Unmarshal([]byte(f.text), &raw); err != nil {
		at := len(f.text)
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) && !strings.HasPrefix(err.Error(), "unexpected end") {
			at = int(syntax.Offset) - 1
		}
		f.add(at, "not JSON: %v", err)
		return node{}
	}
	dec := json.NewDecoder(strings.NewReader(f.text))
	dec.UseNumber()
	r := reader{faults: f, dec: dec}
	return r.value(r.next())
}

func invalidUTF8(text string) (int, bool) {
	for i, c := range text {
		if c == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return i, true
			}
		}
	}
	return 0, false
}

// reader walks a text that is known to be JSON.
type reader struct {
	faults *faults
	dec    *json.Decoder
}

// token is one JSON token and the byte it begins at.
type token struct {
	value json.Token
	from  int
}

func (r *reader) next() token {
	from := int(r.dec.InputOffset())
	for from < len(r.faults.text) && strings.IndexByte(" \t\r\n,:", r.faults.text[from]) >= 0 {
		from++
	}
	t, _ := r.dec.Token() // the whole text was found valid before
	return token{t, from}
}

func (r *reader) value(t token) node {
	n := node{from: t.from}
	switch v := t.value.(type) {
	case json.Delim:
		if v == '{' {
			n.kind = objectKind
			r.object(&n)
		} else {
			n.kind = listKind
			for r.dec.More() {
				n.items = append(n.items, r.value(r.next()))
			}
			r.next()
		}
	case string:
		n.kind, n.text = textKind, v
	case json.Number:
		n.kind, n.text = numberKind, v.String()
	case bool:
		n.kind, n.text = boolKind, "false"
		if v {
			n.text = "true"
		}
	}
	n.to = int(r.dec.InputOffset())
	return n
}

// object reads members up to the closing brace. The grammar forbids a key that
// comes twice (reference_policies_grammar.html, "Policy grammar notes").
func (r *reader) object(n *node) {
	seen := map[string]bool{}
	for r.dec.More() {
		key := r.next()
		name, _ := key.value.(string)
		if seen[name] {
			r.faults.add(key.from, "%s is there twice: keep one", name)
		}
		seen[name] = true
		n.members = append(n.members, member{key: name, from: key.from, value: r.value(r.next())})
	}
	r.next()
}

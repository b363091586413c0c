package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Document is a JSON object that irsa.yaml carries for AWS: a policy document, or the
// conditions of a statement. Its members keep the order of the source. Two documents of
// the same JSON differ in their positions: compare what JSON gives.
type Document struct {
	json   string
	source *source
}

var documentType = reflect.TypeFor[Document]()

// JSON is the document as compact JSON, members in the order of the source; nil where there is none.
func (d Document) JSON() []byte {
	if d.IsZero() {
		return nil
	}
	return []byte(d.json)
}

// IsZero says that there is no document.
func (d Document) IsZero() bool { return d.json == "" }

// MarshalJSON writes the document itself, null where there is none.
func (d Document) MarshalJSON() ([]byte, error) {
	if d.IsZero() {
		return []byte("null"), nil
	}
	return d.JSON(), nil
}

// ParseDocument reads a document from JSON or YAML text, such as a policy file. The
// error is a *FaultList whose positions are those in data; path is for its messages.
func ParseDocument(path string, data []byte) (Document, error) {
	return parseDocument(path, data, nil)
}

// parseDocument is ParseDocument with values for placeholders; without, they stay as they are.
func parseDocument(path string, data []byte, known *values) (Document, error) {
	var d Document
	plain, shifts := plainJSON(data)
	root, fault := readYAML(plain, "write a policy document")
	if fault != nil {
		return d, newFaultList(path, []Fault{*fault})
	}
	shifts.undo(root)
	l := newLoader(path, root)
	l.values = known
	l.enter(root, nil, func(n *yaml.Node) { l.document(n, &d, nil) })
	if l.faults == nil && d.IsZero() {
		l.faultAt(root, nil, "the document is empty", "write a policy document")
	}
	if l.faults != nil {
		return Document{}, newFaultList(path, l.faults)
	}
	return d, nil
}

// document reads a mapping as a JSON object.
func (l *loader) document(n *yaml.Node, d *Document, at *place) {
	if n.Kind != yaml.MappingNode {
		l.mustBe(n, at, "a mapping", "write the document itself, not its text")
		return
	}
	before := len(l.faults)
	var b jsonText
	b.mark(n, l.origins.file(n))
	l.jsonObject(n, &b, at)
	if len(l.faults) == before && b.Len() > len("{}") {
		*d = Document{json: b.String(), source: &source{file: displayPath(l.path), marks: b.marks}}
	}
}

// jsonValue writes a node as compact JSON.
func (l *loader) jsonValue(n *yaml.Node, b *jsonText, at *place) {
	l.enter(n, at, func(n *yaml.Node) {
		b.mark(n, l.origins.file(n))
		switch n.Kind {
		case yaml.MappingNode:
			l.jsonObject(n, b, at)
		case yaml.SequenceNode:
			b.WriteByte('[')
			for i, item := range n.Content {
				if i > 0 {
					b.WriteByte(',')
				}
				l.jsonValue(item, b, at.elem(i))
			}
			b.WriteByte(']')
		default:
			l.jsonScalar(n, b, at)
		}
	})
}

func (l *loader) jsonObject(n *yaml.Node, b *jsonText, at *place) {
	b.WriteByte('{')
	names, first := l.newNames(), true
	for _, e := range l.entries(n, at) {
		if l.deletions[e.value] {
			continue
		}
		key, ok := names.of(e.key, at.key(e.key.Value))
		if !ok {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		b.mark(e.key, l.origins.file(e.key))
		l.shownText(key, e.key, at.key(e.key.Value))
		b.WriteString(quoteJSON(key))
		b.WriteByte(':')
		l.jsonValue(e.value, b, at.key(e.key.Value))
	}
	b.WriteByte('}')
}

func (l *loader) jsonScalar(n *yaml.Node, b *jsonText, at *place) {
	switch tag := n.ShortTag(); {
	case isText(n):
		if text, ok := l.expand(n, at); ok {
			l.shownText(text, n, at)
			b.WriteString(quoteJSON(text))
		}
	case tag == "!!null":
		b.WriteString("null")
	case tag == "!!bool":
		b.WriteString(strconv.FormatBool(isTrue(n)))
	case (tag == "!!int" || tag == "!!float") && looksOctal(n.Value):
		l.faultAt(n, at, "a number with a leading zero means different things to different readers: put it in quotes, "+show(n.Value), "")
	case tag == "!!int" || tag == "!!float":
		l.jsonNumber(n, b, at)
	default:
		l.faultAt(n, at, fmt.Sprintf("the YAML tag %s has no meaning here", show(n.Tag)), "write plain text")
	}
}

// looksOctal finds what YAML 1.1 reads as octal, YAML 1.2 as decimal, and a person as an
// AWS account ID.
func looksOctal(s string) bool {
	s = strings.TrimLeft(s, "+-")
	return len(s) > 1 && s[0] == '0' && s[1] >= '0' && s[1] <= '9'
}

// jsonNumber keeps a decimal as it is written, and turns YAML's other notations into one.
func (l *loader) jsonNumber(n *yaml.Node, b *jsonText, at *place) {
	if json.Valid([]byte(n.Value)) {
		b.WriteString(n.Value)
		return
	}
	var i int64
	if n.ShortTag() == "!!int" && n.Decode(&i) == nil {
		b.WriteString(strconv.FormatInt(i, 10))
		return
	}
	var f float64
	if n.Decode(&f) != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		l.faultAt(n, at, fmt.Sprintf("JSON has no number %s", show(n.Value)), "put it in quotes")
		return
	}
	b.WriteString(strconv.FormatFloat(f, 'g', -1, 64))
}

// quoteJSON writes text as a JSON string, with <, > and & as they are.
func quoteJSON(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil { // no string fails
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}

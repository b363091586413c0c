package spec

import (
	"bytes"
	"errors"
	"io"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/manifest/yamldoc"
)

// maxAliased bounds the values that are read through aliases, against files that are
// small but unfold to something huge.
const maxAliased = 100_000

var utf8BOM = []byte("\xef\xbb\xbf")

// readYAML parses exactly one YAML document and gives its root node. emptyHint is the
// hint where there is none.
func readYAML(data []byte, emptyHint string) (*yaml.Node, *Fault) {
	data = bytes.TrimPrefix(data, utf8BOM)
	dec := yamldoc.NewDecoder(bytes.NewReader(data))
	doc, err := dec.Next()
	if errors.Is(err, io.EOF) || err == nil && yamldoc.Root(doc) == nil {
		return nil, &Fault{Line: 1, Column: 1, Message: "the file is empty", Hint: emptyHint}
	}
	if err != nil {
		return nil, syntaxFault(data, err)
	}
	next, err := dec.Next()
	if err == nil {
		return nil, &Fault{Line: next.Line, Column: next.Column, Message: "a second YAML document begins here", Hint: "keep one document and drop this --- line"}
	}
	if !errors.Is(err, io.EOF) {
		return nil, syntaxFault(data, err)
	}
	return doc.Content[0], nil
}

// syntaxFault turns an error of the decoder into a fault with its line and column.
func syntaxFault(data []byte, err error) *Fault {
	e := (*yamldoc.SyntaxError)(nil)
	if !errors.As(err, &e) {
		return &Fault{Line: 1, Column: 1, Message: err.Error()}
	}
	e = e.Find(data)
	out := &Fault{Line: max(e.Line, 1), Column: max(e.Column, 1), Message: "not valid YAML: " + e.Reason}
	if e.Tab {
		out.Hint = "use spaces"
	}
	return out
}

// entry is one key of a mapping and its value.
type entry struct{ key, value *yaml.Node }

func pairs(n *yaml.Node) []entry {
	out := make([]entry, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		out = append(out, entry{n.Content[i], n.Content[i+1]})
	}
	return out
}

// target follows an alias.
func target(n *yaml.Node) *yaml.Node { return yamldoc.Deref(n) }

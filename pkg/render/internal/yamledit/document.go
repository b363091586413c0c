// Package yamledit changes values in a YAML document by changing only the bytes
// that must change: comments, order, quoting, indentation and line ends of the
// rest stay. Every edit is also made on the parsed tree; the edited bytes are
// parsed again and compared with that tree, and where they differ (a shape of
// YAML that the byte editor does not know) the tree is written by kyaml instead.
// The result is therefore always right, and nearly always minimal.
package yamledit

import (
	"bytes"
	"errors"
	"io"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/helm-irsa/helm-irsa/pkg/manifest/yamldoc"
)

// Document is one parsed YAML document and the edits that are planned for it.
type Document struct {
	src    []byte
	root   *yaml.Node // the document's root value, nil for an empty document
	starts []int      // offset of each line's first byte, made when first needed
	alias  bool       // some node is an alias or a merge key
	ops    []op
	opsAt  map[opKey][]int                 // the numbers of ops, by place
	keys   map[*yaml.Node]map[string][]int // of mappings with many pairs
	looks  map[*yaml.Node]int              // how often one was looked through
	heirs  map[*yaml.Node]Ref              // the first alias of each anchored node
}

// Parse reads one document. Its errors are *yamldoc.SyntaxError and yamldoc.ErrAliasBomb.
// An empty document gives a Document whose Root is the zero Ref.
func Parse(src []byte) (*Document, error) {
	root, err := decode(src)
	return parsed(src, decoded{root, err})
}

// parsed is the document that was read so.
func parsed(src []byte, read decoded) (*Document, error) {
	if read.err != nil {
		return nil, read.err
	}
	d := &Document{src: src, root: read.root}
	if read.root == nil {
		return d, nil
	}
	if d.alias = hasAlias(read.root); d.alias {
		if _, err := yamldoc.CheckAliases(read.root); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// decode parses exactly one document.
func decode(src []byte) (*yaml.Node, error) {
	dec := yamldoc.NewDecoder(bytes.NewReader(src))
	doc, err := dec.Next()
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	switch more, err := dec.Next(); {
	case err == nil:
		return nil, &yamldoc.SyntaxError{Line: more.Line, Reason: "a second document follows the first"}
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	return yamldoc.Root(doc), nil
}

// Changed reports whether any edit is planned.
func (d *Document) Changed() bool { return len(d.ops) > 0 }

// offset is the byte offset of a node's first byte: its anchor or tag where it has one.
func (d *Document) offset(n *yaml.Node) (int, bool) {
	if d.starts == nil {
		d.starts = lineStarts(d.src)
	}
	if n.Line < 1 || n.Line > len(d.starts) {
		return 0, false
	}
	at := d.starts[n.Line-1]
	for range n.Column - 1 {
		if at >= len(d.src) {
			return 0, false
		}
		at += runeLen(d.src[at])
	}
	return at, at <= len(d.src)
}

// runeLen is the length of the UTF-8 sequence that c begins. go-yaml counts columns in code points.
func runeLen(c byte) int {
	switch {
	case c < 0xc0:
		return 1
	case c < 0xe0:
		return 2
	case c < 0xf0:
		return 3
	}
	return 4
}

// lineStarts finds the lines as go-yaml counts them: a line ends with CR, LF, CRLF,
// NEL, LS or PS (go.yaml.in/yaml/v3 yamlprivateh.go, is_break).
func lineStarts(src []byte) []int {
	at := 0
	if bytes.HasPrefix(src, []byte("\xef\xbb\xbf")) {
		at = 3 // a byte order mark takes no column
	}
	starts := append(make([]int, 0, 1+bytes.Count(src, []byte("\n"))), at)
	for i := at; i < len(src); i++ {
		switch c := src[i]; {
		case c == '\n':
			starts = append(starts, i+1)
		case c == '\r' && (i+1 == len(src) || src[i+1] != '\n'):
			starts = append(starts, i+1)
		case c == 0xc2 && i+1 < len(src) && src[i+1] == 0x85:
			starts = append(starts, i+2)
		case c == 0xe2 && i+2 < len(src) && src[i+1] == 0x80 && (src[i+2] == 0xa8 || src[i+2] == 0xa9):
			starts = append(starts, i+3)
		}
	}
	return starts
}

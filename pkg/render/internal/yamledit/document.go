// Package yamledit changes values in a YAML document by changing only the bytes
// that must change: comments, order, quoting, indentation and line ends of the
// rest stay. Every edit is also made on the parsed tree; the edited bytes are
// parsed again and compared with that tree, and where they differ (a shape of
// YAML that the byte editor does not know) the tree is written anew instead.
// The result is therefore always right, and nearly always minimal.
package yamledit

import (
	"bytes"
	"errors"
	"io"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/manifest/yamldoc"
)

// Document is one parsed YAML document and the edits that are planned for it.
type Document struct {
	src    []byte
	root   *yaml.Node // the document's root value, nil for an empty document
	starts []int      // offset of each line's first byte, made when first needed
	alias  bool       // some node is an alias
	merge  bool       // there may be merge keys
	json   bool       // the document is JSON, and stays so
	// original is the text as it came, where src is another one that Helm reads as the same:
	// one without merge keys.
	original []byte
	ops      []op
	opsAt    map[opKey][]int                 // the numbers of ops, by place
	keys     map[*yaml.Node]map[string][]int // of mappings with many pairs
	looks    map[*yaml.Node]int              // how often one was looked through
	heirs    map[*yaml.Node]Ref              // the first alias of each anchored node
}

// Parse reads one document. Its errors are *yamldoc.SyntaxError and yamldoc.ErrAliasBomb.
// An empty document gives a Document whose Root is the zero Ref.
func Parse(src []byte) (*Document, error) {
	return parsed(src, decode(src))
}

// parsed is the document that was read so.
func parsed(src []byte, read decoded) (*Document, error) {
	if read.err != nil {
		return nil, read.err
	}
	d := &Document{src: src, root: read.root, json: read.json}
	if read.root == nil {
		return d, nil
	}
	if d.alias = hasAlias(read.root); d.alias {
		if _, err := yamldoc.CheckAliases(read.root); err != nil {
			return nil, err
		}
	}
	if d.merge = bytes.Contains(src, []byte("<<")); d.merge && losesCollection(read.root) {
		return d.withoutMerges()
	}
	return d, nil
}

// withoutMerges is the document written anew without merge keys, as Helm reads it.
func (d *Document) withoutMerges() (*Document, error) {
	flat := mergesWritten(expand(d.root))
	want := meaning(flat)
	for _, mend := range []func(*yaml.Node){func(*yaml.Node) {}, quoteBlocks} {
		mend(flat)
		text, err := encoded(flat)
		if err != nil {
			return nil, err
		}
		src := d.headed(text)
		if read := decode(src); means(read, want) {
			return &Document{src: src, root: read.root, original: d.src}, nil
		}
	}
	return nil, errors.New("its merge keys take the place of what stands before them, and it cannot be written without them")
}

// decoded is what one document was parsed as.
type decoded struct {
	root *yaml.Node
	json bool
	err  error
}

// decode parses exactly one document.
func decode(src []byte) decoded {
	if at, ok := jsonBody(src); ok {
		root, err := decodeJSON(src, at)
		return decoded{root, true, err}
	}
	root, err := decodeYAML(withoutMarks(src))
	return decoded{root: root, err: err}
}

func decodeYAML(src []byte) (*yaml.Node, error) {
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

// byteOrderMark may begin a document, and each document of a stream
// (https://yaml.org/spec/1.2.2/#52-character-encodings).
var byteOrderMark = []byte("\xef\xbb\xbf")

// withoutMarks drops the byte order marks that stand before a document and right behind its
// separator, where whoever cuts a stream at separators finds one: the parser knows that at the
// very beginning of its input only, and takes the other for a part of the first key.
func withoutMarks(src []byte) []byte {
	if !bytes.Contains(src, byteOrderMark) {
		return src
	}
	bare := bytes.TrimPrefix(src, byteOrderMark)
	first := lineEnd(bare, 0)
	if !isSeparator(bare[:first]) || !bytes.HasPrefix(bare[first:], byteOrderMark) {
		return bare
	}
	return append(bytes.Clone(bare[:first]), bare[first+len(byteOrderMark):]...)
}

// isSeparator reports whether a line is a separator with nothing but a comment behind it.
func isSeparator(line []byte) bool {
	line = bytes.TrimSpace(line)
	return string(line) == "---" || bytes.HasPrefix(line, []byte("--- #"))
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

// lineStarts finds the lines as go-yaml counts them. A byte order mark that withoutMarks drops
// takes no column.
func lineStarts(src []byte) []int {
	starts := make([]int, 0, 1+bytes.Count(src, []byte("\n")))
	for at := 0; ; {
		if bytes.HasPrefix(src[at:], byteOrderMark) && (at == 0 || len(starts) == 1 && isSeparator(src[starts[0]:at])) {
			at += len(byteOrderMark)
		}
		starts = append(starts, at)
		end := at
		for end < len(src) && lineBreak(src, end) == 0 {
			end++
		}
		if end == len(src) {
			return starts
		}
		at = end + lineBreak(src, end)
	}
}

// lineBreak is the length of the line break at an offset, 0 where there is none: CR, LF,
// CRLF, NEL, LS or PS (go.yaml.in/yaml/v3 yamlprivateh.go, is_break).
func lineBreak(src []byte, at int) int {
	switch c := src[at]; {
	case c == '\n':
		return 1
	case c == '\r' && at+1 < len(src) && src[at+1] == '\n':
		return 2
	case c == '\r':
		return 1
	case c == 0xc2 && at+1 < len(src) && src[at+1] == 0x85:
		return 2
	case c == 0xe2 && at+2 < len(src) && src[at+1] == 0x80 && (src[at+2] == 0xa8 || src[at+2] == 0xa9):
		return 3
	}
	return 0
}

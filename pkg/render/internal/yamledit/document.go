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
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
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

// SyntaxError is a document that no parser can read.
type SyntaxError struct {
	// Line is the 1-based line in the document, 0 where the parser names none.
	Line int
	// Reason is the parser's own, without prefix and line.
	Reason string
}

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return "not YAML: " + e.Reason
	}
	return fmt.Sprintf("not YAML: line %d: %s", e.Line, e.Reason)
}

// ErrAliasBomb is a document whose aliases stand for more nodes than MaxNodes.
var ErrAliasBomb = fmt.Errorf("its aliases expand to more than %d nodes", MaxNodes)

// MaxNodes bounds what aliases may expand to. The largest public chart document
// seen has some 40,000 nodes.
const MaxNodes = 2_000_000

// Parse reads one document. Its errors are *SyntaxError and ErrAliasBomb.
// An empty document gives a Document whose Root is the zero Ref.
func Parse(src []byte) (*Document, error) {
	root, err := decode(src)
	return parsed(src, decoded{root, err})
}

// parsed is the document that was read so.
func parsed(src []byte, read decoded) (*Document, error) {
	if read.err != nil {
		return nil, explain(read.err, src)
	}
	d := &Document{src: src, root: read.root}
	if read.root == nil {
		return d, nil
	}
	d.alias = hasAlias(read.root)
	if d.alias && expandedSize(read.root) > MaxNodes {
		return nil, ErrAliasBomb
	}
	return d, nil
}

// decode parses exactly one document; go-yaml is known to panic on some malformed input.
func decode(src []byte) (root *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			root, err = nil, &SyntaxError{Reason: fmt.Sprint("the parser gave up: ", r)}
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		return nil, syntaxError(err)
	}
	var more yaml.Node
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, syntaxError(err)
		}
		return nil, &SyntaxError{Line: more.Line, Reason: "a second document follows the first"}
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) == 0 || isNull(doc.Content[0]) {
		return nil, nil
	}
	return doc.Content[0], nil
}

var parserLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// syntaxError takes the line out of go-yaml's message, its only home
// (go.yaml.in/yaml/v3 decode.go, parser.fail).
func syntaxError(err error) error {
	text := strings.ReplaceAll(err.Error(), "\n", " ")
	m := parserLine.FindStringSubmatch(text)
	if m == nil {
		return &SyntaxError{Reason: text}
	}
	line, _ := strconv.Atoi(m[1])
	// go-yaml counts from 0 here, and makes that good for the scanner's errors but not
	// for the parser's, which are those that begin so (decode.go, fail; parserc.go).
	if line > 0 && strings.HasPrefix(m[2], "did not find expected") {
		line++
	}
	return &SyntaxError{Line: line, Reason: m[2]}
}

// explain says in plain words what go-yaml says of a tab.
func explain(err error, src []byte) error {
	e, ok := err.(*SyntaxError)
	if !ok || e.Line == 0 || !strings.Contains(e.Reason, "cannot start any token") {
		return err
	}
	lines := bytes.Split(src, []byte("\n"))
	if e.Line <= len(lines) && bytes.HasPrefix(bytes.TrimLeft(lines[e.Line-1], " "), []byte("\t")) {
		e.Reason = "a tab is used as indentation"
	}
	return e
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

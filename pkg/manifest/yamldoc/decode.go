// Package yamldoc parses YAML that anybody may have written. It is the one place that keeps
// the YAML library's panics, and aliases that expand without end, from the rest, that says
// where a syntax error stands, and that knows what a merge key is. Irsa.yaml, the stream that
// is rendered, and the manifests and snapshots that are verified are all read through it.
package yamldoc

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// Decoder reads the documents of a stream, one after another.
type Decoder struct{ yaml *yaml.Decoder }

// NewDecoder makes a Decoder that reads from r.
func NewDecoder(r io.Reader) Decoder { return Decoder{yaml.NewDecoder(r)} }

// Next gives the next document, a document node that may be empty. The error is io.EOF
// behind the last one, else a *SyntaxError. The YAML library panics on some input that it
// takes for impossible; here that is such an error.
func (d Decoder) Next() (doc *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			doc, err = nil, &SyntaxError{Reason: oneLine(fmt.Sprint("the parser gave up: ", r))}
		}
	}()
	doc = new(yaml.Node)
	switch err := d.yaml.Decode(doc); {
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	case err != nil:
		return nil, syntaxError(err)
	}
	return doc, nil
}

// Root is the value that a document node holds; nil where that is nothing, or null.
func Root(doc *yaml.Node) *yaml.Node {
	if doc.Kind != yaml.DocumentNode || len(doc.Content) == 0 || IsNull(doc.Content[0]) {
		return nil
	}
	return doc.Content[0]
}

// IsNull reports whether a node is a null.
func IsNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// SyntaxError is text that no parser can read.
type SyntaxError struct {
	// Line is the 1-based line in the text, 0 where the parser names none. It is often that
	// of the block around the error: Find looks for the line itself.
	Line int
	// Column is the 1-based column of the line's first character that is no blank, or of the
	// tab that is used as indentation; 0 until Find has looked.
	Column int
	// Reason is the parser's own, on one line, without prefix and line.
	Reason string
	// Tab is true where the line is indented with a tab, and Reason says so.
	Tab bool

	said string // by the library
}

// Error gives the line and the reason.
func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return "not YAML: " + e.Reason
	}
	return fmt.Sprintf("not YAML: line %d: %s", e.Line, e.Reason)
}

var libraryError = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s)^yaml: (?:line (\d+): )?(.*)$`) })

// scannerErrors are what its scanner says of the same form as its parser.
var scannerErrors = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^did not find expected (alphabetic|comment|whitespace|digit|version|tag|hexdecimal|'!')`)
})

// syntaxError takes the line out of the library's message, its only home. The library counts
// lines from 0, and makes that good for the scanner's errors but not for the parser's, which
// all begin alike (go.yaml.in/yaml/v3 decode.go, parser.fail; parserc.go).
func syntaxError(err error) *SyntaxError {
	e := &SyntaxError{Reason: oneLine(err.Error()), said: err.Error()}
	m := libraryError().FindStringSubmatch(err.Error())
	if m == nil {
		return e
	}
	e.Reason = oneLine(m[2])
	e.Line, _ = strconv.Atoi(m[1])
	if e.Line > 0 && strings.HasPrefix(m[2], "did not find expected") && !scannerErrors().MatchString(m[2]) {
		e.Line++
	}
	return e
}

// oneLine is a text of the library's, which quotes the input, in a form for one line.
func oneLine(s string) string {
	return strings.ToValidUTF8(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), " "), "\ufffd")
}

package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/manifest/stream"
	"github.com/helm-irsa/helm-irsa/pkg/manifest/yamldoc"
)

// maxInput is the most that is read of one input.
const maxInput = 512 << 20

// InputError is an input that cannot be read: what, and where.
type InputError struct {
	// Name is the input's, such as a file; Line is 0 where it is not known.
	Name string
	Line int
	What string
}

// Error is "NAME:LINE: what".
func (e *InputError) Error() string {
	if e.Line == 0 {
		return e.Name + ": " + e.What
	}
	return fmt.Sprintf("%s:%d: %s", e.Name, e.Line, e.What)
}

// Document is one document of a stream that is not empty; Line is that of its first byte,
// 1-based.
type Document struct {
	Text []byte
	Line int
	// Kind is the object's as its text shows it; empty where only a parser can tell.
	Kind string
}

// ReadAll reads an input of at most 512 MiB, without a byte order mark. Name is for messages.
func ReadAll(name string, r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	switch {
	case err != nil:
		return nil, &InputError{Name: name, What: "cannot be read: " + err.Error()}
	case len(data) > maxInput:
		return nil, &InputError{Name: name, What: "larger than 512 MiB"}
	}
	return bytes.TrimPrefix(data, []byte("\ufeff")), nil
}

// Split cuts a stream into its documents; see pkg/manifest/stream for where.
func Split(data []byte) []Document {
	var out []Document
	line := 1
	for _, d := range stream.Scan(data) {
		if !d.Empty() {
			whole := Document{Text: d.Bytes, Line: line}
			if !d.Odd {
				whole.Kind = d.Kind
			}
			out = append(out, whole)
		}
		line += d.Lines
	}
	return out
}

// cleaned makes comments of what the decoder refuses and Helm does not: the end of the
// document before, directives, and lines of nothing but tabs. Lines stay where they are.
func cleaned(text []byte) []byte {
	if !bytes.HasPrefix(text, []byte("...")) && !bytes.Contains(text, []byte("%")) && !bytes.Contains(text, []byte("\t")) {
		return text
	}
	out, head := make([]byte, 0, len(text)), true
	for line := range bytes.Lines(text) {
		bare := bytes.TrimSpace(line)
		switch {
		case head && (bytes.HasPrefix(line, []byte("...")) || bytes.HasPrefix(line, []byte("%"))):
			out = append(out, '#')
		case len(bare) == 0 && bytes.IndexByte(line, '\t') >= 0:
			line = []byte("\n")
		case len(bare) > 0 && bare[0] != '#':
			head = false
		}
		out = append(out, line...)
	}
	return out
}

// Parse reads one document as a node; nil where it is empty. The error is an *InputError.
func Parse(name string, d Document) (*yaml.Node, error) {
	text := cleaned(d.Text)
	root, err := yamldoc.NewDecoder(bytes.NewReader(text)).Next()
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if syntax := (*yamldoc.SyntaxError)(nil); errors.As(err, &syntax) {
		syntax = syntax.Find(text)
		return nil, &InputError{name, d.Line + max(syntax.Line, 1) - 1, "not YAML: " + syntax.Reason}
	}
	if err != nil {
		return nil, &InputError{name, d.Line, err.Error()}
	}
	if alias, err := yamldoc.CheckAliases(root); err != nil {
		return nil, &InputError{name, d.Line + alias.Line - 1, err.Error()}
	}
	return root, nil
}

package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
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

// Document is one YAML document of a stream; line is that of its first byte, 1-based.
type Document struct {
	Text []byte
	Line int
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

// Split cuts a stream at lines that begin with --- or are .... Anywhere else in a line it is data:
// that rule is wrong for none of the real streams that were collected.
func Split(data []byte) []Document {
	var out []Document
	start, startLine, line := 0, 1, 1
	for at := 0; at <= len(data); line++ {
		end := bytes.IndexByte(data[at:], '\n')
		next := at + end + 1
		if end < 0 {
			next = len(data) + 1
		}
		if at > start && separator(data[at:]) {
			out = append(out, Document{data[start:at], startLine})
			start, startLine = at, line
		}
		at = next
	}
	return append(out, Document{data[start:], startLine})
}

// separator: --- or ... alone, or with more of the document or a comment behind a blank.
func separator(b []byte) bool {
	return (bytes.HasPrefix(b, []byte("---")) || bytes.HasPrefix(b, []byte("..."))) && (len(b) == 3 || bytes.IndexByte([]byte(" \t\r\n"), b[3]) >= 0)
}

// cleaned makes comments of what the decoder refuses and Helm does not: the end of the
// Document before, directives, and lines of nothing but tabs. Lines stay where they are.
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

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// Parse reads one document as a node; nil where it is empty.
func Parse(name string, d Document) (*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(cleaned(d.Text)))
	var root yaml.Node
	err := decode(dec, &root)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		line, what := d.Line, err.Error()
		if m := yamlLine.FindStringSubmatch(what); m != nil {
			what = what[len(m[0]):]
			var n int
			if _, err := fmt.Sscan(m[1], &n); err == nil {
				line += n - 1
			}
			if strings.HasPrefix(what, "did not find expected") {
				line++ // the decoder counts these from 0
			}
		}
		return nil, &InputError{name, line, "not YAML: " + strings.ReplaceAll(what, "\n", " ")}
	}
	return &root, nil
}

// decode turns a panic of the decoder into an error: it is fed with what anybody wrote.
func decode(dec *yaml.Decoder, into *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	return dec.Decode(into)
}

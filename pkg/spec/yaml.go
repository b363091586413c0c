package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// maxAliased bounds the values that are read through aliases, against files that are
// small but unfold to something huge.
const maxAliased = 100_000

var utf8BOM = []byte("\xef\xbb\xbf")

// readYAML parses exactly one YAML document and gives its root node. emptyHint is the
// hint where there is none.
func readYAML(data []byte, emptyHint string) (*yaml.Node, *Fault) {
	data = bytes.TrimPrefix(data, utf8BOM)
	dec := yaml.NewDecoder(bytes.NewReader(data))
	doc, err := decodeNode(dec)
	if errors.Is(err, io.EOF) || err == nil && isEmptyDocument(doc) {
		return nil, &Fault{Line: 1, Column: 1, Message: "the file is empty", Hint: emptyHint}
	}
	if err != nil {
		return nil, syntaxFault(data, err)
	}
	next, err := decodeNode(dec)
	if err == nil {
		return nil, &Fault{Line: next.Line, Column: next.Column, Message: "a second YAML document begins here", Hint: "keep one document and drop this --- line"}
	}
	if !errors.Is(err, io.EOF) {
		return nil, syntaxFault(data, err)
	}
	return doc.Content[0], nil
}

// decodeNode reads the next document. The YAML library panics on some input that it
// takes for impossible ("internal error: ... please report"); here that is an error.
func decodeNode(dec *yaml.Decoder) (doc *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	doc = new(yaml.Node)
	return doc, dec.Decode(doc)
}

func isEmptyDocument(doc *yaml.Node) bool {
	if len(doc.Content) == 0 {
		return true
	}
	root := doc.Content[0]
	return root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null"
}

// syntaxFault turns an error of the YAML library into a fault with its line.
func syntaxFault(data []byte, err error) *Fault {
	n := problemLine(data, err)
	line, _, _ := bytes.Cut(cutLines(data, n-1), []byte("\n"))
	blank := len(line) - len(bytes.TrimLeft(line, " \t"))
	if tab := bytes.IndexByte(line[:blank], '\t'); tab >= 0 {
		return &Fault{Line: n, Column: tab + 1, Message: "not valid YAML: a tab is used as indentation", Hint: "use spaces"}
	}
	cause := regexp.MustCompile(`^yaml: (line \d+: )?`).ReplaceAllString(err.Error(), "")
	if strings.Contains(cause, "\n") || !utf8.ValidString(cause) {
		cause = fmt.Sprintf("%q", cause)
	}
	return &Fault{Line: n, Column: utf8.RuneCount(line[:blank]) + 1, Message: "not valid YAML: " + cause}
}

// problemLine finds the line of a syntax error. The library names a line for some
// errors only, and then often that of the enclosing block. Whatever it chokes on, it
// chokes on in every prefix that holds it, so the shortest prefix of whole lines with
// the same error ends there. A bracket that is still open would give the same error too;
// there the error changes when it is closed.
func problemLine(data []byte, want error) int {
	lines := bytes.Count(data, []byte("\n")) + 1
	k := sort.Search(lines, func(k int) bool {
		head := data[:len(data)-len(cutLines(data, k+1))]
		for _, closing := range []string{"", "}", "]", "}}}}}}}}", "]]]]]]]]"} {
			if firstError(head, closing).Error() != want.Error() {
				return false
			}
		}
		return true
	})
	return min(k+1, max(1, bytes.Count(bytes.TrimRight(data, "\r\n"), []byte("\n"))+1))
}

// firstError is what the library says to a stream; io.EOF is what it says to a good one.
func firstError(head []byte, tail string) error {
	dec := yaml.NewDecoder(io.MultiReader(bytes.NewReader(head), strings.NewReader(tail)))
	for {
		if _, err := decodeNode(dec); err != nil {
			return err
		}
	}
}

// cutLines gives data without its first n lines.
func cutLines(data []byte, n int) []byte {
	for ; n > 0 && len(data) > 0; n-- {
		i := bytes.IndexByte(data, '\n')
		if i < 0 {
			return nil
		}
		data = data[i+1:]
	}
	return data
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

func isMerge(key *yaml.Node) bool { return key.Kind == yaml.ScalarNode && key.Tag == "!!merge" }

// mergeSources gives the mappings that a merge key names: one, or a list of them.
func mergeSources(value *yaml.Node) []*yaml.Node {
	value = target(value)
	if value.Kind != yaml.SequenceNode {
		return []*yaml.Node{value}
	}
	out := make([]*yaml.Node, len(value.Content))
	for i, n := range value.Content {
		out[i] = target(n)
	}
	return out
}

// target follows an alias. The library never makes an alias of an alias.
func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

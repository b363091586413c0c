package yamledit

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// JSON is nearly a part of YAML, but not for the parsers that Helm and this program use: they
// refuse \/ and surrogate pairs (go.yaml.in/yaml/v3 scannerc.go, yaml_parser_scan_flow_scalar).
// And what reads a JSON text by a JSON library must be able to read it afterwards. So JSON is
// read here as JSON, into the same nodes, and a result that is none is no result.

// jsonBody is the offset at which a document's only value begins, where that is JSON from
// there to the end; false for any other document. Package json takes bytes that are no UTF-8
// for a letter, as nobody else does.
func jsonBody(src []byte) (int, bool) {
	at := 0
	for at < len(src) {
		line := src[at:lineEnd(src, at)]
		bare := bytes.TrimLeft(bytes.TrimPrefix(line, byteOrderMark), " \t\r\n")
		switch {
		case len(bare) == 0 || bare[0] == '#' || bytes.Equal(bytes.TrimRight(bare, " \t\r\n"), []byte("---")):
			at += len(line)
			continue
		case bare[0] != '{' && bare[0] != '[':
			return 0, false
		}
		at += len(line) - len(bare)
		return at, json.Valid(src[at:]) && utf8.Valid(src)
	}
	return 0, false
}

// decodeJSON reads a document whose body at the offset is JSON.
func decodeJSON(src []byte, at int) (*yaml.Node, error) {
	p := &jsonParser{src: src, line: 1, column: 1}
	if bytes.HasPrefix(src, byteOrderMark) {
		p.at = len(byteOrderMark)
	}
	p.moveTo(at)
	root := p.value()
	if p.broken {
		return nil, errors.New("not JSON") // unreachable: it was found to be valid
	}
	return root, nil
}

// jsonParser reads text that is known to be JSON. Lines and columns are counted as
// lineStarts and Document.offset count them.
type jsonParser struct {
	src          []byte
	at           int
	line, column int
	broken       bool
}

// moveTo goes on to an offset.
func (p *jsonParser) moveTo(to int) {
	for p.at < to {
		n := runeLen(p.src[p.at])
		if broke := lineBreak(p.src, p.at); broke > 0 {
			n = broke
			p.line, p.column = p.line+1, 0
		}
		p.at += n
		p.column++
	}
}

// next goes on to the next byte that is no blank and gives it; 0 at the end.
func (p *jsonParser) next() byte {
	at := p.at
	for at < len(p.src) && isSpace(p.src[at]) {
		at++
	}
	p.moveTo(at)
	if at >= len(p.src) {
		p.broken = true
		return 0
	}
	return p.src[at]
}

func (p *jsonParser) value() *yaml.Node {
	c := p.next()
	n := &yaml.Node{Line: p.line, Column: p.column}
	switch c {
	case '{':
		n.Kind, n.Tag, n.Style = yaml.MappingNode, "!!map", yaml.FlowStyle
		p.list('}', func() {
			n.Content = append(n.Content, p.value())
			if p.next() == ':' {
				p.moveTo(p.at + 1)
			}
			n.Content = append(n.Content, p.value())
		})
	case '[':
		n.Kind, n.Tag, n.Style = yaml.SequenceNode, "!!seq", yaml.FlowStyle
		p.list(']', func() { n.Content = append(n.Content, p.value()) })
	default:
		p.scalar(n, c)
	}
	return n
}

// list reads what stands between brackets, with item for each element.
func (p *jsonParser) list(closing byte, item func()) {
	p.moveTo(p.at + 1)
	for !p.broken && p.next() != closing {
		item()
		if p.next() == ',' {
			p.moveTo(p.at + 1)
		}
	}
	p.moveTo(p.at + 1)
}

func (p *jsonParser) scalar(n *yaml.Node, c byte) {
	n.Kind = yaml.ScalarNode
	end := p.at
	if c == '"' {
		end, _ = endOfDoubleQuoted(p.src, p.at)
		n.Tag, n.Style = "!!str", yaml.DoubleQuotedStyle
		p.broken = p.broken || json.Unmarshal(p.src[p.at:end], &n.Value) != nil
		p.moveTo(end)
		return
	}
	for end < len(p.src) && !isSpace(p.src[end]) && bytes.IndexByte([]byte(",]}"), p.src[end]) < 0 {
		end++
	}
	n.Value = string(p.src[p.at:end])
	switch {
	case n.Value == "null":
		n.Tag = "!!null"
	case n.Value == "true" || n.Value == "false":
		n.Tag = "!!bool"
	case bytes.ContainsAny(p.src[p.at:end], ".eE"):
		n.Tag = "!!float"
	default:
		n.Tag = "!!int"
	}
	p.broken = p.broken || end == p.at
	p.moveTo(end)
}

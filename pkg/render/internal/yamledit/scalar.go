package yamledit

import (
	"bytes"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// span is where a scalar or an alias stands.
type span struct {
	start int // its anchor or tag, or value where it has neither
	value int // its first byte after anchor and tag
	end   int
}

// scalarSpan finds the bytes of a scalar or alias; false for shapes it does not know.
func (d *Document) scalarSpan(r Ref) (span, bool) {
	n := r.raw
	at, ok := d.offset(n)
	if !ok {
		return span{}, false
	}
	value, ok := d.skipProperties(at, n)
	if !ok {
		return span{}, false
	}
	s := span{start: at, value: value}
	switch {
	case n.Kind == yaml.AliasNode:
		s.end = value + 1 + len(n.Value)
		ok = s.end <= len(d.src) && string(d.src[value:s.end]) == "*"+n.Value
	case n.Kind != yaml.ScalarNode:
		ok = false
	case n.Style&yaml.DoubleQuotedStyle != 0:
		s.end, ok = endOfDoubleQuoted(d.src, value)
	case n.Style&yaml.SingleQuotedStyle != 0:
		s.end, ok = endOfSingleQuoted(d.src, value)
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		s.end, ok = d.endOfBlock(r, value)
	default:
		// A plain scalar on one line is its own value; one that is folded over
		// several lines is not, and is left to the encoder.
		s.end = value + len(n.Value)
		ok = bytes.HasPrefix(d.src[value:], []byte(n.Value))
	}
	return s, ok
}

// skipProperties steps over an anchor and a tag that stand on the node's first line.
func (d *Document) skipProperties(at int, n *yaml.Node) (int, bool) {
	if n.Kind == yaml.AliasNode || (n.Anchor == "" && n.Style&yaml.TaggedStyle == 0) {
		return at, true
	}
	for at < len(d.src) && (d.src[at] == '&' || d.src[at] == '!') {
		for at < len(d.src) && !isSpace(d.src[at]) {
			at++
		}
		for at < len(d.src) && (d.src[at] == ' ' || d.src[at] == '\t') {
			at++
		}
	}
	return at, at < len(d.src) && d.src[at] != '\n' && d.src[at] != '\r'
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func endOfDoubleQuoted(src []byte, at int) (int, bool) {
	if at >= len(src) || src[at] != '"' {
		return 0, false
	}
	for i := at + 1; i < len(src); i++ {
		switch src[i] {
		case '\\':
			i++
		case '"':
			return i + 1, true
		}
	}
	return 0, false
}

func endOfSingleQuoted(src []byte, at int) (int, bool) {
	if at >= len(src) || src[at] != '\'' {
		return 0, false
	}
	for i := at + 1; i < len(src); i++ {
		if src[i] != '\'' {
			continue
		}
		if i+1 < len(src) && src[i+1] == '\'' {
			i++
			continue
		}
		return i + 1, true
	}
	return 0, false
}

// endOfBlock finds the end of a literal or folded scalar: the end of its last line that is not blank.
func (d *Document) endOfBlock(r Ref, at int) (int, bool) {
	body, ok := d.blockBody(r, at)
	if !ok {
		return 0, false
	}
	return body.end, true
}

// block is the text of a block scalar as it stands: whole lines, indent columns deep.
type block struct {
	start, end, indent int
}

// blockBody finds the lines of a block scalar whose indicator (| or >) is at offset at.
func (d *Document) blockBody(r Ref, at int) (block, bool) {
	if at >= len(d.src) || (d.src[at] != '|' && d.src[at] != '>') {
		return block{}, false
	}
	line := lineEnd(d.src, at)
	b := block{start: line, end: line, indent: -1}
	if digits := strings.Trim(string(d.src[at+1:min(at+3, line)]), "+- \r\n#"); digits != "" {
		given, err := strconv.Atoi(digits)
		if err != nil || r.key == nil {
			return block{}, false
		}
		b.indent = r.key.Column - 1 + given
	}
	for i := line; i < len(d.src); {
		end := lineEnd(d.src, i)
		depth := 0
		for i+depth < end && d.src[i+depth] == ' ' {
			depth++
		}
		if isBlankLine(d.src[i+depth : end]) {
			i = end
			continue
		}
		if b.indent < 0 {
			if r.key != nil && depth < r.key.Column {
				break // the scalar is empty
			}
			b.indent = depth
		}
		if depth < b.indent {
			break
		}
		b.end = end
		i = end
	}
	return b, true
}

func isBlankLine(line []byte) bool { return len(bytes.TrimRight(line, "\r\n")) == 0 }

// lineEnd is the offset after the line feed that ends the line at offset at.
func lineEnd(src []byte, at int) int {
	if i := bytes.IndexByte(src[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(src)
}

package trust

import (
	"encoding/json"
	"slices"
	"strings"
)

func textNode(s string) node         { return node{kind: textKind, text: s} }
func objectNode(m ...member) node    { return node{kind: objectKind, members: m} }
func pair(key string, v node) member { return member{key: key, value: v} }
func sortedUnique(in []string) []string {
	out := slices.Clone(in)
	slices.Sort(out)
	return slices.Compact(out)
}

// textsNode is a string for one value and a list for any other number, which is
// how IAM writes them itself.
func textsNode(values []string) node {
	if len(values) == 1 {
		return textNode(values[0])
	}
	n := node{kind: listKind}
	for _, v := range values {
		n.items = append(n.items, textNode(v))
	}
	return n
}

// compact writes a node on one line without white space.
func compact(n node) string {
	var b strings.Builder
	write(&b, n, "")
	return b.String()
}

// pretty writes a node with two blanks a level.
func pretty(n node) string {
	var b strings.Builder
	write(&b, n, "\n")
	return b.String()
}

// write writes a node; sep is the line break and indentation of its level, empty
// where all stands on one line.
func write(b *strings.Builder, n node, sep string) {
	inner, colon := "", ":"
	if sep != "" {
		inner, colon = sep+"  ", ": "
	}
	switch n.kind {
	case objectKind:
		b.WriteByte('{')
		for i, m := range n.members {
			comma(b, i, inner)
			b.WriteString(quote(m.key) + colon)
			write(b, m.value, inner)
		}
		closing(b, len(n.members), sep, '}')
	case listKind:
		b.WriteByte('[')
		for i, item := range n.items {
			comma(b, i, inner)
			write(b, item, inner)
		}
		closing(b, len(n.items), sep, ']')
	case textKind:
		b.WriteString(quote(n.text))
	case nullKind:
		b.WriteString("null")
	default:
		b.WriteString(n.text)
	}
}

func comma(b *strings.Builder, i int, inner string) {
	if i > 0 {
		b.WriteByte(',')
	}
	b.WriteString(inner)
}

func closing(b *strings.Builder, count int, sep string, bracket byte) {
	if count > 0 {
		b.WriteString(sep)
	}
	b.WriteByte(bracket)
}

// quote writes a JSON string; <, > and & stay as they are, since each counts as
// one character against the quota and its escape as six.
func quote(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

package yamledit

import (
	"bytes"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"
)

// splices turns the planned edits into byte edits; errUnsure where it does not know
// how. Edits behind an alias are left to materialise.
func (d *Document) splices() ([]edit, error) {
	var out []edit
	for _, o := range d.ops {
		if _, aliased := o.behindAlias(); aliased {
			continue
		}
		var (
			edits []edit
			err   error
		)
		switch o.verb {
		case set:
			edits, err = d.setSplices(o)
		case insert:
			edits, err = d.insertSplices(o)
		case prepend:
			edits, err = d.prependSplices(o)
		case remove:
			edits, err = d.removeSplices(o)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, edits...)
	}
	return d.emptied(out), nil
}

// setSplices replaces a scalar.
func (d *Document) setSplices(o op) ([]edit, error) {
	n := o.at.raw
	s, ok := d.scalarSpan(o.at)
	if !ok {
		return nil, errUnsure
	}
	if n.Style&yaml.LiteralStyle != 0 && n.Kind == yaml.ScalarNode && finalNewlines(n.Value) == finalNewlines(o.value) {
		if e, ok := d.literalSplice(o.at, s.value, o.value); ok {
			return []edit{e}, nil
		}
	}
	style := n.Style
	if o.at.inJSON() || strings.Contains(o.value, "\n") {
		style = yaml.DoubleQuotedStyle
	}
	text := quote(o.value, style)
	if s.start == s.end && s.start > 0 && d.src[s.start-1] == ':' {
		text = " " + text
	}
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		text += d.eol(s.end - 1)
	}
	if n.Kind == yaml.ScalarNode && n.Anchor != "" {
		if heir, ok := d.nextAlias(n); ok {
			hs, ok := d.scalarSpan(heir)
			if !ok || bytes.ContainsAny(d.src[s.start:s.end], "\r\n") {
				return nil, errUnsure
			}
			return []edit{{s.start, s.end, text}, {hs.start, hs.end, string(d.src[s.start:s.end])}}, nil
		}
	}
	if n.Style&yaml.TaggedStyle != 0 {
		return []edit{{s.start, s.end, text}}, nil
	}
	return []edit{{s.value, s.end, text}}, nil
}

// finalNewlines counts the line feeds at the end, which the indicator of a block scalar decides.
func finalNewlines(s string) int { return len(s) - len(strings.TrimRight(s, "\n")) }

// literalSplice changes the lines of a literal block scalar that differ, and those only.
func (d *Document) literalSplice(at Ref, indicator int, value string) (edit, bool) {
	body, ok := d.blockBody(at, indicator)
	if !ok || body.indent < 0 || body.end == body.start {
		return edit{}, false
	}
	old := splitLines(at.raw.Value)
	wanted := splitLines(value)
	rows := d.rows(body)
	if len(rows) < len(old) {
		return edit{}, false
	}
	head := 0
	for head < len(old) && head < len(wanted) && old[head] == wanted[head] {
		head++
	}
	tail := 0
	for tail < len(old)-head && tail < len(wanted)-head && old[len(old)-1-tail] == wanted[len(wanted)-1-tail] {
		tail++
	}
	var text strings.Builder
	eol := d.eol(rows[0])
	for _, line := range wanted[head : len(wanted)-tail] {
		if line != "" {
			text.WriteString(strings.Repeat(" ", body.indent))
			text.WriteString(line)
		}
		text.WriteString(eol)
	}
	start, end := body.end, body.end
	if head < len(rows) {
		start = rows[head]
	}
	if i := len(old) - tail; i < len(rows) {
		end = rows[i]
	}
	e := edit{start, end, text.String()}
	if end == len(d.src) && end > 0 && d.src[end-1] != '\n' {
		e.text = strings.TrimSuffix(e.text, eol)
	}
	return e, true
}

// rows gives the offset of each line of a block scalar, from its first line on.
func (d *Document) rows(b block) []int {
	var out []int
	for i := b.start; i < b.end; i = lineEnd(d.src, i) {
		out = append(out, i)
	}
	return out
}

// splitLines cuts text at its line feeds; a last one begins no further line.
func splitLines(s string) []string {
	return strings.Split(strings.TrimRight(s, "\n"), "\n")
}

// insertSplices adds pairs to a mapping: before its first pair, where no end of any
// value must be found.
func (d *Document) insertSplices(o op) ([]edit, error) {
	at := o.at
	n := at.raw
	if !at.IsMap() && !at.IsNull() {
		return nil, errUnsure
	}
	addition := Map(o.pairs...)
	if at.IsNull() || len(n.Content) == 0 {
		return d.fill(at, addition)
	}
	if merge, ok := at.lastMerge(); ok {
		return d.behindMerge(at, merge, addition)
	}
	if n.Style&yaml.FlowStyle != 0 {
		return d.afterBracket(at, '{', strings.TrimSuffix(strings.TrimPrefix(flow(addition), "{"), "}"))
	}
	return d.linesBefore(at, n.Content[0], blockLines(addition))
}

// prependSplices adds an element to a sequence.
func (d *Document) prependSplices(o op) ([]edit, error) {
	at := o.at
	n := at.raw
	if !at.IsSeq() && !at.IsNull() {
		return nil, errUnsure
	}
	addition := Seq(o.items...)
	if at.IsNull() || len(n.Content) == 0 {
		return d.fill(at, addition)
	}
	if n.Style&yaml.FlowStyle != 0 {
		return d.afterBracket(at, '[', strings.TrimSuffix(strings.TrimPrefix(flow(addition), "["), "]"))
	}
	return d.linesBefore(at, n, blockLines(addition))
}

// linesBefore adds lines at the head of a block collection, in the column of its
// first entry. They stand right behind the line of the collection's key, so that a
// comment above the first entry stays with it.
func (d *Document) linesBefore(at Ref, first *yaml.Node, lines []string) ([]edit, error) {
	off, ok := d.offset(first)
	if !ok {
		return nil, errUnsure
	}
	line := d.starts[first.Line-1]
	indent := first.Column - 1
	switch {
	case at.key != nil && at.key.Line < first.Line:
		line = d.starts[at.key.Line]
	case at.raw.Kind == yaml.MappingNode && at.key == nil && at.up != nil:
		// An element of a sequence: its first pair shares the line with the dash.
		if len(at.raw.Content) < 4 {
			return d.besideOnly(at.Entries()[0].Value, off, lines, indent), nil
		}
		second := at.raw.Content[2]
		if _, ok := d.offset(second); !ok || second.Column != first.Column {
			return nil, errUnsure
		}
		line = d.starts[second.Line-1]
	case !onlySpaces(d.src[line:off]):
		return nil, errUnsure
	}
	return []edit{{line, line, d.indented(lines, indent, line)}}, nil
}

// besideOnly adds lines to an element that has one pair: behind that where it ends on its
// line, else before it, behind the dash.
func (d *Document) besideOnly(only Ref, off int, lines []string, indent int) []edit {
	if s, ok := d.scalarSpan(only); ok && only.raw.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		line := lineEnd(d.src, s.end)
		if rest := bytes.TrimSpace(d.src[s.end:line]); len(rest) == 0 || rest[0] == '#' {
			return []edit{{line, line, d.indented(lines, indent, line)}}
		}
	}
	eol := d.eol(lineEnd(d.src, off)) + strings.Repeat(" ", indent)
	return []edit{{off, off, strings.Join(lines, eol) + eol}}
}

func onlySpaces(b []byte) bool { return len(bytes.Trim(b, " ")) == 0 }

// indented joins lines with the line end that is in use at offset at.
func (d *Document) indented(lines []string, indent, at int) string {
	var b strings.Builder
	eol := d.eol(at)
	if at > 0 && d.src[at-1] != '\n' {
		b.WriteString(eol)
	}
	for i, line := range lines {
		if i > 0 {
			b.WriteString(eol)
		}
		b.WriteString(strings.Repeat(" ", indent))
		b.WriteString(line)
	}
	if at == 0 || d.src[at-1] == '\n' {
		b.WriteString(eol)
	}
	return b.String()
}

// eol is the line end in use around offset at: that of the line before, else of the line itself.
func (d *Document) eol(at int) string {
	i := bytes.LastIndexByte(d.src[:at], '\n')
	if i < 0 {
		i = bytes.IndexByte(d.src, '\n')
	}
	if i > 0 && d.src[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// fill puts a collection where null or an empty collection stands.
func (d *Document) fill(at Ref, addition *yaml.Node) ([]edit, error) {
	start, end, ok := d.emptySpan(at)
	if !ok || at.raw.Anchor != "" || at.raw.Style&yaml.TaggedStyle != 0 {
		return nil, errUnsure
	}
	if at.up == nil || at.up.inFlow() {
		text := flow(addition)
		if start == end && start > 0 && d.src[start-1] == ':' {
			text = " " + text
		}
		return []edit{{start, end, text}}, nil
	}
	if at.key == nil {
		return d.fillElement(start, end, addition)
	}
	below := lineEnd(d.src, start)
	indent := at.key.Column - 1
	if line := d.starts[lineOf(d, start)-1]; at.key.Line != lineOf(d, start) {
		// {} or [] on a line of its own, as `toYaml | nindent` writes it.
		if !onlySpaces(d.src[line:start]) || start-line < indent {
			return nil, errUnsure
		}
		lines := blockLines(addition)
		return []edit{{start, end, strings.Join(lines, d.eol(line)+strings.Repeat(" ", start-line))}}, nil
	}
	if addition.Kind == yaml.MappingNode {
		indent += 2
	}
	edits := []edit{{below, below, d.indented(blockLines(addition), indent, below)}}
	if end > start {
		for start > 0 && d.src[start-1] == ' ' {
			start--
		}
		edits = append(edits, edit{start, end, ""})
	}
	return edits, nil
}

// fillElement puts a collection where {} or [] stands behind the dash of a list.
func (d *Document) fillElement(start, end int, addition *yaml.Node) ([]edit, error) {
	line := d.starts[lineOf(d, start)-1]
	if start == end || strings.Trim(string(d.src[line:start]), " -") != "" {
		return nil, errUnsure
	}
	return []edit{{start, end, strings.Join(blockLines(addition), d.eol(line)+strings.Repeat(" ", start-line))}}, nil
}

func lineOf(d *Document, offset int) int {
	return sort.SearchInts(d.starts, offset+1)
}

// emptySpan finds the bytes of null, {} or [].
func (d *Document) emptySpan(at Ref) (start, end int, ok bool) {
	if at.IsNull() {
		s, ok := d.scalarSpan(at)
		return s.value, s.end, ok
	}
	start, ok = d.offset(at.raw)
	if !ok || start >= len(d.src) || (d.src[start] != '{' && d.src[start] != '[') {
		return 0, 0, false
	}
	rest := d.src[start+1:]
	inner := len(rest) - len(bytes.TrimLeft(rest, " \t\r\n"))
	end = start + 1 + inner
	if end >= len(d.src) || (d.src[end] != '}' && d.src[end] != ']') {
		return 0, 0, false
	}
	return start, end + 1, true
}

// afterBracket adds an entry behind the bracket that opens a flow collection.
func (d *Document) afterBracket(at Ref, bracket byte, entry string) ([]edit, error) {
	start, ok := d.offset(at.raw)
	if !ok {
		return nil, errUnsure
	}
	start, ok = d.skipProperties(start, at.raw)
	if !ok || start >= len(d.src) || d.src[start] != bracket {
		return nil, errUnsure
	}
	start++
	rest := d.src[start:]
	gap := len(rest) - len(bytes.TrimLeft(rest, " \t\r\n"))
	if bytes.IndexByte(rest[:gap], '\n') >= 0 {
		// One entry a line: the new one gets a line like its neighbour's.
		return []edit{{start, start, string(rest[:gap]) + entry + ","}}, nil
	}
	return []edit{{start, start, string(rest[:gap]) + entry + ","}, {start, start + gap, " "}}, nil
}

// inFlow reports whether the place lies in, or is, a flow collection.
func (r Ref) inFlow() bool {
	for p := &r; p != nil; p = p.up {
		if p.raw.Kind != yaml.AliasNode && p.raw.Kind != yaml.ScalarNode && p.raw.Style&yaml.FlowStyle != 0 {
			return true
		}
	}
	return false
}

// inJSON reports whether the place lies in JSON: a flow mapping with quoted keys.
func (r Ref) inJSON() bool {
	return r.doc.json || r.inFlow() && (r.key == nil || r.key.Style&yaml.DoubleQuotedStyle != 0)
}

// nextAlias finds the first alias of an anchored node.
func (d *Document) nextAlias(anchored *yaml.Node) (Ref, bool) {
	if d.heirs == nil {
		d.heirs = map[*yaml.Node]Ref{}
		var walk func(Ref)
		walk = func(r Ref) {
			if r.raw.Kind == yaml.AliasNode {
				if _, had := d.heirs[r.raw.Alias]; !had {
					d.heirs[r.raw.Alias] = r
				}
				return
			}
			for _, item := range r.Items() {
				walk(item)
			}
			for _, e := range r.Entries() {
				walk(e.Value)
			}
		}
		walk(d.Root())
	}
	heir, ok := d.heirs[anchored]
	return heir, ok
}

package yamledit

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// removeSplices takes a pair with a scalar value out of a mapping.
func (d *Document) removeSplices(o op) ([]edit, error) {
	at := o.at
	if at.key.Kind != yaml.ScalarNode || at.raw.Anchor != "" {
		return nil, errUnsure
	}
	start, ok := d.offset(at.key)
	s, ok2 := d.scalarSpan(at)
	if !ok || !ok2 || at.key.Anchor != "" {
		return nil, errUnsure
	}
	if at.up.raw.Style&yaml.FlowStyle != 0 {
		return d.removeFromFlow(start, s.end)
	}
	line := d.starts[at.key.Line-1]
	if !onlySpaces(d.src[line:start]) {
		return nil, errUnsure // shares its line with a dash
	}
	end := s.end
	if d.src[end-1] != '\n' {
		end = lineEnd(d.src, end)
	}
	if d.allRemoved(*at.up) {
		return d.removeLast(at, line, end)
	}
	return []edit{{line, end, ""}}, nil
}

// allRemoved reports whether every pair of the mapping goes.
func (d *Document) allRemoved(mapping Ref) bool {
	if d.planned(insert, mapping) != nil {
		return false
	}
	for _, e := range mapping.Entries() { // ends at the first that stays
		if d.planned(remove, e.Value) == nil {
			return false
		}
	}
	return true
}

// removeLast takes a line out of a mapping that loses all its lines, and writes the
// empty mapping behind its key, since nothing at all would be null.
func (d *Document) removeLast(at Ref, line, end int) ([]edit, error) {
	up := at.up
	first := up.raw.Content[0] == at.key
	if !first {
		return []edit{{line, end, ""}}, nil
	}
	if up.key == nil || up.key.Line >= at.key.Line {
		return nil, errUnsure
	}
	keyEnd, ok := d.colonAfter(up.key)
	if !ok {
		return nil, errUnsure
	}
	return []edit{{keyEnd, keyEnd, " {}"}, {line, end, ""}}, nil
}

// colonAfter is the offset behind the colon of a key.
func (d *Document) colonAfter(key *yaml.Node) (int, bool) {
	s, ok := d.scalarSpan(Ref{doc: d, raw: key})
	if !ok || s.end >= len(d.src) || d.src[s.end] != ':' {
		return 0, false
	}
	return s.end + 1, true
}

// removeFromFlow takes an entry and one comma out of a flow mapping.
func (d *Document) removeFromFlow(start, end int) ([]edit, error) {
	rest := d.src[end:]
	if trimmed := bytes.TrimLeft(rest, " \t"); len(trimmed) > 0 && trimmed[0] == ',' {
		end += len(rest) - len(trimmed) + 1
		rest = d.src[end:]
		end += len(rest) - len(bytes.TrimLeft(rest, " \t\r\n"))
		return []edit{{start, end, ""}}, nil
	}
	head := bytes.TrimRight(d.src[:start], " \t\r\n")
	if len(head) > 0 && head[len(head)-1] == ',' {
		return []edit{{len(head) - 1, end, ""}}, nil
	}
	return []edit{{start, end, ""}}, nil
}

// emptied joins edits that touch the same bytes: entries that go one after the
// other may both claim the comma between them.
func (d *Document) emptied(edits []edit) []edit {
	var gone []*edit
	for i := range edits {
		if edits[i].text == "" {
			gone = append(gone, &edits[i])
		}
	}
	slices.SortStableFunc(gone, func(a, b *edit) int { return cmp.Compare(a.start, b.start) })
	for i := 1; i < len(gone); i++ {
		if a, b := gone[i-1], gone[i]; b.start < a.end && a.end < b.end {
			b.start = a.end
		}
	}
	return edits
}

// materialise writes out every alias behind which something changed.
func (d *Document) materialise(edits *[]edit, want *yaml.Node) error {
	done := map[opKey][]Ref{}
	for _, o := range d.ops {
		alias, ok := o.behindAlias()
		id := opKey{raw: alias.raw, index: alias.index}
		if !ok || slices.ContainsFunc(done[id], alias.same) {
			continue
		}
		done[id] = append(done[id], alias)
		if alias.key == nil || alias.up.inFlow() {
			return errUnsure
		}
		s, ok := d.scalarSpan(alias)
		if !ok {
			return errUnsure
		}
		text, err := encoded(alias.in(want))
		if err != nil {
			return errUnsure
		}
		start := s.start
		for start > 0 && d.src[start-1] == ' ' {
			start--
		}
		*edits = append(*edits, edit{start, s.end, d.nested(text, alias.key.Column+1, s.start)})
	}
	return nil
}

// nested puts a block below its key.
func (d *Document) nested(text string, indent, at int) string {
	var b strings.Builder
	eol := d.eol(at)
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		b.WriteString(eol)
		if line != "" {
			b.WriteString(strings.Repeat(" ", indent))
		}
		b.WriteString(line)
	}
	return b.String()
}

package yamledit

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/manifest/yamldoc"
)

// A merge key brings the pairs of other mappings. Helm, and whatever else reads with
// sigs.k8s.io/yaml, takes keys in the order in which they stand, so that a merge key
// takes the place of what stands before it (sigs.k8s.io/yaml@v1.6.0 yaml.go, Unmarshal;
// go.yaml.in/yaml/v2@v2.4.4 decode.go, mapping and merge); yaml.v3 and YAML itself
// (https://yaml.org/type/merge.html) let the mapping's own pairs win wherever they stand.
// What is written behind the merge keys is right for all of them.

// lastMerge is the last merge key of the mapping at the place.
func (r Ref) lastMerge() (Ref, bool) {
	var last Ref
	for _, m := range r.own("<<") {
		if isMerge(m) {
			last = m
		}
	}
	return last, last.Ok()
}

func isMerge(value Ref) bool { return yamldoc.IsMerge(value.key) }

// Holds reports whether the value is a pair of the mapping at the place itself, as
// opposed to one that a merge key of it brings.
func (r Ref) Holds(value Ref) bool { return value.up != nil && value.up.same(r) }

// Overruled reports whether a merge key that stands behind the value, a pair of the
// mapping at the place, brings the same key: then readers differ in which of the two they
// take.
func (r Ref) Overruled(key string, value Ref) bool { return r.mergedBehind(key, value.index).Ok() }

// behindAlias is the outermost alias that has to be written out for the edit. One that
// stands for the very collection that gets something more is one, too.
func (o op) behindAlias() (Ref, bool) {
	if alias, ok := o.at.behindAlias(); ok {
		return alias, true
	}
	return o.at, (o.verb == insert || o.verb == prepend) && o.at.raw.Kind == yaml.AliasNode
}

// behindMerge adds pairs behind a mapping's last merge key, which must end on one line.
func (d *Document) behindMerge(at, merge Ref, addition *yaml.Node) ([]edit, error) {
	end, ok := d.endOfMerge(merge)
	if !ok {
		return nil, errUnsure
	}
	if at.raw.Style&yaml.FlowStyle != 0 {
		return []edit{{end, end, ", " + strings.TrimSuffix(strings.TrimPrefix(flow(addition), "{"), "}")}}, nil
	}
	line := lineEnd(d.src, end)
	rest := bytes.TrimSpace(d.src[end:line])
	if len(rest) > 0 && rest[0] != '#' {
		return nil, errUnsure
	}
	return []edit{{line, line, d.indented(blockLines(addition), merge.key.Column-1, line)}}, nil
}

// endOfMerge is where the value of a merge key ends: an alias, or a list of them.
func (d *Document) endOfMerge(merge Ref) (int, bool) {
	if merge.raw.Kind == yaml.AliasNode {
		s, ok := d.scalarSpan(merge)
		return s.end, ok
	}
	items := merge.Items()
	if merge.raw.Kind != yaml.SequenceNode || merge.raw.Style&yaml.FlowStyle == 0 || len(items) == 0 {
		return 0, false
	}
	for _, item := range items {
		if item.raw.Kind != yaml.AliasNode {
			return 0, false
		}
	}
	s, ok := d.scalarSpan(items[len(items)-1])
	if !ok {
		return 0, false
	}
	rest := d.src[s.end:]
	close := len(rest) - len(bytes.TrimLeft(rest, " ,"))
	if close >= len(rest) || rest[close] != ']' {
		return 0, false
	}
	return s.end + close + 1, true
}

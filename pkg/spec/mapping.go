package spec

import (
	"fmt"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/manifest/yamldoc"
)

// entries gives the keys of a mapping with their values, merged ones last, and reports
// keys that are not text and keys that come twice.
func (l *loader) entries(n *yaml.Node, at *place) []entry {
	var out, merges []entry
	first := make(map[string]*yaml.Node, len(n.Content)/2)
	for _, e := range pairs(n) {
		e.key = target(e.key)
		if yamldoc.IsMerge(e.key) {
			merges = append(merges, e)
			continue
		}
		if e.key.Kind != yaml.ScalarNode {
			l.faultAt(e.key, at, "a key must be text", "")
			continue
		}
		if before, ok := first[e.key.Value]; ok {
			l.faultAt(e.key, at.key(e.key.Value), fmt.Sprintf("duplicate key, first on line %d", before.Line), "keep one of the two")
			continue
		}
		first[e.key.Value] = e.key
		if !isText(e.key) {
			l.faultAt(e.key, at.key(e.key.Value), "a key must be text: put it in quotes", "")
			continue
		}
		out = append(out, e)
	}
	for _, m := range merges {
		out = l.merge(m.value, at, out, first)
	}
	return out
}

// merge adds the entries of merged mappings whose keys are not there yet.
func (l *loader) merge(value *yaml.Node, at *place, out []entry, first map[string]*yaml.Node) []entry {
	l.enter(value, at, func(n *yaml.Node) {
		switch n.Kind {
		case yaml.SequenceNode:
			for _, item := range n.Content {
				out = l.merge(item, at, out, first)
			}
		case yaml.MappingNode:
			for _, e := range l.entries(n, at) {
				if _, ok := first[e.key.Value]; !ok {
					first[e.key.Value] = e.key
					out = append(out, e)
				}
			}
		default:
			l.faultAt(n, at, "a merge key takes a mapping or a list of mappings", "")
		}
	})
	return out
}

func (l *loader) mapping(n *yaml.Node, v reflect.Value, at *place, r *rules) {
	if n.Kind != yaml.MappingNode {
		l.wrongKind(n, at, "a mapping")
		return
	}
	entries := l.entries(n, at)
	v.Set(reflect.MakeMapWithSize(v.Type(), len(entries)))
	names := l.newNames()
	for _, e := range entries {
		here := at.key(e.key.Value)
		if l.deletions[e.value] {
			continue
		}
		key, ok := names.of(e.key, here)
		if ok {
			l.mapKey(key, e.key, here, r)
		}
		item := reflect.New(v.Type().Elem()).Elem()
		l.item(e.value, item, here, r)
		if ok {
			v.SetMapIndex(reflect.ValueOf(key), item)
		}
	}
}

// names are the keys of one mapping, with values for their placeholders.
type names struct {
	l    *loader
	seen map[string]*yaml.Node
}

func (l *loader) newNames() names { return names{l, map[string]*yaml.Node{}} }

// of is a key's text. It reports false where it has none, or the one of another key.
func (n names) of(key *yaml.Node, at *place) (string, bool) {
	text, ok := n.l.expand(key, at)
	if !ok {
		return "", false
	}
	if before := n.seen[text]; before != nil {
		n.l.faultAt(key, at, fmt.Sprintf("is the key %s, as that on line %d is", show(text), before.Line), "keep one of the two")
		return "", false
	}
	n.seen[text] = key
	return text, true
}

// mapKey tests a key; n is where it stands.
func (l *loader) mapKey(key string, n *yaml.Node, at *place, r *rules) {
	if r.keyEnum != nil && !slices.Contains(r.keyEnum, key) {
		l.faultAt(n, at, "unknown key", oneOfHint(key, r.keyEnum))
	}
	if l.shownText(key, n, at) && r.keyFormat != nil {
		if message, hint := r.keyFormat.test(key); message != "" {
			l.faultAt(n, at, message, hint)
		}
	}
}

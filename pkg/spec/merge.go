package spec

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// Several files are one: each is laid over those before it, as Helm does with values. Mappings
// are merged, and null deletes (https://helm.sh/docs/chart_template_guide/values_files/); of
// lists of named things, those of one name are merged, and all other lists replace the one
// before them.

// namedLists are those lists, and by which keys their elements are told apart: the first is the
// name, the second tells those of one name apart, and may be left out.
var namedLists = map[string][2]string{
	"policies":           {"name", ""},
	"serviceAccounts":    {"name", "namespace"},
	"workloadKinds":      {"kind", "group"},
	"cluster.additional": {"name", ""},
}

// origins say which of several files a node is from. It is nil where there is one file.
type origins struct {
	paths []string
	of    map[*yaml.Node]int
}

func newOrigins(paths []string, docs []*yaml.Node) *origins {
	if len(paths) < 2 {
		return nil
	}
	o := &origins{paths, map[*yaml.Node]int{}}
	var mark func(n *yaml.Node, file int)
	mark = func(n *yaml.Node, file int) {
		o.of[n] = file
		for _, c := range n.Content {
			mark(c, file)
		}
	}
	for i, d := range docs {
		mark(d, i)
	}
	return o
}

// file is the one that a node is from; empty where there is one file.
func (o *origins) file(n *yaml.Node) string {
	if o == nil || n == nil {
		return ""
	}
	return o.paths[o.of[n]]
}

// like gives a node that was made the origin of another.
func (o *origins) like(made, other *yaml.Node) *yaml.Node {
	made.Line, made.Column = other.Line, other.Column
	o.of[made] = o.of[other]
	return made
}

// layOver lays one node over another.
func (l *loader) layOver(base, over *yaml.Node, at *place) (out *yaml.Node) {
	out = over
	l.enter(base, at, func(b *yaml.Node) {
		l.enter(over, at, func(o *yaml.Node) {
			switch {
			case b.Kind == yaml.MappingNode && o.Kind == yaml.MappingNode:
				out = l.mergeMappings(b, o, at)
			case b.Kind == yaml.SequenceNode && o.Kind == yaml.SequenceNode && namedLists[at.String()][0] != "":
				out = l.mergeLists(b, o, at)
			}
		})
	})
	return out
}

func (l *loader) mergeMappings(base, over *yaml.Node, at *place) *yaml.Node {
	out := l.origins.like(&yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}, base)
	above := l.entries(over, at)
	byKey := make(map[string]entry, len(above))
	for _, e := range above {
		byKey[e.key.Value] = e
	}
	below := map[string]bool{}
	for _, e := range l.entries(base, at) {
		below[e.key.Value] = true
		o, ok := byKey[e.key.Value]
		switch {
		case !ok:
			out.Content = append(out.Content, e.key, e.value)
		case !isNull(target(o.value)):
			out.Content = append(out.Content, o.key, l.layOver(e.value, o.value, at.key(e.key.Value)))
		}
	}
	for _, e := range above {
		if !below[e.key.Value] {
			l.nothingToDelete(e.value)
			out.Content = append(out.Content, e.key, e.value)
		}
	}
	return out
}

// nothingToDelete notes the nulls of a value that no file before has.
func (l *loader) nothingToDelete(n *yaml.Node) {
	switch {
	case isNull(target(n)):
		l.deletions[n] = true
	case n.Kind == yaml.MappingNode:
		for _, e := range pairs(n) {
			l.nothingToDelete(e.value)
		}
	}
}

// mergeLists merges the elements of one name, and puts those that are new behind the others.
func (l *loader) mergeLists(base, over *yaml.Node, at *place) *yaml.Node {
	keys := namedLists[at.String()]
	out := l.origins.like(&yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}, base)
	out.Content = append(out.Content, base.Content...)
	merged := map[int]bool{}
	for i, item := range over.Content {
		same := alike(base.Content, item, keys)
		switch {
		case len(same) == 0, len(same) == 1 && merged[same[0]]: // twice in one file is a fault of its own
			out.Content = append(out.Content, item)
		case len(same) == 1:
			merged[same[0]] = true
			out.Content[same[0]] = l.layOver(out.Content[same[0]], item, at.elem(same[0]))
		default:
			l.faultAt(item, at.elem(i), fmt.Sprintf("the files before have %d entries of the %s %s", len(same), keys[0], show(textOf(item, keys[0]))), fmt.Sprintf("write its %s too", keys[1]))
		}
	}
	return out
}

// alike are the elements that an element of a later file is laid over: those with its name, and,
// where both say it, with its second key. One that says both as it does goes before all others.
func alike(items []*yaml.Node, over *yaml.Node, keys [2]string) []int {
	name, second := textOf(over, keys[0]), textOf(over, keys[1])
	var out []int
	for i, item := range items {
		if name == "" || textOf(item, keys[0]) != name {
			continue
		}
		switch its := textOf(item, keys[1]); {
		case its == second:
			return []int{i}
		case its == "" || second == "":
			out = append(out, i)
		}
	}
	return out
}

// textOf is the text of a key of a mapping; empty where there is none.
func textOf(n *yaml.Node, key string) string {
	if key == "" {
		return ""
	}
	if e, ok := lookup(target(n), key, map[*yaml.Node]bool{}); ok {
		if v := target(e.value); v.Kind == yaml.ScalarNode {
			return v.Value
		}
	}
	return ""
}

package yamledit

import (
	"sort"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

func hasAlias(n *yaml.Node) bool {
	if n.Kind == yaml.AliasNode {
		return true
	}
	for _, c := range n.Content {
		if hasAlias(c) {
			return true
		}
	}
	return false
}

// expandedSize counts the nodes that the tree has once aliases are written out,
// up to a little more than MaxNodes. An alias inside its own anchor counts as too many.
func expandedSize(root *yaml.Node) int {
	sizes := map[*yaml.Node]int{}
	const open = -1
	var count func(*yaml.Node) int
	count = func(n *yaml.Node) int {
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		if size, ok := sizes[n]; ok {
			if size == open {
				return MaxNodes + 1
			}
			return size
		}
		if n.Anchor != "" {
			sizes[n] = open
		}
		size := 1
		for _, c := range n.Content {
			if size += count(c); size > MaxNodes {
				size = MaxNodes + 1
				break
			}
		}
		if n.Anchor != "" {
			sizes[n] = size
		}
		return size
	}
	return count(root)
}

// expand copies a tree with its aliases written out and its anchors gone, merge
// keys kept as keys: a tree of the same shape, in which every place is a node of its own.
func expand(n *yaml.Node) *yaml.Node {
	src := deref(n)
	out := *src
	out.Anchor = ""
	out.Content = make([]*yaml.Node, len(src.Content))
	for i, c := range src.Content {
		out.Content[i] = expand(c)
	}
	return &out
}

type pair struct {
	id         string
	key, value *yaml.Node
}

// pairs gives a mapping's pairs sorted by key, those of merge keys included where
// the mapping has none of its own (https://yaml.org/type/merge.html).
func pairs(n *yaml.Node) []pair {
	var out []pair
	seen := map[string]bool{}
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].ShortTag() == "!!merge" {
			merges = append(merges, n.Content[i+1])
			continue
		}
		p := pair{id: identity(n.Content[i]), key: n.Content[i], value: n.Content[i+1]}
		seen[p.id] = true
		out = append(out, p)
	}
	for _, m := range merges {
		out = append(out, merged(deref(m), seen)...)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].id < out[j].id })
	return out
}

func merged(source *yaml.Node, seen map[string]bool) []pair {
	var out []pair
	switch source.Kind {
	case yaml.SequenceNode:
		for _, c := range source.Content {
			out = append(out, merged(deref(c), seen)...)
		}
	case yaml.MappingNode:
		for _, p := range pairs(source) {
			if !seen[p.id] {
				seen[p.id] = true
				out = append(out, p)
			}
		}
	}
	return out
}

// identity tells keys apart; two keys of one identity are the same key.
func identity(key *yaml.Node) string {
	key = deref(key)
	if key.Kind == yaml.ScalarNode {
		return key.ShortTag() + " " + key.Value
	}
	var b strings.Builder
	for _, c := range key.Content {
		b.WriteString(identity(c))
		b.WriteByte(0)
	}
	return b.String()
}

package yamledit

import (
	"slices"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/manifest/yamldoc"
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

// expand copies a tree with its aliases written out and its anchors gone, merge
// keys kept as keys: a tree of the same shape, in which every place is a node of its own.
func expand(n *yaml.Node) *yaml.Node {
	src := yamldoc.Deref(n)
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
		if yamldoc.IsMerge(n.Content[i]) {
			merges = append(merges, n.Content[i+1])
			continue
		}
		p := pair{id: identity(n.Content[i]), key: n.Content[i], value: n.Content[i+1]}
		seen[p.id] = true
		out = append(out, p)
	}
	for _, m := range merges {
		for _, source := range yamldoc.Merged(m) {
			out = append(out, unseen(source, seen)...)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].id < out[j].id })
	return out
}

// unseen gives the pairs of a mapping that is merged, but for those that there are already.
func unseen(source *yaml.Node, seen map[string]bool) []pair {
	var out []pair
	if source.Kind != yaml.MappingNode {
		return nil
	}
	for _, p := range pairs(source) {
		if !seen[p.id] {
			seen[p.id] = true
			out = append(out, p)
		}
	}
	return out
}

// helmPairs gives a mapping's pairs as Helm takes them, each key once: in the order in which
// they stand, what comes later, be it by a merge key, takes the place of what came before.
func helmPairs(n *yaml.Node) []pair {
	var out []pair
	at := map[string]int{}
	take := func(p pair) {
		if i, ok := at[p.id]; ok {
			out[i] = p
			return
		}
		at[p.id] = len(out)
		out = append(out, p)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if !yamldoc.IsMerge(n.Content[i]) {
			take(pair{id: identity(n.Content[i]), key: n.Content[i], value: n.Content[i+1]})
			continue
		}
		for _, source := range slices.Backward(yamldoc.Merged(n.Content[i+1])) {
			if source.Kind == yaml.MappingNode {
				for _, p := range helmPairs(source) {
					take(p)
				}
			}
		}
	}
	return out
}

// mergesWritten copies a tree that has no aliases with its merge keys written out, as Helm
// takes them.
func mergesWritten(n *yaml.Node) *yaml.Node {
	out := *n
	out.Content = nil
	if n.Kind == yaml.MappingNode && hasMerge(n) {
		for _, p := range helmPairs(n) {
			out.Content = append(out.Content, p.key, mergesWritten(p.value))
		}
		return &out
	}
	for _, c := range n.Content {
		out.Content = append(out.Content, mergesWritten(c))
	}
	return &out
}

// losesCollection reports whether some mapping has a collection under a key that a merge key
// behind it brings as well, or such a merge key brings one: Helm takes that of the merge key,
// and what is written into the other one is lost.
func losesCollection(n *yaml.Node) bool {
	if n.Kind == yaml.MappingNode && hasMerge(n) && mergeTakes(n) {
		return true
	}
	return slices.ContainsFunc(n.Content, losesCollection)
}

func mergeTakes(n *yaml.Node) bool {
	had := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if !yamldoc.IsMerge(n.Content[i]) {
			had[identity(n.Content[i])] = n.Content[i+1]
			continue
		}
		for _, source := range yamldoc.Merged(n.Content[i+1]) {
			if source.Kind != yaml.MappingNode {
				continue
			}
			for _, p := range helmPairs(source) {
				own := had[p.id]
				if own != nil && (isCollection(own) || isCollection(p.value)) {
					return true
				}
			}
		}
	}
	return false
}

func isCollection(n *yaml.Node) bool { return yamldoc.Deref(n).Kind != yaml.ScalarNode }

// identity tells keys apart; two keys of one identity are the same key.
func identity(key *yaml.Node) string {
	key = yamldoc.Deref(key)
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

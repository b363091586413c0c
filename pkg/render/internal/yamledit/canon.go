package yamledit

import (
	"sort"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

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

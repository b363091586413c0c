package yamledit

import "go.yaml.in/yaml/v3"

// Pair is a key and its value, to be added to a mapping.
type Pair struct {
	Key   string
	Value *yaml.Node
}

// Str makes a string scalar, Map a mapping and Seq a sequence, for what is added.
func Str(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
}

// Map makes a mapping of the pairs.
func Map(pairs ...Pair) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, p := range pairs {
		n.Content = append(n.Content, Str(p.Key), p.Value)
	}
	return n
}

// Seq makes a sequence of the items.
func Seq(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: items}
}

// op is one planned edit.
type op struct {
	verb  verb
	at    Ref          // the scalar (set), the mapping (insert), the sequence (prepend), the pair's value (remove)
	value string       // set
	pairs []Pair       // insert
	items []*yaml.Node // prepend
}

type verb int

const (
	set verb = iota
	insert
	prepend
	remove
)

// Set plans that the scalar, null or alias at the place becomes the string value.
func (d *Document) Set(at Ref, value string) {
	d.add(op{verb: set, at: at, value: value})
}

// Insert plans that the mapping or null at the place gets one more pair.
func (d *Document) Insert(at Ref, key string, value *yaml.Node) {
	if o := d.planned(insert, at); o != nil {
		o.pairs = append(o.pairs, Pair{key, value})
		return
	}
	d.add(op{verb: insert, at: at, pairs: []Pair{{key, value}}})
}

// Prepend plans that the sequence or null at the place gets one more element, before
// those that it has and behind those that were planned before.
func (d *Document) Prepend(at Ref, item *yaml.Node) {
	if o := d.planned(prepend, at); o != nil {
		o.items = append(o.items, item)
		return
	}
	d.add(op{verb: prepend, at: at, items: []*yaml.Node{item}})
}

// Remove plans that the pair whose value is at the place goes.
func (d *Document) Remove(at Ref) {
	if d.planned(remove, at) == nil {
		d.add(op{verb: remove, at: at})
	}
}

// same reports whether two Refs of one document are the same place.
func (r Ref) same(other Ref) bool {
	if r.raw != other.raw || r.index != other.index || (r.up == nil) != (other.up == nil) {
		return false
	}
	return r.up == nil || r.up.same(*other.up)
}

// applyTo makes the edits on a tree of the document's shape in which every place is a node
// of its own. What is added is copied, since the tree may go, and the edits be made again
// on another.
func applyTo(root *yaml.Node, ops []op) {
	// Places are found before anything moves.
	nodes := make([]*yaml.Node, len(ops))
	for i, o := range ops {
		nodes[i] = o.at.in(root)
	}
	gone := map[*yaml.Node]bool{}
	for i, o := range ops {
		switch n := nodes[i]; o.verb {
		case set:
			*n = *withStyle(Str(o.value), n)
		case insert:
			become(n, yaml.MappingNode, "!!map")
			for _, p := range o.pairs {
				n.Content = append(n.Content, Str(p.Key), expand(p.Value))
			}
		case prepend:
			become(n, yaml.SequenceNode, "!!seq")
			added := make([]*yaml.Node, 0, len(o.items)+len(n.Content))
			for _, item := range o.items {
				added = append(added, expand(item))
			}
			n.Content = append(added, n.Content...)
		case remove:
			gone[n] = true
		}
	}
	if len(gone) > 0 {
		sweep(root, gone)
	}
}

// withStyle keeps the quotes and comments of the scalar that is replaced.
func withStyle(n, old *yaml.Node) *yaml.Node {
	n.Style = old.Style &^ yaml.TaggedStyle
	n.HeadComment, n.LineComment, n.FootComment = old.HeadComment, old.LineComment, old.FootComment
	return n
}

// become turns a null or an empty collection into the wanted one.
func become(n *yaml.Node, kind yaml.Kind, tag string) {
	if n.Kind != kind {
		n.Kind, n.Tag, n.Value, n.Style = kind, tag, "", 0
	}
	if len(n.Content) == 0 {
		n.Style = 0
	}
}

// sweep takes the pairs out whose values are gone.
func sweep(n *yaml.Node, gone map[*yaml.Node]bool) {
	if n.Kind != yaml.MappingNode {
		for _, c := range n.Content {
			sweep(c, gone)
		}
		return
	}
	kept := n.Content[:0:0]
	for i := 0; i+1 < len(n.Content); i += 2 {
		if gone[n.Content[i+1]] {
			continue
		}
		sweep(n.Content[i+1], gone)
		kept = append(kept, n.Content[i], n.Content[i+1])
	}
	n.Content = kept
}

package yamledit

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/manifest/yamldoc"
)

// Ref is one place in a document: a node and the way to it. The zero Ref is nowhere.
type Ref struct {
	doc   *Document
	up    *Ref
	key   *yaml.Node // the key, where the place is a mapping's value
	raw   *yaml.Node // the node as written, perhaps an alias
	index int        // pair number in a mapping, element number in a sequence
}

// Root is the document's root.
func (d *Document) Root() Ref {
	if d.root == nil {
		return Ref{}
	}
	return Ref{doc: d, raw: d.root}
}

// Ok reports whether the place exists.
func (r Ref) Ok() bool { return r.raw != nil }

// Node is the node at the place, behind any alias; nil for the zero Ref.
func (r Ref) Node() *yaml.Node { return yamldoc.Deref(r.raw) }

// Raw is the node as it is written at the place, perhaps an alias: it tells places apart.
func (r Ref) Raw() *yaml.Node { return r.raw }

// Way tells places of one node apart: it names the aliases on the way to it, and is empty
// where there are none.
func (r Ref) Way() string {
	way := ""
	for p := r.up; p != nil; p = p.up {
		if p.raw.Kind == yaml.AliasNode {
			way += fmt.Sprintf("%p ", p.raw)
		}
	}
	return way
}

// IsMap, IsSeq and IsNull report the kind of the node at the place.
func (r Ref) IsMap() bool  { n := r.Node(); return n != nil && n.Kind == yaml.MappingNode }
func (r Ref) IsSeq() bool  { n := r.Node(); return n != nil && n.Kind == yaml.SequenceNode }
func (r Ref) IsNull() bool { n := r.Node(); return n != nil && yamldoc.IsNull(n) }

// Text is the scalar at the place; empty for null, collections and the zero Ref.
func (r Ref) Text() string {
	n := r.Node()
	if n == nil || n.Kind != yaml.ScalarNode || yamldoc.IsNull(n) {
		return ""
	}
	return n.Value
}

// Is reports whether the scalar at the place is the string value. A true or 1 that
// is not in quotes is no string, though its Text is the same.
func (r Ref) Is(value string) bool {
	n := r.Node()
	return n != nil && n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" && n.Value == value
}

// Line is the 1-based line of the place in the document.
func (r Ref) Line() int {
	if r.key != nil {
		return r.key.Line
	}
	if r.raw == nil {
		return 0
	}
	return r.raw.Line
}

// All gives every value that the mapping at the place has under key, in order of
// appearance: more than one where the key is repeated, which Helm accepts. A value
// that comes through a merge key is given only where the mapping itself has none.
func (r Ref) All(key string) []Ref {
	if own := r.own(key); len(own) > 0 {
		return own
	}
	if merged := r.mergedBehind(key, -1); merged.Ok() {
		return []Ref{merged}
	}
	return nil
}

// mergedBehind gives the value that Helm takes from the merge keys of the mapping that stand
// behind its pair of a number; the zero Ref where they bring none. None leads back to itself:
// Parse refuses that.
func (r Ref) mergedBehind(key string, number int) Ref {
	if !r.doc.mayMerge() {
		return Ref{}
	}
	for _, merge := range slices.Backward(r.own("<<")) {
		if !isMerge(merge) || merge.index < number {
			continue
		}
		sources := []Ref{merge}
		if merge.IsSeq() {
			sources = merge.Items()
		}
		for _, source := range sources {
			if found := source.get(key); found.Ok() {
				return found
			}
		}
	}
	return Ref{}
}

func (d *Document) mayMerge() bool { return d != nil && d.merge }

func (r Ref) own(key string) []Ref {
	n := r.Node()
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	numbers := r.doc.pairsOf(n, key)
	if len(numbers) == 0 {
		return nil
	}
	up := r // one for all of them
	out := make([]Ref, len(numbers))
	for at, i := range numbers {
		out[at] = Ref{doc: r.doc, up: &up, key: n.Content[2*i], raw: n.Content[2*i+1], index: i}
	}
	return out
}

// Get gives the value that counts under each key in turn, as Helm takes it: what stands
// last, be it by a merge key; the zero Ref where there is none.
func (r Ref) Get(keys ...string) Ref {
	for _, key := range keys {
		r = r.get(key)
	}
	return r
}

func (r Ref) get(key string) Ref {
	own := r.own(key)
	last := Ref{index: -1}
	if len(own) > 0 {
		last = own[len(own)-1]
	}
	if merged := r.mergedBehind(key, last.index); merged.Ok() {
		return merged
	}
	if len(own) == 0 {
		return Ref{}
	}
	return last
}

// Entries gives every pair of the mapping at the place, without those of merge keys.
func (r Ref) Entries() []Entry {
	n := r.Node()
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	up := r
	out := make([]Entry, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		out = append(out, Entry{
			Key:   yamldoc.Deref(n.Content[i]).Value,
			Value: Ref{doc: r.doc, up: &up, key: n.Content[i], raw: n.Content[i+1], index: i / 2},
		})
	}
	return out
}

// Entry is one pair of a mapping.
type Entry struct {
	Key   string
	Value Ref
}

// Items gives the elements of the sequence at the place.
func (r Ref) Items() []Ref {
	n := r.Node()
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil
	}
	up := r
	out := make([]Ref, len(n.Content))
	for i, item := range n.Content {
		out[i] = Ref{doc: r.doc, up: &up, raw: item, index: i}
	}
	return out
}

// Up is the place that r stands in.
func (r Ref) Up() (Ref, bool) {
	if r.up == nil {
		return Ref{}, false
	}
	return *r.up, true
}

// Inherited reports whether the value at the place comes through a merge key, so
// that setting it there would change every mapping that merges it.
func (r Ref) Inherited() bool {
	for p := &r; p != nil; p = p.up {
		if p.key != nil && yamldoc.IsMerge(p.key) {
			return true
		}
	}
	return false
}

// behindAlias gives the outermost place above r that is written as an alias.
func (r Ref) behindAlias() (Ref, bool) {
	var found *Ref
	for p := r.up; p != nil; p = p.up {
		if p.raw.Kind == yaml.AliasNode {
			found = p
		}
	}
	if found == nil {
		return Ref{}, false
	}
	return *found, true
}

// in finds the same place in another tree of the same shape.
func (r Ref) in(root *yaml.Node) *yaml.Node {
	if r.up == nil {
		return root
	}
	n := r.up.in(root)
	if n.Kind == yaml.MappingNode {
		return n.Content[2*r.index+1]
	}
	return n.Content[r.index]
}

package yamledit

import (
	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/manifest/yamldoc"
)

// opKey tells places apart nearly always: two of one key are looked at closely. Behind an
// alias several places share a node.
type opKey struct {
	verb  verb
	raw   *yaml.Node
	index int
}

// planned finds the edit of a kind that is planned for a place already.
func (d *Document) planned(v verb, at Ref) *op {
	for _, i := range d.opsAt[opKey{v, at.raw, at.index}] {
		if d.ops[i].at.same(at) {
			return &d.ops[i]
		}
	}
	return nil
}

// add plans an edit.
func (d *Document) add(o op) {
	if d.opsAt == nil {
		d.opsAt = map[opKey][]int{}
	}
	k := opKey{o.verb, o.at.raw, o.at.index}
	d.opsAt[k] = append(d.opsAt[k], len(d.ops))
	d.ops = append(d.ops, o)
}

// manyPairs is where an index of a mapping's keys is worth its room, once manyLooks were
// taken at it: that of 260,000 keys takes 30 MB, and most mappings are looked at for a
// few keys only.
const (
	manyPairs = 32
	manyLooks = 16
)

// pairsOf gives the numbers of the pairs that a mapping has under a key. The tree must not
// have changed: edits are made on it last.
func (d *Document) pairsOf(n *yaml.Node, key string) []int {
	if keys := d.keys[n]; keys != nil {
		return keys[key]
	}
	if len(n.Content) >= 2*manyPairs {
		if d.looks == nil {
			d.keys, d.looks = map[*yaml.Node]map[string][]int{}, map[*yaml.Node]int{}
		}
		if d.looks[n]++; d.looks[n] > manyLooks {
			d.keys[n] = indexed(n)
			return d.keys[n][key]
		}
	}
	var out []int
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := yamldoc.Deref(n.Content[i]); k.Kind == yaml.ScalarNode && k.Value == key {
			out = append(out, i/2)
		}
	}
	return out
}

// indexed numbers a mapping's pairs by key.
func indexed(n *yaml.Node) map[string][]int {
	keys := make(map[string][]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := yamldoc.Deref(n.Content[i]); k.Kind == yaml.ScalarNode {
			keys[k.Value] = append(keys[k.Value], i/2)
		}
	}
	return keys
}

package yamledit

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/manifest/yamldoc"
)

// digest stands for what a tree means: two trees have the same one where they have the
// same kinds, tags and values, aliases and merge keys written out; comments and styles
// aside. Pairs of one mapping may stand in another order, but repeated keys keep theirs.
// Merge keys are written out in both ways in which readers do: the mapping's own pairs win,
// and what stands last wins, as Helm has it.
//
// The edited tree and what the edited bytes read as are compared by it, so that the first
// can go before the second is made: a document of 13 MB makes a tree of 100 to 350 MB.
// SHA-256 leaves no two trees that a chart could make to look the same.
type digest [sha256.Size]byte

// meaning is the digest of a tree: one hash of all that is in it, in one order; of both ways
// to take merge keys where they differ.
func meaning(n *yaml.Node) digest {
	m := meters.Get().(*meter)
	defer meters.Put(m)
	m.helm, m.merges = false, false
	own := m.sum(n)
	if !m.merges {
		return own
	}
	m.helm = true
	if last := m.sum(n); last != own {
		return sha256.Sum256(append(own[:], last[:]...))
	}
	return own
}

// sum is the digest of a tree in one way to take merge keys.
func (m *meter) sum(n *yaml.Node) digest {
	m.to.Reset()
	m.used = 0
	m.node(n)
	m.flush()
	var d digest
	m.to.Sum(d[:0])
	return d
}

// meters are those that are not in use: small documents are hashed often.
var meters = sync.Pool{New: func() any { return &meter{to: sha256.New()} }}

// meter hashes a tree. Small writes are gathered: most values are short, and a write to
// the hash costs more than they do.
type meter struct {
	to   hash.Hash
	room [1024]byte
	used int
	// merges is true once a merge key was seen, and helm where those are taken as Helm does.
	merges, helm bool
}

func (m *meter) flush() {
	m.to.Write(m.room[:m.used]) // a hash takes everything
	m.used = 0
}

// size writes a number, in a form of one length.
func (m *meter) size(n int) {
	if m.used+8 > len(m.room) {
		m.flush()
	}
	binary.LittleEndian.PutUint64(m.room[m.used:], uint64(n))
	m.used += 8
}

// text writes its length first, so that no two texts can be taken for two others.
func (m *meter) text(s string) {
	m.size(len(s))
	for {
		n := copy(m.room[m.used:], s)
		m.used += n
		if s = s[n:]; s == "" {
			return
		}
		m.flush()
	}
}

// node writes its kind and how much follows, so that no kind and no two lengths can be
// taken for one another.
func (m *meter) node(n *yaml.Node) {
	n = yamldoc.Deref(n)
	m.size(int(n.Kind))
	switch n.Kind {
	case yaml.ScalarNode:
		m.text(n.ShortTag())
		m.text(n.Value)
	case yaml.MappingNode:
		m.mapping(n)
	default:
		m.size(len(n.Content))
		for _, c := range n.Content {
			m.node(c)
		}
	}
}

// mapping writes the pairs in the order of their keys.
func (m *meter) mapping(n *yaml.Node) {
	if hasMerge(n) {
		m.merges = true
		own := pairs(n)
		if m.helm {
			own = helmPairs(n)
		}
		flat := make([]*yaml.Node, 0, 2*len(own))
		for _, p := range own {
			flat = append(flat, p.key, p.value)
		}
		m.ordered(flat)
		return
	}
	m.ordered(n.Content)
}

// ordered writes pairs, keys and values in turn. Two keys are in order where their kinds
// and texts are; keys that are collections are put in the order of their digests.
func (m *meter) ordered(flat []*yaml.Node) {
	count := len(flat) / 2
	m.size(count)
	var room [32]keyed
	keys := room[:0]
	if count > len(room) {
		keys = make([]keyed, 0, count)
	}
	for i := range count {
		keys = append(keys, keyOf(flat[2*i], i))
	}
	if !slices.IsSortedFunc(keys, keyed.compare) {
		slices.SortFunc(keys, keyed.compare)
	}
	for _, k := range keys {
		if k.tag != "" {
			m.node(flat[2*k.at])
		} else {
			// Its digest again: hashed anew, keys in keys would cost twice as much at each depth.
			// No kind is of the number that its length is.
			m.text(k.value)
		}
		m.node(flat[2*k.at+1])
	}
}

// keyed is a key by which pairs are put in order, and the number of its pair.
type keyed struct {
	tag, value string
	at         int
}

func keyOf(key *yaml.Node, at int) keyed {
	if key = yamldoc.Deref(key); key.Kind == yaml.ScalarNode {
		return keyed{key.ShortTag(), key.Value, at}
	}
	sum := meaning(key)
	return keyed{"", string(sum[:]), at} // no scalar is without a tag
}

// compare keeps the order of repeated keys.
func (k keyed) compare(other keyed) int {
	return cmp.Or(strings.Compare(k.value, other.value), strings.Compare(k.tag, other.tag), cmp.Compare(k.at, other.at))
}

func hasMerge(n *yaml.Node) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if yamldoc.IsMerge(n.Content[i]) {
			return true
		}
	}
	return false
}

// release lets go of a tree, whoever still holds one of its nodes. Lines stay.
func release(n *yaml.Node) {
	for _, c := range n.Content {
		release(c)
	}
	n.Content, n.Value, n.Alias = nil, "", nil
}

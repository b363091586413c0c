package yamledit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// digest stands for what a tree means: two trees have the same one where they have the
// same kinds, tags and values, aliases and merge keys written out; comments and styles
// aside. Pairs of one mapping may stand in another order, but repeated keys keep theirs.
//
// The edited tree and what the edited bytes read as are compared by it, so that the first
// can go before the second is made: a document of 13 MB makes a tree of 100 to 350 MB.
// SHA-256 leaves no two trees that a chart could make to look the same.
type digest [sha256.Size]byte

// sum is a pair's digests of key and value.
type sum struct{ key, value digest }

// meaning is the digest of a tree.
func meaning(n *yaml.Node) digest {
	n = deref(n)
	switch n.Kind {
	case yaml.ScalarNode:
		return ofScalar(n)
	case yaml.MappingNode:
		return ofMapping(n)
	}
	h := sha256.New()
	writeHead(h.Write, n.Kind, len(n.Content))
	for _, c := range n.Content {
		d := meaning(c)
		h.Write(d[:])
	}
	return digest(h.Sum(nil))
}

// writeHead begins what is hashed: no kind can be taken for another, and no two lengths
// for one another.
func writeHead(write func([]byte) (int, error), kind yaml.Kind, size int) {
	var head [9]byte
	head[0] = byte(kind)
	binary.LittleEndian.PutUint64(head[1:], uint64(size))
	_, _ = write(head[:]) // a hash takes everything
}

// ofScalar hashes tag and value. Most are short, and cost no memory.
func ofScalar(n *yaml.Node) digest {
	tag := n.ShortTag()
	var room [256]byte
	buf := append(room[:0], byte(n.Kind))
	buf = binary.LittleEndian.AppendUint64(buf, uint64(len(tag)))
	buf = append(buf, tag...)
	if len(buf)+len(n.Value) <= len(room) {
		return sha256.Sum256(append(buf, n.Value...))
	}
	h := sha256.New()
	h.Write(buf)
	for rest := n.Value; rest != ""; {
		n := copy(room[:], rest)
		h.Write(room[:n])
		rest = rest[n:]
	}
	return digest(h.Sum(nil))
}

func ofMapping(n *yaml.Node) digest {
	sums := make([]sum, 0, len(n.Content)/2)
	if hasMerge(n) {
		for _, p := range pairs(n) {
			sums = append(sums, sum{meaning(p.key), meaning(p.value)})
		}
	} else {
		for i := 0; i+1 < len(n.Content); i += 2 {
			sums = append(sums, sum{meaning(n.Content[i]), meaning(n.Content[i+1])})
		}
	}
	slices.SortStableFunc(sums, func(a, b sum) int { return bytes.Compare(a.key[:], b.key[:]) })
	h := sha256.New()
	writeHead(h.Write, n.Kind, len(sums))
	for i := range sums {
		h.Write(sums[i].key[:])
		h.Write(sums[i].value[:])
	}
	return digest(h.Sum(nil))
}

func hasMerge(n *yaml.Node) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].ShortTag() == "!!merge" {
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

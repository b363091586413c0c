package yamldoc

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// MaxNodes bounds what aliases may expand to: they can make a short text a tree without end.
// The largest public chart document seen has some 40,000 nodes.
const MaxNodes = 2_000_000

// ErrAliasBomb is a document whose aliases stand for more nodes than MaxNodes.
var ErrAliasBomb = fmt.Errorf("its aliases expand to more than %d nodes", MaxNodes)

// CheckAliases looks at a tree before anybody follows its aliases. It gives the alias that
// makes them stand for more than MaxNodes, or that stands inside its own anchor, and
// ErrAliasBomb; nil where there is none.
func CheckAliases(root *yaml.Node) (*yaml.Node, error) {
	c := aliasCount{sizes: map[*yaml.Node]int{}}
	c.size(root)
	if c.bomb != nil {
		return c.bomb, ErrAliasBomb
	}
	return nil, nil
}

// aliasCount walks a tree in the order of the text, so that an anchor is known before its
// aliases, and never goes through one.
type aliasCount struct {
	sizes map[*yaml.Node]int // of anchored nodes, aliases written out
	added int                // what all aliases so far stand for
	bomb  *yaml.Node
}

// size is how many nodes a tree has once aliases are written out.
func (c *aliasCount) size(n *yaml.Node) int {
	if n.Kind == yaml.AliasNode {
		size, whole := c.sizes[n.Alias]
		if c.added += size; (!whole || c.added > MaxNodes) && c.bomb == nil {
			c.bomb = n
		}
		return size
	}
	size := 1
	for _, child := range n.Content {
		if c.bomb != nil {
			return size
		}
		size += c.size(child)
	}
	if n.Anchor != "" {
		c.sizes[n] = size
	}
	return size
}

// Deref is the node that an alias stands for, or the node itself.
func Deref(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// IsMerge reports whether a mapping's key is a merge key (https://yaml.org/type/merge.html).
func IsMerge(key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && key.Value == "<<" && key.ShortTag() == "!!merge"
}

// Merged gives what the value of a merge key names, one or several, of which the first wins.
// What is no mapping is given too.
func Merged(value *yaml.Node) []*yaml.Node {
	value = Deref(value)
	if value.Kind != yaml.SequenceNode {
		return []*yaml.Node{value}
	}
	out := make([]*yaml.Node, len(value.Content))
	for i, n := range value.Content {
		out[i] = Deref(n)
	}
	return out
}

package spec

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/manifest/yamldoc"
)

// place is where a value stands in the document: a chain of keys and indexes. A nil place is the root.
type place struct {
	up    *place
	name  string
	index int // -1 for a key
}

func (p *place) key(name string) *place { return &place{up: p, name: name, index: -1} }
func (p *place) elem(i int) *place      { return &place{up: p, index: i} }

var plainKey = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]+$`) })

// String is the dotted path as ParsePath reads it: a.b[0]["c.d"].
func (p *place) String() string {
	if p == nil {
		return ""
	}
	up := p.up.String()
	switch {
	case p.index >= 0:
		return up + "[" + strconv.Itoa(p.index) + "]"
	case !plainKey().MatchString(p.name):
		return up + "[" + strconv.Quote(p.name) + "]"
	case up == "":
		return p.name
	}
	return strings.Join([]string{up, p.name}, ".")
}

// find gives the key and the value at a place, or those of its nearest ancestor
// that the document has. The key is nil for the root and for list elements.
func (l *loader) find(p *place) (key, value *yaml.Node) {
	if p == nil {
		return nil, l.root
	}
	upKey, up := l.find(p.up)
	up = target(up)
	if p.index >= 0 {
		if up.Kind == yaml.SequenceNode && p.index < len(up.Content) {
			return nil, up.Content[p.index]
		}
		return upKey, up
	}
	if e, ok := lookup(up, p.name, map[*yaml.Node]bool{}); ok {
		return e.key, e.value
	}
	return upKey, up
}

// lookup finds a key of a mapping, merged mappings included. Mappings that were searched
// are not searched again: merge keys can name one over and over, and even name themselves.
func lookup(n *yaml.Node, name string, searched map[*yaml.Node]bool) (entry, bool) {
	if n.Kind != yaml.MappingNode || searched[n] {
		return entry{}, false
	}
	searched[n] = true
	for _, e := range pairs(n) {
		if e.key.Value == name && !yamldoc.IsMerge(e.key) {
			return e, true
		}
	}
	for _, e := range pairs(n) {
		if !yamldoc.IsMerge(e.key) {
			continue
		}
		for _, m := range yamldoc.Merged(e.value) {
			if found, ok := lookup(m, name, searched); ok {
				return found, true
			}
		}
	}
	return entry{}, false
}

package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// present is which fields of a type a mapping has.
type present struct {
	node  *yaml.Node
	at    *place
	rules *structRules
	// seen has an entry for each field, empty where the mapping has none.
	seen []entry
	// given are the fields that are there and not empty.
	given []int
	// meant are the fields that misspelt keys stand for; they are not reported as missing too.
	meant []string
}

// presence checks which fields are there: those that are required, those of which
// exactly one is given, and those that exclude the others.
func (l *loader) presence(p present, t reflect.Type) {
	for i, f := range p.rules.fields {
		e := p.seen[i]
		if e.key != nil && isGiven(target(e.value), t.Field(f.index).Type) {
			p.given = append(p.given, i)
		}
		switch {
		case !f.required || slices.Contains(p.meant, f.name):
		case e.key == nil:
			l.faultAt(p.node, p.at.key(f.name), "is missing", missingHint(f))
		case isEmptyCollection(target(e.value)):
			l.faultAt(e.value, p.at.key(f.name), "is empty", "write at least one")
		}
	}
	l.exactlyOne(p)
	l.excluded(p)
}

func missingHint(f rules) string {
	if len(f.enum) == 1 {
		return fmt.Sprintf("add \"%s: %s\"", f.name, f.enum[0])
	}
	return fmt.Sprintf("add \"%s: …\"", f.name)
}

func isEmptyCollection(n *yaml.Node) bool {
	return (n.Kind == yaml.SequenceNode || n.Kind == yaml.MappingNode) && len(n.Content) == 0
}

// isGiven says whether a value is more than the way to write that there is none.
func isGiven(n *yaml.Node, t reflect.Type) bool {
	switch {
	case isEmptyCollection(n):
		return t.Kind() == reflect.Pointer
	case n.Kind != yaml.ScalarNode:
		return true
	case n.ShortTag() == "!!bool":
		return isTrue(n)
	}
	return n.Value != ""
}

// exactlyOne checks the fields with the oneof tag. Of several, the fault is at the last.
func (l *loader) exactlyOne(p present) {
	names := p.rules.oneofNames()
	misspelt := slices.ContainsFunc(p.meant, func(m string) bool { return slices.Contains(names, m) })
	if names == nil || misspelt {
		return
	}
	var have []string
	last := p.node
	for _, i := range p.given {
		if !p.rules.fields[i].oneof {
			continue
		}
		if k := p.seen[i].key; have == nil || comesAfter(k, last) {
			last = k
		}
		have = append(have, p.rules.fields[i].name)
	}
	switch len(have) {
	case 0:
		l.faultAt(p.node, p.at, "nothing is given", "write exactly one of "+strings.Join(names, ", "))
	case 1:
	default:
		l.faultAt(last, p.at, strings.Join(have, " and ")+" exclude each other", "keep one of them")
	}
}

func comesAfter(a, b *yaml.Node) bool {
	return a.Line > b.Line || a.Line == b.Line && a.Column > b.Column
}

// excluded reports the fields beside one that excludes all others.
func (l *loader) excluded(p present) {
	for _, i := range p.given {
		by := p.rules.fields[i]
		if !by.excludes {
			continue
		}
		for _, j := range p.given {
			if j != i {
				l.faultAt(p.seen[j].key, p.at.key(p.rules.fields[j].name), "excluded by "+by.name, "drop it, or drop "+by.name)
			}
		}
	}
}

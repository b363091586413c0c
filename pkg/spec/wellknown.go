package spec

import (
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// WellKnownPolicy is one entry of the catalogue that a role gets: its name alone, or its name
// and parameters. Which names and parameters there are, pkg/catalog knows.
type WellKnownPolicy struct {
	Name       string              `yaml:"-"`
	Parameters []WellKnownSettings `yaml:"-"`
	// Place is where the entry stands in the file.
	Place Place `yaml:"-"`
}

// WellKnownSettings are the values of one parameter: those of a list, or a single one.
type WellKnownSettings struct {
	Name   string          `yaml:"-"`
	Values []WellKnownText `yaml:"-"`
	// Place is where the parameter's name stands in the file.
	Place Place `yaml:"-"`
}

// WellKnownText is one value of a parameter, and where it stands in the file.
type WellKnownText struct {
	Text  string `yaml:"-"`
	Place Place  `yaml:"-"`
}

// Place is a key or value in irsa.yaml, for the faults of those who know more of it than this
// package: the position, 1-based, and the dotted path.
type Place struct {
	// File is the one of several files; empty where there is one.
	File         string
	Line, Column int
	Field        string
}

// Fault makes a fault of what is wrong at the place. The hint may be empty.
func (p Place) Fault(message, hint string) Fault {
	return Fault{File: p.File, Line: p.Line, Column: p.Column, Field: p.Field, Message: message, Hint: hint}
}

var wellKnownType = reflect.TypeFor[WellKnownPolicy]()

func (l *loader) placeAt(n *yaml.Node, at *place) Place {
	return Place{File: l.origins.file(n), Line: max(n.Line, 1), Column: max(n.Column, 1), Field: at.String()}
}

const wellKnownHint = `write a name such as certManager, or a name with parameters: {externalDNS: {hostedZoneIDs: [Z0123456789]}}`

// wellKnown reads a name, or a mapping of one name to parameters.
func (l *loader) wellKnown(n *yaml.Node, w *WellKnownPolicy, at *place) {
	if n.Kind == yaml.ScalarNode {
		w.Place = l.placeAt(n, at)
		l.text(n, reflect.ValueOf(&w.Name).Elem(), at, wellKnownRules())
		return
	}
	if n.Kind != yaml.MappingNode {
		l.mustBe(n, at, "a name, or a name with its parameters", wellKnownHint)
		return
	}
	entries := l.entries(n, at)
	if len(entries) != 1 {
		l.faultAt(n, at, "must name exactly one entry of the catalogue", wellKnownHint)
		return
	}
	key := entries[0].key
	here := at.key(key.Value)
	w.Place = l.placeAt(key, at)
	if !l.mapKeyText(key, here) {
		return
	}
	w.Name = key.Value
	l.enter(entries[0].value, here, func(n *yaml.Node) { l.wellKnownParameters(n, w, here) })
}

// wellKnownListHint shows the list for who wrote a mapping, as eksctl has it:
// wellKnownPolicies: {externalDNS: true}.
func wellKnownListHint(n *yaml.Node) string {
	var names []string
	for _, e := range pairs(n) {
		if value := target(e.value); value.Kind != yaml.ScalarNode || isTrue(value) {
			names = append(names, show(target(e.key).Value))
		}
	}
	if names == nil {
		return wellKnownHint
	}
	return fmt.Sprintf("write [%s]", strings.Join(names, ", "))
}

func (l *loader) wellKnownParameters(n *yaml.Node, w *WellKnownPolicy, at *place) {
	if isNull(n) {
		l.faultAt(n, at, "has no value", "write the name alone where it needs no parameters")
		return
	}
	if n.Kind != yaml.MappingNode {
		l.mustBe(n, at, "a mapping of parameters", "write the name alone where it needs none")
		return
	}
	for _, e := range l.entries(n, at) {
		here := at.key(e.key.Value)
		if !l.mapKeyText(e.key, here) {
			continue
		}
		p := WellKnownSettings{Name: e.key.Value, Place: l.placeAt(e.key, here)}
		l.enter(e.value, here, func(n *yaml.Node) { p.Values = l.wellKnownValues(n, here) })
		w.Parameters = append(w.Parameters, p)
	}
}

// wellKnownValues reads text, or a list of texts.
func (l *loader) wellKnownValues(n *yaml.Node, at *place) []WellKnownText {
	if n.Kind != yaml.SequenceNode {
		return l.wellKnownValue(nil, n, at)
	}
	if len(n.Content) == 0 {
		l.faultAt(n, at, "is empty", "write at least one value, or drop the parameter")
	}
	var out []WellKnownText
	for i, item := range n.Content {
		here := at.elem(i)
		l.enter(item, here, func(item *yaml.Node) { out = l.wellKnownValue(out, item, here) })
	}
	return out
}

func (l *loader) wellKnownValue(out []WellKnownText, n *yaml.Node, at *place) []WellKnownText {
	v := WellKnownText{Place: l.placeAt(n, at)}
	if isNull(n) {
		l.faultAt(n, at, "has no value", "write one, or drop the line")
		return append(out, v)
	}
	l.text(n, reflect.ValueOf(&v.Text).Elem(), at, wellKnownRules())
	return append(out, v)
}

// mapKeyText tests a key that is a name: it is not empty, and hides nothing.
func (l *loader) mapKeyText(key *yaml.Node, at *place) bool {
	if key.Value == "" {
		l.faultAt(key, at, "a name is empty", "")
		return false
	}
	return l.shown(key, at)
}

// wellKnownRules are what every name and value there is held to.
func wellKnownRules() *rules { return &rules{required: true, format: formatNamed("plainText")} }

// wellKnownSchema is what wellKnown reads.
func wellKnownSchema() object {
	text := textSchema(*wellKnownRules())
	name := text[1:]
	values := object{{"anyOf", []object{text, {{"type", "array"}, {"minItems", 1}, {"items", text}}}}}
	parameters := object{{"type", "object"}, {"propertyNames", name}, {"additionalProperties", values}}
	named := object{{"type", "object"}, {"minProperties", 1}, {"maxProperties", 1}, {"propertyNames", name}, {"additionalProperties", parameters}}
	return object{{"anyOf", []object{text, named}}}
}

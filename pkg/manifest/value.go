package manifest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Number is a number as it was written.
type Number = json.Number

// limits of one document: aliases can make a short text a tree without end.
const (
	maxNodes = 2_000_000
	maxDepth = 500
)

// planter makes plain values of YAML nodes: map[string]any, []any, string, number, bool
// and nil. Of a key that comes twice the last counts, as in Helm.
type planter struct{ nodes int }

type treeError struct {
	Line int
	what string
}

func (e *treeError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.what) }

func (p *planter) plant(n *yaml.Node, depth int) (any, error) {
	if p.nodes++; p.nodes > maxNodes || depth > maxDepth {
		return nil, &treeError{n.Line, "the document is nested too deep, or too large"}
	}
	switch n.Kind {
	case yaml.DocumentNode:
		if len(n.Content) == 0 {
			return nil, nil
		}
		return p.plant(n.Content[0], depth+1)
	case yaml.AliasNode:
		return p.plant(n.Alias, depth+1)
	case yaml.MappingNode:
		return p.mapping(n, depth)
	case yaml.SequenceNode:
		out := make([]any, 0, len(n.Content))
		for _, item := range n.Content {
			v, err := p.plant(item, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	}
	return scalar(n), nil
}

// Value makes plain values of a node. The error names the line in the document.
func Value(n *yaml.Node) (any, error) { return (&planter{}).plant(n, 0) }

func scalar(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int", "!!float":
		return Number(n.Value)
	}
	return n.Value
}

// mapping reads a mapping; what `<<` merges stands behind the mapping's own keys.
func (p *planter) mapping(n *yaml.Node, depth int) (any, error) {
	out, merged := make(map[string]any, len(n.Content)/2), map[string]any{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		v, err := p.plant(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.ShortTag() == "!!merge" {
			merge(merged, v)
			continue
		}
		if key.Kind != yaml.ScalarNode {
			return nil, &treeError{key.Line, "a key is no text"}
		}
		out[key.Value] = v
	}
	for k, v := range merged {
		if _, own := out[k]; !own {
			out[k] = v
		}
	}
	return out, nil
}

// merge adds a mapping, or several of which the first counts.
func merge(into map[string]any, v any) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, item := range list {
		m, _ := item.(map[string]any)
		for k, value := range m {
			if _, has := into[k]; !has {
				into[k] = value
			}
		}
	}
}

// Dig follows keys; nil where there is nothing.
func Dig(v any, keys ...string) any {
	for _, k := range keys {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[k]
	}
	return v
}

// Text follows keys to a text; empty where there is none.
func Text(v any, keys ...string) string {
	s, _ := Dig(v, keys...).(string)
	return s
}

// Mapping follows keys to a mapping; nil where there is none.
func Mapping(v any, keys ...string) map[string]any {
	m, _ := Dig(v, keys...).(map[string]any)
	return m
}

// List follows keys to a list; nil where there is none.
func List(v any, keys ...string) []any {
	l, _ := Dig(v, keys...).([]any)
	return l
}

// Plain writes a scalar as text; false for what is none.
func Plain(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case Number:
		return string(v), true
	case bool:
		return fmt.Sprint(v), true
	}
	return "", false
}

// SortedKeys are the keys of a mapping, sorted.
func SortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// Walk calls visit for every value below v with its path; a list's elements have [N].
// Where visit gives false, it goes no deeper.
func Walk(v any, path string, visit func(path, key string, v any) bool) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range SortedKeys(v) {
			p := Join(path, k)
			if visit(p, k, v[k]) {
				Walk(v[k], p, visit)
			}
		}
	case []any:
		for i, item := range v {
			p := path + "[" + strconv.Itoa(i) + "]"
			if visit(p, "", item) {
				Walk(item, p, visit)
			}
		}
	}
}

// Join adds a key to a path, in the form that irsa.yaml has for keys with dots.
func Join(path, key string) string {
	if strings.ContainsAny(key, `./[]" `) {
		return path + fmt.Sprintf("[%q]", key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// KindOf says what a value is, for messages: an object, a list, the text "x".
func KindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case string:
		return fmt.Sprintf("the text %q", Cut(v))
	}
	return fmt.Sprint(v)
}

// Cut is a text of at most 60 characters, for messages.
func Cut(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

package verify

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// number is a number as it was written.
type number = json.Number

// limits of one document: aliases can make a short text a tree without end.
const (
	maxNodes = 2_000_000
	maxDepth = 500
)

// planter makes plain values of YAML nodes: map[string]any, []any, string, number, bool
// and nil. Of a key that comes twice the last counts, as in Helm.
type planter struct{ nodes int }

type treeError struct {
	line int
	what string
}

func (e *treeError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.what) }

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

func scalar(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int", "!!float":
		return number(n.Value)
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

// dig follows keys; nil where there is nothing.
func dig(v any, keys ...string) any {
	for _, k := range keys {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[k]
	}
	return v
}

func text(v any, keys ...string) string {
	s, _ := dig(v, keys...).(string)
	return s
}

func mapping(v any, keys ...string) map[string]any {
	m, _ := dig(v, keys...).(map[string]any)
	return m
}

func list(v any, keys ...string) []any {
	l, _ := dig(v, keys...).([]any)
	return l
}

// plain writes a scalar as text; false for what is none.
func plain(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case number:
		return string(v), true
	case bool:
		return fmt.Sprint(v), true
	}
	return "", false
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// walk calls visit for every value below v with its path; a list's elements have [N].
// Where visit gives false, it goes no deeper.
func walk(v any, path string, visit func(path, key string, v any) bool) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range sortedKeys(v) {
			p := join(path, k)
			if visit(p, k, v[k]) {
				walk(v[k], p, visit)
			}
		}
	case []any:
		for i, item := range v {
			p := path + "[" + strconv.Itoa(i) + "]"
			if visit(p, "", item) {
				walk(item, p, visit)
			}
		}
	}
}

// join adds a key to a path, in the form that irsa.yaml has for keys with dots.
func join(path, key string) string {
	if strings.ContainsAny(key, `./[]" `) {
		return path + fmt.Sprintf("[%q]", key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

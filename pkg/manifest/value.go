package manifest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/manifest/yamldoc"
)

// Number is a number as it was written.
type Number = json.Number

// maxDepth bounds how deep the values of one document are nested.
const maxDepth = 500

// valueError is a tree that has no plain values.
type valueError struct {
	Line int
	what string
}

func (e *valueError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.what) }

// Value makes plain values of a node that Parse gave: map[string]any, []any, string, number,
// bool and nil. Repeated keys and merge keys count as for Helm, which reads with
// sigs.k8s.io/yaml: the last one wins. The error names the line in the document.
func Value(n *yaml.Node) (any, error) {
	v, err := valueOf(n, 0)
	if err != nil {
		return nil, err
	}
	return v, nil
}

func valueOf(n *yaml.Node, depth int) (any, *valueError) {
	if depth > maxDepth {
		return nil, &valueError{n.Line, "the document is nested too deep"}
	}
	switch n.Kind {
	case yaml.DocumentNode:
		if len(n.Content) == 0 {
			return nil, nil
		}
		return valueOf(n.Content[0], depth+1)
	case yaml.AliasNode:
		return valueOf(n.Alias, depth+1)
	case yaml.MappingNode:
		return mappingOf(n, depth)
	case yaml.SequenceNode:
		out := make([]any, 0, len(n.Content))
		for _, item := range n.Content {
			v, err := valueOf(item, depth+1)
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
		return Number(n.Value)
	}
	if b, ok := oldBool(n); ok {
		return b
	}
	return n.Value
}

// oldBool is what Helm takes for true or false beside those words: YAML 1.1's others, where
// they are not in quotes (go.yaml.in/yaml/v2@v2.4.4 resolve.go, resolveMapList). Single letters
// stay text, though Helm takes y and n so too: people shorten the names in what they paste.
func oldBool(n *yaml.Node) (value, ok bool) {
	if n.Kind != yaml.ScalarNode || n.Style != 0 {
		return false, false
	}
	switch n.Value {
	case "yes", "Yes", "YES", "on", "On", "ON":
		return true, true
	case "no", "No", "NO", "off", "Off", "OFF":
		return false, true
	}
	return false, false
}

// keyOf is a key as text.
func keyOf(n *yaml.Node) string {
	if b, ok := oldBool(n); ok {
		return strconv.FormatBool(b)
	}
	return n.Value
}

// mappingOf reads pairs in the order in which they stand, so that a merge key takes the place
// of what stands before it (sigs.k8s.io/yaml@v1.6.0 yaml.go, Unmarshal; go.yaml.in/yaml/v2@v2.4.4
// decode.go, mapping and merge). Of several mappings that are merged the first wins.
func mappingOf(n *yaml.Node, depth int) (any, *valueError) {
	out := make(map[string]any, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := yamldoc.Deref(n.Content[i])
		if yamldoc.IsMerge(key) {
			for _, source := range slices.Backward(yamldoc.Merged(n.Content[i+1])) {
				v, err := valueOf(source, depth+1)
				if err != nil {
					return nil, err
				}
				if m, ok := v.(map[string]any); ok {
					maps.Copy(out, m)
				}
			}
			continue
		}
		if key.Kind != yaml.ScalarNode {
			return nil, &valueError{key.Line, "a key is no text"}
		}
		v, err := valueOf(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		out[keyOf(key)] = v
	}
	return out, nil
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

package discover

import (
	"strconv"
	"strings"
)

// Path leads to a value: keys, and elements of lists as [0].
type Path []string

// String is the path as --set takes it.
func (p Path) String() string {
	var b strings.Builder
	for i, part := range p {
		if _, ok := element(part); ok {
			b.WriteString(part)
			continue
		}
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(strings.NewReplacer(`\`, `\\`, `.`, `\.`, `,`, `\,`, `=`, `\=`, `[`, `\[`).Replace(part))
	}
	return b.String()
}

// With is the path and one more part; p stays as it is.
func (p Path) With(part ...string) Path { return append(p[:len(p):len(p)], part...) }

// Last is the last key; empty for an empty path.
func (p Path) Last() string {
	if len(p) == 0 {
		return ""
	}
	return p[len(p)-1]
}

func element(part string) (int, bool) {
	if !strings.HasPrefix(part, "[") || !strings.HasSuffix(part, "]") {
		return 0, false
	}
	n, err := strconv.Atoi(part[1 : len(part)-1])
	return n, err == nil && n >= 0
}

// Lookup is the value at the path, and whether there is one.
func Lookup(v any, p Path) (any, bool) {
	for _, part := range p {
		if i, ok := element(part); ok {
			items, _ := v.([]any)
			if i >= len(items) {
				return nil, false
			}
			v = items[i]
			continue
		}
		m, _ := v.(map[string]any)
		next, ok := m[part]
		if !ok {
			return nil, false
		}
		v = next
	}
	return v, true
}

// Store puts a value at the path of values that are the caller's. Helm replaces a list as a
// whole, so where the path leads through one, it is taken from whole, the values with the
// chart's own. It reports whether the path could be followed: a null of the caller's takes the
// chart's values away, and nothing is put below it.
func Store(values map[string]any, whole any, p Path, v any) bool {
	m := values
	for i, key := range p[:len(p)-1] {
		next, ok := m[key]
		if _, list := element(p[i+1]); list {
			if !ok {
				found, _ := Lookup(whole, p[:i+1])
				next = Clone(found)
				m[key] = next
			}
			return storeElement(next, whole, p[i+1:], v)
		}
		if !ok {
			next = map[string]any{}
			m[key] = next
		}
		if m, ok = next.(map[string]any); !ok {
			return false
		}
	}
	m[p.Last()] = v
	return true
}

func storeElement(list, whole any, p Path, v any) bool {
	items, _ := list.([]any)
	i, _ := element(p[0])
	if i >= len(items) || len(p) == 1 {
		return false
	}
	below, ok := items[i].(map[string]any)
	// Below a list nothing is merged with the chart's values: what is there is all there is.
	return ok && Store(below, below, p[1:], v)
}

// Clone copies mappings and lists.
func Clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, item := range v {
			out[k] = Clone(item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = Clone(item)
		}
		return out
	}
	return v
}

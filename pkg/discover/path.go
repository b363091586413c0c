package discover

import (
	"cmp"
	"maps"
	"strconv"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
)

// valuePath leads to a value: keys, and elements of lists as [0].
type valuePath []string

// String is the path as --set takes it.
func (p valuePath) String() string {
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

// with is the path and one more part; p stays as it is.
func (p valuePath) with(part ...string) valuePath { return append(p[:len(p):len(p)], part...) }

// last is the last key; empty for an empty path.
func (p valuePath) last() string {
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

// lookup is the value at the path, and whether there is one.
func lookup(v any, p valuePath) (any, bool) {
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

// store puts a value at the path of values that are the caller's. Helm replaces a list as a
// whole, so where the path leads through one, it is taken from whole, the values with the
// chart's own. It reports whether the path could be followed: a null of the caller's takes the
// chart's values away, and nothing is put below it.
func store(values map[string]any, whole any, p valuePath, v any) bool {
	m := values
	for i, key := range p[:len(p)-1] {
		next, ok := m[key]
		if _, list := element(p[i+1]); list {
			if !ok {
				found, _ := lookup(whole, p[:i+1])
				next = clone(found)
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
	m[p.last()] = v
	return true
}

func storeElement(list, whole any, p valuePath, v any) bool {
	items, _ := list.([]any)
	i, _ := element(p[0])
	if i >= len(items) || len(p) == 1 {
		return false
	}
	below, ok := items[i].(map[string]any)
	// Below a list nothing is merged with the chart's values: what is there is all there is.
	return ok && store(below, below, p[1:], v)
}

// clone copies mappings and lists.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, item := range v {
			out[k] = clone(item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = clone(item)
		}
		return out
	}
	return v
}

// scope is a chart among those that are rendered, and where its values stand.
type scope struct {
	chart *chart.Chart
	at    valuePath
	// name is the chart's own, which an alias hides.
	name string
}

// scopes are the chart and the charts below it; names are those that aliases hide.
func scopes(c *chart.Chart, at valuePath, names map[string]string) []*scope {
	out := []*scope{{c, at, cmp.Or(names[at.String()], c.Name())}}
	for _, sub := range c.Dependencies() {
		out = append(out, scopes(sub, at.with(sub.Name()), names)...)
	}
	return out
}

// aliased are the names of charts that have an alias, by where their values stand. Helm's library
// gives a chart its alias for a name, and forgets the other.
func aliased(c *chart.Chart, at valuePath) map[string]string {
	out := map[string]string{}
	for _, d := range c.Metadata.Dependencies {
		for _, sub := range c.Dependencies() {
			if sub.Name() != d.Name {
				continue
			}
			here := at.with(cmp.Or(d.Alias, d.Name))
			out[here.String()] = d.Name
			maps.Copy(out, aliased(sub, here))
		}
	}
	return out
}

package discover

import (
	"fmt"
	"slices"
	"strings"
)

// roleKey is the annotation that matters.
const roleKey = "eks.amazonaws.com/role-arn"

// Way is a value by which annotations come onto a service account.
type Way struct {
	// Path is the value's, and RoleARN is true where it takes the role's ARN, and nothing else.
	Path    string
	RoleARN bool
	// Number tells values apart: one value that leads to several service accounts has one number.
	Number int
	// Keys are the path's parts. Text is true where the value is read as text with YAML in it, and
	// Before is the text that is there.
	Keys   Path
	Text   bool
	Before string
}

// Ways are the values that lead to the annotations of the service account, the best first: those
// of its own before those that others have too, mappings before ARNs, the most specific before
// others.
func (r *Result) Ways(a *ServiceAccount) []Way {
	out := slices.Clone(a.Ways)
	slices.SortStableFunc(out, func(x, y Way) int {
		if n := len(r.Sharing(x)) - len(r.Sharing(y)); n != 0 {
			return n
		}
		if x.RoleARN != y.RoleARN {
			if y.RoleARN {
				return -1
			}
			return 1
		}
		return len(y.Keys) - len(x.Keys)
	})
	return out
}

// Sharing are the service accounts that the value leads to.
func (r *Result) Sharing(w Way) []*ServiceAccount {
	var out []*ServiceAccount
	for i := range r.ServiceAccounts {
		if slices.ContainsFunc(r.ServiceAccounts[i].Ways, func(o Way) bool { return o.Number == w.Number }) {
			out = append(out, &r.ServiceAccounts[i])
		}
	}
	return out
}

// Put adds an annotation to values by way of w: to a mapping, behind a text, or as the role's ARN
// alone. It reports whether the value takes it.
func (r *Result) Put(w Way, into map[string]any, key, value string) bool {
	switch {
	case w.RoleARN:
		return key == roleKey && Store(into, r.Whole, w.Keys, value)
	case w.Text:
		before := w.Before
		if v, ok := Lookup(into, w.Keys); ok {
			before, _ = v.(string)
		}
		return Store(into, r.Whole, w.Keys, fmt.Sprintf("%s%s: %q\n", without(before, key), key, value))
	default:
		return Store(into, r.Whole, w.Keys.With(key), value)
	}
}

// without is a text of annotations, a line each, without those of a key; it ends with a line's end.
func without(text, key string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		name, _, found := strings.Cut(line, ":")
		if !found || strings.Trim(name, " \t\"'") != key {
			b.WriteString(line)
		}
	}
	if out := b.String(); out == "" || strings.HasSuffix(out, "\n") {
		return out
	}
	return b.String() + "\n"
}

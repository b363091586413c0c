package discover

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// Render gives what the chart comes to as a stream, like helm template, hooks included.
func Render(o Options) ([]byte, error) {
	e, err := newEngine(o)
	if err != nil {
		return nil, err
	}
	files, err := e.files(nil)
	if err != nil {
		return nil, e.explain(err)
	}
	var out bytes.Buffer
	for _, file := range manifest.SortedKeys(files) {
		if isManifest(file, files[file]) {
			fmt.Fprintf(&out, "---\n# Source: %s\n%s\n", file, strings.TrimSpace(files[file]))
		}
	}
	return out.Bytes(), nil
}

// Way is a value by which annotations come onto a service account.
type Way struct {
	// Path is the value's, and RoleARN is true where it takes the role's ARN, and nothing else.
	Path    string
	RoleARN bool

	candidate *candidate
	whole     map[string]any
}

// Ways are the values that lead to the annotations of the service account, the best first: those
// of its own before those that others have too, mappings before ARNs, the most specific before
// others.
func (r *Result) Ways(a *ServiceAccount) []Way {
	out := slices.Clone(a.ways)
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
		return len(y.candidate.path) - len(x.candidate.path)
	})
	return out
}

// Sharing are the service accounts that the value leads to.
func (r *Result) Sharing(w Way) []*ServiceAccount {
	var out []*ServiceAccount
	for i := range r.ServiceAccounts {
		if slices.ContainsFunc(r.ServiceAccounts[i].ways, func(o Way) bool { return o.candidate == w.candidate }) {
			out = append(out, &r.ServiceAccounts[i])
		}
	}
	return out
}

// Put adds an annotation to values: to a mapping, behind a text, or as the role's ARN alone. It
// reports whether the value takes it.
func (w Way) Put(into map[string]any, key, value string) bool {
	switch c := w.candidate; {
	case w.RoleARN:
		return key == roleKey && store(into, w.whole, c.path, value)
	case c.text:
		before, _ := c.before.(string)
		if v, ok := lookup(into, c.path); ok {
			before, _ = v.(string)
		}
		if before != "" && !strings.HasSuffix(before, "\n") {
			before += "\n"
		}
		return store(into, w.whole, c.path, fmt.Sprintf("%s%s: %q\n", before, key, value))
	default:
		return store(into, w.whole, c.path.with(key), value)
	}
}

package export

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// patch is one of kustomize's, without a target or with one
// (https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/patches/).
type patch struct {
	// merge is a strategic merge patch, which names its object: where there is none, kustomize
	// fails.
	merge map[string]any
	// target selects what operations are done on: where it selects nothing, kustomize does
	// nothing, and says nothing.
	target     map[string]any
	operations []operation
}

// operation is one of a JSON patch (RFC 6902).
type operation struct {
	op, path string
	value    any
}

// change is an object of a release before and after.
type change struct {
	before, after *manifest.Object
	// twin says that another object has its kind and name, in a namespace.
	twin bool
}

// difference is what one stream has more than another: other objects, and more.
func difference(before, after *manifest.Objects) (changed []change, added []*manifest.Object) {
	had := map[string][]*manifest.Object{}
	for i := range before.List {
		o := &before.List[i]
		had[identity(o)] = append(had[identity(o)], o)
	}
	for i := range after.List {
		o := &after.List[i]
		all := had[identity(o)]
		if len(all) == 0 {
			added = append(added, o)
			continue
		}
		had[identity(o)] = all[1:]
		if !reflect.DeepEqual(all[0].Body, o.Body) {
			changed = append(changed, change{all[0], o, slices.ContainsFunc(before.List, func(other manifest.Object) bool {
				return other.Kind == o.Kind && other.Name == o.Name && other.Namespace != o.Namespace
			})})
		}
	}
	return changed, added
}

func identity(o *manifest.Object) string {
	return strings.Join([]string{o.APIVersion, o.Kind, o.Namespace, o.Name}, "\x00")
}

// patches make of an object what it is to be.
func (c change) patches() []patch {
	who := map[string]any{"apiVersion": c.before.APIVersion, "kind": c.before.Kind, "metadata": map[string]any{"name": c.before.Name}}
	if c.before.Namespace != "" {
		who["metadata"].(map[string]any)["namespace"] = c.before.Namespace
	}
	if merge, ok := mergePatch(c.before.Body, c.after.Body); ok {
		return []patch{{merge: over(who, merge)}}
	}
	// The first changes nothing: it fails where the object is gone, since the second does not.
	target := map[string]any{"kind": c.before.Kind, "name": regexp.QuoteMeta(c.before.Name), "version": manifest.VersionOf(c.before.APIVersion)}
	if group := c.before.Group(); group != "" {
		target["group"] = group
	}
	switch {
	case c.before.Namespace != "":
		target["namespace"] = regexp.QuoteMeta(c.before.Namespace)
	case c.twin:
		target["namespace"] = "default" // what kustomize takes none for (kyaml/resid, EffectiveNamespace)
	}
	return []patch{{merge: who}, {target: target, operations: operations("", c.before.Body, c.after.Body)}}
}

// over is a mapping with another laid over it.
func over(a, b map[string]any) map[string]any {
	out := map[string]any{}
	for key, v := range a {
		out[key] = v
	}
	for key, v := range b {
		below, ok := v.(map[string]any)
		if under, both := out[key].(map[string]any); ok && both {
			v = over(under, below)
		}
		out[key] = v
	}
	return out
}

// mergePatch is what a merge of mappings makes of one the other. ok is false where lists are
// concerned, which are merged by each kind's own rules, and where a text of several lines is
// replaced, which is held against the old one first.
func mergePatch(a, b map[string]any) (out map[string]any, ok bool) {
	out = map[string]any{}
	for key := range a {
		if _, stays := b[key]; !stays {
			out[key] = nil
		}
	}
	for key, v := range b {
		old, was := a[key]
		if was && reflect.DeepEqual(old, v) {
			continue
		}
		from, was := old.(map[string]any)
		to, is := v.(map[string]any)
		switch {
		case was && is:
			if out[key], ok = mergePatch(from, to); !ok {
				return nil, false
			}
		case v == nil || hasList(old) || hasList(v) || longText(old):
			return nil, false
		default:
			out[key] = v
		}
	}
	return out, true
}

func hasList(v any) bool {
	if _, ok := v.([]any); ok {
		return true
	}
	m, _ := v.(map[string]any)
	for _, below := range m {
		if hasList(below) {
			return true
		}
	}
	return false
}

func longText(v any) bool {
	s, ok := v.(string)
	return ok && strings.Contains(s, "\n")
}

// operations make of one value the other. What a chart could change beneath them is tested
// first, so that the patch fails then.
func operations(at string, a, b any) []operation {
	if reflect.DeepEqual(a, b) {
		return nil
	}
	if from, ok := a.(map[string]any); ok {
		if to, ok := b.(map[string]any); ok {
			return mappingOperations(at, from, to)
		}
	}
	if from, ok := a.([]any); ok {
		if to, ok := b.([]any); ok {
			if out, ok := listOperations(at, from, to); ok {
				return out
			}
		}
	}
	return []operation{{"test", at, a}, {"replace", at, b}}
}

func mappingOperations(at string, a, b map[string]any) (out []operation) {
	for _, key := range manifest.SortedKeys(a) {
		if _, stays := b[key]; !stays {
			out = append(out, operation{op: "remove", path: at + pointer(key)})
		}
	}
	for _, key := range manifest.SortedKeys(b) {
		if old, was := a[key]; was {
			out = append(out, operations(at+pointer(key), old, b[key])...)
		} else {
			out = append(out, operation{"add", at + pointer(key), b[key]})
		}
	}
	return out
}

// listOperations change elements, or put some between them; ok is false for more than that.
func listOperations(at string, a, b []any) (out []operation, ok bool) {
	if len(a) == len(b) {
		for i := range a {
			changed := operations(at+pointer(strconv.Itoa(i)), a[i], b[i])
			if name := manifest.Dig(a[i], "name"); len(changed) > 0 && name != nil && reflect.DeepEqual(name, manifest.Dig(b[i], "name")) {
				out = append(out, operation{"test", at + pointer(strconv.Itoa(i)) + "/name", name})
			}
			out = append(out, changed...)
		}
		return out, true
	}
	rest := a
	for i, v := range b {
		if len(rest) > 0 && reflect.DeepEqual(rest[0], v) {
			rest = rest[1:]
			continue
		}
		out = append(out, operation{"add", at + pointer(strconv.Itoa(i)), v})
	}
	return out, len(rest) == 0
}

// pointer is a step of a JSON pointer (RFC 6901).
func pointer(key string) string {
	return "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
}

// text is the patch as text of YAML.
func (p patch) text() string {
	var y yamlLines
	if p.target == nil {
		y.mapping(0, p.merge)
		return y.String()
	}
	for _, o := range p.operations {
		y.line(0, "- op: %s", o.op)
		y.line(2, "path: %s", yamlString(o.path))
		if o.op != "remove" {
			y.WriteString("  ")
			y.entry(2, "value", o.value)
		}
	}
	return y.String()
}

// said is what a change is about, for notes.
func (c change) said() string { return c.before.Kind + " " + c.before.Name }

// hook says that Helm runs the object as a hook (https://helm.sh/docs/topics/charts_hooks/).
func hook(o *manifest.Object) bool {
	return manifest.Text(o.Body, "metadata", "annotations", "helm.sh/hook") != ""
}

// secret says that the change is of what a Secret keeps, which has no place in git.
func (c change) secret() bool {
	return c.before.Kind == "Secret" && c.before.Group() == "" && slices.ContainsFunc([]string{"data", "stringData"}, func(key string) bool {
		return !reflect.DeepEqual(c.before.Body[key], c.after.Body[key])
	})
}

// fields are the paths that a change is of, for notes.
func (c change) fields() string {
	var out []string
	for _, o := range operations("", c.before.Body, c.after.Body) {
		if o.op != "test" && !slices.Contains(out, o.path) {
			out = append(out, o.path)
		}
	}
	return strings.Join(out, ", ")
}

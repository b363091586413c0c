package manifest

import (
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Pod is what one place of an object says of pods.
type Pod struct {
	// Path is that of the mapping that the service account's name stands in, a pod spec or an
	// operator's own. A list's elements are [].
	Path string
	// ServiceAccount is the name; empty where the place names none.
	ServiceAccount string
	// Metadata are the pods' own annotations and labels, as an object has them; nil where
	// there are none.
	Metadata map[string]any
	// Holder is the mapping that the name stands in, and Spec the same where that is a pod
	// spec; nil where an operator makes it.
	Holder, Spec map[string]any
}

// PodsOf reads the places of the kind in an object of it, in the order of the table. A place
// whose mapping is not there gives none, nor one that overrides and is absent.
func (k *Kind) PodsOf(body map[string]any) []Pod {
	var out []Pod
	version := VersionOf(Text(body, "apiVersion"))
	for _, p := range k.Places() {
		if version != "" && !p.InVersion(version) {
			continue
		}
		shared := p.Shared()
		each(body, p.Holder[:shared], "", func(above any, path string) {
			each(above, p.Holder[shared:], path, func(holder any, path string) {
				if pod, ok := p.read(holder, path); ok {
					pod.Metadata = p.metadata(above, shared)
					out = append(out, pod)
				}
			})
		})
	}
	return out
}

// Shared is how many steps the ways to the holder and to the annotations have in common.
func (p Place) Shared() int {
	n := 0
	for n < len(p.Holder) && n < len(p.Annotations) && p.Holder[n] == p.Annotations[n] {
		n++
	}
	return n
}

func (p Place) read(holder any, path string) (Pod, bool) {
	m, ok := holder.(map[string]any)
	if !ok {
		return Pod{}, false
	}
	out := Pod{Path: path, ServiceAccount: NameOf(m[p.Field]), Holder: m}
	if p.PodSpec {
		out.Spec = m
		if out.ServiceAccount == "" {
			out.ServiceAccount = NameOf(m["serviceAccount"])
		}
	}
	return out, out.ServiceAccount != "" || !p.Overrides
}

// metadata gives the pods' metadata, of which above is the part that the place shares.
func (p Place) metadata(above any, shared int) map[string]any {
	if p.Annotations == nil {
		return nil
	}
	rest := p.Annotations[shared:]
	last := rest[len(rest)-1].Key
	var out map[string]any
	each(above, rest[:len(rest)-1], "", func(v any, _ string) {
		m, ok := v.(map[string]any)
		switch {
		case !ok || out != nil:
		case last == "annotations" && len(rest) > 1:
			out = m
		case last == "annotations":
			out = map[string]any{"annotations": m["annotations"], "labels": m["labels"]}
		default: // an operator's own key, which has no labels beside it
			out = map[string]any{"annotations": m[last]}
		}
	})
	return out
}

// each calls see with every value that the path leads to.
func each(v any, path []spec.PathPart, at string, see func(v any, path string)) {
	if len(path) == 0 {
		see(v, at)
		return
	}
	switch part := path[0]; part.Kind {
	case spec.KeyPart:
		m, _ := v.(map[string]any)
		if next, ok := m[part.Key]; ok {
			each(next, path[1:], Join(at, part.Key), see)
		}
	case spec.EachPart:
		items, _ := v.([]any)
		for _, item := range items {
			each(item, path[1:], at+"[]", see)
		}
	case spec.MatchPart:
		items, _ := v.([]any)
		for _, item := range items {
			if m, _ := item.(map[string]any); NameOf(m[part.Key]) == part.Value {
				each(item, path[1:], at+part.String(), see)
			}
		}
	case spec.IndexPart:
		if items, _ := v.([]any); part.Index < len(items) {
			each(items[part.Index], path[1:], at+part.String(), see)
		}
	}
}

// IsPodSpec reports whether a mapping has the form of a pod spec: every pod has containers, and
// nothing else has a list of that name.
func IsPodSpec(m map[string]any) bool {
	items, ok := m["containers"].([]any)
	if !ok {
		return false
	}
	for _, c := range items {
		if _, ok := c.(map[string]any); !ok {
			return false
		}
	}
	return true
}

package excerpt

import (
	"cmp"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

// top is the path of the document itself.
const top = "its top"

// Hints are the places of a document that speak of a role or a service account, in the order
// in which manifest.Walk comes to them.
func Hints(o *manifest.Object) []hints.Hint {
	r := &hints.Reader{Body: o.Body, Describes: hints.DescribesAWS(o.Group()), HandsOn: handsOn, Stray: stray}
	r.Visit("", "", o.Body) // a piece may be the annotations themselves, or a variable
	for i := range r.Found {
		r.Found[i].Path = cmp.Or(r.Found[i].Path, top)
	}
	manifest.Walk(o.Body, "", func(path, k string, v any) bool {
		if name, ok := v.(string); ok && namesAccount(path, k) {
			r.Found = append(r.Found, hints.Hint{Kind: hints.ServiceAccount, Path: path, Value: k, ServiceAccount: name})
			return true
		}
		r.Visit(path, k, v)
		if m, ok := v.(map[string]any); ok {
			r.Found = append(r.Found, accountValues(path, k, m)...)
			r.Found = append(r.Found, kiam(path, m)...)
		}
		return true
	})
	return r.Found
}

// handsOn reports whether variables at a path are of values. Those of containers, and a list
// env at the top, are pieces of a pod.
func handsOn(path string) bool {
	return !strings.Contains(path, "containers[") && !strings.Contains(path, "Containers[") && !strings.HasPrefix(path, "env[")
}

// stray is what the annotation for a role is meant for in values, by the keys above it: those of
// a service account may stand under a name that says nothing.
func stray(path string) hints.Kind {
	if strings.Contains(strings.ToLower(path), "pod") {
		return hints.OnPod
	}
	return hints.Role
}

// namesAccount reports whether the key is a value that names a service account, also in the
// form of --set. A pod's own field is no value.
func namesAccount(path, k string) bool {
	return strings.EqualFold(k, "serviceAccountName") && !strings.HasPrefix(path, "spec.") ||
		strings.HasSuffix(strings.ToLower(k), ".serviceaccountname")
}

// accountValues looks for values such as serviceAccount: {create, name}.
func accountValues(path, k string, m map[string]any) []hints.Hint {
	inAccount := strings.Contains(strings.ToLower(path), "serviceaccount")
	if !strings.EqualFold(k, "serviceAccount") && (!inAccount || m["create"] == nil && m["annotations"] == nil) {
		return nil
	}
	out := hints.Hint{Kind: hints.ServiceAccount, Path: path, ServiceAccount: manifest.NameOf(m["name"])}
	if create, ok := m["create"].(bool); ok {
		out.Create = &create
	}
	if out.ServiceAccount == "" && out.Create == nil {
		return nil
	}
	return []hints.Hint{out}
}

// kiam looks for an annotation of kiam or kube2iam that values give to pods. Among those of a
// service account it is one under a wrong key.
func kiam(path string, m map[string]any) []hints.Hint {
	v, there := m[hints.KiamKey]
	lower := strings.ToLower(path)
	if !there || !strings.Contains(lower, "pod") || strings.Contains(lower, "serviceaccount") {
		return nil
	}
	value, _ := manifest.Plain(v)
	return []hints.Hint{{Kind: hints.Kiam, Path: manifest.Join(path, hints.KiamKey), Value: value}}
}

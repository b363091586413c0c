package verify

import (
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// key is a service account; an empty part is not known.
type key struct{ namespace, name string }

func (k key) String() string {
	switch {
	case k.name == "":
		return "ServiceAccount of an unknown name"
	case k.namespace == "":
		return "ServiceAccount " + k.name
	}
	return "ServiceAccount " + k.namespace + "/" + k.name
}

// pod is a pod, the template of one, or a place that names the service account of pods.
type pod struct {
	from      *manifest.Object
	path      string // of the pod spec in the object
	account   key
	meta      map[string]any
	spec      map[string]any // nil where only the service account is named
	namesNone bool           // serviceAccountName is absent, and so the service account is default
	alike     int            // how many more running pods are as this one, and were left out
}

// String is how it is named in messages.
func (p *pod) String() string {
	if p.snippet() {
		return "the pod at " + p.from.Where
	}
	if p.alike > 0 {
		return fmt.Sprintf("%s, and %d like it", p.from, p.alike)
	}
	return p.from.String()
}

// isPod is true for a Pod itself, as opposed to the template of one.
func (p *pod) isPod() bool { return p.from.Kind == "Pod" && p.from.Group() == "" }

// snippet is true for a piece in a fragment: nobody knows whether it is a template.
func (p *pod) snippet() bool { return isFragment(p.from) }

func (p *pod) annotation(key string) string { return manifest.Text(p.meta, "annotations", key) }

// container is one container of a pod.
type container struct {
	name string
	init bool
	body map[string]any
}

func (p *pod) containers() []container {
	var out []container
	for _, field := range []string{"initContainers", "containers"} {
		for _, c := range manifest.List(p.spec, field) {
			if m, ok := c.(map[string]any); ok {
				out = append(out, container{manifest.Text(m, "name"), field == "initContainers", m})
			}
		}
	}
	return out
}

// variable is one variable of a container's environment. Value is empty where it comes
// from elsewhere; then from says where.
type variable struct {
	name, value, from string
	optional          bool
	// ref is the object, and its key, that the value comes from, where that is a Secret or a
	// ConfigMap.
	ref struct{ kind, name, key string }
}

// env gives a variable; the last of a name counts.
func (c container) env(name string) (variable, bool) {
	var out variable
	found := false
	for _, e := range manifest.List(c.body, "env") {
		if manifest.Text(e, "name") != name {
			continue
		}
		found, out = true, variable{name: name}
		out.value, _ = manifest.Plain(manifest.Dig(e, "value"))
		for _, source := range []string{"secretKeyRef", "configMapKeyRef", "fieldRef", "resourceFieldRef"} {
			if m := manifest.Mapping(e, "valueFrom", source); m != nil {
				out.from = strings.Join(strings.Fields(strings.TrimSuffix(source, "Ref")+" "+manifest.Text(m, "name")+" "+manifest.Text(m, "key")+" "+manifest.Text(m, "fieldPath")), " ")
				out.optional, _ = m["optional"].(bool)
				switch source {
				case "secretKeyRef":
					out.ref.kind = "Secret"
				case "configMapKeyRef":
					out.ref.kind = "ConfigMap"
				default:
					continue
				}
				out.ref.name, out.ref.key = manifest.Text(m, "name"), manifest.Text(m, "key")
			}
		}
	}
	return out, found
}

func (c container) label() string {
	if c.name == "" {
		return "a container"
	}
	return "container " + c.name
}

// kinds is the table of kinds.
var kinds = manifest.Kinds()

// podKinds are the kinds of Kubernetes itself that have pods, noPods those that are known to
// have none, by name.
var podKinds, noPods = kindsByName()

func kindsByName() (with map[string]*manifest.Kind, without map[string]bool) {
	with, without = map[string]*manifest.Kind{}, map[string]bool{}
	for k := range kinds.All() {
		if k.BuiltIn && k.Runs() {
			with[k.Name] = k
		}
		without[k.Name] = without[k.Name] || !k.Runs()
	}
	return with, without
}

func restartedKinds() []string {
	var out []string
	for k := range kinds.All() {
		if k.Restarts {
			out = append(out, k.Name)
		}
	}
	return out
}

// podsOf finds the pods of an object of a kind that is built in.
func podsOf(o *manifest.Object, namespace string) []*pod { return podsIn(kinds, o, namespace) }

// podsIn finds the pods of an object, as the table has its kind.
func podsIn(table *manifest.Table, o *manifest.Object, namespace string) []*pod {
	row := table.Of(o)
	switch {
	case isFragment(o):
		return fragmentPods(o, namespace)
	case row == nil:
		return customPods(o, namespace, nil)
	}
	var out []*pod
	read := map[string]bool{}
	for _, p := range row.PodsOf(o.Body) {
		if p.Spec == nil && manifest.IsPodSpec(p.Holder) && strings.HasPrefix(p.Path, "spec") {
			continue // irsa.yaml names a field of a pod spec, which is found with all that it holds
		}
		read[p.Path] = true
		switch {
		case p.Spec != nil:
			out = append(out, newPod(o, p.Path, p.Metadata, p.Spec, namespace))
			if last := out[len(out)-1]; last.namesNone && !row.BuiltIn {
				last.account = key{} // an operator may fill in its own
			}
		case p.ServiceAccount != "":
			out = append(out, &pod{from: o, path: p.Path, meta: p.Metadata, account: key{namespace, p.ServiceAccount}})
		}
	}
	if row.BuiltIn || !row.Runs() {
		return out
	}
	return append(out, customPods(o, namespace, read)...)
}

// builtIn: the groups of Kubernetes' own kinds.
func builtIn(group string) bool {
	return group == "" || group == "apps" || group == "batch" || group == "extensions"
}

func newPod(o *manifest.Object, path string, meta, spec map[string]any, namespace string) *pod {
	p := &pod{from: o, path: path, meta: meta, spec: spec}
	account := manifest.NameOf(spec["serviceAccountName"])
	if account == "" {
		account = manifest.NameOf(spec["serviceAccount"]) // the deprecated twin, which the API server copies
	}
	if account == "" {
		account, p.namesNone = "default", true
	}
	p.account = key{namespace, account}
	return p
}

// customPods finds pod templates and service accounts' names in a custom resource, by their
// shape, but for the places that were read as its kind has them: what the table does not
// know is not written to, but reading may guess.
func customPods(o *manifest.Object, namespace string, read map[string]bool) []*pod {
	var out []*pod
	var visit func(v any, path string, parent map[string]any)
	visit = func(v any, path string, parent map[string]any) {
		switch v := v.(type) {
		case map[string]any:
			if manifest.IsPodSpec(v) {
				if read[path] {
					return
				}
				p := newPod(o, path, manifest.Mapping(parent, "metadata"), v, namespace)
				if p.namesNone {
					p.account = key{} // an operator may fill in its own
				}
				out = append(out, p)
				return
			}
			for _, field := range []string{"serviceAccountName", "serviceAccount"} {
				if s, ok := v[field].(string); ok && s != "" && strings.HasPrefix(path, "spec") && !read[path] {
					out = append(out, &pod{from: o, path: path, meta: podMetadata(v), account: key{namespace, s}})
					break
				}
			}
			for _, k := range manifest.SortedKeys(v) {
				visit(v[k], manifest.Join(path, k), v)
			}
		case []any:
			for _, item := range v {
				visit(item, path+"[]", nil)
			}
		}
	}
	visit(o.Body["spec"], "spec", o.Body)
	return out
}

// podMetadata is what a mapping of a custom resource that names a service account says of the
// pods' own metadata, beside it
// (https://argo-workflows.readthedocs.io/en/latest/fields/, spec.podMetadata and
// artifactGC.podMetadata; Prometheus has spec.podMetadata too, OpenTelemetryCollector
// spec.podAnnotations).
func podMetadata(v map[string]any) map[string]any {
	if m := manifest.Mapping(v, "podMetadata"); m != nil {
		return m
	}
	if a := manifest.Mapping(v, "podAnnotations"); a != nil {
		return map[string]any{"annotations": a}
	}
	return nil
}

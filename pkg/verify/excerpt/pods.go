package excerpt

import "github.com/helm-irsa/helm-irsa/pkg/manifest"

// Pod is what a document is a piece of.
type Pod struct {
	// Path is where its spec stands; empty where that is the document itself.
	Path string
	// Metadata is the pod's; nil where none is shown.
	Metadata map[string]any
	Spec     map[string]any
	// Partial is true where so little is shown of the spec that it says nothing of the service
	// account by not naming one.
	Partial bool
}

// Pods are the pods that a document is a piece of.
func Pods(body map[string]any) []Pod {
	spec, meta, path := manifest.Mapping(body, "spec"), manifest.Mapping(body, "metadata"), "spec"
	if template := manifest.Mapping(spec, "template"); template != nil {
		spec, meta = manifest.Mapping(template, "spec"), manifest.Mapping(template, "metadata")
	}
	switch {
	case spec != nil && (manifest.IsPodSpec(spec) || spec["serviceAccountName"] != nil):
		return []Pod{{Path: path, Metadata: meta, Spec: spec}}
	case manifest.IsPodSpec(body):
		return []Pod{{Spec: body}}
	}
	if env := manifest.List(body, "env"); isEnv(env) {
		spec := map[string]any{"containers": []any{map[string]any{"env": env}}}
		return []Pod{{Spec: spec, Partial: true}}
	}
	return nil
}

// isEnv reports whether a list is one of variables: each has a name.
func isEnv(items []any) bool {
	for _, e := range items {
		if manifest.Text(e, "name") == "" {
			return false
		}
	}
	return len(items) > 0
}

package verify

import (
	"maps"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// awsPrefix is where the webhook reads its annotations, unless it is told another one
// (github.com/aws/amazon-eks-pod-identity-webhook main.go, --annotation-prefix).
const awsPrefix = "eks.amazonaws.com"

// annotationPrefix is the prefix that the webhook among the objects was told; awsPrefix where
// none was.
func annotationPrefix(objects []*manifest.Object) string {
	for _, o := range objects {
		if !strings.Contains(o.Name, hookName) || podKinds[o.Kind] == nil {
			continue
		}
		for _, p := range podsOf(o, o.Namespace) {
			for _, ct := range p.containers() {
				if v := flagsOf(ct)["annotation-prefix"]; v != "" && isHook(p, ct) {
					return v
				}
			}
		}
	}
	return awsPrefix
}

// underPrefix is a service account as that webhook reads it: its annotations under the prefix
// stand under awsPrefix, and those under awsPrefix, which nobody reads, are gone.
func underPrefix(o *manifest.Object, prefix string) *manifest.Object {
	has := manifest.Mapping(o.Body, "metadata", "annotations")
	if prefix == awsPrefix || len(has) == 0 {
		return o
	}
	annotations := map[string]any{}
	for k, v := range has {
		switch at, name, _ := strings.Cut(k, "/"); at {
		case prefix:
			annotations[awsPrefix+"/"+name] = v
		case awsPrefix:
		default:
			annotations[k] = v
		}
	}
	out := *o
	out.Body = maps.Clone(o.Body)
	metadata := maps.Clone(manifest.Mapping(o.Body, "metadata"))
	metadata["annotations"], out.Body["metadata"] = annotations, metadata
	return &out
}

// annotationKey is a key under awsPrefix as the cluster's webhook reads it.
func annotationKey(w *facts, key string) string {
	return w.prefix + strings.TrimPrefix(key, awsPrefix)
}

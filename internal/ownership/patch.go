package ownership

import (
	"encoding/json"
	"maps"
	"slices"
)

// fieldManager is who the API server notes as the writer.
const fieldManager = "helm-irsa"

// patch is a JSON merge patch (RFC 7386) that gives the service account to a release. The
// version in it is a precondition: where somebody wrote in the meantime, the answer is
// 409.
//
// With serverSide it also takes the labels, annotations and automountServiceAccountToken
// from whoever wrote them last, in metadata.managedFields alone; their values stay. Helm 4
// applies on the server without force (pkg/action/install.go), which ends in a conflict
// where it has another value for a field that somebody else wrote, such as the role. The
// fields are not given to Helm's own manager, as client-go/util/csaupgrade would: what a
// manager has and does not apply is deleted.
func (a *Account) patch(r Release, serverSide bool) ([]byte, error) {
	metadata := map[string]any{
		"resourceVersion": a.ResourceVersion,
		"labels":          map[string]string{managedByLabel: helm},
		"annotations":     map[string]string{releaseAnnotation: r.Name, namespaceAnnotation: r.Namespace},
	}
	if serverSide {
		metadata["managedFields"] = a.released()
	}
	return json.Marshal(map[string]any{"metadata": metadata})
}

// released are the managed fields without what a release may apply. The marks are put in
// as ours: without any entry the API server would take everything there is for that of a
// manager before-first-apply, with whom Helm would conflict
// (k8s.io/apimachinery/pkg/util/managedfields/internal/skipnonapplied.go).
func (a *Account) released() []managed {
	ours := managed{
		Manager: fieldManager, Operation: "Update", APIVersion: "v1", FieldsType: "FieldsV1",
		FieldsV1: map[string]any{"f:metadata": map[string]any{
			"f:labels":      map[string]any{"f:" + managedByLabel: map[string]any{}},
			"f:annotations": map[string]any{"f:" + releaseAnnotation: map[string]any{}, "f:" + namespaceAnnotation: map[string]any{}},
		}},
	}
	out := []managed{ours}
	for _, m := range a.ManagedFields {
		if m.Manager == fieldManager {
			continue
		}
		m.FieldsV1 = without(m.FieldsV1, []string{"f:automountServiceAccountToken"}, []string{"f:metadata", "f:labels"}, []string{"f:metadata", "f:annotations"})
		if len(m.FieldsV1) > 0 {
			out = append(out, m)
		}
	}
	return slices.Clip(out)
}

// without is a copy that lacks what is at the paths, and maps that are empty then.
func without(fields map[string]any, paths ...[]string) map[string]any {
	out := maps.Clone(fields)
	for _, path := range paths {
		inner, ok := out[path[0]].(map[string]any)
		switch {
		case len(path) == 1:
			delete(out, path[0])
		case ok:
			if rest := without(inner, path[1:]); len(rest) > 0 {
				out[path[0]] = rest
			} else {
				delete(out, path[0])
			}
		}
	}
	return out
}

package adopt

// applied is the operation of a server-side apply.
const applied = "Apply"

// Holder is who else than Helm wrote an annotation last, as the API server knows it, of a
// service account that Helm applies on the server; empty where nobody did. Helm has a
// conflict with them wherever it applies another value
// (https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts).
func (a *Account) Holder(annotation string) string {
	helms, holder := false, ""
	for _, m := range a.ManagedFields {
		switch {
		case m.Operation == applied && m.hasAnnotation(releaseAnnotation):
			helms = true
		case m.hasAnnotation(annotation):
			holder = m.Manager
		}
	}
	if !helms {
		return ""
	}
	return holder
}

func (m managed) hasAnnotation(key string) bool {
	metadata, _ := m.FieldsV1["f:metadata"].(map[string]any)
	annotations, _ := metadata["f:annotations"].(map[string]any)
	_, has := annotations["f:"+key]
	return has
}

package ownership

import (
	"errors"
	"fmt"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

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

// held are the release's own service accounts whose role somebody else wrote last, of
// which Helm 4 does not take it back by itself: such as kubectl annotate. A value that is
// the wanted one is no conflict. wanted is nil where Helm takes back what it wants.
func (l *Look) held(got found, wanted Wanted) error {
	if l.q.Major < 4 || wanted == nil {
		return nil
	}
	var errs []error
	for _, a := range got.own {
		holder, is := a.Holder(spec.RoleAnnotation), a.Annotation(spec.RoleAnnotation)
		role, known := wanted(a)
		if holder == "" || !known || role == is {
			continue
		}
		errs = append(errs, faults.Hinted(fmt.Errorf("%s has its role from %s (%s): Helm 4 stops with a conflict where it writes %s", a, holder, is, role),
			"add --force-conflicts, with which Helm takes it back"))
	}
	return errors.Join(errs...)
}

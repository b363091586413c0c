package ownership

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/safe"
)

// Helm's marks of what a release owns: pkg/action/validate.go of Helm 3 and 4.
const (
	managedByLabel      = "app.kubernetes.io/managed-by"
	releaseAnnotation   = "meta.helm.sh/release-name"
	namespaceAnnotation = "meta.helm.sh/release-namespace"

	helm = "Helm"
)

// hookAnnotation is on what a Helm hook made. Helm gives hooks no marks, and asks nobody
// before it makes them again (pkg/action/hooks.go).
const hookAnnotation = "helm.sh/hook"

// Release is a Helm release.
type Release struct{ Name, Namespace string }

// String names a release in messages.
func (r Release) String() string { return r.Name + " in namespace " + r.Namespace }

// Account is a service account as the cluster has it.
type Account struct {
	metadata
}

// metadata is what is read of it; the JSON names are the API's.
type metadata struct {
	Name, Namespace, ResourceVersion string
	Labels, Annotations              map[string]string
	OwnerReferences                  []reference
	ManagedFields                    []managed
}

type reference struct {
	Kind, Name string
	Controller bool
}

// managed is an entry of metadata.managedFields
// (https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management).
type managed struct {
	Manager     string         `json:"manager,omitempty"`
	Operation   string         `json:"operation,omitempty"`
	APIVersion  string         `json:"apiVersion,omitempty"`
	Time        *time.Time     `json:"time,omitempty"`
	FieldsType  string         `json:"fieldsType,omitempty"`
	FieldsV1    map[string]any `json:"fieldsV1,omitempty"`
	Subresource string         `json:"subresource,omitempty"`
}

// Parse reads a service account from JSON.
func Parse(text []byte) (*Account, error) {
	var o struct{ Metadata metadata }
	if err := json.Unmarshal(text, &o); err != nil {
		return nil, fmt.Errorf("reading a ServiceAccount: %w", err)
	}
	return &Account{o.Metadata}, nil
}

// String is such as ServiceAccount epinio/epinio-server.
func (a *Account) String() string { return "ServiceAccount " + a.Namespace + "/" + a.Name }

// Annotation is the value of an annotation; empty where there is none.
func (a *Account) Annotation(key string) string { return a.Annotations[key] }

// OfHook reports whether a Helm hook made the service account.
func (a *Account) OfHook() bool { return a.Annotations[hookAnnotation] != "" }

// mark is one of the three that Helm asks for.
type mark struct{ what, key, is, want string }

// missing are the marks that Helm would miss.
func (a *Account) missing(r Release) []mark {
	var out []mark
	for _, m := range []mark{
		{"label", managedByLabel, a.Labels[managedByLabel], helm},
		{"annotation", releaseAnnotation, a.Annotations[releaseAnnotation], r.Name},
		{"annotation", namespaceAnnotation, a.Annotations[namespaceAnnotation], r.Namespace},
	} {
		if m.is != m.want {
			out = append(out, m)
		}
	}
	return out
}

// Owned reports whether Helm takes the service account for the release's: checkOwnership in
// pkg/action/validate.go.
func (a *Account) Owned(r Release) bool { return len(a.missing(r)) == 0 }

// Diff is what adoption changes, a line a mark: what goes with a -, what comes with a +.
func (a *Account) Diff(r Release) string {
	var out strings.Builder
	for _, m := range a.missing(r) {
		if m.is != "" {
			fmt.Fprintf(&out, "-%s %s: %s\n", m.what, m.key, safe.Value(m.is))
		}
		fmt.Fprintf(&out, "+%s %s: %s\n", m.what, m.key, safe.Value(m.want))
	}
	return out.String()
}

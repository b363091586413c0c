package spec

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxReleaseName is how long a release's name may be in Helm
// (pkg/chartutil/validate_name.go of helm.sh/helm/v3, ValidateReleaseName).
const maxReleaseName = 53

// NameError is the error of CheckNamespace and CheckRelease.
type NameError struct{ Message, Hint string }

// Error says what is wrong.
func (e *NameError) Error() string { return e.Message }

// CheckNamespace says whether a namespace could exist: Kubernetes takes a label of DNS
// (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names).
// It takes empty text, which stands for a namespace that is not known.
func CheckNamespace(name string) error {
	if name == "" {
		return nil
	}
	if message, hint := formats["namespace"].test(name); message != "" {
		return &NameError{message, hint}
	}
	return nil
}

// CheckRelease says whether a release could have that name: Helm takes a name of DNS with up
// to 53 characters. It takes empty text, which stands for a name that is not known.
func CheckRelease(name string) error {
	switch n := utf8.RuneCountInString(name); {
	case name == "":
		return nil
	case n > maxReleaseName:
		return &NameError{fmt.Sprintf("Helm takes names of releases with up to %d characters, and this one has %d", maxReleaseName, n), "give a shorter one"}
	case !matches(`^`+dnsSubdomain+`$`, name):
		return &NameError{show(name) + " is not a release name: Helm refuses it", "use lower-case letters, digits, - and ."}
	}
	return nil
}

// clusterFormats are the formats of the fields of cluster that may come from elsewhere.
var clusterFormats = map[string]string{"name": "clusterName", "region": "region", "accountID": "accountID", "issuer": "issuer"}

// CheckCluster says whether text could be the field of irsa.yaml's cluster: its name, region,
// accountID or issuer. The error is a *NameError.
func CheckCluster(field, text string) error {
	if strings.IndexFunc(text, isHidden) >= 0 {
		return &NameError{show(text) + " holds a character that shows nothing", "write it without"}
	}
	if message, hint := formats[clusterFormats[field]].test(text); message != "" {
		return &NameError{message, hint}
	}
	return nil
}

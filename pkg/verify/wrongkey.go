package verify

import (
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

// wrongRoleKey finds an annotation, or a label, that was meant to be the role's.
func wrongRoleKey(o *manifest.Object) (key, value string, ok bool) {
	for _, place := range []string{"annotations", "labels"} {
		m := manifest.Mapping(o.Body, "metadata", place)
		for _, k := range manifest.SortedKeys(m) {
			v, isText := manifest.Plain(m[k])
			if !isText || k == roleKey && place == "annotations" {
				continue
			}
			if hints.MeansRole(k, v) {
				if place == "labels" {
					k = "label " + k
				}
				return k, v, true
			}
		}
	}
	return "", "", false
}

// oddAnnotations is what stands in the place of a service account's annotations, where they are
// no mapping of texts and speak of a role: one text, a list, or a key cut at its dots.
func oddAnnotations(o *manifest.Object) string {
	at := manifest.Dig(o.Body, "metadata", "annotations")
	switch v := at.(type) {
	case string:
		if strings.Contains(v, "role-arn") {
			return v
		}
	case []any:
		for _, item := range v {
			if s := fmt.Sprint(item); strings.Contains(s, "role-arn") {
				return s
			}
		}
	case map[string]any:
		for _, k := range manifest.SortedKeys(v) {
			if _, ok := hints.SplitGlued(k); ok {
				return k
			}
		}
		if arn := manifest.Text(v, "eks", "amazonaws", "com/role-arn"); arn != "" {
			return "eks: {amazonaws: {com/role-arn: " + arn + "}}"
		}
	}
	return ""
}

package verify

import (
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// wrongRoleKey finds an annotation, or a label, that was meant to be the role's.
func wrongRoleKey(o *manifest.Object) (key, value string, ok bool) {
	if o == nil {
		return "", "", false
	}
	for _, place := range []string{"annotations", "labels"} {
		m := manifest.Mapping(o.Body, "metadata", place)
		for _, k := range manifest.SortedKeys(m) {
			v, isText := manifest.Plain(m[k])
			if !isText || k == roleKey && place == "annotations" {
				continue
			}
			if meant(k, v) {
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
			if glued.MatchString(k) {
				return k
			}
		}
		if arn := manifest.Text(v, "eks", "amazonaws", "com/role-arn"); arn != "" {
			return "eks: {amazonaws: {com/role-arn: " + arn + "}}"
		}
	}
	return ""
}

// meant: kiam's and kube2iam's key, a key that is nearly the right one, or one that
// speaks of a role and has a role's ARN.
func meant(k, v string) bool {
	if k == audienceKey || k == regionalKey || k == "eks.amazonaws.com/token-expiration" {
		return false
	}
	if visible(k) == kiamKey || k == roleKey {
		return true
	}
	_, name, _ := strings.Cut(k, "/")
	if _, near := spec.Nearest(k, []string{roleKey}); near && strings.Contains(v, ":role/") {
		return true
	}
	lower := strings.ToLower(name)
	return strings.Contains(v, ":iam::") && strings.Contains(v, ":role/") && strings.Contains(k, "amazonaws.com/") && strings.Contains(lower, "role")
}

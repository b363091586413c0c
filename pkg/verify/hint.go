package verify

import (
	"bytes"
	"encoding/base64"
	"maps"
	"strings"
	"unicode/utf8"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

// The annotations that matter.
const (
	roleKey     = hints.RoleKey
	audienceKey = hints.AudienceKey
	skipKey     = "eks.amazonaws.com/skip-containers"
	regionalKey = hints.RegionalKey
	kiamKey     = hints.KiamKey
)

// hint is a place outside of ServiceAccounts that speaks of a role: in a whole object, or in a
// fragment.
type hint struct {
	hints.Hint
	from *manifest.Object
	// account is the service account that the place is about; parts may be empty.
	account key
}

// pasted reports whether the hint is of a fragment.
func (h hint) pasted() bool { return isFragment(h.from) }

// hintsOf reads the hints of one object; namespace is that of what it speaks of.
func hintsOf(o *manifest.Object, namespace string) []hint {
	found := objectHints
	if isFragment(o) {
		found = fragmentHints
	}
	var out []hint
	for _, h := range found(o) {
		out = append(out, hint{h, o, key{namespace, h.ServiceAccount}})
	}
	return out
}

// objectHints reads those of a whole object: its kind says what its parts are.
func objectHints(o *manifest.Object) []hints.Hint {
	if o.Kind == "CustomResourceDefinition" || o.Kind == "ReleaseIdentity" || o.Kind == "ServiceAccount" {
		return nil
	}
	knownPods := podKinds[o.Kind] != nil || noPods[o.Kind]
	body := inPlain(o)
	r := &hints.Reader{
		Body:      body,
		Texts:     o.Kind == "ConfigMap" || o.Kind == "Secret",
		Describes: describes(o),
		HandsOn: func(path string) bool {
			return !knownPods && !strings.Contains(path, "containers[") && !strings.Contains(path, "Containers[")
		},
		Stray: func(string) hints.Kind { return hints.OnPod },
	}
	manifest.Walk(body, "", func(path, k string, v any) bool {
		r.Visit(path, k, v)
		return true
	})
	return r.Found
}

// inPlain is the body of an object, with what of a Secret's data speaks of a role in plain text, as
// pods read it. All else stays as it is.
func inPlain(o *manifest.Object) map[string]any {
	data := manifest.Mapping(o.Body, "data")
	if o.Kind != "Secret" || o.Group() != "" || len(data) == 0 {
		return o.Body
	}
	read := maps.Clone(data)
	for k, v := range data {
		s, _ := v.(string)
		if plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s)); err == nil && bytes.Contains(plain, []byte(":role/")) && utf8.Valid(plain) {
			read[k] = string(plain)
		}
	}
	out := maps.Clone(o.Body)
	out["data"] = read
	return out
}

package adopt

import (
	"strconv"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Annotated takes what the annotations of the service account say of its role and its token.
func (u *User) Annotated(annotations map[string]string) {
	u.RoleARN, u.Token = annotations[spec.RoleAnnotation], tokenOf(annotations)
}

// tokenOf are the settings of a token in a service account's annotations.
func tokenOf(annotations map[string]string) spec.Token {
	var out spec.Token
	if a := annotations[spec.AudienceAnnotation]; spec.Takes("audience", a) && a != spec.DefaultAudience {
		out.Audience = a
	}
	if n, err := strconv.Atoi(annotations[spec.ExpirationAnnotation]); err == nil && n >= 600 && n <= 86400 {
		out.ExpirationSeconds = n
	}
	if b, err := strconv.ParseBool(annotations[spec.RegionalAnnotation]); err == nil {
		out.StsRegionalEndpoints = &b
	}
	return out
}

package verify

import (
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

func (k key) subject() string { return spec.Subject(k.namespace, k.name) }

// splitSubject takes a subject apart; wildcards stay as they are.
func splitSubject(s string) (key, bool) {
	rest, ok := strings.CutPrefix(s, spec.SubjectPrefix)
	namespace, name, colon := strings.Cut(rest, ":")
	return key{namespace, name}, ok && colon
}

// subjectsOf are all the subjects that a role's trust policy speaks of, under whatever key.
func subjectsOf(r *awsstate.Role) []string {
	if r.Trust == nil {
		return nil
	}
	var out []string
	for _, s := range r.Trust.Statements() {
		for _, c := range s.Conditions() {
			for _, v := range c.Values {
				if strings.HasPrefix(v, spec.SubjectPrefix) {
					out = append(out, v)
				}
			}
		}
	}
	return out
}

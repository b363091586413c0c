package awsiam

import (
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// tooWide says of a role that is there what verify finds as trust-too-wide and
// permissions-too-wide, as far as it was read.
func (s *Session) tooWide(d *Desired, o *Observed, st Status, role *ObservedRole) []string {
	p, arn := newPlanner(d, o), role.ARN
	own, err := spec.ParseRoleARN(arn)
	if err != nil {
		return nil
	}
	var out []string
	sa, _ := s.entry(st.Identity)
	if doc, err := role.Trust(); err == nil {
		for _, e := range trust.Entrants(doc) {
			if e.Open && !agreed(sa.Role.Trust, e, own.AccountID) {
				out = append(out, "trust-too-wide: role "+role.Name+" lets in "+strings.Join(trust.Describe([]trust.Entrant{e}, arn, p.place), ""))
			}
		}
	}
	bearer := trust.Bearer{ARN: arn, Policies: role.Attached}
	for _, policy := range role.Attached {
		if power := p.powerOf(bearer, own.AccountID, policy); power != "" {
			out = append(out, fmt.Sprintf("permissions-too-wide: role %s has policy %s, which allows %s", role.Name, nameOfARN(policy), power))
		}
	}
	for _, name := range sortedKeys(role.inline) {
		if power := bearer.Administrator(role.Inline(name)); power != "" {
			out = append(out, fmt.Sprintf("permissions-too-wide: role %s has the inline policy %s, which allows %s", role.Name, name, power))
		}
	}
	return out
}

// agreed: irsa.yaml says that the entrant is meant, or it is of the role's own AWS account.
func agreed(t spec.Trust, e trust.Entrant, account string) bool {
	switch {
	case e.Kind == trust.EntersByToken:
		return t.AllowAnySubject
	case e.Kind == trust.EntersAsAccount && e.Account == account:
		return true
	}
	return t.Means(e.ID, account)
}

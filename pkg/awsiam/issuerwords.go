package awsiam

import (
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// placeOf names a cluster in words. Of an additional one the issuer is named too: whoever
// may write it into irsa.yaml says whose tokens are taken.
func placeOf(c spec.AdditionalCluster, additional bool, issuer string) string {
	switch {
	case additional:
		return fmt.Sprintf("the additional cluster %s (issuer %s)", c.Name, issuer)
	case c.Name == "":
		return ""
	}
	return "cluster " + c.Name
}

// mayEnter reports whether irsa.yaml agrees with itself to what the further statements let
// in, and notes a fault where it does not: principals of other AWS accounts, of which the
// loader did not know whether they are, and tokens whatever their subject.
func (a *wantingAccount) mayEnter(account string) bool {
	before := len(a.wanting.faults)
	for i, s := range a.sa.Role.Trust.Also {
		field := fmt.Sprintf("%s.role.trust.also[%d]", a.at, i)
		for _, id := range s.Principals["AWS"] {
			if message, hint := a.sa.Role.Trust.PrincipalFault(id, account); message != "" {
				a.wanting.fault(place{s.File, s.Line, s.Column}, field, hint, "%s", message)
			}
		}
		if !a.sa.Role.Trust.AllowAnySubject {
			a.anyToken(s, field)
		}
	}
	return len(a.wanting.faults) == before
}

// anyToken notes a fault for a statement that lets in tokens whatever their subject. What
// else is wrong with it is told where it is built.
func (a *wantingAccount) anyToken(s spec.Statement, field string) {
	also := trust.Also{Principals: s.Principals, Actions: s.Actions, Conditions: string(s.Conditions.JSON())}
	statement, err := also.WithSelf("arn:aws:iam::" + a.roleAccount() + ":root").Statement()
	if err != nil {
		return
	}
	doc, _ := trust.Merge(trust.Document{}, trust.Owner{}, []trust.Statement{statement})
	told := map[string]bool{}
	for _, e := range trust.Entrants(doc) {
		if e.Kind != trust.EntersByToken || !e.Open || told[e.Issuer] {
			continue
		}
		told[e.Issuer] = true
		e.Conditions = nil
		who := trust.Describe([]trust.Entrant{e}, "", func(string) string { return "" })
		a.wanting.fault(place{s.File, s.Line, s.Column}, field, fmt.Sprintf(`add StringEquals: {"%s:sub": …} to its conditions, or "allowAnySubject: true" to trust if it is meant`, e.Issuer),
			"it lets in %s", strings.Join(who, ""))
	}
}

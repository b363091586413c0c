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

// mayEnter reports whether irsa.yaml agrees with itself to what a further statement lets
// in, and notes a fault where it does not: principals of other AWS accounts, of which the
// loader did not know whether they are, and tokens whatever their subject.
func (a *wantingAccount) mayEnter(i int, s spec.Statement, account string) bool {
	field := fmt.Sprintf("%s.role.trust.also[%d]", a.at, i)
	before := len(a.faults)
	for _, id := range s.Principals["AWS"] {
		if message, hint := a.sa.Role.Trust.PrincipalFault(id, account); message != "" {
			a.fault(s.Line, s.Column, field, hint, "%s", message)
		}
	}
	also := trust.Also{Principals: s.Principals, Actions: s.Actions, Conditions: string(s.Conditions.JSON())}
	statement, err := also.WithSelf("arn:aws:iam::" + account + ":root").Statement()
	if err != nil || a.sa.Role.Trust.AllowAnySubject { // what is wrong with it is told where it is built
		return len(a.faults) == before
	}
	doc, _ := trust.Merge(trust.Document{}, trust.Owner{}, []trust.Statement{statement})
	told := map[string]bool{}
	for _, e := range trust.Entrants(doc) {
		if e.Kind == trust.EntersByToken && e.Open && !told[e.Issuer] {
			told[e.Issuer] = true
			a.fault(s.Line, s.Column, field, fmt.Sprintf(`add to its conditions StringEquals: {"%s:sub": …}, or "allowAnySubject: true" to trust if it is meant`, e.Issuer),
				"it lets in %s", strings.Join(trust.Describe([]trust.Entrant{e}, "", func(string) string { return "" }), ""))
		}
	}
	return len(a.faults) == before
}

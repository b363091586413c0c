package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// claims are the claims of a cluster's token that become condition keys
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif).
var claims = []string{"sub", "aud", "oaud", "amr", "email"}

// examineKeys looks at the condition keys: whose they are.
func examineKeys(e *examination) {
	issuers := issuersOfKeys(e)
	if len(issuers) > 1 {
		var statements []string
		for _, issuer := range issuers {
			statements = append(statements, statementFor(e.diagnosis, issuer).steps()...)
		}
		fault(e, codeMultiIssuerConditionsAnded, "it has conditions of "+strings.Join(issuers, " and of "), edit(strings.Join(statements, ",\n")))
		return
	}
	for i, c := range e.s.Conditions() {
		name, claim, ok := splitKey(c.Key)
		if !ok || conditionResult(e.outcome, i).Result == trust.Yes { // what holds keeps nobody out
			continue
		}
		examineKey(e, c.Key, name, claim)
	}
}

// issuersOfKeys are the issuers whose keys must hold at once, beside those that are
// typing errors of each other.
func issuersOfKeys(e *examination) []string {
	var out []string
	for _, c := range e.s.Conditions() {
		name, _, ok := splitKey(c.Key)
		name = normalIssuer(name)
		if !ok || !positive(c.Operator) || strings.HasSuffix(c.Operator, "IfExists") || !strings.ContainsAny(name, "./") {
			continue
		}
		if !slices.ContainsFunc(out, func(o string) bool {
			return strings.EqualFold(o, name) || near(o, name) && !bothExist(e, o, name) || otherRegion(o, name)
		}) {
			out = append(out, name)
		}
	}
	return out
}

// bothExist: two issuers that are alike, and both are real.
func bothExist(e *examination, a, b string) bool {
	has := func(name string) bool {
		principals, _ := e.s.Principals()
		for _, p := range principals {
			if strings.HasSuffix(p.ID, ":oidc-provider/"+name) {
				return true
			}
		}
		return false
	}
	return has(a) && has(b)
}

// examineKey says what is wrong with one condition key.
func examineKey(e *examination, raw, name, claim string) {
	right := e.issuer.name
	known := slices.Contains(claims, strings.ToLower(claim))
	wanted := right + ":" + strings.ToLower(claim)
	if !known {
		wanted = right + ":sub"
	}
	clean := normalIssuer(name)
	switch {
	case strings.EqualFold(name, right) && known:
		return
	case strings.EqualFold(name, right), strings.EqualFold(clean, right), strings.EqualFold(strings.TrimRight(clean, "/"), right), strings.EqualFold(clean, strings.TrimRight(right, "/")):
		fault(e, codeConditionKeyMalformed, "the condition key is "+difference(raw, wanted), edit(fmt.Sprintf("%q", wanted)))
	case clean != name && strings.EqualFold(clean, e.named):
		fault(e, codeConditionKeyMalformed, "the condition key is "+difference(raw, e.named+":"+claim), edit(fmt.Sprintf("%q", e.named+":"+claim)))
	case strings.EqualFold(name, e.named) && !e.principalOK:
		return // the provider's ARN is wrong in the same way, which was said
	case right == "":
		return
	case otherRegion(clean, right):
		if e.principalOK || !hasFault(e, codeIssuerRegionMismatch) {
			fault(e, codeIssuerRegionMismatch, "the condition key is "+difference(raw, wanted), edit(fmt.Sprintf("%q", wanted)))
		}
	case near(clean, right) || malformedEKS(clean) || !strings.ContainsAny(clean, "."):
		fault(e, codeConditionKeyMalformed, "the condition key is "+difference(raw, wanted), edit(fmt.Sprintf("%q", wanted)))
	case e.principalOK || !hasFault(e, codeIssuerMismatch):
		fault(e, codeIssuerMismatch, fmt.Sprintf("the condition key is %s; the cluster's issuer is https://%s", raw, right), edit(fmt.Sprintf("%q", wanted)))
	}
}

// positive: the operator wants the key to be there with a value. Null and the negated
// ones do not.
func positive(operator string) bool {
	return operator != "Null" && !strings.Contains(operator, "Not")
}

func likeOperator(operator string) bool { return strings.Contains(operator, "Like") }

package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

// examineValue says what is wrong with the values of a condition that does not match.
func examineValue(e *examination, c trust.Condition) {
	name, claim, ok := splitKey(c.Key)
	if !ok || !strings.EqualFold(name, e.issuer.name) {
		return // whose key it is was looked at before
	}
	switch strings.ToLower(claim) {
	case "sub":
		examineSub(e, c)
	case "aud", "oaud":
		examineAud(e, c)
	case "amr", "email":
		fault(e, codeConditionKeyMalformed, fmt.Sprintf("%s %s is asked for, and the token of a service account has no claim %s", c.Operator, c.Key, claim), letInstead(e, c, own(e)))
	}
}

func isSubject(v string) bool { return strings.HasPrefix(v, "system:serviceaccount") }

// examineSub: the subject does not match.
func examineSub(e *examination, c trust.Condition) {
	want := e.subject.subject()
	seen := fmt.Sprintf("%s %s is %s", c.Operator, c.Key, quoteAll(c.Values))
	wild := func(v string) bool { return strings.ContainsAny(v, "*?") }
	exact := strings.Contains(c.Operator, "StringEquals") && positive(c.Operator)
	switch {
	case !positive(c.Operator):
		fault(e, codeSubServiceAccountNameMismatch, seen+"; the token is "+want, letInstead(e, c, own(e)))
	case exact && slices.ContainsFunc(c.Values, wild):
		fault(e, codeSubWildcardInStringEquals, seen, letInstead(e, c, c.Values...))
		if !slices.ContainsFunc(c.Values, func(v string) bool { return trust.Covers(v, want) }) {
			mismatch(e, c, want)
		}
	case len(c.Values) > 0 && !slices.ContainsFunc(c.Values, isSubject) && slices.ContainsFunc(c.Values, isAudience):
		fault(e, codeAudKeyUsedForSub, seen+", an audience", letInstead(e, c, own(e)))
	default:
		mismatch(e, c, want)
	}
}

func isAudience(v string) bool {
	return strings.HasSuffix(hints.Visible(v), ".amazonaws.com") || strings.HasPrefix(v, "https://") || near(v, defaultAudience)
}

// mismatch compares with the subject that comes closest.
func mismatch(e *examination, c trust.Condition, want string) {
	best, _ := closest(e.facts, c.Values, e.subject)
	k, whole := splitSubject(best)
	code := codeSubServiceAccountNameMismatch
	nameFits := k.name == e.subject.name || likeOperator(c.Operator) && k.name != "" && trust.Covers(k.name, e.subject.name)
	namespaceFits := k.namespace == e.subject.namespace || likeOperator(c.Operator) && k.namespace != "" && trust.Covers(k.namespace, e.subject.namespace)
	if whole && !namespaceFits && (nameFits || !alikeNames(k, e.subject)) {
		code = codeSubNamespaceMismatch
	}
	message := fmt.Sprintf("%s %s is %s", c.Operator, c.Key, difference(best, want))
	if len(c.Values) > 1 {
		message += fmt.Sprintf(" (closest of %d)", len(c.Values))
	}
	if !namespaceFits && !nameFits && whole {
		message += "; neither namespace nor name is the service account's"
	}
	fault(e, code, message, letInstead(e, c, append(otherSubjects(e, c), own(e))...))
}

// likeness is how much of a subject a value has right.
func likeness(v string, want key) int {
	k, ok := splitSubject(v)
	if !ok {
		return 0
	}
	out := 1
	if k.name == want.name {
		out += 3
	} else if near(k.name, want.name) {
		out++
	}
	if k.namespace == want.namespace {
		out += 2
	}
	return out
}

// alikeNames: neither part fits, and the name is nearly right: then it is the name.
func alikeNames(a, b key) bool { return near(a.name, b.name) && !near(a.namespace, b.namespace) }

// examineAud: the audience does not match.
func examineAud(e *examination, c trust.Condition) {
	seen := fmt.Sprintf("%s %s is %s", c.Operator, c.Key, quoteAll(c.Values))
	back, said, changed := changedAudience(e.chain)
	switch {
	case slices.ContainsFunc(c.Values, isSubject):
		fault(e, codeAudKeyUsedForSub, seen+", a subject", letInstead(e, c, subjects(c.Values)...))
	case changed:
		fault(e, codeTokenAudienceMismatch, fmt.Sprintf("%s; tokens of %s carry %q%s", seen, e.a, e.audience, said), back)
	case e.audience != defaultAudience:
		fault(e, codeTokenAudienceMismatch, fmt.Sprintf("%s; tokens of %s carry %q", seen, e.a, e.audience), letInstead(e, c, kept(e)...))
	default:
		message := seen + fmt.Sprintf("; tokens carry %q", e.audience)
		if len(c.Values) == 1 && positive(c.Operator) && strings.Contains(c.Operator, "String") {
			message = fmt.Sprintf("%s %s is %s", c.Operator, c.Key, difference(c.Values[0], e.audience))
		}
		fault(e, codeAudValueWrong, message, letInstead(e, c, kept(e)...))
	}
}

// own is the service account's subject; what is not known of it is that of the trust policy.
func own(e *examination) string {
	return key{orForm(e.a.namespace, e.subject.namespace), orForm(e.a.name, e.subject.name)}.subject()
}

// otherSubjects are the subjects of a condition that stay: where it has several, and where it
// has that of another service account with the role.
func otherSubjects(e *examination, c trust.Condition) []string {
	all := subjects(c.Values)
	if len(c.Values) > 1 {
		return all
	}
	return slices.DeleteFunc(all, func(s string) bool {
		k, _ := splitSubject(s)
		a := e.accounts[k]
		return a == nil || manifest.Text(a.annotations(), roleKey) != e.roleARN
	})
}

// kept are the subjects that the statement lets in, else the service account's.
func kept(e *examination) []string {
	for _, c := range e.s.Conditions() {
		if _, claim, _ := splitKey(c.Key); strings.EqualFold(claim, "sub") && positive(c.Operator) && len(subjects(c.Values)) > 0 {
			return subjects(c.Values)
		}
	}
	return []string{own(e)}
}

func subjects(values []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { _, ok := splitSubject(v); return !ok })
}

// letInstead is the whole statement for these subjects, so that nothing is lost where it is
// pasted; with conditions of another kind, the one condition.
func letInstead(e *examination, c trust.Condition, subjects ...string) repair {
	if len(subjects) == 0 {
		subjects = []string{own(e)}
	}
	for _, other := range e.s.Conditions() {
		if _, claim, ok := splitKey(other.Key); ok && slices.Contains(claims, strings.ToLower(claim)) {
			continue
		}
		operator, key, value := "StringLike", "sub", subjects[0]
		if _, claim, _ := splitKey(c.Key); strings.EqualFold(claim, "aud") && !slices.ContainsFunc(c.Values, isSubject) {
			operator, key, value = "StringEquals", "aud", e.audience
		}
		return edit(fmt.Sprintf(`"Condition": {"%s": {"%s:%s": "%s"}}`, operator, orForm(e.issuer.name, "ISSUER"), key, value))
	}
	return statementOf(e.chain, orForm(e.issuer.name, "ISSUER"), subjects...)
}

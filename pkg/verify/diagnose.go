package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// diagnosis asks a trust policy for a token, and where it is refused finds out why.
type diagnosis struct {
	*chain
	// subject is whose token it is. Where the account's own namespace or name is not
	// known, that of the trust policy is tried.
	subject key
	tried   bool
}

// run asks, and says what came of it.
func diagnose(d *diagnosis) {
	if d.subject.namespace == "" || d.subject.name == "" || strings.ContainsAny(d.subject.name+d.subject.namespace, "*?") {
		trySubject(d)
	}
	decision := trust.Evaluate(*d.role.Trust, request(d))
	switch decision.Verdict {
	case trust.Allow:
		judgeAllowed(d, decision)
	case trust.Undecided:
		set(d.chain, LinkTrust, Unknown, strings.Join(decision.Explain(), "; "))
		d.undecided = reasons(decision)
		if decision.Statement >= 0 && d.role.Trust.Statements()[decision.Statement].Allows() {
			judgeRefused(d, decision) // what is certainly wrong beside what is unknown
		}
	default:
		judgeRefused(d, decision)
	}
}

// reasons are the parts that decide, in one line.
func reasons(decision trust.Decision) string {
	lines := decision.Explain()
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "; ")
}

// request is what STS is asked with the pods' token.
func request(d *diagnosis) trust.Request {
	return tokenRequest(d.chain, d.role, providerARN(d.chain), d.subject)
}

// trySubject takes what is not known of the account from the trust policy.
func trySubject(d *diagnosis) {
	d.tried = true
	own := d.subject
	best, found := key{}, false
	for _, s := range subjectsIn(d.chain.facts, d.role).list {
		k, ok := splitSubject(s)
		if !ok {
			continue
		}
		fits := (own.name == "" || own.name == k.name) && (own.namespace == "" || own.namespace == k.namespace)
		if fits || !found {
			best, found = k, true
		}
		if fits {
			break
		}
	}
	fill := func(own, from, otherwise string) string {
		if own == "" {
			own = from
		}
		if own == "" {
			return otherwise
		}
		return strings.NewReplacer("*", "x", "?", "x").Replace(own)
	}
	d.subject = key{fill(own.namespace, best.namespace, "default"), fill(own.name, best.name, "default")}
}

// allowed: the token is let in.
func judgeAllowed(d *diagnosis, decision trust.Decision) {
	set(d.chain, LinkTrust, OK, decision.Explain()[0])
	switch {
	case d.tried:
		set(d.chain, LinkTrust, Unknown, fmt.Sprintf("%s, if the account is %s", decision.Explain()[0], strings.TrimPrefix(d.subject.String(), "ServiceAccount ")))
	case d.token.by == byProvider:
		set(d.chain, LinkTrust, Unknown, fmt.Sprintf("%s, if the tokens' audience is %s", decision.Explain()[0], d.audience))
	case !d.issuer.known:
		set(d.chain, LinkTrust, Unknown, fmt.Sprintf("%s, if the issuer is https://%s", decision.Explain()[0], d.issuer.name))
	}
}

// condition is a line of a policy.
func condition(d *diagnosis, operator, claim, value string) string {
	return fmt.Sprintf(`"Condition": {"%s": {"%s:%s": "%s"}}`, operator, orForm(d.issuer.name, "ISSUER"), claim, value)
}

// statement is the whole statement that would let the account in.
func statement(d *diagnosis) string {
	return statementFor(d, orForm(d.issuer.name, "ISSUER"))
}

// statementFor is the statement for one issuer.
func statementFor(d *diagnosis, issuer string) string {
	subject := key{orForm(d.a.namespace, "NAMESPACE"), orForm(d.a.name, "NAME")}
	provider := trust.ProviderARN(partition(d.chain), orForm(roleAccount(d.chain), "ACCOUNT"), issuer)
	s, err := trust.WebIdentityStatement(trust.Issuer{URL: "https://" + issuer, ProviderARN: provider}, orForm(d.audience, defaultAudience), []string{subject.subject()})
	if err != nil {
		return ""
	}
	return s.Text()
}

// refused finds what is wrong with the statement that comes closest.
func judgeRefused(d *diagnosis, decision trust.Decision) {
	statements := d.role.Trust.Statements()
	if decision.Verdict == trust.Deny {
		judgeDenied(d, decision, statements[decision.Statement])
		return
	}
	var best []Finding
	found, named := false, false
	for i, s := range statements {
		if !webStatement(s) {
			continue
		}
		e := &examination{diagnosis: d, s: s, index: i, outcome: decision.Statements[i]}
		faults := examine(e)
		// Of two with as many faults, the one that names the account was meant for it.
		if !found || len(faults) < len(best) || len(faults) == len(best) && !named && namesSubject(e) {
			best, found, named = faults, true, namesSubject(e)
		}
	}
	if !found {
		noStatement(d, statements)
		return
	}
	if len(best) == 0 && decision.Verdict != trust.Undecided {
		set(d.chain, LinkTrust, Broken, strings.Join(decision.Explain(), "; "))
	}
	for _, f := range best {
		add(d.chain, f)
	}
}

// webStatement: an Allow about tokens, as far as its action says.
func webStatement(s trust.Statement) bool {
	if !s.Allows() {
		return false
	}
	actions, not := s.Actions()
	matches := slices.ContainsFunc(actions, func(a string) bool {
		return trust.Covers(strings.ToLower(a), strings.ToLower(trust.ActionWebIdentity))
	})
	principals, _ := s.Principals()
	federated := slices.ContainsFunc(principals, func(p trust.Principal) bool { return p.Type == "Federated" || p.Type == "*" })
	return matches != not && federated
}

// noStatement: nothing in the policy is about tokens.
func noStatement(d *diagnosis, statements []trust.Statement) {
	subject := roleSubject(d.chain)
	code := "trust-no-web-identity-statement"
	var seen []string
	for i, s := range statements {
		principals, _ := s.Principals()
		actions, _ := s.Actions()
		for _, p := range principals {
			if p.Type == "AWS" && s.Allows() && code == "trust-no-web-identity-statement" && !isFederated(d, statements) {
				code = "trust-principal-aws-instead-of-federated"
			}
			seen = append(seen, fmt.Sprintf("statement %d has %s %s with %s", i+1, p.Type, p.ID, strings.Join(actions, ", ")))
		}
	}
	message, fix := fmt.Sprintf("the trust policy of %s has no statement for tokens: %s", subject, strings.Join(seen, "; ")), statement(d)
	if slices.ContainsFunc(statements, forPodIdentity) {
		more, other := byAssociation(d)
		message, fix = message+more, fix+other
	}
	add(d.chain, foundAs(code, subject, message, fix))
}

// forPodIdentity: a statement that lets EKS take the role for pods.
func forPodIdentity(s trust.Statement) bool {
	principals, _ := s.Principals()
	return s.Allows() && slices.Contains(principals, trust.Principal{Type: "Service", ID: trust.PodIdentityService})
}

// byAssociation: the role is made for EKS Pod Identity, which needs an association. Who
// has one, and the command that makes the account's.
func byAssociation(d *diagnosis) (seen, fix string) {
	all := associationsOf(d.chain.facts, d.roleARN)
	for _, as := range all[:min(len(all), fewValues)] {
		seen += fmt.Sprintf("; Pod Identity association %s gives it to %s/%s", as.ID, as.Namespace, as.ServiceAccount)
	}
	if more := len(all) - fewValues; more > 0 {
		seen += fmt.Sprintf("; and %d more associations give it", more)
	}
	if seen == "" && d.snapshot.Associations.Read {
		seen = "; and the cluster has no Pod Identity association for the account"
	}
	return seen, "\n# or, with the Pod Identity agent: " + safe.Type("aws", "eks", "create-pod-identity-association").Flag("--cluster-name", safe.Cluster, d.snapshot.Cluster.Name).
		Flag("--namespace", safe.Namespace, d.a.namespace).Flag("--service-account", safe.ServiceAccount, d.a.name).Flag("--role-arn", safe.RoleARN, d.roleARN).String()
}

func isFederated(d *diagnosis, statements []trust.Statement) bool {
	return slices.ContainsFunc(statements, func(s trust.Statement) bool {
		principals, _ := s.Principals()
		return slices.ContainsFunc(principals, func(p trust.Principal) bool { return p.Type == "Federated" })
	})
}

// foundAs is found where a variable of that name hides it.
func foundAs(code, subject, message, fix string) Finding { return found(code, subject, message, fix) }

// denied: a Deny of the policy names the token.
func judgeDenied(d *diagnosis, decision trust.Decision, s trust.Statement) {
	code := "denied-by-scp-or-boundary"
	for _, c := range s.Conditions() {
		if _, claim, _ := splitKey(c.Key); strings.EqualFold(claim, "sub") {
			code = "sub-service-account-name-mismatch"
		}
	}
	add(d.chain, found(code, roleSubject(d.chain), fmt.Sprintf("the trust policy of %s refuses %s: %s", roleSubject(d.chain), d.subject.subject(), strings.Join(decision.Explain(), "; ")),
		"remove this statement, or leave the service account out of it: "+s.Text()).on(LinkTrust).because("A statement that denies goes before all that allow."))
}

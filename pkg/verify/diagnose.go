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
	// subject is whose token it is. Where the service account's own namespace or name is not
	// known, that of the trust policy is tried.
	subject key
	tried   bool
}

// diagnose asks, and says what came of it: with what the answer depends on and nobody knows,
// where it is not known.
func diagnose(d *diagnosis, r *result) (undecided string) {
	if d.subject.namespace == "" || d.subject.name == "" || strings.ContainsAny(d.subject.name+d.subject.namespace, "*?") {
		trySubject(d)
	}
	decision := trust.Evaluate(*d.role.Trust, request(d))
	switch decision.Verdict {
	case trust.Allow:
		judgeAllowed(d, r, decision)
	case trust.Undecided:
		r.set(Unknown, strings.Join(decision.Explain(), "; "))
		return reasons(decision)
	default:
		judgeRefused(d, r, decision)
	}
	return ""
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

// trySubject takes what is not known of the service account from the trust policy.
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

// judgeAllowed: the token is let in.
func judgeAllowed(d *diagnosis, r *result, decision trust.Decision) {
	r.set(OK, decision.Explain()[0])
	switch {
	case d.tried:
		r.set(Unknown, fmt.Sprintf("%s, if the service account is %s", decision.Explain()[0], strings.TrimPrefix(d.subject.String(), "ServiceAccount ")))
	case d.token.by == byProvider:
		r.set(Unknown, fmt.Sprintf("%s, if the tokens' audience is %s", decision.Explain()[0], d.audience))
	case !d.issuer.known:
		r.set(Unknown, fmt.Sprintf("%s, if the issuer is https://%s", decision.Explain()[0], d.issuer.name))
	}
}

// statement is the whole statement that would let the service account in.
func statement(d *diagnosis) letIn {
	return statementFor(d, orForm(d.issuer.name, "ISSUER"))
}

// statementFor is the statement for one issuer.
func statementFor(d *diagnosis, issuer string) letIn {
	return statementOf(d.chain, issuer, key{orForm(d.a.namespace, "NAMESPACE"), orForm(d.a.name, "NAME")}.subject())
}

// statementOf is the statement that lets tokens of the issuer for the subjects in.
func statementOf(c *chain, issuer string, subjects ...string) letIn {
	return letIn{issuer, trust.ProviderARN(partition(c), orForm(roleAccount(c), "ACCOUNT"), issuer), c.audience, subjects}
}

// judgeRefused finds what is wrong with the statement that comes closest.
func judgeRefused(d *diagnosis, r *result, decision trust.Decision) {
	statements := d.role.Trust.Statements()
	if decision.Verdict == trust.Deny {
		judgeDenied(d, r, decision, statements[decision.Statement])
		return
	}
	var best []trustFault
	var found, named bool
	for i, s := range statements {
		if !webStatement(s) {
			continue
		}
		e := &examination{diagnosis: d, s: s, index: i, outcome: decision.Statements[i]}
		faults := examine(e)
		// Of two with as many faults, the one that names the service account was meant for it.
		if !found || len(faults) < len(best) || len(faults) == len(best) && !named && namesSubject(e) {
			best, found, named = faults, true, namesSubject(e)
		}
	}
	if !found {
		noStatement(d, r, statements)
		return
	}
	if len(best) == 0 {
		r.set(Broken, strings.Join(decision.Explain(), "; "))
	}
	for _, f := range best {
		r.add(f.finding(d))
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
func noStatement(d *diagnosis, r *result, statements []trust.Statement) {
	subject := d.holder.String()
	code := codeTrustNoWebIdentityStatement
	var seen []string
	for i, s := range statements {
		principals, _ := s.Principals()
		actions, _ := s.Actions()
		for _, p := range principals {
			if p.Type == "AWS" && s.Allows() && code == codeTrustNoWebIdentityStatement && !isFederated(d, statements) {
				code = codeTrustPrincipalAWSInsteadOfFederated
			}
			seen = append(seen, fmt.Sprintf("statement %d has %s %s with %s", i+1, p.Type, p.ID, strings.Join(actions, ", ")))
		}
	}
	message, fix := fmt.Sprintf("the trust policy of %s has no statement for tokens: %s", subject, strings.Join(seen, "; ")), repair(statement(d))
	if slices.ContainsFunc(statements, letsEKS) {
		message += associatedTo(d)
		if _, asks := d.a.annotations()[roleKey]; asks || d.a.entry != nil || d.anonymous {
			fix = several{fix, edit("# or, with the Pod Identity agent: " + associate(d.chain).String())}
		} else { // the role is for pods that have it by an association, and nobody asked for a token
			fix = several{run{associate(d.chain)}, edit("# or, with an annotation in its place: " + textOf(fix.steps()))}
		}
	}
	r.add(found(code, subject, message, byApply{d.chain, fix}))
}

// letsEKS: a statement that lets EKS take the role for pods.
func letsEKS(s trust.Statement) bool {
	principals, _ := s.Principals()
	return s.Allows() && slices.Contains(principals, trust.Principal{Type: "Service", ID: trust.PodIdentityService})
}

// associatedTo says who has the role by an association: it is made for EKS Pod Identity, which
// needs one.
func associatedTo(d *diagnosis) (seen string) {
	all := associationsOf(d.facts, d.roleARN)
	for _, as := range all[:min(len(all), fewValues)] {
		seen += fmt.Sprintf("; Pod Identity association %s gives it to %s/%s", as.ID, as.Namespace, as.ServiceAccount)
	}
	if more := len(all) - fewValues; more > 0 {
		seen += fmt.Sprintf("; and %d more associations give it", more)
	}
	if seen == "" && d.snapshot.Associations.Read {
		seen = "; and the cluster has no Pod Identity association for the service account"
	}
	return seen
}

// associate gives the service account the role by EKS Pod Identity, in the place of a token.
func associate(c *chain) *safe.Typed {
	return safe.Type("aws", "eks", "create-pod-identity-association").Flag("--cluster-name", safe.Cluster, c.snapshot.Cluster.Name).
		Flag("--namespace", safe.Namespace, c.a.namespace).Flag("--service-account", safe.ServiceAccount, c.a.name).Flag("--role-arn", safe.RoleARN, c.roleARN)
}

func isFederated(d *diagnosis, statements []trust.Statement) bool {
	return slices.ContainsFunc(statements, func(s trust.Statement) bool {
		principals, _ := s.Principals()
		return slices.ContainsFunc(principals, func(p trust.Principal) bool { return p.Type == "Federated" })
	})
}

// judgeDenied: a Deny of the policy names the token.
func judgeDenied(d *diagnosis, r *result, decision trust.Decision, s trust.Statement) {
	code := codeDeniedBySCPOrBoundary
	for _, c := range s.Conditions() {
		if name, claim, _ := splitKey(c.Key); strings.EqualFold(claim, "sub") && strings.EqualFold(name, d.issuer.name) && c.Operator != "Null" {
			code = codeSubServiceAccountNameMismatch
		}
	}
	r.add(found(code, d.holder.String(), fmt.Sprintf("the trust policy of %s refuses %s: %s", d.holder, d.subject.subject(), reasons(decision)),
		leftOut(d, s, decision.Statements[decision.Statement])).on(LinkTrust).because("A statement that denies goes before all that allow."))
}

// leftOut is how a statement that denies leaves tokens alone: where it does so by a negated
// condition on a key that requests with the cluster's tokens never have, it asks for the key to be
// there; where it is for tokens of none of the issuers that it names, it names the cluster's as well
// (https://github.com/aws-samples/resource-control-policy-examples, Limit-access-to-trusted-OIDC-identity-providers).
func leftOut(d *diagnosis, s trust.Statement, o trust.Outcome) repair {
	for i, c := range s.Conditions() {
		name, _, ofToken := splitKey(c.Key)
		others := ofToken && !strings.EqualFold(name, d.issuer.name)
		switch {
		case c.Operator == "Null" && others && d.issuer.name != "":
			return edit(fmt.Sprintf(`"Null": {%q: "true"}   # beside the conditions of this statement, which denies tokens of issuers that it does not name: %s`, d.issuer.name+":sub", safe.Text(s.Text())))
		case (!ofToken || others) && !positive(c.Operator) && c.Operator != "Null" && len(conditionResult(o, i).Seen) == 0:
			return edit(fmt.Sprintf(`"Null": {%q: "false"}   # beside the condition of this statement: a token of the cluster never brings that key, and %s holds without it: %s`, c.Key, c.Operator, s.Text()))
		}
	}
	return edit("remove this statement, or leave the service account out of it: " + s.Text())
}

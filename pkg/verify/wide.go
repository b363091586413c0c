package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// wideTrust: somebody gets in whom nobody named, and irsa.yaml does not say that it is meant.
func wideTrust(c *chain, r *result, h holder) {
	if h.role == nil || h.role.Trust == nil {
		return
	}
	for _, e := range openTo(c.facts, h.role) {
		if isMeant(c, h, e) {
			continue
		}
		who := strings.Join(trust.Describe([]trust.Entrant{e}, h.role.ARN, func(issuer string) string { return clusterOf(c, issuer) }), "")
		r.add(found(codeTrustTooWide, h.String(), fmt.Sprintf("statement %d of the trust policy of %s lets in %s", e.Statement+1, h, who), narrow(c, h, e)).because(whyWide[e.Kind]))
	}
}

// openTo are those who get into a role and whom its trust policy does not name. A role may be
// that of thousands of service accounts, and is looked at once.
func openTo(w *facts, r *awsstate.Role) []trust.Entrant {
	open, looked := w.index.open[r]
	if !looked {
		open = slices.DeleteFunc(trust.Entrants(*r.Trust), func(e trust.Entrant) bool { return !e.Open })
		w.index.open[r] = open
	}
	return open
}

// whyWide says what follows, by who gets in.
var whyWide = map[trust.EntrantKind]string{
	trust.EntersByToken:   "Whoever can make a service account of a fitting name, or take over a pod of one, can assume this role.",
	trust.EntersAsAccount: "Whoever is an administrator of that AWS account can assume this role, and let anybody there do so.",
	trust.EntersAsAnybody: "Whoever has credentials of any AWS account can assume this role. External IDs, session names and tags are the caller's own choice.",
	trust.EntersSomehow:   "Everybody but those that are named can assume this role.",
}

// clusterOf names the cluster that is verified, by its issuer.
func clusterOf(c *chain, issuer string) string {
	switch {
	case issuer == "" || issuer != c.issuer.name:
		return ""
	case c.snapshot.Cluster.Name != "":
		return "cluster " + c.snapshot.Cluster.Name
	}
	return "the cluster"
}

// isMeant: the role's own AWS account, which says in policies of its own who may assume its
// roles, and what irsa.yaml agrees to.
func isMeant(c *chain, h holder, e trust.Entrant) bool {
	var t spec.Trust
	if c.a.entry != nil {
		t = c.a.entry.Role.Trust
	}
	switch e.Kind {
	case trust.EntersByToken:
		return t.AllowAnySubject
	case trust.EntersAsAnybody:
		if s := h.role.Trust.Statements()[e.Statement]; forTokensAlone(s) && slices.ContainsFunc(s.Conditions(), bindsToken) {
			return true // only a token of that issuer has the key
		}
	case trust.EntersAsAccount:
		if e.Account == h.parsed.AccountID {
			return true
		}
	case trust.EntersSomehow:
		_, everybodyBut := h.role.Trust.Statements()[e.Statement].Principals()
		return !everybodyBut
	}
	return t.Means(e.ID, h.parsed.AccountID)
}

// forTokensAlone: the statement allows nothing but to assume the role with a token.
func forTokensAlone(s trust.Statement) bool {
	actions, not := s.Actions()
	return !not && !slices.ContainsFunc(actions, func(a string) bool { return !strings.EqualFold(a, trust.ActionWebIdentity) })
}

// bindsToken: the condition asks for a subject without a pattern, of a token of one issuer.
func bindsToken(c trust.Condition) bool {
	issuer, claim, ok := splitKey(c.Key)
	return ok && strings.Contains(issuer, ".") && strings.EqualFold(claim, "sub") && positive(c.Operator) && !strings.HasSuffix(c.Operator, "IfExists") &&
		!slices.ContainsFunc(c.Values, func(v string) bool { return likeOperator(c.Operator) && strings.ContainsAny(v, "*?") })
}

// narrow is what to write in the place of what is too wide.
func narrow(c *chain, h holder, e trust.Entrant) repair {
	switch e.Kind {
	case trust.EntersByToken:
		return edit(fmt.Sprintf(`"Condition": {"StringEquals": {"%s:sub": "%s"}}`, e.Issuer, key{orForm(c.a.namespace, "NAMESPACE"), orName(c.a.name)}.subject()))
	case trust.EntersAsAccount:
		return edit(fmt.Sprintf(`"Principal": {"AWS": "arn:%s:iam::%s:role/NAME"}`, orForm(h.parsed.Partition, "aws"), e.Account))
	}
	return edit(fmt.Sprintf(`"Principal": {"AWS": "arn:%s:iam::%s:role/NAME"}`, orForm(h.parsed.Partition, "aws"), orForm(h.parsed.AccountID, "ACCOUNT")))
}

// widePermissions: policies that are as good as administrator, as far as they were read and
// the boundary lets them be; and a boundary that bounds nothing.
func widePermissions(c *chain, r *result, h holder) {
	if h.role == nil {
		return
	}
	own := identityPolicies(c.facts, h)
	what, policies := power(c, h, own)
	if what != "" {
		r.add(found(codePermissionsTooWide, h.String(), fmt.Sprintf("%s is as good as administrator: %s", h, what), lessPower(c, h, policies)))
	}
	if h.role.Boundary != "" && unbounded(c.facts, h.role.Boundary) {
		r.add(found(codePermissionsTooWide, h.String(), fmt.Sprintf("the permissions boundary %s of %s bounds nothing: it allows every action on every resource", h.role.Boundary, h),
			run{onRole(h, "put-role-permissions-boundary").With("--permissions-boundary", "POLICY-ARN")}).
			because("A boundary is for what the role must never do, whatever its policies allow."))
	}
}

// power says what makes the role as good as administrator, and by which policies.
func power(c *chain, h holder, own *permissions) (what string, policies []string) {
	bearer := trust.Bearer{ARN: h.role.ARN, Policies: h.role.Attached.List}
	found, unread := bearer.Powers(own.documents...), ""
	harmless := false
	for _, l := range limits(c, h) {
		switch {
		case l.document != nil:
			left := bearer.Powers(*l.document)
			found, harmless = trust.Common(found, left), harmless || len(left) == 0
		case !trust.AWSManagedUnbounded(l.arn):
			unread += fmt.Sprintf("; its %s was not looked at", l.what)
		}
	}
	for i, name := range own.names {
		if powers := trust.Common(bearer.Powers(own.documents[i]), found); len(powers) > 0 {
			what += fmt.Sprintf("; %s allows %s", name, trust.PowersInWords(powers, own.documents[i]))
			policies = append(policies, name)
		}
	}
	for _, name := range own.missing {
		if w := trust.AWSManagedAdministrator(strings.TrimPrefix(name, "policy ")); w != "" && !harmless {
			what += fmt.Sprintf("; %s allows %s", name, w)
			policies = append(policies, name)
		}
	}
	if what != "" {
		what += unread
	}
	return strings.TrimPrefix(what, "; "), policies
}

// unbounded reports whether a boundary bounds nothing, as far as it was read.
func unbounded(w *facts, arn string) bool {
	if p := w.policies[arn]; p != nil && p.Document != nil {
		return trust.Unbounded(*p.Document)
	}
	return trust.AWSManagedUnbounded(arn)
}

// lessPower takes the policies away, which has to come after others that are enough.
func lessPower(c *chain, h holder, policies []string) repair {
	if oursIs(c, h) {
		return several{inFile(c, "role: {policyARNs: [POLICY-ARN]}   # of what it needs, in the place of what is too wide"), apply(c.facts)}
	}
	out := several{edit("# first give it a policy with the actions and resources that it needs; then:")}
	for _, name := range policies {
		if arn, ok := strings.CutPrefix(name, "policy "); ok {
			out = append(out, run{onRole(h, "detach-role-policy").Flag("--policy-arn", safe.PolicyARN, arn)})
		} else {
			out = append(out, run{onRole(h, "delete-role-policy").Flag("--policy-name", safe.PolicyName, strings.TrimPrefix(name, "inline policy "))})
		}
	}
	return out
}

// onRole begins a command of the AWS CLI that changes the role.
func onRole(h holder, command string) *safe.Typed {
	return safe.Type("aws", "iam", command).Flag("--role-name", safe.RoleName, h.parsed.Name)
}

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

// checkWide looks at who else gets in, and at what the role may do that makes it as good as
// an administrator. Nothing of it breaks the chain.
func checkWide(c *chain) {
	if c.role == nil {
		return
	}
	wideTrust(c)
	widePermissions(c)
}

// wideTrust: somebody gets in whom nobody named, and irsa.yaml does not say that it is meant.
func wideTrust(c *chain) {
	if c.role.Trust == nil {
		return
	}
	for _, e := range openTo(c.facts, c.role) {
		if isMeant(c, e) {
			continue
		}
		who := strings.Join(trust.Describe([]trust.Entrant{e}, c.role.ARN, func(p0 string) string { return clusterOf(c, p0) }), "")
		add(c, found("trust-too-wide", roleSubject(c), fmt.Sprintf("statement %d of the trust policy of %s lets in %s", e.Statement+1, roleSubject(c), who), narrow(c, e)).because(whyWide[e.Kind]))
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

// meant: the role's own AWS account, which says in policies of its own who may assume its
// roles, and what irsa.yaml agrees to.
func isMeant(c *chain, e trust.Entrant) bool {
	var t spec.Trust
	if c.a.entry != nil {
		t = c.a.entry.Role.Trust
	}
	switch e.Kind {
	case trust.EntersByToken:
		return t.AllowAnySubject
	case trust.EntersAsAccount:
		if e.Account == c.parsed.AccountID {
			return true
		}
	case trust.EntersSomehow:
		_, everybodyBut := c.role.Trust.Statements()[e.Statement].Principals()
		return !everybodyBut
	}
	return t.Means(e.ID, c.parsed.AccountID)
}

// narrow is what to write in the place of what is too wide.
func narrow(c *chain, e trust.Entrant) string {
	switch e.Kind {
	case trust.EntersByToken:
		return fmt.Sprintf(`"Condition": {"StringEquals": {"%s:sub": "%s"}}`, e.Issuer, c.a.subject())
	case trust.EntersAsAccount:
		return fmt.Sprintf(`"Principal": {"AWS": "arn:%s:iam::%s:role/NAME"}`, orForm(c.parsed.Partition, "aws"), e.Account)
	}
	return fmt.Sprintf(`"Principal": {"AWS": "arn:%s:iam::%s:role/NAME"}`, orForm(c.parsed.Partition, "aws"), orForm(c.parsed.AccountID, "ACCOUNT"))
}

// widePermissions: policies that are as good as administrator, as far as they were read and
// the boundary lets them be; and a boundary that bounds nothing.
func widePermissions(c *chain) {
	own := identityPolicies(c)
	what, policies := power(c, own)
	if what != "" {
		message := fmt.Sprintf("%s is as good as administrator: %s", roleSubject(c), what)
		add(c, found("permissions-too-wide", roleSubject(c), message, lessPower(c, policies)))
	}
	if c.role.Boundary != "" && unbounded(c, c.role.Boundary) {
		add(c, found("permissions-too-wide", roleSubject(c), fmt.Sprintf("the permissions boundary %s of %s bounds nothing: it allows every action on every resource", c.role.Boundary, roleSubject(c)),
			onRole(c, "put-role-permissions-boundary").With("--permissions-boundary", "POLICY-ARN").String()).
			because("A boundary is for what the role must never do, whatever its policies allow."))
	}
}

// power says what makes the role as good as administrator, and by which policies.
func power(c *chain, own *permissions) (what string, policies []string) {
	bearer := trust.Bearer{ARN: c.role.ARN, Policies: c.role.Attached.List}
	found := bearer.Powers(own.documents...)
	if p := c.policies[c.role.Boundary]; p != nil && p.Document != nil {
		found = bearer.Within(*p.Document, own.documents...)
	}
	for i, name := range own.names {
		if powers := trust.Common(bearer.Powers(own.documents[i]), found); len(powers) > 0 {
			what += fmt.Sprintf("; %s allows %s", name, trust.PowersInWords(powers, own.documents[i]))
			policies = append(policies, name)
		}
	}
	for _, name := range own.missing {
		if w := trust.AWSManagedAdministrator(strings.TrimPrefix(name, "policy ")); w != "" {
			what += fmt.Sprintf("; %s allows %s", name, w)
			policies = append(policies, name)
		}
	}
	what = strings.TrimPrefix(what, "; ")
	if p := c.policies[c.role.Boundary]; what != "" && c.role.Boundary != "" && (p == nil || p.Document == nil) && !unbounded(c, c.role.Boundary) {
		what += fmt.Sprintf("; its permissions boundary %s was not looked at", c.role.Boundary)
	}
	return what, policies
}

// unbounded reports whether a boundary bounds nothing, as far as it was read.
func unbounded(c *chain, arn string) bool {
	if p := c.policies[arn]; p != nil && p.Document != nil {
		return trust.Unbounded(*p.Document)
	}
	return trust.AWSManagedUnbounded(arn)
}

// lessPower takes the policies away, which has to come after others that are enough.
func lessPower(c *chain, policies []string) string {
	if oursInAWS(c) {
		return inFile(c, "role: {policyARNs: [POLICY-ARN]}   # of what it needs, in the place of what is too wide") + "\n" + apply(c.facts)
	}
	lines := []string{"# first give it a policy with the actions and resources that it needs; then:"}
	for _, name := range policies {
		if arn, ok := strings.CutPrefix(name, "policy "); ok {
			lines = append(lines, onRole(c, "detach-role-policy").Flag("--policy-arn", safe.PolicyARN, arn).String())
		} else {
			lines = append(lines, onRole(c, "delete-role-policy").Flag("--policy-name", safe.PolicyName, strings.TrimPrefix(name, "inline policy ")).String())
		}
	}
	return strings.Join(lines, "\n")
}

// onRole begins a command of the AWS CLI that changes the role.
func onRole(c *chain, command string) *safe.Typed {
	return safe.Type("aws", "iam", command).Flag("--role-name", safe.RoleName, c.parsed.Name)
}

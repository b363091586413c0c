package verify

import (
	"fmt"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
)

// checkAnnotation tells how the service account is given its role.
func checkAnnotation(c *chain, r *result) {
	n := c.naming
	r.set(n.status, n.why)
	if n.late != "" && n.status == OK {
		r.set(Unknown, n.late)
	}
	for _, f := range n.findings {
		r.add(doubted(c, f))
	}
	if n.overridden != "" {
		r.add(twoRoles(c))
	}
}

// twoRoles: an association goes before the annotation. Which of the two was meant irsa.yaml says;
// else that of the annotation was, unless its trust policy lets in no token of the service account:
// then it is what is left of before.
func twoRoles(c *chain) finding {
	as, e, n := c.a.association, c.a.entry, c.naming
	where := "annotation " + roleKey + " has"
	if !n.annotated {
		where = "irsa.yaml gives it by annotation"
	}
	apart := run{safe.Type("aws", "eks", "delete-pod-identity-association").Flag("--cluster-name", safe.Cluster, c.snapshot.Cluster.Name).Flag("--association-id", safe.Association, as.ID)}
	left := setting{of: c, annotation: roleKey, line: "mode: podIdentity"}
	f := found(codePodIdentityOverridesIRSA, c.a.String(),
		fmt.Sprintf("%s %s; Pod Identity association %s gives %s", where, n.overridden, as.ID, orForm(as.RoleARN, "a role that was not looked at")), apart)
	role := c.roles[n.overridden]
	dead := role != nil && role.Trust != nil && !trusts(c, role) || role == nil && c.snapshot.Roles.Read && readAccount(c.facts, awsstate.AccountOf(n.overridden))
	switch {
	case e != nil && e.Mode == "both" || as.RoleARN == n.overridden:
		return f.as(Info).mendedBy(left)
	case e != nil:
		return f
	case dead:
		return f.saying("; the trust policy of the former lets in no token of the service account").as(Warning).mendedBy(left)
	case as.RoleARN == "":
		f = f.as(Warning)
	}
	return f.mendedBy(several{apart, edit("# or, where the association's role is meant: " + textOf(left.steps()))})
}

// doubted: where only a trust policy says that the service account should have a role, a fault
// of the policy or of the provider is more certain than that of the service account, which may
// have been left out of the documents.
func doubted(c *chain, f finding) finding {
	if f.Code != codeAnnotationMissing || c.a.presumed == nil {
		return f
	}
	worst := Info.rank() + 1
	for _, k := range checks {
		if k.link != "" && k.link.rank() < LinkIssuer.rank() {
			continue
		}
		for _, other := range resultOf(c, k.link).findings {
			if other.Link.rank() >= LinkIssuer.rank() {
				worst = min(worst, other.Severity.rank())
			}
		}
	}
	if f.Severity.rank() <= worst && worst <= Warning.rank() {
		return f.as([]Severity{Warning, Info}[worst])
	}
	return f
}

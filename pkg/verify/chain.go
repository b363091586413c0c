package verify

import (
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// chain is what is known of one service account before any of its links is judged. It is
// made once, and then only read.
type chain struct {
	*facts
	a *serviceAccount
	// naming is how the service account came to its role; holder is that role.
	naming naming
	holder
	// association gives the pods their role; nil where they ask STS with a token. One that
	// irsa.yaml wants and that is not there, or not yet, stands here as it would be.
	association *awsstate.Association
	// podIdentity is true where there is one.
	podIdentity bool
	// target is the role that an association's role assumes for the pods; empty where there
	// is none.
	target holder
	issuer issuer
	// audience is that of the pods' tokens; token says where it comes from.
	audience string
	token    tokenIs
	// trial is what STS said of a token of the service account.
	trial verdict
	// anonymous is true where no service account led to the chain: it is about the cluster.
	anonymous bool

	results []*result
}

// holder is a role as a chain needs it.
type holder struct {
	// roleARN is the role's ARN as it was given; empty where it is not known, or none.
	roleARN string
	// parsed is roleARN in parts, where it is one.
	parsed     spec.RoleARN
	wellFormed bool
	// role is what AWS has under roleARN; nil where it has none, or was not looked at.
	role *awsstate.Role
}

func holderOf(w *facts, arn string) holder {
	out := holder{roleARN: arn, role: w.roles[arn]}
	if parsed, err := spec.ParseRoleARN(arn); err == nil {
		out.parsed, out.wellFormed = parsed, true
	}
	return out
}

// String is how the role is named in messages.
func (h holder) String() string {
	if h.parsed.Name != "" {
		return "role " + h.parsed.Name
	}
	return "role " + h.roleARN
}

// newChain finds out what there is to know of a service account.
func newChain(w *facts, a *serviceAccount) *chain {
	c := &chain{facts: w, a: a, association: a.association}
	if e := a.entry; a.association == nil && e != nil && e.Mode == "podIdentity" && w.snapshot.Associations.Read {
		c.association = &awsstate.Association{Namespace: a.namespace, ServiceAccount: a.name, RoleARN: wanted(c)}
	}
	c.podIdentity = c.association != nil
	c.naming = nameRole(c)
	c.holder = holderOf(w, c.naming.roleARN)
	if c.podIdentity {
		c.target = holderOf(w, c.association.TargetRoleARN)
	}
	c.tokens()
	onceAnnotated(c)
	c.trial = verdictOf(c)
	return c
}

// tokens finds out whose tokens the pods get, and for which audience.
func (c *chain) tokens() {
	c.issuer = findIssuer(c)
	c.token = findAudience(c)
	c.audience = orForm(c.token.audience, defaultAudience)
}

// aboutCluster is a chain of no service account: what of the cluster and of AWS is the same
// for all.
func aboutCluster(w *facts) *chain {
	c := &chain{facts: w, a: &serviceAccount{key: key{w.namespace, ""}}, anonymous: true}
	c.issuer = findIssuer(c)
	c.audience = defaultAudience
	return c
}

// unasked: nothing says that the service account should have a role, and it has none.
func (c *chain) unasked() bool { return c.a.bare && c.roleARN == "" }

// subjectOf is what a finding about the chain as a whole is about.
func subjectOf(c *chain) string {
	if c.anonymous {
		return theCluster
	}
	return c.a.String()
}

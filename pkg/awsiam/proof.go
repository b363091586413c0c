package awsiam

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// Whose a role is, is decided here and nowhere else. Tags name a release, but whoever may
// call iam:TagRole can write them, so they are a claim. The proof is in the trust policy:
// a statement whose Sid was made for that release, before those of other releases. To write
// that takes iam:UpdateAssumeRolePolicy, with which one can take the role over anyway. The
// tag helm-irsa.dev/id binds the other tags to the role, so that a copy of all tags on
// another role is seen at once.

// roleID is the value of spec.TagID.
func roleID(o Owner, arn string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{o.Scope, o.Cluster, o.Namespace, o.Release, arn}, "\x00")))
	return hex.EncodeToString(sum[:10])
}

// claim is what a role says of whose it is.
type claim struct {
	// owner is the release that the tags name, where named is true.
	owner Owner
	named bool
	// proven says that the tags tell the truth; why is the reason where they may not.
	proven bool
	why    string
	// adopted says that the role was there before the owner adopted it.
	adopted bool
	keeper  trust.Keeper
}

// claimOf reads a role's tags and holds them against its trust policy.
func claimOf(role *seenRole) claim {
	c := claim{}
	if c.owner, c.named = ownerOf(role.Tags); !c.named {
		return c
	}
	if id, ok := role.Tags[spec.TagID]; ok && id != roleID(c.owner, role.ARN) {
		c.why = "the tag " + spec.TagID + " is not that of this release and this role"
		return c
	}
	doc, err := trust.Parse(role.trust)
	if err != nil {
		c.why = "its trust policy cannot be read"
		return c
	}
	keeper, ok := trust.KeeperOf(doc)
	switch {
	case !ok:
		c.why = "its trust policy has no statement of that release"
	case keeper.ID != c.owner.trust().ID():
		c.why = "its trust policy says that another release keeps it"
	default:
		c.proven, c.adopted, c.keeper = true, keeper.Adopted, keeper
	}
	return c
}

// of reports whether the role is the owner's, proven.
func (c claim) of(o Owner) bool { return c.proven && c.owner == o }

// keeps reports whether a role is the owner's, proven.
func (o Owner) keeps(role *seenRole) bool {
	return role != nil && claimOf(role).of(o)
}

// keepsOrMay is keeps for what is only read: a release whose name is not known yet may be
// any of its namespace.
func (o Owner) keepsOrMay(role *seenRole) bool {
	c := claimOf(role)
	return c.of(o) || c.proven && o.Release == "" && o.sameNamespace(c.owner)
}

// hasStatements reports whether a trust policy has statements of the owner.
func (o Owner) hasStatements(role *seenRole) bool {
	if !strings.Contains(role.trust, o.trust().ID()) { // most roles are never parsed
		return false
	}
	doc, err := trust.Parse(role.trust)
	return err == nil && hasStatements(doc, o)
}

func hasStatements(d trust.Document, o Owner) bool {
	for _, s := range d.Statements() {
		if o.trust().Owns(s) {
			return true
		}
	}
	return false
}

// standing is what a thing that is there is to the release.
type standing int

const (
	own     standing = iota // it is the release's, proven
	taken                   // it is not, and is adopted by this plan
	shared                  // another release of helm-irsa keeps it
	claimed                 // its tags name the release, and nothing proves them
	foreign                 // it has no tags of ours
)

// standingOf says what a role is to the release of the plan.
func standingOf(p *planner, role *seenRole) (standing, claim) {
	c := claimOf(role)
	switch {
	case c.of(p.want.Owner):
		return own, c
	case adopts(p, adoptRole, role.Name):
		return taken, c
	case c.proven:
		return shared, c
	case c.named:
		return claimed, c
	}
	return foreign, c
}

// markStart begins the mark at the end of a policy's description.
const markStart = awsstate.PolicyMark

// policyMark is what the description of a policy that was made for an owner ends in. IAM
// never changes a description
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html: "The policy
// description is immutable."), so nobody who may only tag can forge it.
func (o Owner) policyMark() string {
	cluster, release := o.Cluster, o.Release
	if len(cluster) > 100 { // an issuer; the hash has all of it
		cluster = cluster[:100]
	}
	if release == "" {
		release = "-"
	}
	return markStart + o.Namespace + "/" + release + " of " + cluster + ", " + o.trust().ID() + ")"
}

// described is a description with the owner's mark behind it.
func (o Owner) described(text string) string {
	if text == "" {
		return o.policyMark()
	}
	return text + " " + o.policyMark()
}

// made reports whether a policy was made for the owner, as its description and its tags
// say.
func (o Owner) made(policy *seenPolicy) bool {
	return o.tagged(policy.Tags) && strings.HasSuffix(policy.Description, o.policyMark())
}

// tagged reports whether tags name the owner. That is a claim and no more.
func (o Owner) tagged(tags map[string]string) bool {
	t, ok := ownerOf(tags)
	return ok && t == o
}

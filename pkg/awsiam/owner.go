package awsiam

import (
	"maps"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// The tags of what helm-irsa makes. The first three are the contract.
const (
	TagCluster   = "helm-irsa.dev/cluster"
	TagNamespace = "helm-irsa.dev/namespace"
	TagRelease   = "helm-irsa.dev/release"
	// TagScope is ACCOUNT/REGION of the cluster: two clusters of one name, in two
	// regions or AWS accounts, may have roles in one AWS account. Of a cluster that has
	// no name but its issuer's, it is the AWS account alone.
	TagScope = "helm-irsa.dev/scope"
	// tagShared and the hash of an owner: a further release whose statements are in
	// the role's trust. The value names it, so that the role can be handed over.
	tagShared = "helm-irsa.dev/shared."
	// tagSharedWith, and with a number behind it: the releases that may join the role.
	tagSharedWith = "helm-irsa.dev/shared-with"
	// tagDropping and two hashes: a policy that is about to be deleted, see planold.go.
	tagDropping = "helm-irsa.dev/dropping."
	// tagWriting and the hash of an owner: that release is about to write the trust.
	tagWriting = "helm-irsa.dev/writing."
	// tagAttached and a hash: a policy of somebody else's that a release put on the
	// nodes' role, which carries no other tag of ours. The value is the policy's ARN.
	tagAttached = "helm-irsa.dev/attached."

	tagPrefix = "helm-irsa.dev/"
)

// Owner is the release that a resource was made for, as its tags say.
type Owner struct {
	Cluster, Namespace, Release string
	// Scope is as TagScope says.
	Scope string
}

// Tags are the owner's tags.
func (o Owner) Tags() map[string]string {
	return map[string]string{TagCluster: o.Cluster, TagNamespace: o.Namespace, TagRelease: o.Release, TagScope: o.Scope}
}

// with are the owner's tags and others; the owner's win.
func (o Owner) with(tags map[string]string) map[string]string {
	out := maps.Clone(tags)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, o.Tags())
	return out
}

// ownerOf reads the tags, which are a claim and no proof: see claimOf. It reports false
// where one of the three is missing: then it is nobody's that we know.
func ownerOf(tags map[string]string) (Owner, bool) {
	o := Owner{Scope: tags[TagScope]}
	var ok [3]bool
	o.Cluster, ok[0] = tags[TagCluster]
	o.Namespace, ok[1] = tags[TagNamespace]
	o.Release, ok[2] = tags[TagRelease]
	return o, ok == [3]bool{true, true, true}
}

func (o Owner) sameNamespace(t Owner) bool {
	return t.Cluster == o.Cluster && t.Namespace == o.Namespace && t.Scope == o.Scope
}

// String is how messages name the owner.
func (o Owner) String() string {
	if o == (Owner{}) {
		return "nobody"
	}
	name := o.Release
	if name == "" {
		name = "(no name)"
	}
	return "release " + o.Namespace + "/" + name + " of cluster " + o.Cluster
}

// trust is the owner as statements know it.
func (o Owner) trust() trust.Owner {
	return trust.Owner{Cluster: o.Scope + "/" + o.Cluster, Namespace: o.Namespace, Release: o.Release}
}

// nameless is the owner before its release had a name.
func (o Owner) nameless() Owner {
	o.Release = ""
	return o
}

// roleTags are the tags of a role that the owner keeps.
func (o Owner) roleTags(arn string, tags map[string]string) map[string]string {
	out := o.with(tags)
	out[TagID] = roleID(o, arn)
	return out
}

package awsiam

import (
	"maps"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// Further tags, beside those of pkg/spec that say whose something is.
const (
	// tagShared and the hash of an owner: a further release whose statements are in
	// the role's trust. The value names it, so that the role can be handed over.
	tagShared = spec.TagPrefix + "shared."
	// tagSharedWith, and with a number behind it: the releases that may join the role.
	tagSharedWith = spec.TagSharedWith
	// tagDropping and two hashes: a policy that is about to be deleted, see planold.go.
	tagDropping = spec.TagPrefix + "dropping."
	// tagWriting and the hash of an owner: that release is about to write the trust.
	tagWriting = spec.TagPrefix + "writing."
	// tagAttached and a hash: a policy of somebody else's that a release put on the
	// nodes' role, which carries no other tag of ours. The value is the policy's ARN.
	tagAttached = spec.TagAttached
	// tagAdopted says to people that a thing was there before helm-irsa took it over. Of a
	// role, the trust policy says so to helm-irsa itself.
	tagAdopted = spec.TagPrefix + "adopted"
)

// Owner is the release that a resource was made for, as its tags say.
type Owner struct {
	Cluster, Namespace, Release string
	// Scope is as spec.TagScope says.
	Scope string
}

// Tags are the owner's tags.
func (o Owner) Tags() map[string]string {
	return map[string]string{spec.TagCluster: o.Cluster, spec.TagNamespace: o.Namespace, spec.TagRelease: o.Release, spec.TagScope: o.Scope}
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
	o := Owner{Scope: tags[spec.TagScope]}
	var ok [3]bool
	o.Cluster, ok[0] = tags[spec.TagCluster]
	o.Namespace, ok[1] = tags[spec.TagNamespace]
	o.Release, ok[2] = tags[spec.TagRelease]
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
	out[spec.TagID] = roleID(o, arn)
	return out
}

// cutScope takes a scope apart: the AWS account and, of a cluster that is known by its name in EKS,
// the region; see ownerFor.
func cutScope(scope string) (account, region string, isEKS bool) { return strings.Cut(scope, "/") }

package awsiam

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// What is left over is decided here, from values: what AWS has, and what clusters have. It is left
// over where helm-irsa made it for a release, proven as everywhere (claimOf, made), and nothing is
// there any more that may use it, in any cluster that its tags or its trust policy name. What is
// not known speaks for keeping it.

// Class is what something in AWS is to its release.
type Class string

// The classes.
const (
	// ReleaseGone: no release, service account or pod is there that may use it.
	ReleaseGone Class = "releaseGone"
	// ClusterGone: the user said that its cluster is gone, and EKS does not say otherwise.
	ClusterGone Class = "clusterGone"
	// InUse: something is there that may use it.
	InUse Class = "inUse"
	// Recent: it was made or used too short a time ago.
	Recent Class = "recent"
	// Unknown: a cluster or an AWS account that decides could not be read.
	Unknown Class = "unknown"
	// Unproven: its tags say that helm-irsa made it, and nothing proves them.
	Unproven Class = "unproven"
	// Adopted: it was there before helm-irsa.
	Adopted Class = "adopted"
	// Shared: somebody else uses it, or something of it.
	Shared Class = "shared"
	// Foreign: helm-irsa did not make it, and no service account of a cluster that was read can use it.
	Foreign Class = "foreign"
)

// Leftover is something in AWS, and what it is to its release.
type Leftover struct {
	Type Type   `json:"type"`
	Name string `json:"name"`
	ARN  string `json:"arn"`
	// Account is the AWS account that it is in.
	Account string `json:"account"`
	// Cluster, Namespace and Release are whose it is by its tags.
	Cluster   string `json:"cluster"`
	Namespace string `json:"namespace"`
	Release   string `json:"release"`
	Class     Class  `json:"class"`
	// Reason is the class in words: of what stays, why.
	Reason string `json:"reason"`
	// Created and LastUsed are times, as the AWS CLI prints them; empty where AWS does not tell.
	Created  string `json:"created,omitempty"`
	LastUsed string `json:"lastUsed,omitempty"`
	// Delete says that it is left over.
	Delete bool `json:"delete"`

	role        *seenRole
	policy      *seenPolicy
	provider    *seenProvider
	association *seenAssociation
	in          NamedCluster // of an association
}

// SeenAccount is a service account of a cluster, and the roles that its annotations name.
type SeenAccount struct {
	Namespace, Name string
	RoleARNs        []string
}

// Evidence is what was read of one cluster.
type Evidence struct {
	// Releases are those that Helm keeps a record of, NAMESPACE/NAME.
	Releases map[string]bool
	Accounts []SeenAccount
	// Pods says of service accounts, NAMESPACE/NAME, whether pods run as them; those that nobody
	// asked for are absent.
	Pods map[string]bool
	// Strays are the namespaces where pods run as a service account that is not there. They are asked
	// for where a pattern lets service accounts in.
	Strays []string
}

// Proof is what is known of the clusters that an Inventory names.
type Proof struct {
	Clusters map[ClusterKey]*Evidence
	// Unread are the reasons why a cluster was not read.
	Unread map[ClusterKey]string
	// Gone are the clusters of which the user says that they are gone.
	Gone map[ClusterKey]bool
	// Now is the time, for the two below.
	Now time.Time
	// OlderThan and UnusedFor are how long ago it must have been made and used last; 0 for either
	// asks for nothing.
	OlderThan, UnusedFor time.Duration
}

// Leftovers judges all that tags say helm-irsa made, and the roles of others that no service
// account can use any more.
func (inv *Inventory) Leftovers(p Proof) []Leftover {
	j := &leftoverJudge{inv: inv, proof: p, going: map[string]bool{}}
	for _, c := range inv.Clusters {
		for i := range inv.associations[c.Key] {
			j.association(c, &inv.associations[c.Key][i])
		}
	}
	for _, id := range sortedKeys(inv.seen.Accounts) {
		a := inv.seen.Accounts[id]
		for _, name := range sortedKeys(a.Roles) {
			j.role(a, a.Roles[name])
		}
	}
	for _, id := range sortedKeys(inv.seen.Accounts) { // once it is known which roles go
		a := inv.seen.Accounts[id]
		for _, name := range sortedKeys(a.Policies) {
			j.policy(a, a.Policies[name])
		}
		for _, arn := range sortedKeys(a.Providers) {
			j.provider(a, a.Providers[arn])
		}
	}
	slices.SortStableFunc(j.out, func(a, b Leftover) int {
		return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Release, b.Release))
	})
	return j.out
}

// Suspects are the service accounts, NAMESPACE/NAME by cluster, of which it decides whether pods
// run as them: those that what is left over lets in.
func (inv *Inventory) Suspects(all []Leftover) map[ClusterKey][]string {
	out := map[ClusterKey][]string{}
	add := func(k ClusterKey, name string) {
		if !slices.Contains(out[k], name) {
			out[k] = append(out[k], name)
		}
	}
	for _, l := range all {
		switch {
		case !l.Delete:
		case l.association != nil:
			add(l.in.Key, l.association.Namespace+"/"+l.association.ServiceAccount)
		case l.role != nil:
			for _, e := range inv.entries(l.role) {
				if name, exact := e.account(); exact && e.cluster != nil {
					add(e.cluster.Key, name)
				}
			}
		}
	}
	return out
}

// SuspectPatterns are the subjects by cluster, as patterns, that let more than one service account
// into what is left over: whether pods run as one that is gone is then asked for by namespace.
func (inv *Inventory) SuspectPatterns(all []Leftover) map[ClusterKey][]string {
	out := map[ClusterKey][]string{}
	for _, l := range all {
		if !l.Delete || l.role == nil {
			continue
		}
		for _, e := range inv.entries(l.role) {
			if pattern, ok := e.pattern(); ok && e.cluster != nil {
				out[e.cluster.Key] = append(out[e.cluster.Key], pattern)
			}
		}
	}
	return out
}

// MayBeIn reports whether a pattern of subjects lets in a service account of a namespace.
func MayBeIn(pattern, namespace string) bool {
	return trust.Meet(pattern, spec.Subject(namespace, "*"))
}

// leftoverJudge collects the verdicts.
type leftoverJudge struct {
	inv   *Inventory
	proof Proof
	out   []Leftover
	// going are the ARNs of what goes.
	going map[string]bool
}

// verdict is a class and why; the zero verdict has nothing against its going.
type verdict struct {
	class  Class
	reason string
}

func stays(class Class, format string, args ...any) verdict {
	return verdict{class, fmt.Sprintf(format, args...)}
}

// add notes a verdict.
func (j *leftoverJudge) add(l Leftover, o Owner, v verdict) {
	l.Cluster, l.Namespace, l.Release = o.Cluster, o.Namespace, o.Release
	l.Class, l.Reason = v.class, v.reason
	if l.Delete = v.class == ReleaseGone || v.class == ClusterGone; l.Delete {
		j.going[l.ARN] = true
	}
	j.out = append(j.out, l)
}

// release says whether a release is there; ReleaseGone and ClusterGone speak for its going.
func (j *leftoverJudge) release(o Owner) verdict {
	cluster := j.named(o.cluster())
	if gone, ok := j.cluster(cluster); !ok {
		return gone
	}
	if j.proof.Gone[o.cluster()] {
		return verdict{ClusterGone, fmt.Sprintf("cluster %s is gone", cluster)}
	}
	name := o.Namespace + "/" + o.Release
	switch seen := j.proof.Clusters[o.cluster()]; {
	case o.Release == "":
		return stays(Unknown, "it was made for a release without a name, of namespace %s: no cluster can show that that is gone", o.Namespace)
	case seen.Releases[name]:
		return stays(InUse, "release %s is in cluster %s", name, cluster)
	}
	return verdict{ReleaseGone, fmt.Sprintf("release %s is not in cluster %s", name, cluster)}
}

// cluster reports whether it is known what a cluster has, or that it is gone.
func (j *leftoverJudge) cluster(c NamedCluster) (verdict, bool) {
	switch {
	case j.proof.Gone[c.Key], j.proof.Clusters[c.Key] != nil:
		return verdict{}, true
	case j.proof.Unread[c.Key] != "":
		return stays(Unknown, "cluster %s was not read: %s", c, j.proof.Unread[c.Key]), false
	case c.Gone:
		return stays(Unknown, "EKS knows no cluster %s in %s of AWS account %s any more; where that is gone for good: --cluster-gone %[1]s", c, c.Region, c.Account), false
	}
	return stays(Unknown, "cluster %s was not read: no --context is of it", c), false
}

func (j *leftoverJudge) named(k ClusterKey) NamedCluster {
	for _, c := range j.inv.Clusters {
		if c.Key == k {
			return c
		}
	}
	return NamedCluster{Key: k, ID: whichcluster.ID{Name: k.Name}}
}

// recent says whether something was made or used too short a time ago. IAM looks back 400 days
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleLastUsed.html): what it knows no use of
// since may also be new.
func (j *leftoverJudge) recent(created, used string) verdict {
	if v := j.younger(created, j.proof.OlderThan, "made"); v != (verdict{}) {
		return v
	}
	if j.proof.UnusedFor <= 0 {
		return verdict{}
	}
	if used == "" {
		return j.younger(created, j.proof.UnusedFor, "made, and not used since,")
	}
	return j.younger(used, j.proof.UnusedFor, "used last")
}

func (j *leftoverJudge) younger(at string, than time.Duration, what string) verdict {
	if than <= 0 {
		return verdict{}
	}
	when, err := time.Parse("2006-01-02T15:04:05-07:00", at)
	switch {
	case err != nil:
		return stays(Unknown, "AWS does not tell when it was %s", what)
	case j.proof.Now.Sub(when) < than:
		return stays(Recent, "it was %s %s", what, at)
	}
	return verdict{}
}

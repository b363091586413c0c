package awsiam

import (
	"cmp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// entry is one way into a role.
type entry struct {
	trust.Entrant
	statement trust.Statement
	// cluster is that of a token's issuer, or of an association; nil where it is none of a cluster,
	// or of one that nobody knows.
	cluster *NamedCluster
}

// account is the service account that an entry is for, NAMESPACE/NAME, where it is for exactly one.
func (e entry) account() (name string, exact bool) {
	rest, ok := strings.CutPrefix(e.Subject, "system:serviceaccount:")
	namespace, account, split := strings.Cut(rest, ":")
	return namespace + "/" + account, ok && split && !e.Pattern && e.Kind == trust.EntersByToken
}

// pattern is what the subjects of tokens must match, where that is not one subject.
func (e entry) pattern() (pattern string, ok bool) {
	if e.Kind != trust.EntersByToken || !e.Pattern && e.Subject != "" {
		return "", false
	}
	return cmp.Or(e.Subject, "*"), true
}

// entries are the ways into a role.
func (inv *Inventory) entries(role *seenRole) []entry {
	doc, err := role.Trust()
	if err != nil {
		return nil
	}
	statements := doc.Statements()
	var out []entry
	for _, e := range trust.Entrants(doc) {
		one := entry{Entrant: e, statement: statements[e.Statement]}
		if e.Kind == trust.EntersByToken {
			one.cluster = inv.clusterOf(e.Issuer)
		}
		out = append(out, one)
	}
	return out
}

// role judges a role.
func (j *leftoverJudge) role(a *seenAccount, role *seenRole) {
	l := Leftover{Type: TypeRole, Name: role.Name, ARN: role.ARN, Account: a.ID, Created: role.Created, LastUsed: lastUse(role), role: role}
	c := claimOf(role)
	switch {
	case !c.named:
		j.foreign(l)
	case !c.proven:
		j.add(l, c.owner, stays(Unproven, "nothing proves its tags: %s", c.why))
	case c.adopted:
		j.add(l, c.owner, stays(Adopted, "it was there before helm-irsa; helm irsa destroy releases it"))
	default:
		j.add(l, c.owner, j.ownRole(c.owner, role, l))
	}
}

// ownRole judges a role of ours, by what is cheapest to know first.
func (j *leftoverJudge) ownRole(o Owner, role *seenRole, l Leftover) verdict {
	of := j.release(o)
	if !isGone(of) {
		return of
	}
	for _, judge := range []func() verdict{
		func() verdict { return j.others(o, role) },
		func() verdict { return j.namedBy(role) },
		func() verdict { return j.ways(role) },
		func() verdict { return j.recent(l.Created, l.LastUsed) },
	} {
		if v := judge(); v != (verdict{}) {
			return v
		}
	}
	return of
}

// lastUse is when a role was used last; empty where IAM knows of no time.
func lastUse(role *seenRole) string {
	if role.lastUsed == nil {
		return ""
	}
	return role.lastUsed.Date
}

func isGone(v verdict) bool { return v.class == ReleaseGone || v.class == ClusterGone }

// others says whether something beside the release has the role: an instance profile, a release
// that shares it, somebody's own statement in its trust policy.
func (j *leftoverJudge) others(o Owner, role *seenRole) verdict {
	if len(role.Profiles) > 0 {
		return stays(Shared, "instance profile %s holds it", role.Profiles[0])
	}
	doc, err := role.Trust()
	if err != nil {
		return stays(Unproven, "its trust policy cannot be read")
	}
	with := sharers(role.Tags)
	for _, s := range doc.Statements() {
		if o.trust().Owns(s) {
			continue
		}
		i := slices.IndexFunc(with, func(o Owner) bool { return o.trust().Owns(s) })
		if i < 0 {
			return stays(Shared, "a statement in its trust policy is not of this release (Sid %q)", s.Sid())
		}
		if v := j.release(with[i]); !isGone(v) {
			return stays(v.class, "%s shares it: %s", with[i], v.reason)
		}
	}
	return verdict{}
}

// namedBy says whether a service account or an association names the role, in any cluster that was
// read.
func (j *leftoverJudge) namedBy(role *seenRole) verdict {
	for _, c := range j.inv.Clusters {
		if seen := j.proof.Clusters[c.Key]; seen != nil {
			for _, a := range seen.Accounts {
				if slices.Contains(a.RoleARNs, role.ARN) {
					return stays(InUse, "service account %s/%s of cluster %s names it", a.Namespace, a.Name, c)
				}
			}
		}
		for _, a := range j.inv.associations[c.Key] {
			if (a.RoleARN == role.ARN || a.TargetRoleARN == role.ARN) && !j.going[a.ARN] {
				return stays(InUse, "the Pod Identity association of service account %s/%s of cluster %s has it", a.Namespace, a.ServiceAccount, c)
			}
		}
	}
	return verdict{}
}

// ways goes along the ways into a role: each must be closed.
func (j *leftoverJudge) ways(role *seenRole) verdict {
	for _, e := range j.inv.entries(role) {
		v := verdict{}
		switch {
		case e.Kind == trust.EntersByToken:
			v = j.byToken(e)
		case isForPods(e.statement):
			v = j.byAssociation(e)
		case j.proof.UnusedFor > 0: // recent asks whether anybody did
		case e.ID == role.ARN: // itself
		default:
			v = stays(InUse, "its trust policy also lets in %s, of which no cluster can show whether it needs it; --unused-for 720h takes it where nobody used it for so long", e.ID)
		}
		if v != (verdict{}) {
			return v
		}
	}
	return verdict{}
}

// byToken says whether a token that gets in can be there.
func (j *leftoverJudge) byToken(e entry) verdict {
	if e.cluster == nil {
		return stays(Unknown, "its trust policy takes tokens of %s, which is of no cluster that is known", e.Issuer)
	}
	if v, ok := j.cluster(*e.cluster); !ok {
		return v
	}
	seen := j.proof.Clusters[e.cluster.Key]
	if seen == nil { // gone
		return verdict{}
	}
	for _, a := range seen.Accounts {
		subject := spec.Subject(a.Namespace, a.Name)
		if e.Subject == "" || e.Subject == subject || e.Pattern && trust.Covers(e.Subject, subject) {
			return stays(InUse, "its trust policy lets in service account %s/%s, which is in cluster %s", a.Namespace, a.Name, e.cluster)
		}
	}
	if name, exact := e.account(); exact && seen.Pods[name] {
		return stays(InUse, "pods of cluster %s run as service account %s, which is gone", e.cluster, name)
	}
	if pattern, ok := e.pattern(); ok {
		for _, namespace := range seen.Strays {
			if MayBeIn(pattern, namespace) {
				return stays(InUse, "pods in namespace %s of cluster %s run as a service account that is gone, and its trust policy may let them in", namespace, e.cluster)
			}
		}
	}
	return verdict{}
}

// byAssociation says whether an association may be there that nobody looked at: those that name the
// role were looked at in each cluster whose associations EKS told.
func (j *leftoverJudge) byAssociation(e entry) verdict {
	keys := podClusters(e.statement)
	if keys == nil {
		return stays(Unknown, "its trust policy lets in the Pod Identity associations of every cluster")
	}
	for _, key := range keys {
		c := j.named(key)
		if _, listed := j.inv.associations[key]; listed || c.Gone || j.proof.Gone[key] { // where no cluster is, there is no association
			continue
		}
		return stays(Unknown, "its trust policy lets in EKS Pod Identity, and the associations of cluster %s were not read", c)
	}
	return verdict{}
}

// podClusters are the clusters whose Pod Identity associations a statement lets in, as helm-irsa writes
// it: by the ARNs of clusters, which are equal to what EKS says (pkg/trust, podstatement.go). It is nil
// where the statement lets in those of any cluster, or names them in another way.
func podClusters(s trust.Statement) []ClusterKey {
	var out []ClusterKey
	for _, c := range s.Conditions() {
		byTag := strings.EqualFold(c.Key, "aws:RequestTag/eks-cluster-arn")
		if c.Operator != "StringEquals" || !byTag && !strings.EqualFold(c.Key, "aws:SourceArn") {
			continue
		}
		for _, arn := range c.Values {
			parts := strings.SplitN(arn, ":", 6)
			if len(parts) != 6 || parts[2] != "eks" || !strings.HasPrefix(parts[5], "cluster/") {
				return nil
			}
			out = append(out, ClusterKey{Scope: parts[4] + "/" + parts[3], Name: strings.TrimPrefix(parts[5], "cluster/")})
		}
		return out // a further condition only lets in fewer
	}
	return nil
}

// foreign reports a role of others that only service accounts of clusters which were read may
// assume, none of which is there.
func (j *leftoverJudge) foreign(l Leftover) {
	entries := j.inv.entries(l.role)
	for _, e := range entries {
		if e.Kind != trust.EntersByToken || e.cluster == nil || j.proof.Clusters[e.cluster.Key] == nil || j.byToken(e) != (verdict{}) {
			return
		}
	}
	if len(entries) == 0 || j.namedBy(l.role) != (verdict{}) {
		return
	}
	j.add(l, Owner{Cluster: entries[0].cluster.String()}, stays(Foreign, "helm-irsa did not make it; no service account that its trust policy lets in is there"))
}

package adopt

import (
	"cmp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// Build makes one irsa.yaml a release, or a namespace where the releases are not known. The
// error is a *ClusterError, a *spec.FaultList where irsa.yaml cannot say what there is, or a
// *NothingError.
func Build(s *Source, o Options) (*Result, error) {
	cluster, err := locate(s)
	if err != nil {
		return nil, err
	}
	t := &taking{source: s, cluster: cluster, takenIn: map[string]string{}}
	users := t.users(o)
	groups := grouped(users, o)
	if len(groups) == 0 && len(o.NodeRoles)+len(t.ownNodes()) > 0 {
		groups = t.nodesOnly(o)
	}
	if len(groups) == 0 {
		return nil, t.nothing(o)
	}
	t.shared = t.sharedPolicies(groups, o)
	out := &Result{Notes: s.Notes}
	for _, g := range groups {
		f, err := t.file(g, o)
		if err != nil {
			return nil, err
		}
		out.Files = append(out.Files, *f)
	}
	return out, nil
}

// NothingError says that there is nothing to take; Left is what was left out, and why, and Later
// that some of it is known once another tool has made it.
type NothingError struct {
	What  string
	Left  []Note
	Later bool
}

// Error says what there is none of.
func (e *NothingError) Error() string { return e.What }

// taking is what all files are made with.
type taking struct {
	source  *Source
	cluster spec.Cluster
	// takenIn are the releases, by the ARN of a role that one of their files keeps.
	takenIn map[string]string
	// shared are the policies that stay somebody else's, with the reason.
	shared map[string]string
}

// group are the service accounts of one file.
type group struct {
	namespace, release string
	users              []User
}

func (g group) String() string {
	if g.release == "" {
		return "namespace " + g.namespace
	}
	return "release " + g.namespace + "/" + g.release
}

func (t *taking) nothing(o Options) error {
	where := ""
	if o.Namespace != "" {
		where = " in namespace " + o.Namespace
	}
	return &NothingError{What: t.source.Name + " tells of no service account with a role" + where, Left: t.source.Notes, Later: t.source.Later}
}

// role finds a role of the source by its ARN.
func (t *taking) role(arn string) *awsstate.Role {
	for i := range t.source.State.Roles.List {
		if r := &t.source.State.Roles.List[i]; r.ARN == arn {
			return r
		}
	}
	return nil
}

// association finds a service account's association in the cluster. One with an owner is an add-on's of
// EKS (https://docs.aws.amazon.com/eks/latest/APIReference/API_PodIdentityAssociation.html, ownerArn).
func (t *taking) association(namespace, name string) *awsstate.Association {
	for i := range t.source.State.Associations.List {
		a := &t.source.State.Associations.List[i]
		if a.Namespace == namespace && a.ServiceAccount == name && (a.Cluster == "" || a.Cluster == t.cluster.Name) && a.Owner == "" {
			return a
		}
	}
	return nil
}

// users are the service accounts that are to be taken, each with a role or an association.
func (t *taking) users(o Options) []User {
	var out []User
	at := map[string]int{}
	add := func(u User) {
		i, known := at[u.String()]
		if !known {
			at[u.String()] = len(out)
			out = append(out, u)
			return
		}
		had := &out[i]
		if had.Release == "" {
			had.Release, had.Home = u.Release, u.Home
		}
		had.Create = cmp.Or(had.Create, u.Create)
		if had.RoleARN == "" {
			had.RoleARN = u.RoleARN
		} else if u.RoleARN != "" && u.RoleARN != had.RoleARN {
			t.source.note("role "+lastOf(u.RoleARN), "it lets service account %s in too, which has role %s", u, lastOf(had.RoleARN))
		}
	}
	given := t.source.Users
	if !t.source.All {
		given = append(slices.Clone(given), t.named()...)
	}
	for _, u := range given {
		u.RoleARN = t.roleARN(u.RoleARN)
		if t.nameable(u) && t.assumable(u) {
			add(u)
		}
	}
	out = slices.DeleteFunc(out, func(u User) bool { return u.RoleARN == "" && t.association(u.Namespace, u.Name) == nil })
	for i, u := range out { // of what helm irsa made, the tags say whose it is
		if r := t.role(u.RoleARN); u.Release == "" && r != nil {
			out[i].Release, out[i].Home = ownRelease(r.Tags)
		}
		if a := t.association(u.Namespace, u.Name); out[i].Release == "" && a != nil {
			out[i].Release, out[i].Home = ownRelease(a.Tags)
		}
		if v := &out[i]; v.Release != "" && spec.CheckRelease(v.Release) != nil || v.Home != "" && !spec.Takes("namespace", v.Home) {
			t.source.note("service account "+v.String(), "it would be of release %s/%s, which is no name that Helm takes: it is of no release here", v.Home, v.Release)
			v.Release, v.Home = "", ""
		}
	}
	out = slices.DeleteFunc(out, func(u User) bool { return o.Namespace != "" && u.home() != o.Namespace })
	slices.SortStableFunc(out, func(a, b User) int {
		return cmp.Or(cmp.Compare(a.home(), b.home()), cmp.Compare(a.Release, b.Release), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// nameable reports whether Kubernetes takes the names of a service account. A trust policy or a tag
// may hold any text; as a name of a file's folder it would lead elsewhere.
func (t *taking) nameable(u User) bool {
	if spec.Takes("namespace", u.Namespace) && spec.Takes("serviceAccountName", u.Name) {
		return true
	}
	about := "service account " + u.String()
	if u.RoleARN != "" {
		about = "role " + lastOf(u.RoleARN)
	}
	t.source.note(about, "it is for service account %s, which is no name that Kubernetes takes: that is left out", u)
	return false
}

// assumable reports whether the role of a service account may be one: a file or an annotation may hold
// any text, and one that is no ARN keeps nothing else from being taken.
func (t *taking) assumable(u User) bool {
	if u.RoleARN == "" {
		return true
	}
	if _, err := spec.ParseRoleARN(u.RoleARN); err != nil {
		t.source.note("service account "+u.String(), "its role is none that AWS has, and it is left out: %s", oneLine(err))
		return false
	}
	return true
}

// named are the service accounts that trust policies and associations name.
func (t *taking) named() []User {
	var out []User
	for _, a := range t.source.State.Associations.List {
		if a.Owner != "" {
			t.source.note("association "+a.Namespace+"/"+a.ServiceAccount, "it is of the EKS add-on %s: it is left out", a.Owner)
			continue
		}
		if a.Cluster == "" || a.Cluster == t.cluster.Name {
			u := User{Namespace: a.Namespace, Name: a.ServiceAccount}
			u.Release, u.Home = ownRelease(a.Tags)
			out = append(out, u)
		}
	}
	roles := slices.Clone(t.source.State.Roles.List)
	slices.SortStableFunc(roles, func(a, b awsstate.Role) int { return cmp.Compare(a.ARN, b.ARN) })
	for _, r := range roles {
		if addon := t.source.Addons[r.ARN]; addon != "" && !t.isUsed(r.ARN) {
			t.source.note("role "+r.Name, "the EKS add-on %s gives it to its service account: it is left out", addon)
			continue
		}
		some, every, open := false, false, ""
		for _, a := range admits(r.Trust) {
			if a.issuer != t.cluster.Issuer {
				continue
			}
			for _, subject := range a.subjects {
				namespace, name := spec.SplitSubject(subject)
				switch {
				case subject == "":
					every = true
				case strings.ContainsAny(namespace+name, "*?"):
					open = subject
				default:
					some = true
					out = append(out, User{Namespace: namespace, Name: name, RoleARN: r.ARN})
				}
			}
		}
		switch {
		case some || t.isUsed(r.ARN):
		case open != "":
			t.source.note("role "+r.Name, "its trust policy names service accounts by the pattern %s only, and none is known that has it: it is left out; name one: --service-account NAME=%s", open, safe.Word(r.Name))
		case every:
			t.source.note("role "+r.Name, "its trust policy lets tokens of the cluster in and names no service account: it is left out; name one: --service-account NAME=%s", safe.Word(r.Name))
		}
	}
	return out
}

// ownRelease is the release that the tags of helm irsa name, and its namespace.
func ownRelease(tags map[string]string) (release, namespace string) {
	return tags[spec.TagRelease], tags[spec.TagNamespace]
}

// roleARN is the ARN of a role of the source that is given by its name, as kiam has it.
func (t *taking) roleARN(given string) string {
	if given == "" || strings.HasPrefix(given, "arn:") {
		return given
	}
	found := ""
	for _, r := range t.source.State.Roles.List {
		if r.Name == lastOf(given) && (found == "" || awsstate.AccountOf(r.ARN) == t.cluster.AccountID) {
			found = r.ARN
		}
	}
	if found == "" {
		t.source.note("role "+given, "%s does not tell of it", t.source.Name)
	}
	return found
}

func (t *taking) isUsed(arn string) bool {
	return slices.ContainsFunc(t.source.Users, func(u User) bool { return t.roleARN(u.RoleARN) == arn }) ||
		slices.ContainsFunc(t.source.State.Associations.List, func(a awsstate.Association) bool { return a.RoleARN == arn })
}

// grouped puts service accounts into files.
func grouped(users []User, o Options) []group {
	var out []group
	for _, u := range users {
		release := u.Release
		if o.Release != "" {
			if release != "" && release != o.Release {
				continue
			}
			release = o.Release
		}
		i := slices.IndexFunc(out, func(g group) bool { return g.namespace == u.home() && g.release == release })
		if i < 0 {
			i, out = len(out), append(out, group{namespace: u.home(), release: release})
		}
		out[i].users = append(out[i].users, u)
	}
	return out
}

// nodesOnly is the release that only has policies on the role of the nodes.
func (t *taking) nodesOnly(o Options) []group {
	g := group{namespace: o.Namespace, release: o.Release}
	if namespaces := valuesOf(t.source, spec.TagNamespace); g.namespace == "" && len(namespaces) == 1 && spec.Takes("namespace", namespaces[0]) {
		g.namespace = namespaces[0]
	}
	if releases := valuesOf(t.source, spec.TagRelease); g.release == "" && len(releases) == 1 && spec.CheckRelease(releases[0]) == nil {
		g.release = releases[0]
	}
	if g.namespace == "" {
		return nil
	}
	return []group{g}
}

// clusterARN is that of a cluster of the partition.
func (t *taking) clusterARN(region, account, name string) string {
	return "arn:" + t.partition() + ":eks:" + region + ":" + account + ":cluster/" + name
}

// partition is that of the region, else that of the ARNs.
func (t *taking) partition() string {
	if p := spec.PartitionOf(t.cluster.Region); p != "" {
		return p
	}
	for _, r := range t.source.State.Roles.List {
		if parts := strings.SplitN(r.ARN, ":", 3); len(parts) == 3 {
			return parts[1]
		}
	}
	return "aws"
}

// providerARN is the provider of an issuer in an AWS account.
func (t *taking) providerARN(account, issuer string) string {
	return trust.ProviderARN(t.partition(), account, issuer)
}

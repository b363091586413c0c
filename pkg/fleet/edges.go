package fleet

import (
	"maps"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// findEdges matches service accounts and roles both ways: what a service account names, and whose
// tokens a role's trust policy lets in.
func (b *builder) findEdges() {
	b.edges = map[pair]*Edge{}
	byARN := map[string]*awsstate.Role{}
	for i := range b.state.Roles.List {
		r := &b.state.Roles.List[i]
		byARN[r.ARN] = r
	}
	for _, c := range b.clusters {
		for i := range c.ServiceAccounts {
			b.named(c, &c.ServiceAccounts[i], byARN)
		}
	}
	for _, arn := range manifest.SortedKeys(byARN) {
		r := byARN[arn]
		if r.Trust == nil {
			continue
		}
		entrants := trust.Entrants(*r.Trust)
		if b.roles[arn] == nil && !slices.ContainsFunc(entrants, b.forPods) {
			continue
		}
		f := b.role(arn, r)
		f.entrants = entrants
		for _, c := range b.clusters {
			b.trusted(c, f)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(b.edges), compare) {
		b.out.Edges = append(b.out.Edges, *b.edges[k])
	}
}

func compare(a, b pair) int {
	x, y := []string{a.cluster.Name, a.namespace, a.name, a.role}, []string{b.cluster.Name, b.namespace, b.name, b.role}
	return slices.Compare(x, y)
}

func (b *builder) role(arn string, r *awsstate.Role) *roleFacts {
	f := b.roles[arn]
	if f == nil {
		f = &roleFacts{arn: arn, role: r}
		b.roles[arn] = f
	}
	return f
}

// forPods reports whether somebody who gets into a role is a pod: by EKS Pod Identity, by a token
// of a cluster that was read, or by one that is a service account's or of an issuer of EKS.
func (b *builder) forPods(e trust.Entrant) bool {
	if e.Kind == trust.EntersAsService {
		return e.ID == trust.PodIdentityService
	}
	return e.Kind == trust.EntersByToken && (strings.HasPrefix(e.Issuer, "oidc.eks.") || strings.HasPrefix(e.Subject, spec.SubjectPrefix) ||
		slices.ContainsFunc(b.clusters, func(c *clusterFacts) bool { return c.issuer != "" && c.issuer == e.Issuer }))
}

// ForPods reports whether a trust policy is for pods: of EKS Pod Identity, or with tokens of
// service accounts.
func ForPods(d trust.Document) bool {
	return slices.ContainsFunc(trust.Entrants(d), (&builder{}).forPods)
}

// named is the pair of a service account and the role that its pods get, as verify judged it.
func (b *builder) named(c *clusterFacts, r *verify.ServiceAccountReport, byARN map[string]*awsstate.Role) {
	if _, err := spec.ParseRoleARN(r.RoleARN); err != nil {
		return
	}
	account := c.accounts[[2]string{r.Namespace, r.Name}]
	if account != nil && account.By == verify.ByTrust { // its pods do not get the role
		return
	}
	b.role(r.RoleARN, byARN[r.RoleARN])
	e := &Edge{Cluster: c.Name, Namespace: r.Namespace, ServiceAccount: r.Name, RoleARN: r.RoleARN, Named: true, Status: r.Status, Allowed: granted(r)}
	b.edges[pair{c, r.Namespace, r.Name, r.RoleARN}] = e
	for _, a := range c.snapshot.Associations.List {
		if a.Namespace == r.Namespace && a.ServiceAccount == r.Name && a.TargetRoleARN != "" {
			b.role(a.TargetRoleARN, byARN[a.TargetRoleARN])
		}
	}
}

// granting are the links on which it depends whether STS gives a role's credentials for a token, or
// EKS for an association.
var granting = []verify.Link{verify.LinkIssuer, verify.LinkProvider, verify.LinkTrust, verify.LinkRole, verify.LinkTargetRole}

// granted says whether the role's credentials are given.
func granted(r *verify.ServiceAccountReport) Answer {
	out := Yes
	for _, l := range r.Links {
		switch {
		case !slices.Contains(granting, l.Name):
		case l.Status == verify.Broken:
			return No
		case l.Status == verify.Unknown:
			out = Unknown
		}
	}
	return out
}

// trusted finds the service accounts of a cluster that a role's trust policy lets in, and that do
// not name it.
func (b *builder) trusted(c *clusterFacts, f *roleFacts) {
	if c.issuer == "" {
		return
	}
	for _, e := range f.entrants {
		if e.Kind != trust.EntersAsAnybody && (e.Kind != trust.EntersByToken || e.Issuer != c.issuer) {
			continue
		}
		if e.Subject != "" && !e.Pattern {
			namespace, name, ok := strings.Cut(strings.TrimPrefix(e.Subject, spec.SubjectPrefix), ":")
			if ok && strings.HasPrefix(e.Subject, spec.SubjectPrefix) && declares(c, namespace, name) {
				b.tryToken(c, f, namespace, name)
			}
			continue
		}
		for i := range c.Accounts {
			a := &c.Accounts[i]
			if a.Object != nil && (e.Subject == "" || trust.Covers(e.Subject, spec.Subject(a.Namespace, a.Name))) {
				b.tryToken(c, f, a.Namespace, a.Name)
			}
		}
	}
}

func declares(c *clusterFacts, namespace, name string) bool {
	a := c.accounts[[2]string{namespace, name}]
	return a != nil && a.Object != nil
}

// tryToken asks whether STS takes a token of the service account for the role: its trust policy
// allows it, and its AWS account has a provider for the issuer that takes the audience.
func (b *builder) tryToken(c *clusterFacts, f *roleFacts, namespace, name string) {
	k := pair{c, namespace, name, f.arn}
	if b.edges[k] != nil {
		return
	}
	provider := trust.ProviderARN(partitionOf(f.arn), awsstate.AccountOf(f.arn), c.issuer)
	said := trust.Evaluate(*f.role.Trust, trust.WebIdentity(trust.Token{
		Issuer: c.issuer, ProviderARN: provider, Subject: spec.Subject(namespace, name), Audiences: []string{usualAudience},
	}).OfRole(f.role.ARN, f.role.Tags))
	answer := b.takes(provider)
	switch {
	case said.Verdict == trust.Undecided && answer == Yes:
		answer = Unknown
	case said.Verdict != trust.Allow && said.Verdict != trust.Undecided:
		return // not an edge: the statement that has the subject asks for more than a token has
	}
	b.edges[k] = &Edge{Cluster: c.Name, Namespace: namespace, ServiceAccount: name, RoleARN: f.arn, Allowed: answer}
}

// usualAudience is what pods ask for unless told otherwise, and what STS takes.
const usualAudience = "sts.amazonaws.com"

// takes says whether an OIDC provider is there and takes the usual audience.
func (b *builder) takes(arn string) Answer {
	if !b.state.Accounts[awsstate.AccountOf(arn)].Providers {
		return Unknown
	}
	p := b.providers[arn]
	switch {
	case p == nil || p.ClientIDs.Read && !slices.Contains(p.ClientIDs.List, usualAudience):
		return No
	case !p.ClientIDs.Read:
		return Unknown
	}
	return Yes
}

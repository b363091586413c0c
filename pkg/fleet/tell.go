package fleet

import (
	"cmp"
	"slices"
	"time"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// tellServiceAccounts fills in the clusters and the service accounts.
func (b *builder) tellServiceAccounts() {
	reach := map[[3]string]bool{}
	for k := range b.edges {
		reach[[3]string{k.cluster.Name, k.namespace, k.name}] = true
	}
	for _, c := range b.clusters {
		out := Cluster{
			Name: c.Name, Context: c.Context, EKSName: c.eks.Name, Region: c.Region, AWSAccount: c.AWSAccount, Version: c.eks.Version,
		}
		if c.issuer != "" {
			out.Issuer = "https://" + c.issuer
		}
		for i := range c.Accounts {
			a := &c.Accounts[i]
			out.ServiceAccounts++
			out.Pods += a.Pods
			report := c.reports[[2]string{a.Namespace, a.Name}]
			if report != nil {
				out.WithRole++
			} else if len(a.StaticKeys) == 0 {
				out.PodsWithoutRole += a.Pods
			}
			if report != nil || len(a.StaticKeys) > 0 || len(a.NodeRole) > 0 || reach[[3]string{c.Name, a.Namespace, a.Name}] {
				b.out.ServiceAccounts = append(b.out.ServiceAccounts, tellServiceAccount(c, a, report))
			}
		}
		b.out.Clusters = append(b.out.Clusters, out)
	}
	sortedBy(b.out.ServiceAccounts, func(a ServiceAccount) []string { return []string{a.Cluster, a.Namespace, a.Name} })
}

func tellServiceAccount(c *clusterFacts, a *verify.Account, r *verify.ServiceAccountReport) ServiceAccount {
	out := ServiceAccount{
		Cluster: c.Name, Namespace: a.Namespace, Name: a.Name, Release: releaseOf(a.Object), Owner: a.Writer, GivenBy: a.By,
		Workloads: append([]string{}, a.Workloads...), Pods: a.Pods, StaticKeys: append([]string{}, a.StaticKeys...), NodeRole: append([]string{}, a.NodeRole...), Findings: []string{},
	}
	if out.Release == nil && len(a.Makers) > 0 {
		out.Release = releaseOf(a.Makers[0])
	}
	if out.Owner == "" && out.Release != nil {
		out.Owner = "Helm release " + out.Release.Namespace + "/" + out.Release.Name
	}
	if r == nil {
		return out
	}
	out.RoleARN, out.Status, out.Links, out.Found = r.RoleARN, r.Status, r.Links, r.Findings
	for _, as := range c.snapshot.Associations.List {
		if as.Namespace == a.Namespace && as.ServiceAccount == a.Name {
			out.TargetRoleARN = as.TargetRoleARN
		}
	}
	for _, f := range r.Findings {
		if !slices.Contains(out.Findings, f.Code) {
			out.Findings = append(out.Findings, f.Code)
		}
	}
	return out
}

// tellRoles fills in the roles and the AWS accounts.
func (b *builder) tellRoles() {
	reached := map[string]int{}
	for _, e := range b.out.Edges {
		if e.Allowed == Yes {
			reached[e.RoleARN]++
		}
	}
	clusters := map[string]string{}
	for _, c := range b.clusters {
		if c.issuer != "" {
			clusters[c.issuer] = "cluster " + c.Name
		}
	}
	for _, arn := range manifest.SortedKeys(b.roles) {
		f := b.roles[arn]
		out := Role{ARN: arn, Name: last(arn), AWSAccount: awsstate.AccountOf(arn), Exists: f.role != nil, Read: b.state.Accounts[awsstate.AccountOf(arn)].Roles,
			UnusedDays: -1, Policies: []PolicyGrant{}, Others: []string{}, Findings: []string{}, Reached: reached[arn]}
		if f.role != nil {
			b.tellRole(&out, f, clusters)
		}
		b.out.Roles = append(b.out.Roles, out)
	}
	for _, id := range manifest.SortedKeys(b.owner) {
		s := b.owner[id]
		b.out.AWSAccounts = append(b.out.AWSAccounts, AWSAccount{ID: id, Roles: len(s.Roles.List), Quotas: quotas(s)})
	}
}

func (b *builder) tellRole(out *Role, f *roleFacts, clusters map[string]string) {
	r := f.role
	out.Owner, out.Created, out.Boundary = roleOwner(r.Tags), r.Created, r.Boundary
	if r.LastUsed != nil {
		out.LastUsed = r.LastUsed.Date
	}
	if out.PoliciesRead = r.Attached.Read; !out.PoliciesRead { // of a role of others, a snapshot has the name and the trust alone
		out.Others = othersIn(f, clusters)
		return
	}
	out.UnusedDays = daysSince(b.facts.Now, cmp.Or(out.LastUsed, r.Created))
	if r.Services.Read {
		out.UnusedServices = []string{}
		for _, s := range r.Services.List {
			if s.Last == "" {
				out.UnusedServices = append(out.UnusedServices, cmp.Or(s.Namespace, s.Name))
			}
		}
	}
	out.Policies = b.policiesOf(r)
	for _, p := range out.Policies {
		out.Everything = out.Everything || slices.ContainsFunc(p.Grants, Grant.everything)
	}
	out.Others = othersIn(f, clusters)
}

// othersIn says who may assume the role that is not a service account of a cluster which was read,
// or that nobody named.
func othersIn(f *roleFacts, clusters map[string]string) []string {
	var others []trust.Entrant
	for _, e := range f.entrants {
		own := e.Kind == trust.EntersByToken && clusters[e.Issuer] != "" && e.Subject != "" && !e.Pattern && !e.Open
		if !own && !(e.Kind == trust.EntersAsService && e.ID == trust.PodIdentityService) {
			others = append(others, e)
		}
	}
	said := trust.Describe(others, f.arn, func(issuer string) string { return clusters[issuer] })
	return append([]string{}, said...)
}

// daysSince counts whole days; -1 where one of the times is not known.
func daysSince(now time.Time, date string) int {
	if now.IsZero() || date == "" {
		return -1
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05-0700", time.DateOnly} {
		if at, err := time.Parse(layout, date); err == nil {
			return max(0, int(now.Sub(at).Hours()/24))
		}
	}
	return -1
}

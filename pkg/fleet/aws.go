package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// readAccounts puts the AWS accounts together. One that does not say which it is, as the AWS CLI's
// get-account-authorization-details does not, is known by the ARNs in it. Of two of one AWS
// account, each adds what the other lacks.
func (b *builder) readAccounts() {
	b.owner = map[string]*awsstate.State{}
	b.state.Accounts = map[string]awsstate.Coverage{}
	for _, s := range b.facts.Accounts {
		id := accountIn(s)
		if id == "" {
			b.missing("an AWS account", "a snapshot does not say of which AWS account it is, and has no role or provider that tells", "add \"account\": \"12 digits\" to it")
			continue
		}
		if had := b.owner[id]; had != nil {
			one, two := covered(id, had), covered(id, s)
			b.owner[id] = joined(had, s)
			b.owner[id].Accounts = map[string]awsstate.Coverage{id: {Roles: one.Roles || two.Roles, Providers: one.Providers || two.Providers}}
		} else {
			own := *s
			own.Account = id
			b.owner[id] = &own
		}
	}
	for _, id := range manifest.SortedKeys(b.owner) {
		s := b.owner[id]
		read := covered(id, s)
		b.state.Accounts[id] = read
		b.state.Roles = all(b.state.Roles, s.Roles)
		b.state.Providers = all(b.state.Providers, s.Providers)
		b.state.Policies = all(b.state.Policies, s.Policies)
		if !read.Roles {
			b.missing("roles of AWS account "+id, "they were not read", "")
		}
		if !read.Providers {
			b.missing("OIDC providers of AWS account "+id, "they were not read", "")
		}
	}
	b.providers = map[string]*awsstate.Provider{}
	for i := range b.state.Providers.List {
		b.providers[b.state.Providers.List[i].ARN] = &b.state.Providers.List[i]
	}
	b.policies = map[string]*awsstate.Policy{}
	for i := range b.state.Policies.List {
		p := &b.state.Policies.List[i]
		if had := b.policies[p.ARN]; had == nil || had.Document == nil { // AWS's own are in every AWS account
			b.policies[p.ARN] = p
		}
	}
}

// covered says which lists have all of an AWS account: a snapshot for a release with roles in several
// may lack some of them.
func covered(id string, s *awsstate.State) awsstate.Coverage {
	if s.Accounts != nil {
		return s.Accounts[id]
	}
	return awsstate.Coverage{Roles: s.Roles.Read, Providers: s.Providers.Read}
}

// all puts a list behind another. What was read of one AWS account is known, whatever of others is.
func all[T any](into, more awsstate.Known[T]) awsstate.Known[T] {
	return awsstate.Known[T]{Read: into.Read || more.Read, List: append(into.List, more.List...)}
}

// joined is an AWS account of which two snapshots tell: of each list the first that was read.
func joined(a, b *awsstate.State) *awsstate.State {
	out := *a
	out.Roles, out.Policies, out.Providers = either(a.Roles, b.Roles), either(a.Policies, b.Policies), either(a.Providers, b.Providers)
	out.Associations, out.Clusters = all(a.Associations, b.Associations), all(a.Clusters, b.Clusters)
	if out.Summary == nil {
		out.Summary = b.Summary
	}
	for _, s := range []*awsstate.State{a, b} { // of one that is of a cluster each
		if s.Cluster.Name != "" || s.Cluster.Issuer != "" {
			c := s.Cluster
			c.Region = cmp.Or(c.Region, s.Region)
			out.Clusters.List = append(out.Clusters.List, c)
		}
	}
	return &out
}

func either[T any](a, b awsstate.Known[T]) awsstate.Known[T] {
	if a.Read && (!b.Read || len(a.List) >= len(b.List)) {
		return a
	}
	return b
}

// accountIn is the AWS account that a snapshot is of.
func accountIn(s *awsstate.State) string {
	if s.Account != "" {
		return s.Account
	}
	for _, r := range s.Roles.List {
		return awsstate.AccountOf(r.ARN)
	}
	for _, p := range s.Providers.List {
		if id := awsstate.AccountOf(p.ARN); id != "" {
			return id
		}
	}
	return ""
}

// clustersIn are the clusters of EKS that an AWS account tells of.
func clustersIn(s *awsstate.State) []awsstate.Cluster {
	out := slices.Clone(s.Clusters.List)
	if s.Cluster.Name != "" || s.Cluster.Issuer != "" {
		c := s.Cluster
		c.Region = cmp.Or(c.Region, s.Region)
		out = append(out, c)
	}
	return out
}

// findEKS finds out which cluster of which AWS account it is: by its issuer, else by what its
// kubeconfig calls it; of a cluster that is none of EKS, by the AWS account that has a provider
// for its issuer.
func (b *builder) findEKS(c *clusterFacts) {
	for _, id := range manifest.SortedKeys(b.owner) {
		for _, e := range clustersIn(b.owner[id]) {
			byIssuer := c.issuer != "" && trust.ProviderName(e.Issuer) == c.issuer
			byName := c.issuer == "" && e.Name != "" && e.Name == c.EKSName && (c.Region == "" || c.Region == e.Region) && (c.AWSAccount == "" || c.AWSAccount == id)
			if byIssuer || byName {
				c.eks, c.AWSAccount = e, id
				c.issuer = cmp.Or(c.issuer, trust.ProviderName(e.Issuer))
				c.Region = cmp.Or(e.Region, c.Region)
				return
			}
		}
	}
	c.eks = awsstate.Cluster{Name: c.EKSName, Issuer: c.Issuer, Region: c.Region}
	if c.AWSAccount != "" || c.issuer == "" {
		return
	}
	var with []string
	for _, p := range b.state.Providers.List {
		if id := awsstate.AccountOf(p.ARN); p.Issuer == c.issuer && !slices.Contains(with, id) {
			with = append(with, id)
		}
	}
	if len(with) == 1 {
		c.AWSAccount = with[0]
	}
}

// snapshotFor is what verify judges a cluster by: all AWS accounts, and the cluster's associations.
func (b *builder) snapshotFor(c *clusterFacts) *awsstate.State {
	out := b.state
	out.Account, out.Region, out.Cluster = c.AWSAccount, c.Region, c.eks
	if c.issuer != "" {
		out.Cluster.Issuer = "https://" + c.issuer
	}
	out.Associations = b.associationsOf(c)
	return &out
}

// associationsOf are those of the cluster. A snapshot of one cluster has no others.
func (b *builder) associationsOf(c *clusterFacts) awsstate.Known[awsstate.Association] {
	s := b.owner[c.AWSAccount]
	if s == nil || !s.Associations.Read {
		return awsstate.Known[awsstate.Association]{}
	}
	out := awsstate.Known[awsstate.Association]{Read: true}
	for _, a := range s.Associations.List {
		name := cmp.Or(a.Cluster, s.Cluster.Name)
		if name == c.eks.Name || name == "" && len(b.facts.Clusters) == 1 {
			out.List = append(out.List, a)
		}
	}
	return out
}

// nameMissing says what of the clusters is not known, and which AWS accounts roles are in that
// were not read.
func (b *builder) nameMissing() {
	unread := map[string]int{}
	for _, c := range b.clusters {
		if c.issuer == "" {
			b.missing("issuer of cluster "+c.Name, "its tokens' issuer is not known, so that no trust policy can be judged for it", "name it: --cluster-issuer "+safe.Word(c.Name)+"=https://…")
		}
		if c.AWSAccount != "" && b.owner[c.AWSAccount] == nil {
			unread[c.AWSAccount] += 0
		}
		for i := range c.ServiceAccounts {
			if id := awsstate.AccountOf(c.ServiceAccounts[i].RoleARN); len(id) == 12 && b.owner[id] == nil {
				unread[id]++
			}
		}
	}
	for _, id := range manifest.SortedKeys(unread) {
		why := "it was not read"
		if n := unread[id]; n > 0 {
			why = fmt.Sprintf("it was not read, and %s a role in it", plural(n, "service account has", "service accounts have"))
		}
		b.missing("AWS account "+id, why, "use credentials of it: --profile NAME, or a snapshot of it")
	}
}

func (b *builder) missing(what, why, hint string) {
	if !slices.ContainsFunc(b.out.Missing, func(m Missing) bool { return m.What == what }) {
		b.out.Missing = append(b.out.Missing, Missing{what, why, hint})
	}
}

func plural(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, several)
}

// partitionOf is that of an ARN; aws where it has none.
func partitionOf(arn string) string {
	parts := strings.SplitN(arn, ":", 3)
	if len(parts) < 3 || parts[1] == "" {
		return "aws"
	}
	return parts[1]
}

package awsiam

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// Fleet works on AWS accounts as a whole, without an irsa.yaml: it finds what helm-irsa made for
// releases that are gone, and makes it again from a Backup.
type Fleet struct {
	s *Session
	// accounts are the IDs of the AWS accounts that can be reached.
	accounts []string
	// Unreached are the reasons why some cannot.
	Unreached []error
}

// OpenFleet finds the credentials of the named profiles, one for each AWS account; without any,
// the current ones. A profile that does not work is in Unreached, unless none does.
func OpenFleet(ctx context.Context, profiles []string, o Options) (*Fleet, error) {
	if len(profiles) == 0 {
		s, err := Open(ctx, Release{File: &spec.File{}}, o)
		if err != nil {
			return nil, err
		}
		return &Fleet{s: s, accounts: []string{s.facts.CallerAccount}}, nil
	}
	f := &Fleet{}
	load := o.Load
	for _, profile := range profiles {
		var err error
		if f.s != nil {
			err = f.reach(ctx, profile)
		} else {
			o.Load = append(slices.Clone(load), config.WithSharedConfigProfile(profile))
			if f.s, err = Open(ctx, Release{File: &spec.File{}}, o); err == nil {
				f.accounts = []string{f.s.facts.CallerAccount}
			}
		}
		if err != nil {
			f.Unreached = append(f.Unreached, fmt.Errorf("profile %s: %w", profile, err))
		}
	}
	if f.s == nil {
		return nil, errors.Join(f.Unreached...)
	}
	slices.Sort(f.accounts)
	return f, ctx.Err()
}

// reach takes in the AWS account of a profile.
func (f *Fleet) reach(ctx context.Context, profile string) error {
	access := spec.AccountAccess{Profile: profile}
	cfg, err := f.s.configFor(ctx, access)
	if err != nil {
		return err
	}
	who, err := f.s.caller(ctx, cfg, "asking AWS whose the credentials of profile "+profile+" are")
	if err != nil {
		return err
	}
	id := aws.ToString(who.Account)
	if !slices.Contains(f.accounts, id) {
		f.s.remember(id, aws.ToString(who.Arn), cfg)
		f.accounts = append(f.accounts, id)
	}
	return nil
}

// ClusterKey is a cluster as tags name it.
type ClusterKey struct{ Scope, Name string }

// cluster is the owner's.
func (o Owner) cluster() ClusterKey { return ClusterKey{o.Scope, o.Cluster} }

// NamedCluster is a cluster that a tag or a trust policy of helm-irsa's names.
type NamedCluster struct {
	Key ClusterKey
	// ID is what is known of it; its Unread is why EKS did not say more.
	whichcluster.ID
	// Gone: EKS says that there is no cluster of this name.
	Gone bool
}

// String is how people know it.
func (c NamedCluster) String() string { return cmp.Or(c.Name, c.Issuer) }

// Inventory is what there is in AWS, as far as it may be of helm-irsa.
type Inventory struct {
	seen *observation
	// Clusters are all that tags or trust policies of helm-irsa name.
	Clusters []NamedCluster
	// associations are those of the clusters that could be listed.
	associations map[ClusterKey][]seenAssociation
	// Unread are the reasons why AWS accounts or associations could not be read.
	Unread []error
}

// Read reads the AWS accounts, each once, and asks EKS for the clusters that tags name. What cannot
// be read is in Unread, and nothing is known of it.
func (f *Fleet) Read(ctx context.Context) (*Inventory, error) {
	inv := &Inventory{seen: newObserved(), associations: map[ClusterKey][]seenAssociation{}}
	var jobs []func() error
	failed := map[string]error{}
	for _, id := range f.accounts {
		c, err := f.s.in(ctx, id)
		if err != nil {
			return nil, err
		}
		a := newObservedAccount(id)
		inv.seen.Accounts[id] = a
		jobs = append(jobs,
			func() error { return c.readDetails(ctx, a, false) },
			func() error { return c.listRoles(ctx, "/", a) },
			func() error { return c.readAllProviders(ctx, a) })
	}
	for i, err := range each(ctx, f.s, jobs, func(job func() error) error { return job() }) {
		if id := f.accounts[i/3]; err != nil && failed[id] == nil {
			failed[id] = err
		}
	}
	for _, id := range sortedKeys(failed) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		inv.Unread = append(inv.Unread, failed[id])
		delete(inv.seen.Accounts, id)
	}
	return inv, f.readRest(ctx, inv)
}

// readRest reads the tags of policies, and the clusters.
func (f *Fleet) readRest(ctx context.Context, inv *Inventory) error {
	var jobs []func() error
	for _, id := range sortedKeys(inv.seen.Accounts) {
		a := inv.seen.Accounts[id]
		a.setSettings()
		c, err := f.s.in(ctx, id)
		if err != nil {
			return err
		}
		for _, p := range a.mayBeOurs() {
			jobs = append(jobs, func() error { return c.readPolicy(ctx, p) })
		}
	}
	if err := f.s.run(ctx, jobs); err != nil {
		return err
	}
	inv.Clusters = inv.named()
	for i, err := range each(ctx, f.s, indexes(inv.Clusters), func(i int) error { return f.identify(ctx, &inv.Clusters[i]) }) {
		if err != nil {
			inv.Clusters[i].Unread = err
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	inv.addIssuers()
	for _, c := range inv.Clusters {
		if c.Name == "" || c.Unread != nil || c.Gone {
			continue
		}
		found, err := f.readAssociations(ctx, c)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			inv.Unread = append(inv.Unread, err)
			continue
		}
		inv.associations[c.Key] = found
	}
	return nil
}

// readAllProviders reads every OIDC provider: a tag may say that it is of helm-irsa.
func (c *client) readAllProviders(ctx context.Context, a *seenAccount) error {
	all, err := c.listProviders(ctx)
	if err != nil {
		return err
	}
	for _, p := range all {
		if err := c.readProvider(ctx, p, a); err != nil {
			return err
		}
	}
	return nil
}

// listProviders are all OIDC providers, which the list tells by their ARNs alone.
func (c *client) listProviders(ctx context.Context) ([]wantedProvider, error) {
	list, err := c.iam.ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{})
	if err != nil {
		return nil, explain(err, subject{"listing OIDC providers", c.account, "*"})
	}
	var out []wantedProvider
	for _, p := range list.OpenIDConnectProviderList {
		arn := aws.ToString(p.Arn)
		out = append(out, wantedProvider{ARN: arn, Issuer: "https://" + nameOfProvider(arn)})
	}
	return out, nil
}

// mayBeOurs are the policies whose tags are worth a call: those on a role with our tags, and those
// that nothing has. Another one stays, whatever its tags say.
func (a *seenAccount) mayBeOurs() []*seenPolicy {
	onOurs := map[string]bool{}
	for _, role := range a.Roles {
		if _, named := ownerOf(role.Tags); named {
			for _, arn := range role.Attached {
				onOurs[arn] = true
			}
			onOurs[role.Boundary] = true
		}
	}
	var out []*seenPolicy
	for _, key := range sortedKeys(a.Policies) {
		if p := a.Policies[key]; onOurs[p.ARN] || p.Attached == 0 && p.Boundaries == 0 {
			out = append(out, p)
		}
	}
	return out
}

// named are the clusters that tags of ours name, and those whose Pod Identity associations a role of
// ours may be in: additional clusters, of which no tag tells.
func (inv *Inventory) named() []NamedCluster {
	found := map[ClusterKey]NamedCluster{}
	add := func(tags map[string]string) {
		o, ok := ownerOf(tags)
		if !ok {
			return
		}
		for _, o := range append(sharers(tags), o) {
			found[o.cluster()] = NamedCluster{Key: o.cluster(), ID: idOf(o)}
		}
	}
	for _, a := range inv.seen.Accounts {
		for _, role := range a.Roles {
			add(role.Tags)
			for _, key := range podClustersOf(role) {
				found[key] = NamedCluster{Key: key, ID: idOf(Owner{Scope: key.Scope, Cluster: key.Name})}
			}
		}
		for _, policy := range a.Policies {
			add(policy.Tags)
		}
		for _, provider := range a.Providers {
			add(provider.Tags)
		}
	}
	var out []NamedCluster
	for _, c := range found {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b NamedCluster) int {
		return cmp.Or(cmp.Compare(a.Key.Name, b.Key.Name), cmp.Compare(a.Key.Scope, b.Key.Scope))
	})
	return out
}

// podClustersOf are the clusters whose associations the trust policy of a role of ours lets in.
func podClustersOf(role *seenRole) []ClusterKey {
	doc, err := role.Trust()
	if _, ours := ownerOf(role.Tags); !ours || err != nil {
		return nil
	}
	var out []ClusterKey
	for _, s := range doc.Statements() {
		if isForPods(s) {
			out = append(out, podClusters(s)...)
		}
	}
	return out
}

// addIssuers adds the issuers whose tokens roles of ours take, and those of providers of ours, that are
// of no cluster so far: additional clusters, and those that EKS no longer knows.
func (inv *Inventory) addIssuers() {
	found := map[string]bool{}
	for _, a := range inv.seen.Accounts {
		for arn, p := range a.Providers {
			if _, named := ownerOf(p.Tags); named {
				found[nameOfProvider(arn)] = inv.clusterOf(nameOfProvider(arn)) == nil
			}
		}
		for _, role := range a.Roles {
			doc, err := role.Trust()
			if _, named := ownerOf(role.Tags); !named || err != nil {
				continue
			}
			for _, issuer := range issuersIn(doc) {
				found[issuer] = found[issuer] || inv.clusterOf(issuer) == nil
			}
		}
	}
	for _, issuer := range sortedKeys(found) {
		if found[issuer] {
			inv.Clusters = append(inv.Clusters, NamedCluster{Key: ClusterKey{Name: issuer}, ID: whichcluster.ID{Issuer: "https://" + issuer}})
		}
	}
}

// clusterOf is the cluster of an issuer, which has no https://; nil where none is known.
func (inv *Inventory) clusterOf(issuer string) *NamedCluster {
	for i, c := range inv.Clusters {
		if trust.ProviderName(c.Issuer) == issuer {
			return &inv.Clusters[i]
		}
	}
	return nil
}

// idOf is what an owner's tags say of its cluster: ownerFor writes them.
func idOf(o Owner) whichcluster.ID {
	account, region, isEKS := cutScope(o.Scope)
	if !isEKS {
		return whichcluster.ID{Account: account, Issuer: "https://" + o.Cluster}
	}
	return whichcluster.ID{Name: o.Cluster, Account: account, Region: region}
}

// identify asks EKS for a cluster that has a name there.
func (f *Fleet) identify(ctx context.Context, c *NamedCluster) error {
	if c.Name == "" {
		return nil
	}
	if !slices.Contains(f.accounts, c.Account) {
		return fault("name a profile of it: --aws-profile NAME", "cluster %s is in AWS account %s, for which there are no credentials", c.Name, c.Account)
	}
	client, err := f.s.eksIn(ctx, c.Account, c.Region)
	if err != nil {
		return err
	}
	out, err := client.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: &c.Name})
	if isMissing(err) {
		c.Gone = true
		return nil
	}
	if err != nil {
		return explain(err, subject{"looking up cluster " + c.Name, c.Account, eksARN(c.Account, c.Region, "cluster/"+c.Name)})
	}
	c.Endpoint = aws.ToString(out.Cluster.Endpoint)
	if identity := out.Cluster.Identity; identity != nil && identity.Oidc != nil {
		c.Issuer = aws.ToString(identity.Oidc.Issuer)
	}
	if c.Issuer == "" {
		return errors.New("cluster " + c.Name + " has no token issuer")
	}
	return nil
}

func (f *Fleet) readAssociations(ctx context.Context, c NamedCluster) ([]seenAssociation, error) {
	return associationsOf(f.s, ctx, c.Account, c.Region, c.Name)
}

// issuersIn are the issuers, without https://, whose tokens a trust policy takes.
func issuersIn(doc trust.Document) []string {
	var out []string
	for _, s := range doc.Statements() {
		principals, _ := s.Principals()
		for _, p := range principals {
			if name := nameOfProvider(p.ID); name != "" && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

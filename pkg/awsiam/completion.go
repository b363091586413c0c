package awsiam

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// What a state needs and was not read yet.

// readCluster asks EKS for the issuer and the version.
func (c *completion) readCluster(ctx context.Context) error {
	s, file := c.s, c.s.release.File.Cluster
	c.cluster = awsstate.Cluster{Name: file.Name, Issuer: file.Issuer}
	c.trusts(file.Issuer)
	for _, more := range file.Additional {
		issuer, err := issuerOf(s, ctx, more)
		if err != nil && ctx.Err() != nil {
			return err
		}
		if err != nil { // of another cluster nothing else is asked
			c.note(err)
		}
		c.trusts(issuer)
	}
	if file.Name == "" {
		return nil
	}
	client, err := s.eksIn(ctx, s.facts.Account, s.facts.Region)
	if err != nil && !c.reaches(s.facts.Account) { // irsa.yaml does not say how
		c.note(err)
		return nil
	}
	if err != nil {
		return err
	}
	out, err := s.describeCluster(ctx, client, s.facts.Account, s.facts.Region, file.Name)
	switch {
	case isMissing(err) && file.Issuer != "": // a cluster that is not EKS
		c.seen.isListed = true
		return nil
	case isMissing(err):
		return noCluster(s, ctx, client, file.Name, s.facts.Account, s.facts.Region)
	}
	c.cluster.Issuer = ""
	if denied, err := c.denied(explain(err, subject{"looking up cluster " + file.Name, s.facts.Account, clusterARN(s, s.facts.Account, s.facts.Region, file.Name)})); denied || err != nil {
		return err
	}
	described(&c.cluster, out.Cluster)
	c.trusts(c.cluster.Issuer)
	return nil
}

// described takes over what EKS says of a cluster.
func described(c *awsstate.Cluster, by *ekstypes.Cluster) {
	c.Version = aws.ToString(by.Version)
	if ca := by.CertificateAuthority; ca != nil {
		c.CertificateAuthority = aws.ToString(ca.Data)
	}
	if by.Identity != nil && by.Identity.Oidc != nil {
		c.Issuer = aws.ToString(by.Identity.Oidc.Issuer)
	}
	c.AutoMode = by.ComputeConfig != nil && aws.ToBool(by.ComputeConfig.Enabled)
}

func (c *completion) trusts(issuer string) {
	if issuer != "" {
		c.issuers[strings.TrimPrefix(issuer, "https://")] = true
	}
}

// readNodes finds the nodes' roles.
func (c *completion) readNodes(ctx context.Context) error {
	if c.s.facts.NodeRoles != nil {
		return nil
	}
	_, err := c.denied(findNodeRoles(c.s, ctx))
	return err
}

// readAssociations reads all associations of the cluster, also where irsa.yaml has none: one
// that somebody else made goes before the role on the service account. Those in the release's
// namespaces are described.
func (c *completion) readAssociations(ctx context.Context) error {
	if c.want.Facts.Cluster == "" {
		return nil
	}
	about := ofAssociations(c.s, c.want)
	if _, err := c.s.in(ctx, c.want.Facts.Account); err != nil && !c.reaches(c.want.Facts.Account) {
		return nil // the cluster says so
	}
	if !c.seen.isListed {
		if denied, err := c.denied(explain(listAll(c.s, ctx, c.want, c.seen), about)); denied || err != nil {
			return err
		}
	}
	_, err := c.denied(describeOthers(c.s, ctx, c.want, c.seen))
	return err
}

// describeOthers describes the associations in the release's namespaces that the plan has not.
func describeOthers(s *Session, ctx context.Context, d *desired, o *observation) error {
	namespaces := d.namespaces()
	known := slices.Concat(o.Associations, o.Others)
	var missing []listedAssociation
	for _, a := range o.Listed {
		if namespaces[a.Namespace] && !slices.ContainsFunc(known, func(k seenAssociation) bool {
			return k.Namespace == a.Namespace && k.ServiceAccount == a.ServiceAccount
		}) {
			missing = append(missing, a)
		}
	}
	found, err := describeAssociations(s, ctx, d, missing)
	o.Others = append(o.Others, found...)
	return err
}

// readAccounts reads the AWS accounts that the file has roles in. What may not be read in one
// of them is not complete.
func (c *completion) readAccounts(ctx context.Context) error {
	var err error
	if c.accounts, err = c.needed(); err != nil {
		return err
	}
	var jobs []func() error
	clients := map[string]*client{}
	for _, id := range c.accounts {
		c.without[id] = &accountGaps{}
		cl, err := c.s.in(ctx, id)
		if err != nil && !c.reaches(id) { // irsa.yaml does not say how
			c.note(err)
			continue
		}
		if denied, err := c.denied(err); denied || err != nil {
			if err != nil {
				return err
			}
			continue
		}
		clients[id] = cl
		if c.seen.Accounts[id] == nil {
			c.seen.Accounts[id] = newObservedAccount(id)
		}
		if a := c.seen.Accounts[id]; !a.details {
			jobs = append(jobs, func() error {
				_, err := c.denied(cl.readDetails(ctx, a, true))
				return err
			})
		}
	}
	if err := c.s.run(ctx, jobs); err != nil {
		return err
	}
	jobs = nil
	for _, id := range sortedKeys(clients) {
		jobs = append(jobs, c.accountJobs(ctx, clients[id], c.seen.Accounts[id])...)
	}
	return c.s.run(ctx, jobs)
}

// accountJobs read what the details of an AWS account do not have.
func (c *completion) accountJobs(ctx context.Context, cl *client, a *seenAccount) []func() error {
	var jobs []func() error
	known := true // of the roles that all is told of, the longest session
	named := map[string]bool{}
	for _, key := range sortedKeys(a.Roles) {
		role := a.Roles[key]
		if !c.whole(a.ID, role) {
			continue
		}
		known = known && role.Settings
		for _, arn := range policiesOn(role) {
			named[arn] = a.policyByARN(arn) == nil && a.ByAWS[arn] == nil
		}
	}
	if !known {
		jobs = append(jobs, func() error { return c.readSessions(ctx, cl, a) })
	}
	for _, arn := range sortedKeys(named) {
		if named[arn] {
			jobs = append(jobs, func() error { return c.readPolicy(ctx, cl, a, arn) })
		}
	}
	return append(jobs, func() error { return c.readProviders(ctx, cl, a) })
}

// policiesOn are the ARNs of the managed policies of a role, with its boundary.
func policiesOn(role *seenRole) []string {
	if role.Boundary == "" {
		return role.Attached
	}
	return append(slices.Clone(role.Attached), role.Boundary)
}

// readSessions reads the longest sessions of roles: they are not among the AWS account's
// details.
func (c *completion) readSessions(ctx context.Context, cl *client, a *seenAccount) error {
	if denied, err := c.denied(cl.listRoles(ctx, "/", a)); denied || err != nil {
		return err
	}
	a.setSettings()
	return nil
}

// readPolicy reads a policy that the AWS account's details lack.
func (c *completion) readPolicy(ctx context.Context, cl *client, a *seenAccount, arn string) error {
	got, err := cl.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	if isMissing(err) {
		return nil
	}
	var document *iam.GetPolicyVersionOutput
	if err == nil {
		document, err = cl.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: got.Policy.DefaultVersionId})
	}
	if denied, err := c.denied(explain(err, subject{"reading policy " + arn, cl.account, arn})); denied || err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.without[a.ID].policies = true
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ByAWS[arn] = gotPolicy(got.Policy, document.PolicyVersion)
	return nil
}

func gotPolicy(p *types.Policy, v *types.PolicyVersion) *seenPolicy {
	return &seenPolicy{
		Name: aws.ToString(p.PolicyName), Path: aws.ToString(p.Path), ARN: aws.ToString(p.Arn), ID: aws.ToString(p.PolicyId), Description: aws.ToString(p.Description),
		Tags: tagMap(p.Tags), document: aws.ToString(v.Document),
		Versions: []policyVersion{{aws.ToString(v.VersionId), true, aws.ToTime(v.CreateDate).Unix()}},
	}
}

// providersOf are the ARNs of the providers that matter: those of the file's issuers, and
// those that roles which all is told of trust.
func (c *completion) providersOf(a *seenAccount) []string {
	set := map[string]bool{}
	for issuer := range c.issuers {
		set[trust.ProviderARN(c.s.facts.Partition, a.ID, issuer)] = true
	}
	for _, role := range a.Roles {
		if !c.whole(a.ID, role) {
			continue
		}
		doc, err := role.Trust()
		if err != nil {
			continue
		}
		for _, s := range doc.Statements() {
			principals, _ := s.Principals()
			for _, p := range principals {
				if strings.HasPrefix(p.ID, "arn:") && strings.Contains(p.ID, ":iam::"+a.ID+":oidc-provider/") {
					set[p.ID] = true
				}
			}
		}
	}
	return sortedKeys(set)
}

// readProviders reads the OIDC providers. That one is missing is believed of a list alone,
// which also has those that it may be mistaken for.
func (c *completion) readProviders(ctx context.Context, cl *client, a *seenAccount) error {
	needed := c.providersOf(a)
	missing := slices.ContainsFunc(needed, func(arn string) bool { return a.Providers[arn] == nil })
	if (missing || c.allProviders) && !a.hasProviders {
		all, err := cl.listProviders(ctx)
		if denied, err := c.denied(err); denied || err != nil {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.without[a.ID].providers = true
			return err
		}
		for _, p := range all {
			a.AllProviders = append(a.AllProviders, p.ARN)
		}
		a.hasProviders = true
	}
	for _, arn := range needed {
		seen := a.Providers[arn]
		if seen != nil && seen.isFetched || seen == nil && !slices.Contains(a.AllProviders, arn) {
			continue
		}
		_, err := c.denied(cl.readProvider(ctx, wantedProvider{ARN: arn, Issuer: "https://" + nameOfProvider(arn)}, a))
		if err != nil {
			return err
		}
	}
	return nil
}

// whole reports whether all is told of a role.
func (c *completion) whole(account string, role *seenRole) bool {
	node := account == c.s.facts.Account && slices.ContainsFunc(c.s.facts.NodeRoles, func(n string) bool { return strings.EqualFold(n, role.Name) })
	return c.full[role.ARN] || node || c.want.Owner.keepsOrMay(role)
}

// describeAssociations reads what associations say.
func describeAssociations(s *Session, ctx context.Context, d *desired, found []listedAssociation) ([]seenAssociation, error) {
	if len(found) == 0 {
		return nil, nil
	}
	client, err := s.eksIn(ctx, d.Facts.Account, d.Facts.Region)
	if err != nil {
		return nil, err
	}
	seen := make([]*seenAssociation, len(found))
	err = first(each(ctx, s, indexes(found), func(i int) error {
		out, err := client.DescribePodIdentityAssociation(ctx, &eks.DescribePodIdentityAssociationInput{ClusterName: &d.Facts.Cluster, AssociationId: &found[i].ID})
		if isMissing(err) { // deleted since
			return nil
		}
		if err != nil {
			about := ofAssociations(s, d)
			about.resource = found[i].ARN
			return explain(err, about)
		}
		seen[i] = observed(out.Association)
		return nil
	}))
	var out []seenAssociation
	for _, a := range seen {
		if a != nil {
			out = append(out, *a)
		}
	}
	return out, err
}

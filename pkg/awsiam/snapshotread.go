package awsiam

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// associations reads all associations of the cluster, also where irsa.yaml has none:
// one that somebody else made goes before the role on the service account.
func (t *taking) associations(ctx context.Context) error {
	name := t.Session.facts.Cluster
	if name == "" || t.out.PodIdentityAssociations != nil {
		return nil
	}
	client, err := t.Session.eksIn(ctx, t.Session.facts.Account, t.Session.facts.Region)
	if err != nil {
		return err
	}
	about := subject{"reading the Pod Identity associations of cluster " + name, t.Session.facts.Account, clusterARN(t.Session, t.Session.facts.Account, t.Session.facts.Region, name)}
	found := []SnapshotAssociation{}
	pages := eks.NewListPodIdentityAssociationsPaginator(client, &eks.ListPodIdentityAssociationsInput{ClusterName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if denied, err := t.unread(explain(err, about)); denied || err != nil {
			return err
		}
		for _, a := range page.Associations {
			found = append(found, listedAssociation(a))
		}
	}
	namespaces := t.want.namespaces()
	err = t.Session.run(ctx, jobs(found, func(a *SnapshotAssociation) error {
		if !namespaces[a.Namespace] {
			return nil
		}
		out, err := client.DescribePodIdentityAssociation(ctx, &eks.DescribePodIdentityAssociationInput{ClusterName: &name, AssociationId: &a.AssociationID})
		about := about
		about.resource = a.AssociationARN
		if denied, err := t.unread(explain(err, about)); denied || err != nil {
			return err
		}
		a.described(out.Association)
		return nil
	}))
	for _, a := range found {
		t.full[a.RoleARN], t.full[a.TargetRoleARN] = true, true
	}
	t.out.PodIdentityAssociations = found
	return err
}

// jobs are a call for each element.
func jobs[T any](items []T, f func(*T) error) []func() error {
	out := make([]func() error, len(items))
	for i := range items {
		out[i] = func() error { return f(&items[i]) }
	}
	return out
}

// takenAccount is one AWS account of a snapshot; a nil list was not read.
type takenAccount struct {
	taking    *taking
	id        string
	roles     []SnapshotRole
	policies  []SnapshotPolicy
	providers []SnapshotProvider
	// named are the managed policies that roles which matter have.
	named map[string]bool
	// trusted are the ARNs of providers that these roles trust.
	trusted map[string]bool
}

func (a *takenAccount) read(ctx context.Context) error {
	c, err := a.taking.Session.in(ctx, a.id)
	if _, said := a.taking.Session.release.File.Accounts[a.id]; err != nil && !said {
		a.taking.note(err) // irsa.yaml does not say how to reach it
		return nil
	}
	if denied, err := a.taking.unread(err); denied || err != nil {
		return err
	}
	a.named, a.trusted = map[string]bool{}, map[string]bool{}
	if err := a.details(ctx, c); err != nil {
		return err
	}
	if err := a.sessions(ctx, c); err != nil {
		return err
	}
	return a.oidc(ctx, c)
}

// details reads roles and policies.
func (a *takenAccount) details(ctx context.Context, c *client) error {
	var roles []types.RoleDetail
	var policies []types.ManagedPolicyDetail
	pages := iam.NewGetAccountAuthorizationDetailsPaginator(c.iam, &iam.GetAccountAuthorizationDetailsInput{
		Filter:   []types.EntityType{types.EntityTypeRole, types.EntityTypeLocalManagedPolicy, types.EntityTypeAWSManagedPolicy},
		MaxItems: aws.Int32(pageSize),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if denied, err := a.taking.unread(explain(err, subject{"reading roles and policies", c.account, "*"})); denied || err != nil {
			return err
		}
		roles, policies = append(roles, page.RoleDetailList...), append(policies, page.Policies...)
	}
	a.roles = make([]SnapshotRole, 0, len(roles))
	for _, r := range roles {
		a.roles = append(a.roles, a.role(r))
	}
	a.policies = []SnapshotPolicy{}
	for _, p := range policies {
		if a.named[aws.ToString(p.Arn)] {
			a.policies = append(a.policies, wholePolicy(p))
			delete(a.named, aws.ToString(p.Arn))
		}
	}
	return a.more(ctx, c)
}

// role tells of a role what matters.
func (a *takenAccount) role(r types.RoleDetail) SnapshotRole {
	arn := aws.ToString(r.Arn)
	node := a.id == a.taking.Session.facts.Account && slices.ContainsFunc(a.taking.Session.facts.NodeRoles, func(n string) bool { return strings.EqualFold(n, aws.ToString(r.RoleName)) })
	doc, err := trust.Parse(aws.ToString(r.AssumeRolePolicyDocument))
	if !a.taking.full[arn] && !node && !a.taking.want.Owner.keepsOrMay(&ObservedRole{ARN: arn, Tags: tagMap(r.Tags), trust: aws.ToString(r.AssumeRolePolicyDocument)}) {
		out := nameOf(r)
		if err != nil || forPods(doc) {
			out.AssumeRolePolicyDocument = documentOf(r.AssumeRolePolicyDocument)
		}
		return out
	}
	out := wholeRole(r)
	for _, p := range out.AttachedManagedPolicies {
		a.named[p.PolicyArn] = true
	}
	if out.PermissionsBoundary != nil {
		a.named[out.PermissionsBoundary.PermissionsBoundaryArn] = true
	}
	for _, s := range doc.Statements() {
		principals, _ := s.Principals()
		for _, p := range principals {
			a.trusted[p.ID] = true
		}
	}
	return out
}

// forPods reports whether a trust speaks of tokens or of EKS Pod Identity.
func forPods(d trust.Document) bool {
	return slices.ContainsFunc(d.Statements(), func(s trust.Statement) bool {
		principals, _ := s.Principals()
		return slices.ContainsFunc(principals, func(p trust.Principal) bool {
			return p.ID == trust.PodIdentityService || strings.Contains(p.ID, ":oidc-provider/")
		})
	})
}

// more reads the policies that the AWS account's details lack, if any.
func (a *takenAccount) more(ctx context.Context, c *client) error {
	for _, arn := range sortedKeys(a.named) {
		about := subject{"reading policy " + arn, c.account, arn}
		got, err := c.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
		if isMissing(err) {
			continue
		}
		var document *iam.GetPolicyVersionOutput
		if err == nil {
			document, err = c.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: got.Policy.DefaultVersionId})
		}
		if denied, err := a.taking.unread(explain(err, about)); denied || err != nil {
			a.policies = nil
			return err
		}
		p := got.Policy
		a.policies = append(a.policies, SnapshotPolicy{
			PolicyName: aws.ToString(p.PolicyName), PolicyID: aws.ToString(p.PolicyId), Arn: arn, Path: aws.ToString(p.Path),
			DefaultVersionID: aws.ToString(p.DefaultVersionId), PolicyVersionList: []SnapshotVersion{version(*document.PolicyVersion)},
		})
	}
	return nil
}

// sessions adds the longest session to roles that all is told of: it is not among the
// AWS account's details.
func (a *takenAccount) sessions(ctx context.Context, c *client) error {
	if !slices.ContainsFunc(a.roles, SnapshotRole.whole) {
		return nil
	}
	longest := map[string]int32{}
	pages := iam.NewListRolesPaginator(c.iam, &iam.ListRolesInput{MaxItems: aws.Int32(pageSize)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if denied, err := a.taking.unread(explain(err, subject{"listing roles", c.account, "*"})); denied || err != nil {
			return err
		}
		for _, r := range page.Roles {
			longest[aws.ToString(r.Arn)] = aws.ToInt32(r.MaxSessionDuration)
		}
	}
	for i := range a.roles {
		if a.roles[i].whole() {
			a.roles[i].MaxSessionDuration = longest[a.roles[i].Arn]
		}
	}
	return nil
}

func (r SnapshotRole) whole() bool { return r.RolePolicyList != nil }

// oidc reads the OIDC providers.
func (a *takenAccount) oidc(ctx context.Context, c *client) error {
	list, err := c.iam.ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{})
	if denied, err := a.taking.unread(explain(err, subject{"listing OIDC providers", c.account, "*"})); denied || err != nil {
		return err
	}
	providers := []SnapshotProvider{}
	for _, p := range list.OpenIDConnectProviderList {
		arn := aws.ToString(p.Arn)
		out := SnapshotProvider{Arn: arn, URL: nameOfProvider(arn)}
		if a.taking.issuers[out.URL] || a.trusted[arn] {
			got, err := c.iam.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn})
			if isMissing(err) { // deleted since
				continue
			}
			denied, err := a.taking.unread(explain(err, subject{"reading OIDC provider " + out.URL, c.account, arn}))
			if err != nil {
				return err
			}
			if !denied {
				out.URL, out.CreateDate = aws.ToString(got.Url), isoTime(got.CreateDate)
				out.ClientIDList, out.ThumbprintList = append([]string{}, got.ClientIDList...), append([]string{}, got.ThumbprintList...)
			}
		}
		providers = append(providers, out)
	}
	a.providers = providers
	return nil
}

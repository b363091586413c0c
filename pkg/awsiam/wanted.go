package awsiam

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// Wanted is what a plan for a release makes where there is nothing in AWS yet, as values for
// tools that make it instead of Apply. It makes no call, and facts must be complete: Unsaid
// says what irsa.yaml lacks for that. The error is a *spec.FaultList with places in irsa.yaml.
func Wanted(r Release, facts Facts) (*awsstate.Wanted, error) {
	d, err := want(r, facts, false)
	if err != nil {
		return nil, err
	}
	out := &awsstate.Wanted{
		Partition: facts.Partition, Region: facts.Region, Account: facts.Account, Cluster: facts.Cluster, Release: d.Owner.String(),
	}
	for _, p := range d.Providers {
		out.Providers = append(out.Providers, awsstate.WantedProvider{Account: p.Account, ARN: p.ARN, Issuer: p.Issuer, Audiences: p.Audiences, Tags: p.Tags})
	}
	for _, p := range d.Policies {
		out.Policies = append(out.Policies, awsstate.WantedPolicy{
			Account: p.Account, ARN: p.ARN, Name: p.Name, Path: p.Path, Description: d.Owner.described(p.Description), Document: p.Document, Tags: p.Tags,
		})
	}
	for _, role := range d.Roles {
		made, err := role.value(d.Owner)
		if err != nil {
			return nil, fault("", "building the trust of role %s: %v", role.Name, err)
		}
		out.Roles = append(out.Roles, made)
	}
	for _, node := range d.NodeRoles {
		out.NodeRoles = append(out.NodeRoles, awsstate.WantedAttachments{Account: node.Account, Role: node.Name, Attached: node.Attached})
	}
	for _, a := range d.Associations {
		out.Associations = append(out.Associations, awsstate.WantedAssociation{
			Cluster: a.Cluster, Namespace: a.Namespace, ServiceAccount: a.ServiceAccount, RoleARN: a.RoleARN,
			TargetRoleARN: a.TargetRoleARN, DisableSessionTags: a.NoTags, Policy: a.Policy, Tags: a.Tags,
		})
	}
	sortWanted(out)
	return out, nil
}

// Wanted asks AWS for what irsa.yaml leaves to it, and gives what it wants.
func (s *Session) Wanted(ctx context.Context) (*awsstate.Wanted, error) {
	if err := findCluster(s, ctx); err != nil {
		return nil, err
	}
	return Wanted(s.release, s.facts)
}

func (r wantedRole) value(o Owner) (awsstate.WantedRole, error) {
	namespace, name, _ := strings.Cut(r.For, "/")
	out := awsstate.WantedRole{
		Account: r.Account, ARN: r.ARN, Name: r.Name, Path: r.Path, Description: r.Description, Boundary: r.Boundary, MaxSession: r.MaxSession,
		Attached: r.Attached, Inline: r.Inline, Tags: r.Tags, SharedWith: r.SharedWith, Namespace: namespace, ServiceAccount: name,
	}
	making := createRole{r, o}
	var err error
	if out.Trust, err = making.merged(trust.Document{}, r.Trust); err != nil {
		return out, err
	}
	out.TrustFirst, err = making.merged(trust.Document{}, r.TrustFirst)
	return out, err
}

func sortWanted(w *awsstate.Wanted) {
	slices.SortStableFunc(w.Policies, func(a, b awsstate.WantedPolicy) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Name, b.Name))
	})
	slices.SortStableFunc(w.Roles, func(a, b awsstate.WantedRole) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.ServiceAccount, b.ServiceAccount))
	})
	slices.SortStableFunc(w.NodeRoles, func(a, b awsstate.WantedAttachments) int { return cmp.Compare(a.Role, b.Role) })
	slices.SortStableFunc(w.Associations, func(a, b awsstate.WantedAssociation) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.ServiceAccount, b.ServiceAccount))
	})
}

package awsiam

import (
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// state is what was read, as pkg/awsstate has it.
func (c *completion) state() *awsstate.State {
	out := &awsstate.State{Account: c.s.facts.Account, Region: c.s.facts.Region, Cluster: c.cluster}
	known := map[string]bool{}
	c.covered(out)
	for _, id := range c.accounts {
		a := c.seen.Accounts[id]
		if a == nil {
			continue
		}
		for _, key := range sortedKeys(a.Roles) {
			role := a.Roles[key]
			if !c.whole(id, role) {
				out.Roles.List = append(out.Roles.List, stranger(role))
				continue
			}
			out.Roles.List = append(out.Roles.List, wholeRole(role))
			for _, arn := range policiesOn(role) {
				p := a.policyByARN(arn)
				if p == nil {
					p = a.ByAWS[arn]
				}
				if p != nil && !known[arn] { // AWS's own are in every AWS account
					known[arn] = true
					out.Policies.List = append(out.Policies.List, wholePolicy(p))
				}
			}
		}
		out.Providers.List = append(out.Providers.List, providersIn(a)...)
	}
	if !out.Roles.Read {
		out.Roles.List = nil
	}
	if !out.Policies.Read {
		out.Policies.List = nil
	}
	if !out.Providers.Read {
		out.Providers.List = nil
	}
	c.associationsTo(out)
	return out
}

// covered says of which AWS accounts the lists are. One that could not be read takes nothing from
// the others.
func (c *completion) covered(out *awsstate.State) {
	all, some, read := awsstate.Coverage{Roles: true, Providers: true}, awsstate.Coverage{}, map[string]awsstate.Coverage{}
	policies := true
	for _, id := range c.accounts {
		a, gaps := c.seen.Accounts[id], c.without[id]
		of := awsstate.Coverage{Roles: a != nil && a.details, Providers: a != nil && !gaps.providers}
		all.Roles, all.Providers = all.Roles && of.Roles, all.Providers && of.Providers
		some.Roles, some.Providers = some.Roles || of.Roles, some.Providers || of.Providers
		policies = policies && !gaps.policies
		read[id] = of
	}
	out.Roles.Read, out.Policies.Read, out.Providers.Read = some.Roles, some.Roles && policies, some.Providers
	if all != some {
		out.Accounts = read
	}
}

// associationsTo tells of all associations of the cluster, and of those in the release's
// namespaces all.
func (c *completion) associationsTo(out *awsstate.State) {
	out.Associations.Read = c.seen.isListed
	described := c.described()
	for _, l := range c.seen.Listed {
		a := awsstate.Association{Cluster: c.want.Facts.Cluster, Namespace: l.Namespace, ServiceAccount: l.ServiceAccount, ARN: l.ARN, ID: l.ID, Owner: l.Owner}
		i := slices.IndexFunc(described, func(d seenAssociation) bool {
			return d.Namespace == l.Namespace && d.ServiceAccount == l.ServiceAccount
		})
		if i >= 0 {
			a = described[i].state(c.want.Facts.Cluster)
		}
		out.Associations.List = append(out.Associations.List, a)
	}
}

// stranger is a role of others: its name, and its trust where that is for pods.
func stranger(role *seenRole) awsstate.Role {
	out := awsstate.Role{ARN: role.ARN, Name: role.Name, Path: role.Path}
	if doc, err := role.Trust(); err == nil && forPods(doc) {
		out.Trust = &doc
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

func wholeRole(role *seenRole) awsstate.Role {
	out := awsstate.Role{
		ARN: role.ARN, Name: role.Name, Path: role.Path, ID: role.ID, Created: role.Created, LastUsed: role.lastUsed,
		Description: role.Description, MaxSession: int(role.MaxSession), Boundary: role.Boundary, Tags: role.Tags,
		Attached:         awsstate.Known[string]{Read: true, List: role.Attached},
		InstanceProfiles: awsstate.Known[string]{Read: true, List: role.Profiles},
	}
	if doc, err := role.Trust(); err == nil {
		out.Trust = &doc
	}
	out.Inline.Read = true
	for _, name := range sortedKeys(role.inline) {
		out.Inline.List = append(out.Inline.List, awsstate.NamedDocument{Name: name, Document: role.Inline(name)})
	}
	return out
}

func wholePolicy(p *seenPolicy) awsstate.Policy {
	version := p.defaultVersion()
	out := awsstate.Policy{
		ARN: p.ARN, Name: p.Name, Path: p.Path, ID: p.ID, Description: p.Description, Tags: p.Tags, Version: version.ID, VersionCreated: version.created(),
	}
	if doc := p.Document(); doc.Text() != "" {
		out.Document = &doc
	}
	return out
}

// providersIn are the OIDC providers of an AWS account: all that were listed, else those that
// were asked for and are there.
func providersIn(a *seenAccount) []awsstate.Provider {
	all := sortedKeys(a.Providers)
	for _, arn := range a.AllProviders {
		if a.Providers[arn] == nil && !a.Asked[arn] { // one that was asked for and is not there was deleted since
			all = append(all, arn)
		}
	}
	slices.Sort(all)
	var out []awsstate.Provider
	for _, arn := range all {
		p := awsstate.Provider{ARN: arn, Issuer: nameOfProvider(arn)}
		if seen := a.Providers[arn]; seen != nil {
			p.Created, p.Tags = seen.Created, seen.Tags
			p.ClientIDs = awsstate.Known[string]{Read: true, List: seen.Audiences}
			p.Thumbprints = awsstate.Known[string]{Read: seen.isFetched, List: seen.Thumbprints}
		}
		out = append(out, p)
	}
	return out
}

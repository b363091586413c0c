package awsiam

import (
	"maps"
	"slices"
)

// clone is a copy that shares nothing that record changes.
func (o *observation) clone() *observation {
	out := &observation{
		Accounts: make(map[string]*seenAccount, len(o.Accounts)), Associations: slices.Clone(o.Associations), Nodegroups: slices.Clone(o.Nodegroups),
		Foreign: maps.Clone(o.Foreign), Unseen: maps.Clone(o.Unseen), Listed: slices.Clone(o.Listed), isListed: o.isListed, Others: slices.Clone(o.Others),
	}
	for i, a := range out.Associations {
		out.Associations[i].Tags = maps.Clone(a.Tags)
	}
	for id, a := range o.Accounts {
		out.Accounts[id] = a.clone()
	}
	return out
}

func (a *seenAccount) clone() *seenAccount {
	out := newObservedAccount(a.ID)
	out.Summary, out.Asked, out.AllProviders, out.hasProviders, out.details = maps.Clone(a.Summary), maps.Clone(a.Asked), slices.Clone(a.AllProviders), a.hasProviders, a.details
	maps.Copy(out.ByAWS, a.ByAWS) // which nobody changes
	for key, r := range a.Roles {
		role := *r
		role.Tags, role.Attached, role.inline = maps.Clone(r.Tags), slices.Clone(r.Attached), maps.Clone(r.inline)
		out.Roles[key] = &role
	}
	for key, p := range a.Policies {
		policy := *p
		policy.Versions, policy.Tags = slices.Clone(p.Versions), maps.Clone(p.Tags)
		out.Policies[key] = &policy
	}
	for key, p := range a.Providers {
		provider := *p
		provider.Audiences, provider.Tags = slices.Clone(p.Audiences), maps.Clone(p.Tags)
		out.Providers[key] = &provider
	}
	return out
}

// withMore is a copy with what an earlier reading has and this one has not: what a plan does
// not read.
func (o *observation) withMore(earlier *observation) *observation {
	out := o.clone()
	if !out.isListed {
		out.Listed, out.isListed = slices.Clone(earlier.Listed), earlier.isListed
	}
	for _, a := range slices.Concat(earlier.Associations, earlier.Others) {
		if out.association(a.Namespace, a.ServiceAccount) == nil && !slices.ContainsFunc(out.Others, a.sameAs) {
			out.Others = append(out.Others, a)
		}
	}
	for id, was := range earlier.Accounts {
		now := out.Accounts[id]
		if now == nil {
			out.Accounts[id] = was.clone()
			continue
		}
		now.more(was.clone())
	}
	return out
}

// sameAs reports whether two are of one service account.
func (a seenAssociation) sameAs(b seenAssociation) bool {
	return a.Namespace == b.Namespace && a.ServiceAccount == b.ServiceAccount
}

// more takes from an earlier reading of an AWS account what this one has not.
func (a *seenAccount) more(was *seenAccount) {
	if !a.hasProviders {
		a.AllProviders, a.hasProviders = was.AllProviders, was.hasProviders
	}
	for arn := range was.Asked {
		if !a.Asked[arn] {
			a.Asked[arn] = true
			if p := was.Providers[arn]; p != nil {
				a.Providers[arn] = p
			}
		}
	}
	for arn, p := range was.ByAWS {
		if a.ByAWS[arn] == nil {
			a.ByAWS[arn] = p
		}
	}
	for key, role := range a.Roles {
		if r := was.Roles[key]; !role.Settings && r != nil && r.Settings && r.ID == role.ID {
			role.Description, role.MaxSession, role.Settings = r.Description, r.MaxSession, true
		}
	}
}

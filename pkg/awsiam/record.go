package awsiam

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// What each step makes of what was read. IDs and times that AWS gives are not known; nothing
// is decided by those of what a plan has made.

// changeTags writes tags and takes others off; of tags that were not read nothing is known
// then either.
func changeTags(tags map[string]string, set map[string]string, unset []string) map[string]string {
	if tags == nil {
		return nil
	}
	maps.Copy(tags, set)
	for _, key := range unset {
		delete(tags, key)
	}
	return tags
}

func without[T comparable](list []T, gone T) []T {
	return slices.DeleteFunc(list, func(one T) bool { return one == gone })
}

func (a createProvider) record(o *observation, account string) {
	seen := o.Accounts[account]
	seen.Asked[a.want.ARN] = true
	if seen.hasProviders && !slices.Contains(seen.AllProviders, a.want.ARN) {
		seen.AllProviders = append(seen.AllProviders, a.want.ARN)
	}
	seen.Providers[a.want.ARN] = &seenProvider{ // IAM gets the thumbprints itself
		ARN: a.want.ARN, Issuer: a.want.Issuer, Audiences: slices.Clone(a.want.Audiences), Tags: maps.Clone(a.want.Tags),
	}
}

func (a *thumbprintWanted) record(o *observation, account string) { a.provider.record(o, account) }

func (a addAudience) record(o *observation, account string) {
	if p := o.Accounts[account].Providers[a.arn]; p != nil && !slices.Contains(p.Audiences, a.audience) {
		p.Audiences = append(p.Audiences, a.audience)
	}
}

func (a tagProvider) record(o *observation, account string) {
	if p := o.Accounts[account].Providers[a.arn]; p != nil {
		p.Tags = changeTags(p.Tags, a.tags, nil)
	}
}

func (a untagProvider) record(o *observation, account string) {
	if p := o.Accounts[account].Providers[a.arn]; p != nil {
		p.Tags = changeTags(p.Tags, nil, a.keys)
	}
}

func (a deleteProvider) record(o *observation, account string) {
	seen := o.Accounts[account]
	delete(seen.Providers, a.arn)
	seen.AllProviders = without(seen.AllProviders, a.arn)
}

func (a createPolicy) record(o *observation, account string) {
	o.Accounts[account].Policies[strings.ToLower(a.want.Name)] = &seenPolicy{
		Name: a.want.Name, Path: a.want.Path, ARN: a.want.ARN, Description: a.description(), Tags: maps.Clone(a.want.Tags),
		Versions: []policyVersion{{ID: "v1", Default: true}}, document: a.want.Document.Text(),
	}
}

// record gives the version the number after the highest one that there is; IAM counts also
// those that are gone.
func (a newPolicyVersion) record(o *observation, account string) {
	p := o.Accounts[account].policyByARN(a.arn)
	if p == nil || trust.Equal(p.Document(), a.doc) {
		return
	}
	highest := 0
	slices.SortStableFunc(p.Versions, func(a, b policyVersion) int {
		return cmp.Or(isTrue(a.Default)-isTrue(b.Default), int(a.Created-b.Created))
	})
	for i := range p.Versions {
		n := 0
		_, _ = fmt.Sscanf(p.Versions[i].ID, "v%d", &n)
		highest, p.Versions[i].Default = max(highest, n), false
	}
	if len(p.Versions) >= mostVersions { // see run
		p.Versions = slices.Delete(p.Versions, 0, 1)
	}
	p.Versions = append(p.Versions, policyVersion{ID: fmt.Sprintf("v%d", highest+1), Default: true})
	p.document = a.doc.Text()
}

func isTrue(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (a tagPolicy) record(o *observation, account string) {
	if p := o.Accounts[account].policyByARN(a.arn); p != nil {
		p.Tags = changeTags(p.Tags, a.tags, nil)
	}
}

func (a untagPolicy) record(o *observation, account string) {
	if p := o.Accounts[account].policyByARN(a.arn); p != nil {
		p.Tags = changeTags(p.Tags, nil, a.keys)
	}
}

func (a deletePolicy) record(o *observation, account string) {
	delete(o.Accounts[account].Policies, strings.ToLower(nameOfARN(a.arn)))
}

// bounds counts that a role comes to be bounded by a policy, or is no more.
func (a *seenAccount) bounds(arn string, by int) {
	if p := a.policyByARN(arn); p != nil {
		p.Boundaries += by
	}
}

func (a createRole) record(o *observation, account string) {
	doc, err := a.merged(trust.Document{}, a.want.TrustFirst)
	if err != nil { // then it was not made either
		return
	}
	seen := o.Accounts[account]
	if was := seen.role(a.want.Name); was != nil { // it was there already: see takeExisting
		seen.bounds(was.Boundary, -1)
	}
	seen.Roles[strings.ToLower(a.want.Name)] = &seenRole{
		Name: a.want.Name, Path: a.want.Path, ARN: a.want.ARN, Boundary: a.want.Boundary, Description: a.want.Description, MaxSession: a.want.MaxSession,
		Settings: true, Tags: maps.Clone(a.want.Tags), trust: doc.Text(), inline: map[string]string{},
	}
	seen.bounds(a.want.Boundary, 1)
}

func (a updateRole) record(o *observation, account string) {
	if r := o.Accounts[account].role(a.name); r != nil {
		r.Description, r.MaxSession, r.Settings = a.description, a.maxSession, true
	}
}

func (a setBoundary) record(o *observation, account string) {
	seen := o.Accounts[account]
	if r := seen.role(a.name); r != nil && r.Boundary != a.boundary {
		seen.bounds(r.Boundary, -1)
		seen.bounds(a.boundary, 1)
		r.Boundary = a.boundary
	}
}

func (a tagRole) record(o *observation, account string) {
	if r := o.Accounts[account].role(a.name); r != nil {
		r.Tags = changeTags(r.Tags, a.tags, a.untag)
	}
}

func (a deleteRole) record(o *observation, account string) {
	seen := o.Accounts[account]
	if r := seen.role(a.name); r != nil {
		seen.bounds(r.Boundary, -1)
		delete(seen.Roles, strings.ToLower(a.name))
	}
}

func (a attach) record(o *observation, account string) {
	seen := o.Accounts[account]
	r := seen.role(a.role)
	if r == nil || slices.Contains(r.Attached, a.policy) {
		return
	}
	r.Attached = append(r.Attached, a.policy)
	slices.Sort(r.Attached)
	if p := seen.policyByARN(a.policy); p != nil {
		p.Attached++
	}
}

func (a detach) record(o *observation, account string) {
	seen := o.Accounts[account]
	r := seen.role(a.role)
	if r == nil || !slices.Contains(r.Attached, a.policy) {
		return
	}
	r.Attached = without(r.Attached, a.policy)
	if p := seen.policyByARN(a.policy); p != nil {
		p.Attached--
	}
}

func (a putInline) record(o *observation, account string) {
	if r := o.Accounts[account].role(a.role); r != nil {
		r.inline[a.name] = a.doc.Text()
	}
}

func (a deleteInline) record(o *observation, account string) {
	if r := o.Accounts[account].role(a.role); r != nil {
		delete(r.inline, a.name)
	}
}

func (a writeTrust) record(o *observation, account string) {
	r := o.Accounts[account].role(a.role)
	if r == nil {
		return
	}
	delete(r.Tags, writingKey(a.owner))
	doc, err := r.Trust()
	if err != nil {
		return
	}
	if after, err := a.merged(doc); err == nil {
		r.trust = after.Text()
	}
}

func (a leaveRole) record(o *observation, account string) {
	if r := o.Accounts[account].role(a.role); r != nil {
		r.Tags = changeTags(r.Tags, map[string]string{writingKey(a.owner): stateLeaving}, nil)
	}
}

func (a createAssociation) record(o *observation, _ string) {
	a.forget(o)
	o.Associations = append(o.Associations, seenAssociation{
		Namespace: a.want.Namespace, ServiceAccount: a.want.ServiceAccount, RoleARN: a.want.RoleARN, associationSettings: a.want.associationSettings, Tags: maps.Clone(a.want.Tags),
	})
	o.Listed = append(o.Listed, listedAssociation{Namespace: a.want.Namespace, ServiceAccount: a.want.ServiceAccount})
}

// forget drops what was read of an association that another made meanwhile.
func (a createAssociation) forget(o *observation) {
	dropAssociation(o, a.want.Namespace, a.want.ServiceAccount)
}

func dropAssociation(o *observation, namespace, name string) {
	is := func(a seenAssociation) bool { return a.Namespace == namespace && a.ServiceAccount == name }
	o.Associations, o.Others = slices.DeleteFunc(o.Associations, is), slices.DeleteFunc(o.Others, is)
	o.Listed = slices.DeleteFunc(o.Listed, func(a listedAssociation) bool { return a.Namespace == namespace && a.ServiceAccount == name })
}

// named is the association of a service account, NAMESPACE/NAME.
func (o *observation) named(name string) *seenAssociation {
	namespace, account, _ := strings.Cut(name, "/")
	return o.association(namespace, account)
}

func (a updateAssociation) record(o *observation, _ string) {
	seen := o.named(a.name)
	if seen == nil {
		return
	}
	if a.roleARN != "" {
		seen.RoleARN = a.roleARN
	}
	if a.settings != nil {
		seen.associationSettings = *a.settings
	}
	if seen.TargetRoleARN == "" { // EKS gives it with a target role
		seen.ExternalID = ""
	}
}

func (a tagAssociation) record(o *observation, _ string) {
	if seen := o.named(a.name); seen != nil {
		seen.Tags = changeTags(seen.Tags, a.tags, nil)
	}
}

func (a untagAssociation) record(o *observation, _ string) {
	if seen := o.named(a.name); seen != nil {
		seen.Tags = changeTags(seen.Tags, nil, a.keys)
	}
}

func (a deleteAssociation) record(o *observation, _ string) {
	namespace, name, _ := strings.Cut(a.name, "/")
	dropAssociation(o, namespace, name)
}

package awsiam

import (
	"fmt"
	"maps"
	"slices"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// nodeRoles wants policies on the nodes' roles, in the cluster's AWS account.
func (w *wanting) nodeRoles() {
	node := w.file.NodeRole
	if node == nil {
		return
	}
	var attached []string
	for _, name := range node.Policies {
		attached = append(attached, w.use(name, w.facts.Account))
	}
	attached = append(attached, node.PolicyARNs...)
	for i, arn := range node.PolicyARNs {
		if partition := partitionOfARN(arn); partition != w.facts.Partition && !w.leaving {
			w.fault(place{}, fmt.Sprintf("nodeRole.policyARNs[%d]", i), "name one of partition "+w.facts.Partition, "%s is of partition %s, and the cluster of %s", arn, partition, w.facts.Partition)
		}
	}
	slices.Sort(attached)
	for _, name := range w.facts.NodeRoles {
		w.out.NodeRoles = append(w.out.NodeRoles, wantedNodeRole{w.facts.Account, name, slices.Compact(slices.Clone(attached))})
	}
}

// policies wants the policies of the file in every AWS account that needs them, and in the
// cluster's where nobody does.
func (w *wanting) policies() {
	for i, p := range w.file.Policies {
		var doc trust.Document
		if !w.leaving {
			var ok bool
			field := "document"
			if p.File != "" {
				field = "file"
			}
			if doc, ok = w.permissions(p.Document, fmt.Sprintf("policies[%d].%s", i, field)); !ok {
				continue
			}
		}
		accounts := sortedKeys(w.used[p.Name])
		if len(accounts) == 0 {
			accounts = []string{w.facts.Account}
		}
		for _, account := range accounts {
			w.out.Policies = append(w.out.Policies, wantedPolicy{
				Account: account, Name: p.Name, Path: p.Path, ARN: w.policyARN(p, account), Description: p.Description,
				Document: doc, Tags: w.policyTags(p, account),
			})
		}
	}
}

// policyTags are the tags of a policy: also which of the nodes' roles have it, so that
// it can be taken off again when irsa.yaml does not say so any more; and who may share it.
func (w *wanting) policyTags(policy spec.Policy, account string) map[string]string {
	tags := w.out.Owner.with(w.file.Defaults.Tags)
	maps.Copy(tags, consentTags(policy.SharedWith))
	if node := w.file.NodeRole; node != nil && account == w.facts.Account && slices.Contains(node.Policies, policy.Name) {
		for _, role := range w.facts.NodeRoles {
			tags[policyMark(role)] = role
		}
	}
	return tags
}

// providers wants the provider of every issuer in every AWS account with a role that
// trusts it, with all the audiences.
func (w *wanting) providers() {
	byARN := map[string]*wantedProvider{}
	for _, use := range w.tokens {
		for _, issuer := range w.facts.Issuers {
			arn := trust.ProviderARN(w.facts.Partition, use.account, issuer)
			p := byARN[arn]
			if p == nil {
				p = &wantedProvider{Account: use.account, Issuer: issuer, ARN: arn, Tags: w.out.Owner.with(w.file.Defaults.Tags)}
				byARN[arn] = p
			}
			if !slices.Contains(p.Audiences, use.audience) {
				p.Audiences = append(p.Audiences, use.audience)
			}
		}
	}
	for _, arn := range sortedKeys(byARN) {
		slices.Sort(byARN[arn].Audiences)
		w.out.Providers = append(w.out.Providers, *byARN[arn])
	}
}

// look finds the AWS accounts that the release may have left something in. A file that only
// names roles of others has left nothing that Session.Plan would look for, and whoever has
// it needs no permission in IAM.
func (w *wanting) look() {
	f := w.file
	if len(w.out.Given) > 0 && len(w.out.Given) == len(f.ServiceAccounts) && len(f.Policies) == 0 && f.NodeRole == nil {
		return
	}
	w.out.lookAround(f)
}

// lookAround adds the cluster's AWS account and all that irsa.yaml knows, for leftovers.
func (d *desired) lookAround(f *spec.File) {
	needed := append(d.accounts(), d.Look...)
	known := map[string]bool{}
	for id := range f.Accounts {
		known[id] = true
	}
	if d.Facts.Account == d.Facts.CallerAccount {
		known[d.Facts.Account] = true
	}
	for _, id := range sortedKeys(known) {
		if !slices.Contains(needed, id) {
			d.Look = append(d.Look, id)
			for _, issuer := range d.Facts.Issuers {
				d.Former = append(d.Former, wantedProvider{Account: id, Issuer: issuer, ARN: trust.ProviderARN(d.Facts.Partition, id, issuer)})
			}
		}
	}
}

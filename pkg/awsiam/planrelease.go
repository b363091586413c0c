package awsiam

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// What was adopted was there before, and others may need it. So it is released and not
// deleted: our statements, our tags and the attachments of our policies go.

// releaseRole leaves an adopted role as it is, but for what is ours.
func releaseRole(p *planner, a *seenAccount, role *seenRole) {
	before, rest, ok := withoutUs(p, role)
	if !ok {
		return
	}
	if len(rest.Statements()) == 0 {
		p.faults.add(fmt.Sprintf("to delete it: %s; to keep it, let somebody else assume it first: aws iam update-assume-role-policy", typeOurs(p, "destroy").With("--delete-adopted")),
			"role %s was adopted, and without the statements of this release nobody could assume it", role.Name)
		return
	}
	p.plan.warn(fmt.Sprintf("role %s was adopted and is released: it stays as it is, and the pods of this release lose it", role.Name))
	releaseOwn(p, a, role, before, rest)
}

// releaseOwn takes off a role what is ours. The statements go last: they prove that the rest
// was ours, and whoever was interrupted finds them again.
func releaseOwn(p *planner, a *seenAccount, role *seenRole, before, rest trust.Document) {
	for _, arn := range role.Attached {
		policy := a.policyByARN(arn)
		if policy == nil || policy.Tags == nil {
			continue
		}
		if ours := policyStanding(p, a.ID, policy) == own; exactly(p, ours || adoptedByUs(p, a, policy), p.named.wantsPolicy(arn)) {
			p.plan.add(Change{Action: Delete, Type: TypeAttachment, Name: role.Name + "/" + policy.Name, ARN: role.ARN, Account: a.ID, Diff: "-" + arn},
				planDetach(p, a.ID, role.Name, arn))
		}
	}
	untag := ourTags(role.Tags)
	p.plan.add(Change{Action: Update, Type: TypeRole, Name: role.Name, ARN: role.ARN, Account: a.ID,
		Diff: lines(untagDiff(role.Tags, untag), docDiff(before, rest))},
		step{stageUnmark, a.ID, tagRole{role.Name, role.ARN, nil, untag}}, leaveTrust(p, stageReleased, a.ID, role))
}

// adoptedByUs reports whether tags say that the release adopted a policy, and irsa.yaml or a
// role of the release bears them out. More proof there cannot be: nothing of a policy that
// was there before is ours.
func adoptedByUs(p *planner, a *seenAccount, policy *seenPolicy) bool {
	return policy.Tags[tagAdopted] != "" && p.want.Owner.tagged(policy.Tags) && bornOut(p, a, policy)
}

// bornOut reports whether irsa.yaml lists a policy, or a role of the release has it.
func bornOut(p *planner, a *seenAccount, policy *seenPolicy) bool {
	if p.named.wantsPolicy(policy.ARN) {
		return true
	}
	for _, role := range a.Roles {
		if slices.Contains(role.Attached, policy.ARN) && p.want.Owner.keeps(role) {
			return true
		}
	}
	return false
}

// releasePolicy takes our tags off an adopted policy. Where irsa.yaml does not bear out that it
// was ours to release, our roles do, so there the tags go before the policy is taken off these.
func releasePolicy(p *planner, a *seenAccount, policy *seenPolicy) {
	at, untag := stageTrustLess, ourTags(policy.Tags)
	if p.named.wantsPolicy(policy.ARN) {
		at = stageUnmark
	}
	p.plan.warn(fmt.Sprintf("policy %s was adopted and is released: it stays as it is", policy.Name))
	p.plan.add(Change{Action: Update, Type: TypePolicy, Name: policy.Name, ARN: policy.ARN, Account: a.ID, Diff: lines(untagDiff(policy.Tags, untag))},
		step{at, a.ID, untagPolicy{policy.ARN, untag}})
}

// releaseProvider takes our tags off an adopted provider.
func releaseProvider(p *planner, want wantedProvider, seen *seenProvider) {
	untag := ourTags(seen.Tags)
	p.plan.warn("OIDC provider " + nameOfProvider(want.ARN) + " was adopted and is released: it stays as it is")
	p.plan.add(Change{Action: Update, Type: TypeProvider, Name: nameOfProvider(want.ARN), ARN: want.ARN, Account: want.Account, Diff: lines(untagDiff(seen.Tags, untag))},
		step{stageUnmark, want.Account, untagProvider{want.ARN, untag}})
}

// releaseAssociation takes our tags off an adopted association.
func releaseAssociation(p *planner, seen seenAssociation) {
	untag := ourTags(seen.Tags)
	name := seen.Namespace + "/" + seen.ServiceAccount
	text := fmt.Sprintf("the Pod Identity association of service account %s was adopted and is released: it stays, with role %s", name, nameOfARN(seen.RoleARN))
	if deletesARN(p, seen.RoleARN) {
		text += ", which is deleted: its pods get no role"
	}
	p.plan.warn(text)
	p.plan.add(associationChange(p, Update, seen.Namespace, seen.ServiceAccount, seen.ARN, lines(untagDiff(seen.Tags, untag))),
		step{stageAssociationGone, p.want.Facts.Account, untagAssociation{seen.ARN, name, untag}})
}

// deletesARN reports whether a role of the cluster's AWS account goes with this plan: it
// is the release's, is not wanted any more, and was not adopted.
func deletesARN(p *planner, arn string) bool {
	a := p.seen.Accounts[p.want.Facts.Account]
	if a == nil {
		return false
	}
	role := a.role(nameOfARN(arn))
	if role == nil || !strings.EqualFold(role.ARN, arn) || p.want.wantsRole(a.ID, role.Name) {
		return false
	}
	c := claimOf(role)
	return c.of(p.want.Owner) && (!c.adopted || p.destroy.DeleteAdopted)
}

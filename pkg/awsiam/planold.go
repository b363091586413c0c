package awsiam

import (
	"fmt"
	"slices"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// Policies whose descriptions do not say whose they are: those of the version before, which
// wrote no such mark, and those that another release handed over. IAM does not change a
// description, so they can never get one. Such a policy counts as the release's where its
// tags say so, irsa.yaml lists it under policies, and it is on a role that is proven to be
// the release's, or on the nodes' role that irsa.yaml names. All else with such tags is left
// as it is.
//
// When it is deleted it is taken off that role first, and for a moment nothing proves what
// it is. So the role says before that which policy is about to go, and stays until that has
// gone.

// policyStanding is what a policy whose tags were read is to the release.
func policyStanding(p *planner, account string, policy *seenPolicy) standing {
	owner, known := ownerOf(policy.Tags)
	switch {
	case p.want.Owner.made(policy) || madeBySibling(p, policy) && bornOut(p, p.seen.Accounts[account], policy):
		return own
	case !known:
		return foreign
	case owner != p.want.Owner:
		return shared
	case policy.Tags[tagAdopted] == "" && len(witnessesOf(p, account, policy)) > 0:
		return own
	}
	return claimed
}

// madeBySibling: the release took it over from the one without a name of its namespace, or
// the other way round.
func madeBySibling(p *planner, policy *seenPolicy) bool {
	if !p.want.Owner.tagged(policy.Tags) {
		return false
	}
	mark := policyMarkID(policy.Description)
	if mark == "" || policy.Tags[tagAdopted] != "" {
		return false
	}
	return p.want.Owner.Release != "" && mark == p.want.Owner.nameless().trust().ID()
}

// policyMarkID is the hash in a description's mark; empty where it has none.
func policyMarkID(description string) string {
	words := awsstate.OwnWords(description)
	if words == description || len(description) < 13 {
		return ""
	}
	return description[len(description)-13 : len(description)-1]
}

// isMarked reports whether a policy's description says that it was made for the owner.
func isMarked(p *planner, policy *seenPolicy) bool {
	return p.want.Owner.made(policy) || madeBySibling(p, policy)
}

// witnessesOf are the roles that prove that a policy without a mark is the release's.
func witnessesOf(p *planner, account string, policy *seenPolicy) []*seenRole {
	a := p.seen.Accounts[account]
	if !p.named.wantsPolicy(policy.ARN) || !p.want.Owner.tagged(policy.Tags) {
		return nil
	}
	key := droppingKey(p.want.Owner, policy.ARN)
	var out []*seenRole
	for _, name := range sortedKeys(a.Roles) {
		role := a.Roles[name]
		attached, dropping := slices.Contains(role.Attached, policy.ARN), role.Tags[key] == policy.ARN
		switch {
		case attached && policy.Tags[policyMark(role.Name)] == role.Name && namesNode(p, a, role):
			out = append(out, role)
		case (attached || dropping) && (p.want.Owner.keeps(role) || dropping && namesNode(p, a, role)):
			out = append(out, role)
		}
	}
	return out
}

func droppingKey(o Owner, policyARN string) string {
	return tagDropping + o.trust().ID() + "." + short(policyARN)
}

// madeBefore says once by what a policy without a mark is recognised.
func madeBefore(p *planner, account string, policy *seenPolicy) {
	if by := witnessesOf(p, account, policy); len(by) > 0 && !isMarked(p, policy) && policy.Tags[tagAdopted] == "" {
		p.plan.warn(fmt.Sprintf("policy %s was made by an earlier version of helm-irsa, or for another release: its description does not say whose it is, and it is recognised by its tags and by role %s, which has it",
			policy.Name, by[0].Name))
	}
}

// dropOld deletes a policy without a mark, in the order that an interruption survives.
func dropOld(p *planner, a *seenAccount, policy *seenPolicy) {
	key := droppingKey(p.want.Owner, policy.ARN)
	gone := stageOldPolicyGone
	var steps []step
	for _, role := range witnessesOf(p, a.ID, policy) {
		if role.Tags[key] == "" {
			steps = append(steps, step{stageTrustLess, a.ID, tagRole{role.Name, role.ARN, map[string]string{key: policy.ARN}, nil}})
		}
		if !deletesRole(p, a.ID, role.Name) {
			steps = append(steps, step{stageOldPolicyMark, a.ID, tagRole{role.Name, role.ARN, nil, []string{key}}})
		}
	}
	if policy.Boundaries > 0 { // the role that it bounds goes first
		gone = stagePolicyGone
	}
	madeBefore(p, a.ID, policy)
	p.plan.add(Change{Action: Delete, Type: TypePolicy, Name: policy.Name, ARN: policy.ARN, Account: a.ID,
		Diff: lines(docDiff(policy.Document(), trust.Document{}))}, append(steps, step{gone, a.ID, deletePolicy{policy.ARN}})...)
}

// dropMark takes off a role the mark of a policy that has gone.
func dropMark(p *planner, a *seenAccount, role *seenRole) {
	if !p.want.Owner.keeps(role) && !namesNode(p, a, role) || deletesRole(p, a.ID, role.Name) {
		return
	}
	for _, key := range sortedKeys(role.Tags) {
		arn := role.Tags[key]
		if key != droppingKey(p.want.Owner, arn) || a.policyByARN(arn) != nil && !p.want.wantsPolicy(arn) {
			continue
		}
		p.plan.add(Change{Action: Update, Type: TypeRole, Name: role.Name, ARN: role.ARN, Account: a.ID, Diff: lines(untagDiff(role.Tags, []string{key}))},
			step{stageUnmark, a.ID, tagRole{role.Name, role.ARN, nil, []string{key}}})
	}
}

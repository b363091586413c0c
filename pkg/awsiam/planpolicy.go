package awsiam

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// planPolicy plans a customer managed policy.
func planPolicy(p *planner, want wantedPolicy) {
	seen := p.seen.Accounts[want.Account].policy(want.Name)
	if seen == nil {
		newPolicy(p, want)
		return
	}
	if seen.Tags == nil { // nothing about it is in doubt: see tagsMatter
		return
	}
	if refusesPolicy(p, want, seen) {
		return
	}
	if seen.Name != want.Name {
		p.faults.add(fmt.Sprintf("write name: %s at the policy in irsa.yaml, or another name", seen.Name),
			"policy %s in AWS account %s is called %s: IAM takes the two for one, but ARNs do not", want.Name, want.Account, seen.Name)
		return
	}
	if seen.ARN != want.ARN {
		p.faults.add(fmt.Sprintf("write path: %s at the policy in irsa.yaml, or give it another name", seen.Path),
			"policy %s in AWS account %s has the path %s, and IAM cannot move it to %s", want.Name, want.Account, seen.Path, want.Path)
		return
	}
	changePolicy(p, want, seen)
}

func newPolicy(p *planner, want wantedPolicy) {
	head := []string{"+path: " + want.Path, "+description: " + p.want.Owner.described(want.Description)}
	p.plan.add(Change{
		Action: Create, Type: TypePolicy, Name: want.Name, ARN: want.ARN, Account: want.Account,
		Diff: lines(head, plainTags(want.Tags), docDiff(trust.Document{}, want.Document)),
	}, step{stageBase, want.Account, createPolicy{want, p.want.Owner}})
}

// refusesPolicy faults a policy that is somebody else's, or may be, and would have to
// change. It reports whether the policy stays as it is.
func refusesPolicy(p *planner, want wantedPolicy, seen *seenPolicy) bool {
	same := trust.Equal(seen.Document(), want.Document) && seen.ARN == want.ARN
	owner, known := ownerOf(seen.Tags)
	use := fmt.Sprintf("take it out of policies and write policyARNs: [%s]; ", seen.ARN)
	switch {
	case policyStanding(p, want.Account, seen) == own || adopts(p, adoptPolicy, want.Name):
		return false
	case known && same && owner != p.want.Owner:
		joinPolicy(p, want, seen, owner)
		return true // it says what is wanted, whoever keeps it
	case known && same && len(tagChanges(seen.Tags, policyTags(p, want, seen))) == 0:
		return true
	case known && owner == p.want.Owner:
		p.faults.add("to use it unchanged, "+use+howToAdopt(p, adoptPolicy, want.Name),
			"policy %s in AWS account %s has the tags of this release, and nothing proves that it was made for it: its description does not say so", want.Name, want.Account)
	case known:
		p.faults.add(fmt.Sprintf("give it another name, or name it under policyARNs: %s; to share it, write the same document in both irsa.yaml files, and at the policy in that of %s: sharedWith: [%q]; to take it from that release: %s", seen.ARN, owner, owner.entryFor(p.want.Owner), adoptCommand(p, adoptPolicy, want.Name)),
			"policy %s in AWS account %s is kept by %s, and says something else there", want.Name, want.Account, owner)
	default:
		p.faults.add("to use it unchanged, "+use+howToAdopt(p, adoptPolicy, want.Name),
			"policy %s exists in AWS account %s and was not made by helm-irsa", want.Name, want.Account)
	}
	return true
}

// policyTags are the tags that a policy that is there is to have. A mark that it is on the
// nodes' role is not written where somebody else put it there before: it would be taken
// off again.
func policyTags(p *planner, want wantedPolicy, seen *seenPolicy) map[string]string {
	tags := maps.Clone(want.Tags)
	for _, node := range p.want.NodeRoles {
		key := policyMark(node.Name)
		role := p.seen.Accounts[node.Account].role(node.Name)
		if seen.Tags[key] == "" && tags[key] != "" && role != nil && slices.Contains(role.Attached, seen.ARN) {
			delete(tags, key)
		}
	}
	return tags
}

// changePolicy makes a policy of ours, or one that is adopted, what is wanted.
func changePolicy(p *planner, want wantedPolicy, seen *seenPolicy) {
	tags := policyTags(p, want, seen)
	owner, _ := ownerOf(seen.Tags)
	switch {
	case policyStanding(p, want.Account, seen) == own:
	case p.want.Owner.sibling(owner) && strings.HasSuffix(seen.Description, owner.policyMark()):
	default:
		tags = adoptedTags(tags)
		if seen.Tags[tagAdopted] == "" {
			p.plan.warn(fmt.Sprintf("policy %s is adopted: each later change of it needs --adopt policy/%[1]s, and destroy releases it", want.Name))
		}
	}
	var diff []string
	var steps []step
	if changes := tagChanges(seen.Tags, tags); len(changes) > 0 {
		diff = tagDiff(seen.Tags, changes)
		steps = append(steps, step{stageBase, want.Account, tagPolicy{want.ARN, changes}})
	}
	if untag := stalePolicyTags(p, seen, tags); len(untag) > 0 {
		diff = append(diff, untagDiff(seen.Tags, untag)...)
		steps = append(steps, step{stageBase, want.Account, untagPolicy{want.ARN, untag}})
	}
	if !trust.Equal(seen.Document(), want.Document) {
		p.plan.rewrites(seen.Document(), want.Document)
		policyLost(p, want, seen)
		policyGained(p, want, seen)
		diff = append(diff, docDiff(seen.Document(), want.Document)...)
		steps = append(steps, step{stageBase, want.Account, newPolicyVersion{want.ARN, want.Document}})
	}
	if want.Description != "" && want.Description != awsstate.OwnWords(seen.Description) {
		p.plan.warn(fmt.Sprintf("policy %s keeps its description, since IAM cannot change one", want.Name))
	}
	if len(steps) > 0 {
		madeBefore(p, want.Account, seen)
		p.plan.add(Change{
			Action: Update, Type: TypePolicy, Name: want.Name, ARN: want.ARN, Account: want.Account, Diff: lines(diff),
		}, steps...)
	}
}

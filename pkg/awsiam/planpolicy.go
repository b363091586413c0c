package awsiam

import (
	"fmt"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// policy plans a customer managed policy.
func (p *planner) policy(want Policy) {
	change := Change{Type: TypePolicy, Name: want.Name, ARN: want.ARN, Account: want.Account}
	seen := p.seen.Accounts[want.Account].policy(want.Name)
	if seen == nil {
		var head []string
		head = append(head, "+path: "+want.Path)
		if want.Description != "" {
			head = append(head, "+description: "+want.Description)
		}
		change.Action, change.Diff = Create, lines(head, plainTags(want.Tags), docDiff(trust.Document{}, want.Document))
		p.plan.add(change, step{stageBase, want.Account, createPolicy{want, p.want.Owner}})
		return
	}
	if seen.Tags == nil { // nothing about it is in doubt: see tagsMatter
		return
	}
	same := trust.Equal(seen.Document(), want.Document)
	standing, from := p.standingOf(want.Name, seen.Tags)
	switch {
	case standing == shared && same && seen.ARN == want.ARN:
		return // another release of ours keeps it, and it says what is wanted
	case standing == shared:
		p.faults.add(fmt.Sprintf("give it another name, or name it under policyARNs: %s; --adopt %s takes it from that release", seen.ARN, want.Name),
			"policy %s in account %s is kept by %s, and says something else there", want.Name, want.Account, from)
		return
	case standing == foreign:
		p.faults.add(fmt.Sprintf("to use it unchanged, take it out of policies and write policyARNs: [%s]; to take it over, --adopt %s (helm irsa plan --adopt %s shows what would change)", seen.ARN, want.Name, want.Name),
			"policy %s exists in account %s and was not made by helm-irsa", want.Name, want.Account)
		return
	}
	if seen.Name != want.Name {
		p.faults.add(fmt.Sprintf("write name: %s at the policy in irsa.yaml, or another name", seen.Name),
			"policy %s in account %s is called %s: IAM takes the two for one, but ARNs do not", want.Name, want.Account, seen.Name)
		return
	}
	if seen.ARN != want.ARN {
		p.faults.add(fmt.Sprintf("write path: %s at the policy in irsa.yaml, or give it another name", seen.Path),
			"policy %s in account %s has the path %s, and IAM cannot move it to %s", want.Name, want.Account, seen.Path, want.Path)
		return
	}
	if want.Description != "" && want.Description != seen.Description {
		p.plan.warn(fmt.Sprintf("policy %s keeps its description, since IAM cannot change one", want.Name))
	}
	var diff []string
	var steps []step
	if tags := tagChanges(seen.Tags, want.Tags); len(tags) > 0 {
		diff = tagDiff(seen.Tags, tags)
		steps = append(steps, step{stageBase, want.Account, tagPolicy{want.ARN, tags}})
	}
	if !same {
		diff = append(diff, docDiff(seen.Document(), want.Document)...)
		steps = append(steps, step{stageBase, want.Account, newPolicyVersion{want.ARN, want.Document}})
	}
	if len(steps) > 0 {
		change.Action, change.Diff = Update, lines(diff)
		p.plan.add(change, steps...)
	}
}

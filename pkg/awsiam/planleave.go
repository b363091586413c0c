package awsiam

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// DestroyOptions say what goes beside what the release owns.
type DestroyOptions struct {
	// Provider deletes the OIDC providers as well, where helm-irsa made them and no
	// other role trusts them.
	Provider bool
}

// planDestroy is the plan that removes what the release owns. Nothing is wanted any
// more, so everything is a leftover; only the nameless release does not know its own
// from that of another without a name, so there irsa.yaml says which they are.
func planDestroy(d *Desired, o *Observed, options DestroyOptions) (*Plan, error) {
	nothing := &Desired{Owner: d.Owner, Facts: d.Facts, Adopt: d.Adopt, Guessed: d.Guessed}
	p := newPlanner(nothing, o)
	p.named, p.plan.Leaving = d, true
	p.leftovers()
	if options.Provider {
		for _, provider := range slices.Concat(d.Providers, d.Former) {
			if o.Accounts[provider.Account] != nil {
				p.deleteProvider(provider)
			}
		}
	}
	p.unusedAdoptions()
	if err := p.faults.err(); err != nil {
		return nil, err
	}
	p.sort()
	return p.plan, nil
}

// exactly reports whether tags are of this release and no other. Without a name, or
// with one that nobody gave, that is so only for what irsa.yaml names: it may be the
// file of another release, which shares a role with this one.
func (p *planner) exactly(tags map[string]string, named bool) bool {
	return p.tagged(tags) && (named || !p.nameless())
}

func (p *planner) tagged(tags map[string]string) bool {
	t, ok := ownerOf(tags)
	return ok && p.want.Owner.sameNamespace(t) && t.Release == p.want.Owner.Release
}

func (p *planner) nameless() bool { return p.want.Owner.Release == "" || p.want.Guessed }

// spared says what stays only since nobody named the release.
func (p *planner) spared() {
	if !p.want.Guessed {
		return
	}
	var names []string
	for _, id := range sortedKeys(p.seen.Accounts) {
		a := p.seen.Accounts[id]
		for _, name := range sortedKeys(a.Roles) {
			if role := a.Roles[name]; p.tagged(role.Tags) && !p.named.wantsRole(id, name) && !slices.Contains(p.named.Given, role.ARN) {
				names = append(names, "role "+role.Name)
			}
		}
		for _, name := range sortedKeys(a.Policies) {
			if policy := a.Policies[name]; p.tagged(policy.Tags) && !p.named.wantsPolicy(policy.ARN) {
				names = append(names, "policy "+policy.Name)
			}
		}
	}
	if len(names) > 0 {
		release := p.want.Owner.Release
		p.plan.warn(fmt.Sprintf("release %s has more than irsa.yaml names, which stays unless the command names the release (%s): %s",
			release, release, strings.Join(names, ", ")))
	}
}

// leftovers removes what the release owns and irsa.yaml does not want.
func (p *planner) leftovers() {
	p.associationLeftovers()
	p.spared()
	for _, id := range sortedKeys(p.seen.Unseen) {
		p.plan.warn(fmt.Sprintf("account %s was not looked at for what this release may have left there: %v", id, p.seen.Unseen[id]))
	}
	for _, id := range sortedKeys(p.seen.Accounts) {
		a := p.seen.Accounts[id]
		for _, name := range sortedKeys(a.Roles) {
			role := a.Roles[name]
			if p.want.wantsRole(id, name) {
				continue
			}
			exactly := p.exactly(role.Tags, p.named.wantsRole(id, name))
			switch {
			case slices.Contains(p.named.Given, role.ARN):
				if exactly {
					p.plan.warn(fmt.Sprintf("role %s stays, although this release made it: irsa.yaml names it by arn, so somebody else manages it", role.Name))
				}
			case exactly:
				p.leaveOwn(a, role)
			case role.Tags[sharedKey(p.want.Owner)] != "" && (!p.nameless() || p.named.wantsRole(id, name)):
				p.leaveShared(a, role)
			}
			p.nodeLeftovers(a, role)
		}
		for _, name := range sortedKeys(a.Policies) {
			policy := a.Policies[name]
			if !p.want.wantsPolicy(policy.ARN) && p.exactly(policy.Tags, p.named.wantsPolicy(policy.ARN)) {
				p.deletePolicy(a, policy)
			}
		}
	}
}

func (d *Desired) wantsRole(account, name string) bool {
	return slices.ContainsFunc(d.Roles, func(r Role) bool { return r.Account == account && strings.EqualFold(r.Name, name) })
}

// leaveOwn removes a role of ours, or, where others have statements in its trust, what
// is ours on it.
func (p *planner) leaveOwn(a *ObservedAccount, role *ObservedRole) {
	change := Change{Action: Delete, Type: TypeRole, Name: role.Name, ARN: role.ARN, Account: a.ID}
	before, err := role.Trust()
	if err != nil { // IAM would not have kept it; whoever can read it decides
		p.faults.add("remove the role by hand: aws iam delete-role", "%v", err)
		return
	}
	rest, err := mergeTrust(before, p.want.Owner, nil, []Owner{p.want.Owner.nameless()})
	if err != nil {
		p.faults.add("", "taking our statements out of the trust of role %s: %v", role.Name, err)
		return
	}
	if len(rest.Statements()) == 0 {
		p.plan.warn(fmt.Sprintf("role %s is deleted: pods that still have it lose their access", role.Name))
		change.Diff = lines(docDiff(before, trust.Document{}))
		steps := []step{
			{stageTrust, a.ID, leaveRole{role.Name, role.ARN, p.want.Owner}}, // before anything is taken off it
			{stageRoleGone, a.ID, deleteRole{role.Name, role.ARN}},
		}
		for _, arn := range role.Attached {
			steps = append(steps, p.detach(a.ID, role.Name, arn))
		}
		for _, name := range sortedKeys(role.inline) {
			steps = append(steps, step{stageDetach, a.ID, deleteInline{role.Name, name}})
		}
		p.plan.add(change, steps...)
		return
	}
	change.Action, change.Type = Update, TypeRole
	tags, untag := map[string]string(nil), ourTags(role.Tags)
	next, ok := heir(role.Tags, rest)
	if ok {
		p.plan.warn(fmt.Sprintf("role %s stays, since %s shares it; that release keeps it from now on", role.Name, next))
		tags, untag = next.Tags(), []string{sharedKey(next)}
		for _, arn := range role.Attached {
			p.handOver(a, a.policyByARN(arn), next)
		}
	} else {
		p.plan.warn(fmt.Sprintf("role %s stays, since others have statements in its trust; it is nobody's of helm-irsa from now on", role.Name))
		for _, arn := range role.Attached {
			if policy := a.policyByARN(arn); policy != nil && p.exactly(policy.Tags, p.named.wantsPolicy(arn)) {
				p.plan.add(Change{Action: Delete, Type: TypeAttachment, Name: role.Name + "/" + policy.Name, ARN: role.ARN, Account: a.ID, Diff: "-" + arn},
					p.detach(a.ID, role.Name, arn))
			}
		}
	}
	change.Diff = lines(tagDiff(role.Tags, tagChanges(role.Tags, tags)), untagDiff(role.Tags, untag), docDiff(before, rest))
	p.plan.add(change, p.leaveTrust(a.ID, role), step{stageDetach, a.ID, tagRole{role.Name, role.ARN, tags, untag}})
}

func untagDiff(seen map[string]string, keys []string) []string {
	var out []string
	for _, k := range keys {
		out = append(out, "-tag "+k+": "+seen[k])
	}
	return out
}

// leaveTrust takes our statements out of a trust, before the tags that say that they
// are there.
func (p *planner) leaveTrust(account string, role *ObservedRole) step {
	return step{stageTrustLess, account, writeTrust{role: role.Name, arn: role.ARN, owner: p.want.Owner, without: []Owner{p.want.Owner.nameless()}}}
}

// leaveShared takes our statements out of a role that another release keeps.
func (p *planner) leaveShared(a *ObservedAccount, role *ObservedRole) {
	before, err := role.Trust()
	if err == nil {
		var rest trust.Document
		if rest, err = mergeTrust(before, p.want.Owner, nil, nil); err == nil && len(rest.Statements()) == 0 {
			err = fault("apply the release that keeps it, or delete the role by hand", "role %s would be left without a statement in its trust", role.Name)
		}
		key := sharedKey(p.want.Owner)
		p.plan.warn(fmt.Sprintf("the pods of this release lose role %s, which another release keeps", role.Name))
		p.plan.add(Change{Action: Update, Type: TypeTrust, Name: role.Name, ARN: role.ARN, Account: a.ID,
			Diff: lines(untagDiff(role.Tags, []string{key}), docDiff(before, rest))},
			p.leaveTrust(a.ID, role), step{stageDetach, a.ID, tagRole{role.Name, role.ARN, nil, []string{key}}})
	}
	if err != nil {
		p.faults.add("", "%v", err)
	}
}

// handOver gives a policy on a shared role to the release that keeps the role now.
func (p *planner) handOver(a *ObservedAccount, policy *ObservedPolicy, next Owner) {
	if policy == nil || !p.exactly(policy.Tags, p.named.wantsPolicy(policy.ARN)) {
		return
	}
	p.handed = append(p.handed, policy.ARN)
	tags := next.Tags()
	p.plan.add(Change{Action: Update, Type: TypePolicy, Name: policy.Name, ARN: policy.ARN, Account: a.ID,
		Diff: lines(tagDiff(policy.Tags, tagChanges(policy.Tags, tags)))}, step{stageDetach, a.ID, tagPolicy{policy.ARN, tags}})
}

// deletePolicy removes a policy of ours that nothing else uses.
func (p *planner) deletePolicy(a *ObservedAccount, policy *ObservedPolicy) {
	if slices.Contains(p.handed, policy.ARN) {
		return
	}
	var users []string
	gone := 0
	for _, name := range sortedKeys(a.Roles) {
		role := a.Roles[name]
		if !slices.Contains(role.Attached, policy.ARN) {
			continue
		}
		if p.going[goingKey(a.ID, role.Name, policy.ARN)] {
			gone++
		} else {
			users = append(users, "role "+role.Name)
		}
	}
	if others := policy.Attached - gone - len(users); others > 0 {
		users = append(users, fmt.Sprintf("%d users or groups", others))
	}
	if bounds := policy.Boundaries - p.unbound(a, policy.ARN); bounds > 0 {
		users = append(users, fmt.Sprintf("%d permissions boundaries", bounds))
	}
	if len(users) > 0 {
		p.plan.warn(fmt.Sprintf("policy %s stays, since something else uses it: %s", policy.Name, strings.Join(users, ", ")))
		return
	}
	p.plan.warn(fmt.Sprintf("policy %s is deleted, with all its versions", policy.Name))
	p.plan.add(Change{Action: Delete, Type: TypePolicy, Name: policy.Name, ARN: policy.ARN, Account: a.ID,
		Diff: lines(docDiff(policy.Document(), trust.Document{}))}, step{stagePolicyGone, a.ID, deletePolicy{policy.ARN}})
}

// unbound counts the roles that a policy bounds and will not once the plan is done.
func (p *planner) unbound(a *ObservedAccount, arn string) int {
	n := 0
	for _, role := range a.Roles {
		changes := func(s planned) bool {
			do, ok := s.do.(setBoundary)
			return ok && s.account == a.ID && strings.EqualFold(do.name, role.Name) && do.boundary != arn
		}
		if role.Boundary == arn && (p.deletesRole(a.ID, role.Name) || slices.ContainsFunc(p.plan.steps, changes)) {
			n++
		}
	}
	return n
}

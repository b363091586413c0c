package awsiam

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// DestroyOptions say what goes beside what the release owns.
type DestroyOptions struct {
	// Provider deletes the OIDC providers as well, where helm-irsa made them and no
	// other role trusts them.
	Provider bool
	// DeleteAdopted deletes what was adopted, too; without it, that is released.
	DeleteAdopted bool
}

// planDestroy is the plan that removes what the release owns. Nothing is wanted any
// more, so everything is a leftover; only the nameless release does not know its own
// from that of another without a name, so there irsa.yaml says which they are. What was
// adopted is released: it was there before.
func planDestroy(d *desired, o *observation, options DestroyOptions) (*Plan, error) {
	nothing := &desired{Owner: d.Owner, Facts: d.Facts, Guessed: d.Guessed}
	p := newPlanner(nothing, o)
	p.named, p.plan.Leaving, p.destroy = d, true, options
	planLeftovers(p)
	if options.Provider {
		for _, provider := range slices.Concat(d.Providers, d.Former) {
			if o.Accounts[provider.Account] != nil {
				planDeleteProvider(p, provider)
			}
		}
	}
	if err := p.faults.err(); err != nil {
		return nil, err
	}
	sortChanges(p)
	return p.plan, nil
}

// exactly reports whether what is proven to be the release's is meant. Without a name, or
// with one that nobody gave, that is so only for what irsa.yaml names: it may be the file of
// another release, which shares a role with this one.
func exactly(p *planner, proven, named bool) bool { return proven && isAgreed(p, named) }

func isAgreed(p *planner, named bool) bool {
	return named || p.want.Owner.Release != "" && !p.want.Guessed
}

// planLeftovers removes what the release owns and irsa.yaml does not want.
func planLeftovers(p *planner) {
	associationLeftovers(p)
	for _, id := range sortedKeys(p.seen.Unseen) {
		p.plan.warn(fmt.Sprintf("AWS account %s was not looked at for what this release may have left there: %v", id, p.seen.Unseen[id]))
	}
	for _, id := range sortedKeys(p.seen.Accounts) {
		a := p.seen.Accounts[id]
		for _, name := range sortedKeys(a.Roles) {
			if role := a.Roles[name]; !p.want.wantsRole(id, name) {
				roleLeftover(p, a, role)
				nodeLeftovers(p, a, role)
			}
			dropMark(p, a, a.Roles[name])
		}
		for _, name := range sortedKeys(a.Policies) {
			policyLeftover(p, a, a.Policies[name])
		}
	}
}

// roleLeftover leaves a role that irsa.yaml does not want: it is deleted, released, or
// only our statements go. What has our tags and no proof is reported, and left alone.
func roleLeftover(p *planner, a *seenAccount, role *seenRole) {
	named := p.named.wantsRole(a.ID, role.Name)
	c := claimOf(role)
	exactly := exactly(p, c.of(p.want.Owner), named)
	key := sharedKey(p.want.Owner)
	switch {
	case slices.Contains(p.named.Given, role.ARN):
		if exactly {
			p.plan.warn(fmt.Sprintf("role %s stays, although this release made it: irsa.yaml names it by arn, so somebody else manages it", role.Name))
		}
	case exactly && c.adopted && !p.destroy.DeleteAdopted:
		releaseRole(p, a, role)
	case exactly:
		leaveOwn(p, a, role, c)
	case !isAgreed(p, named):
		namelessLeftover(p, role, c)
	case p.want.Owner.hasStatements(role):
		leaveShared(p, a, role, c)
	case c.proven && role.Tags[key] == sharedValue(p.want.Owner): // left, but for the tags
		untag := []string{key}
		if writing := writingKey(p.want.Owner); role.Tags[writing] != "" {
			untag = append(untag, writing)
		}
		p.plan.add(Change{Action: Update, Type: TypeRole, Name: role.Name, ARN: role.ARN, Account: a.ID, Diff: lines(untagDiff(role.Tags, untag))},
			step{stageDetach, a.ID, tagRole{role.Name, role.ARN, nil, untag}})
	case c.named && c.owner == p.want.Owner:
		claimedRole(p, a, role, c)
	case role.Tags[writingKey(p.want.Owner)] != "": // this release left, and was killed before it had taken this off
		untag := []string{writingKey(p.want.Owner)}
		p.plan.add(Change{Action: Update, Type: TypeRole, Name: role.Name, ARN: role.ARN, Account: a.ID, Diff: lines(untagDiff(role.Tags, untag))},
			step{stageUnmark, a.ID, tagRole{role.Name, role.ARN, nil, untag}})
	}
}

// namelessLeftover reports a role that a service account of irsa.yaml had before, of a release
// without a name. It may be another release's that has none, so it stays. Roles whose names
// version 0.1.0 derived have other names now.
func namelessLeftover(p *planner, role *seenRole, c claim) {
	if p.want.Owner.Release != "" || !c.of(p.want.Owner) {
		return
	}
	doc, err := role.Trust()
	if err != nil {
		return // claimOf could read it
	}
	for _, i := range p.named.Identities {
		if strings.Contains(doc.Text(), `"`+spec.Subject(i.Namespace, i.ServiceAccount)+`"`) {
			p.plan.warn(fmt.Sprintf("role %s lets in service account %s/%s, for a release that has no name, and irsa.yaml does not name it: it stays; to delete it: %s with an irsa.yaml that says role.name: %[1]s",
				role.Name, i.Namespace, i.ServiceAccount, typeOurs(p, "destroy")))
			return
		}
	}
}

// claimedRole reports a role that has the release's tags and no proof. Where its trust says
// that a release which shares it keeps it, this one has handed it over and was interrupted:
// then it gets the tags that say so.
func claimedRole(p *planner, a *seenAccount, role *seenRole, c claim) {
	doc, err := role.Trust()
	keeper, ok := trust.KeeperOf(doc)
	for _, o := range sharers(role.Tags) {
		if err == nil && ok && o.trust().ID() == keeper.ID {
			giveTags(p, a, role, o)
			return
		}
	}
	p.plan.warn(fmt.Sprintf("role %s has the tags of %s, and nothing proves them (%s): it is left alone", role.Name, c.owner, c.why))
}

// giveTags makes a release that shares a role its keeper.
func giveTags(p *planner, a *seenAccount, role *seenRole, next Owner) {
	tags := next.roleTags(role.ARN, nil)
	untag := append([]string{sharedKey(next)}, staleConsent(role.Tags, nil)...)
	if writing := writingKey(p.want.Owner); role.Tags[writing] != "" { // killed before
		untag = append(untag, writing)
	}
	for _, arn := range role.Attached {
		handOver(p, a, a.policyByARN(arn), next)
	}
	p.plan.add(Change{Action: Update, Type: TypeRole, Name: role.Name, ARN: role.ARN, Account: a.ID,
		Diff: lines(tagDiff(role.Tags, tagChanges(role.Tags, tags)), untagDiff(role.Tags, untag))},
		step{stageUnmark, a.ID, tagRole{role.Name, role.ARN, tags, untag}})
}

// policyLeftover leaves a policy that irsa.yaml does not want.
func policyLeftover(p *planner, a *seenAccount, policy *seenPolicy) {
	named := p.named.wantsPolicy(policy.ARN)
	if p.want.wantsPolicy(policy.ARN) || !isAgreed(p, named) || slices.Contains(p.handed, policy.ARN) {
		return
	}
	if !p.want.Owner.tagged(policy.Tags) {
		leaveSharedPolicy(p, a, policy)
		return
	}
	switch {
	case policyStanding(p, a.ID, policy) == own, adoptedByUs(p, a, policy) && p.destroy.DeleteAdopted:
		planDeletePolicy(p, a, policy)
	case adoptedByUs(p, a, policy):
		releasePolicy(p, a, policy)
	default:
		p.plan.warn(fmt.Sprintf("policy %s has the tags of %s, and nothing proves them (its description does not say that it was made for it): it is left alone; to delete it: aws iam delete-policy --policy-arn %s", policy.Name, p.want.Owner, policy.ARN))
	}
}

func (d *desired) wantsRole(account, name string) bool {
	return slices.ContainsFunc(d.Roles, func(r wantedRole) bool { return r.Account == account && strings.EqualFold(r.Name, name) })
}

// leaveOwn removes a role of ours, or, where others have statements in its trust, what
// is ours on it.
func leaveOwn(p *planner, a *seenAccount, role *seenRole, c claim) {
	before, rest, ok := withoutUs(p, role)
	switch {
	case !ok:
	case c.adopted: // and --delete-adopted was given
		p.plan.warn(fmt.Sprintf("role %s was adopted, and is deleted with all that others may use it for", role.Name))
		for _, o := range sharers(role.Tags) {
			if o.hasStatements(role) {
				p.plan.warn(fmt.Sprintf("the pods of %s, which shares role %s, lose it", o, role.Name))
			}
		}
		planDeleteRole(p, a, role, before, nil)
	case len(rest.Statements()) == 0:
		p.plan.warn(fmt.Sprintf("role %s is deleted: pods that still have it lose their access", role.Name))
		planDeleteRole(p, a, role, before, []step{{stageTrust, a.ID, leaveRole{role.Name, role.ARN, p.want.Owner}}}) // before anything is taken off it
	default:
		next, ok := heir(role, c, rest)
		if !ok {
			p.plan.warn(fmt.Sprintf("role %s stays, since others have statements in its trust; no release keeps it from now on", role.Name))
			orphaned(p, role)
			releaseOwn(p, a, role, before, rest)
			return
		}
		p.plan.warn(fmt.Sprintf("role %s stays, since %s shares it; that release keeps it from now on", role.Name, next))
		p.plan.add(Change{Action: Update, Type: TypeTrust, Name: role.Name, ARN: role.ARN, Account: a.ID, Diff: lines(docDiff(before, rest))},
			leaveTrust(p, stageTrustLess, a.ID, role))
		giveTags(p, a, role, next)
	}
}

// orphaned says which releases go on with a role that no release keeps from now on: those
// that share it without consent, to which it is not handed over.
func orphaned(p *planner, role *seenRole) {
	for _, o := range sharers(role.Tags) {
		if o != p.want.Owner && o.hasStatements(role) {
			p.plan.warn(fmt.Sprintf("the pods of %s, which shares role %s without consent, keep it, without the policies of this release; so that it is handed over, write at the role before: sharedWith: [%q], and apply that",
				o, role.Name, p.want.Owner.entryFor(o)))
		}
	}
}

// withoutUs is the trust of a role before and after our statements have gone.
func withoutUs(p *planner, role *seenRole) (before, rest trust.Document, ok bool) {
	before, err := role.Trust()
	if err != nil { // IAM would not have kept it; whoever can read it decides
		p.faults.add("remove the role by hand: aws iam delete-role", "%v", err)
		return before, rest, false
	}
	rest, err = mergeTrust(before, trustEdit{owner: p.want.Owner})
	if err != nil {
		p.faults.add("", "taking our statements out of the trust of role %s: %v", role.Name, err)
	}
	return before, rest, err == nil
}

func planDeleteRole(p *planner, a *seenAccount, role *seenRole, before trust.Document, steps []step) {
	for _, profile := range role.Profiles { // DeleteRole fails then (API_DeleteRole.html), with all taken off the role
		p.faults.add(fmt.Sprintf("if no EC2 instance needs it: aws iam remove-role-from-instance-profile --instance-profile-name %s --role-name %s", profile, role.Name),
			"role %s is to be deleted, and instance profile %s holds it", role.Name, profile)
	}
	steps = append(steps, step{stageRoleGone, a.ID, deleteRole{role.Name, role.ARN}})
	for _, arn := range role.Attached {
		steps = append(steps, planDetach(p, a.ID, role.Name, arn))
	}
	for _, name := range sortedKeys(role.inline) {
		steps = append(steps, step{stageDetach, a.ID, deleteInline{role.Name, name}})
	}
	p.plan.add(Change{Action: Delete, Type: TypeRole, Name: role.Name, ARN: role.ARN, Account: a.ID,
		Diff: lines(docDiff(before, trust.Document{}))}, steps...)
}

func untagDiff(seen map[string]string, keys []string) []string {
	var out []string
	for _, k := range keys {
		out = append(out, "-tag "+k+": "+seen[k])
	}
	return out
}

// leaveTrust takes our statements out of a trust.
func leaveTrust(p *planner, at stage, account string, role *seenRole) step {
	return step{at, account, writeTrust{role: role.Name, arn: role.ARN, owner: p.want.Owner}}
}

// leaveShared takes our statements out of a role that is not ours: another release keeps
// it, or nobody does.
func leaveShared(p *planner, a *seenAccount, role *seenRole, c claim) {
	before, rest, ok := withoutUs(p, role)
	if !ok {
		return
	}
	if len(rest.Statements()) == 0 && !c.proven {
		p.plan.warn(fmt.Sprintf("role %s has statements of this release in its trust and no other, and is left alone, since nothing proves that this release made it (%s); to delete it: %s, and then %s",
			role.Name, c.reason(), adoptCommand(p, adoptRole, role.Name), typeOurs(p, "destroy").With("--delete-adopted")))
		return
	}
	if len(rest.Statements()) == 0 {
		p.faults.add("apply the release that keeps it, or delete the role by hand", "role %s would be left without a statement in its trust", role.Name)
		return
	}
	var untag []string
	if key := sharedKey(p.want.Owner); role.Tags[key] != "" {
		untag = append(untag, key)
	}
	steps := []step{leaveTrust(p, stageTrustLess, a.ID, role)}
	if untag != nil {
		steps = append(steps, step{stageDetach, a.ID, tagRole{role.Name, role.ARN, nil, untag}})
	}
	p.plan.warn(fmt.Sprintf("the pods of this release lose role %s, which is kept by %s", role.Name, c.keptBy()))
	p.plan.add(Change{Action: Update, Type: TypeTrust, Name: role.Name, ARN: role.ARN, Account: a.ID,
		Diff: lines(untagDiff(role.Tags, untag), docDiff(before, rest))}, steps...)
}

// handOver gives a policy on a shared role to the release that keeps the role now.
func handOver(p *planner, a *seenAccount, policy *seenPolicy, next Owner) {
	if policy == nil || policy.Tags == nil || !exactly(p, policyStanding(p, a.ID, policy) == own, p.named.wantsPolicy(policy.ARN)) {
		return
	}
	p.handed = append(p.handed, policy.ARN)
	tags := next.Tags()
	p.plan.add(Change{Action: Update, Type: TypePolicy, Name: policy.Name, ARN: policy.ARN, Account: a.ID,
		Diff: lines(tagDiff(policy.Tags, tagChanges(policy.Tags, tags)))}, step{stageHandOver, a.ID, tagPolicy{policy.ARN, tags}})
}

// planDeletePolicy removes a policy of ours that nothing else uses.
func planDeletePolicy(p *planner, a *seenAccount, policy *seenPolicy) {
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
	if bounds := policy.Boundaries - unbound(p, a, policy.ARN); bounds > 0 {
		users = append(users, fmt.Sprintf("%d permissions boundaries", bounds))
	}
	if next, ok := policyHeir(p, a, policy); ok {
		bequeath(p, a, policy, next)
		return
	}
	if len(users) > 0 {
		p.plan.warn(fmt.Sprintf("policy %s stays, since something else uses it: %s", policy.Name, strings.Join(users, ", ")))
		return
	}
	p.plan.warn(fmt.Sprintf("policy %s is deleted, with all its versions", policy.Name))
	if !isMarked(p, policy) {
		dropOld(p, a, policy)
		return
	}
	p.plan.add(Change{Action: Delete, Type: TypePolicy, Name: policy.Name, ARN: policy.ARN, Account: a.ID,
		Diff: lines(docDiff(policy.Document(), trust.Document{}))}, step{stagePolicyGone, a.ID, deletePolicy{policy.ARN}})
}

// unbound counts the roles that a policy bounds and will not once the plan is done.
func unbound(p *planner, a *seenAccount, arn string) int {
	n := 0
	for _, role := range a.Roles {
		changes := func(s planned) bool {
			do, ok := s.do.(setBoundary)
			return ok && s.account == a.ID && strings.EqualFold(do.name, role.Name) && do.boundary != arn
		}
		if role.Boundary == arn && (deletesRole(p, a.ID, role.Name) || slices.ContainsFunc(p.plan.steps, changes)) {
			n++
		}
	}
	return n
}

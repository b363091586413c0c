package awsiam

import (
	"fmt"
	"slices"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// A policy that several releases list under policies, with one document, is used by all of
// them, whoever keeps it. Where its keeper agrees, the others say so in a tag each, and get it
// one after the other when its keeper leaves: the last deletes it.
//
// Consent and marks are tags, which nothing proves: a policy has no trust policy to hold a
// proof, and its description is written once. They need none. Who is handed a policy has no
// more of it than before, until it is on a role that is proven to be that release's, and
// irsa.yaml lists it: see policyStanding.

// agreesTo reports whether tags of a policy say that its keeper shares it with a release.
func agreesTo(policy *seenPolicy, keeper, o Owner) bool {
	return slices.ContainsFunc(consentIn(policy.Tags), func(entry string) bool { return keeper.means(entry, o) })
}

// joinPolicy uses a policy that another release keeps, and that says what is wanted. Without
// consent that is all: the version before asked nobody, and let it be.
func joinPolicy(p *planner, want wantedPolicy, seen *seenPolicy, keeper Owner) {
	us := p.want.Owner
	switch value := sharedValue(us); {
	case us.sibling(keeper): // the same release under another name
	case onSharedRole(p, want, keeper): // it is handed over with the role
	case !agreesTo(seen, keeper, us):
		p.plan.warn(fmt.Sprintf("policy %s is kept by %s, which does not share it with this release: it is used as long as it says what irsa.yaml says here, and nobody deletes it when both are gone; in the irsa.yaml of %[2]s, write at the policy: sharedWith: [%[3]q], and apply it; or give it another name here",
			want.Name, keeper, keeper.entryFor(us)))
	case seen.Tags[sharedKey(us)] != value:
		tags := map[string]string{sharedKey(us): value}
		p.plan.add(Change{Action: Update, Type: TypePolicy, Name: want.Name, ARN: want.ARN, Account: want.Account, Diff: lines(tagDiff(seen.Tags, tags))},
			step{stageBase, want.Account, tagPolicy{want.ARN, tags}})
		p.plan.warn(fmt.Sprintf("%s keeps policy %s and shares it: this release uses it, and changes nothing of it", keeper, want.Name))
	}
}

// onSharedRole reports whether a policy is on a role that its keeper shares with this release.
func onSharedRole(p *planner, want wantedPolicy, keeper Owner) bool {
	return slices.ContainsFunc(p.want.Roles, func(r wantedRole) bool {
		role := p.seen.Accounts[want.Account].role(r.Name)
		if r.Account != want.Account || role == nil || !slices.Contains(role.Attached, want.ARN) {
			return false
		}
		c := claimOf(role)
		return c.of(keeper) && c.consents(role, p.want.Owner)
	})
}

// stalePolicyTags are those of a policy of ours that say what is not so any more: a consent
// that irsa.yaml does not give, and that this release shares it.
func stalePolicyTags(p *planner, seen *seenPolicy, want map[string]string) []string {
	out := staleConsent(seen.Tags, want)
	if key := sharedKey(p.want.Owner); seen.Tags[key] != "" {
		out = append(out, key)
	}
	return out
}

// policyHeir is the release that gets a policy when its keeper leaves: the first that shares
// it, to which the keeper agreed, and of which a role has it.
func policyHeir(p *planner, a *seenAccount, policy *seenPolicy) (Owner, bool) {
	for _, o := range sharers(policy.Tags) {
		if o == p.want.Owner || !agreesTo(policy, p.want.Owner, o) {
			continue
		}
		for _, name := range sortedKeys(a.Roles) {
			role := a.Roles[name]
			has := slices.Contains(role.Attached, policy.ARN) && !p.going[goingKey(a.ID, role.Name, policy.ARN)]
			if has && (o.tagged(role.Tags) || slices.Contains(sharers(role.Tags), o) || policy.Tags[policyMark(role.Name)] == role.Name) {
				return o, true
			}
		}
	}
	return Owner{}, false
}

// bequeath makes a release that shares a policy its keeper. The consent stays where it means the
// same, so that the policy goes on to the next where that one leaves too; what it says of the
// keeper's own cluster would mean another's otherwise.
func bequeath(p *planner, a *seenAccount, policy *seenPolicy, next Owner) {
	us := p.want.Owner
	tags, untag := next.Tags(), []string{sharedKey(next)}
	if next.Scope != us.Scope || next.Cluster != us.Cluster {
		untag = append(untag, staleConsent(policy.Tags, nil)...)
	}
	p.handed = append(p.handed, policy.ARN)
	p.plan.warn(fmt.Sprintf("policy %s stays, since %s shares it; that release keeps it from now on", policy.Name, next))
	p.plan.add(Change{Action: Update, Type: TypePolicy, Name: policy.Name, ARN: policy.ARN, Account: a.ID,
		Diff: lines(tagDiff(policy.Tags, tagChanges(policy.Tags, tags)), untagDiff(policy.Tags, untag))},
		step{stageHandOver, a.ID, tagPolicy{policy.ARN, tags}}, step{stageUnmark, a.ID, untagPolicy{policy.ARN, untag}})
}

// leaveSharedPolicy says that this release does not share a policy of another any more, before
// the policy is taken off its roles: whoever is interrupted in between finds these again.
func leaveSharedPolicy(p *planner, a *seenAccount, policy *seenPolicy) {
	key := sharedKey(p.want.Owner)
	if policy.Tags[key] != sharedValue(p.want.Owner) {
		return
	}
	p.plan.add(Change{Action: Update, Type: TypePolicy, Name: policy.Name, ARN: policy.ARN, Account: a.ID, Diff: lines(untagDiff(policy.Tags, []string{key}))},
		step{stageTrustLess, a.ID, untagPolicy{policy.ARN, []string{key}}})
}

// joins reports whether a policy that came to be while this release was about to make it is
// another's that made the same, and shares it.
func (a createPolicy) joins(seen *seenPolicy) bool {
	keeper, known := ownerOf(seen.Tags)
	return known && keeper != a.owner && seen.ARN == a.want.ARN && len(seen.Versions) == 1 &&
		keeper.made(seen) && agreesTo(seen, keeper, a.owner) && trust.Equal(seen.Document(), a.want.Document)
}

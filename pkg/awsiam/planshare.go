package awsiam

import (
	"fmt"
	"slices"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// refuseSharing faults a role that another release keeps and does not share with this one.
func refuseSharing(p *planner, want wantedRole, seen *seenRole, c claim) {
	us := p.want.Owner
	if want.Derived {
		p.faults.add(fmt.Sprintf("write role.name for service account %s in irsa.yaml", want.For),
			"role %s is kept by %s, and its name here is a derived one, which no two releases share", seen.Name, c.owner)
		return
	}
	if us.sameNamespace(c.owner) { // most probably the same release under another name
		p.faults.add(howToAdopt(p, adoptRole, seen.Name)+fmt.Sprintf("; to share it, write at the role in the irsa.yaml of %s: sharedWith: [%q]; or write another role.name here", c.owner, c.owner.entryFor(us)),
			"role %s is kept by %s, and this is %s", seen.Name, c.owner, us)
		return
	}
	p.faults.add(fmt.Sprintf("in the irsa.yaml of %s, write at the role: sharedWith: [%q], and apply it; or write another role.name here, or to use it unchanged role: {arn: %s}",
		c.owner, c.owner.entryFor(us), seen.ARN),
		"role %s is kept by %s, which does not share it with %s", seen.Name, c.owner, us)
}

// sharedRole adds our statements to a role that another release keeps and shares with us.
// Everything else on it is that release's business, so it must be as irsa.yaml says here.
func sharedRole(p *planner, want wantedRole, seen *seenRole, c claim) {
	agreed := c.consents(seen, p.want.Owner) && !want.Derived
	differencesOf(p, want, seen, c, agreed)
	if !agreed {
		joinedBefore(p, want, seen, c)
	}
	key := sharedKey(p.want.Owner)
	if value := sharedValue(p.want.Owner); agreed && seen.Tags[key] != value {
		tags := map[string]string{key: value}
		p.plan.add(Change{
			Action: Update, Type: TypeRole, Name: want.Name, ARN: seen.ARN, Account: want.Account, Diff: lines(tagDiff(seen.Tags, tags)),
		}, step{stageRoles, want.Account, tagRole{want.Name, seen.ARN, tags, nil}})
		p.plan.warn(fmt.Sprintf("%s owns role %s and shares it: this release adds its own statements to the trust policy, and changes nothing else of it", c.owner, want.Name))
		moreThanListed(p, want, seen)
	}
	dropKilledMark(p, want, seen)
	planTrust(p, want, seen, roleEdit(p, want, seen))
}

// differencesOf faults what irsa.yaml wants of a shared role and the keeper does not.
func differencesOf(p *planner, want wantedRole, seen *seenRole, c claim, agreed bool) {
	hint := fmt.Sprintf("write the same in both irsa.yaml files and apply that of %s first; or take the role from it: %s", c.keptBy(), adoptCommand(p, adoptRole, want.Name))
	if !c.proven {
		hint = howToAdopt(p, adoptRole, want.Name)
	}
	for _, arn := range want.Attached {
		if !slices.Contains(seen.Attached, arn) {
			p.faults.add(hint, "role %s is kept by %s, and does not have policy %s", want.Name, c.keptBy(), arn)
		}
	}
	for _, name := range sortedKeys(want.Inline) {
		if !trust.Equal(seen.Inline(name), want.Inline[name]) {
			p.faults.add(hint, "role %s is kept by %s, and does not have the inline policy %s as it is wanted", want.Name, c.keptBy(), name)
		}
	}
	differ := func(what, has, wants string) {
		text := fmt.Sprintf("role %s is kept by %s with %s %s, and irsa.yaml says %s here", want.Name, c.keptBy(), what, has, wants)
		if agreed {
			p.faults.add(hint, "%s", text)
		} else { // the version before let it be
			p.plan.warn(text)
		}
	}
	if want.Boundary != "" && want.Boundary != seen.Boundary {
		has := seen.Boundary
		if has == "" {
			has = "none"
		}
		differ("the permissions boundary", has, want.Boundary)
	}
	if seen.Settings && want.MaxSession != seen.MaxSession {
		differ("maxSessionDuration", span(seen.MaxSession), span(want.MaxSession))
	}
}

// moreThanListed says what pods get with a role that irsa.yaml does not list.
func moreThanListed(p *planner, want wantedRole, seen *seenRole) {
	for _, arn := range seen.Attached {
		if !slices.Contains(want.Attached, arn) {
			p.plan.warn(fmt.Sprintf("role %s also has policy %s, which irsa.yaml does not list here", want.Name, arn))
		}
	}
	for _, name := range sortedKeys(seen.inline) {
		if _, ok := want.Inline[name]; !ok {
			p.plan.warn(fmt.Sprintf("role %s also has the inline policy %q, which irsa.yaml does not list here", want.Name, name))
		}
	}
}

// joinedBefore is a release that has statements in a role whose keeper does not agree to
// that, or that nobody keeps: the version before asked nobody. It stays, and may not let in
// more than it did.
func joinedBefore(p *planner, want wantedRole, seen *seenRole, c claim) {
	hint, earlier := howToAdopt(p, adoptRole, want.Name), ""
	if c.proven {
		earlier = " (" + c.reason() + ")"
		hint = fmt.Sprintf("in the irsa.yaml of %s, write at the role: sharedWith: [%q], and apply it", c.owner, c.owner.entryFor(p.want.Owner))
	}
	p.plan.warn(fmt.Sprintf("role %s is kept by %s, which does not share it with this release%s: it stays as it is; %s", want.Name, c.keptBy(), earlier, hint))
	before, err := seen.Trust()
	if err != nil {
		return // planner.trust says so
	}
	after, err := mergeTrust(before, roleEdit(p, want, seen))
	if err != nil {
		return
	}
	for _, w := range trust.Widens(before, after) {
		p.faults.add(hint, "role %s is kept by %s, which does not share it with this release, and its trust would let in more than before: %s", want.Name, c.keptBy(), w)
	}
}

// keptBy is who keeps a role, in words.
func (c claim) keptBy() string {
	if !c.proven {
		return "nobody (" + c.reason() + ")"
	}
	return c.owner.String()
}

// reason is why a role counts as kept by whom it does.
func (c claim) reason() string {
	switch {
	case c.proven:
		return "an earlier version let this release join, or the consent was withdrawn"
	case c.named:
		return "its tags name " + c.owner.String() + ", and nothing proves them: " + c.why
	}
	return "it has no tags of helm-irsa"
}

// unagreed says which releases share a role of ours without consent.
func unagreed(p *planner, want wantedRole, seen *seenRole) {
	for _, o := range sharers(seen.Tags) {
		if o != p.want.Owner && o.hasStatements(seen) && !slices.ContainsFunc(want.SharedWith, func(e string) bool { return p.want.Owner.means(e, o) }) {
			p.plan.warn(fmt.Sprintf("%s shares role %s without consent: to agree, write at the role: sharedWith: [%q]; to end it, take the role out of the irsa.yaml of that release and apply it", o, want.Name, p.want.Owner.entryFor(o)))
		}
	}
}

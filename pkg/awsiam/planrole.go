package awsiam

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// planRole plans a role and all that is on it.
func planRole(p *planner, want wantedRole) {
	seen := p.seen.Accounts[want.Account].role(want.Name)
	if seen == nil {
		newRole(p, want)
		return
	}
	standing, c := standingOf(p, seen)
	joined := p.want.Owner.hasStatements(seen)
	unchanged := fmt.Sprintf("to use it unchanged, write role: {arn: %s}; ", seen.ARN)
	switch {
	case standing == foreign && !joined:
		p.faults.add(unchanged+howToAdopt(p, adoptRole, want.Name),
			"role %s exists in AWS account %s and was not made by helm-irsa", want.Name, want.Account)
	case standing == claimed && !joined:
		p.faults.add(unchanged+howToAdopt(p, adoptRole, want.Name),
			"role %s in AWS account %s has the tags of %s, and nothing proves them: %s", want.Name, want.Account, c.owner, c.why)
	case standing == shared && !joined && !c.consents(seen, p.want.Owner):
		refuseSharing(p, want, seen, c)
	case seen.Name != want.Name:
		p.faults.add(fmt.Sprintf("write role.name: %s in irsa.yaml, or another name", seen.Name),
			"role %s in AWS account %s is called %s: IAM takes the two for one, but ARNs do not", want.Name, want.Account, seen.Name)
	case seen.Path != want.Path:
		p.faults.add(fmt.Sprintf("write role.path: %s in irsa.yaml, or give the role another name", seen.Path),
			"role %s in AWS account %s has the path %s, and IAM cannot move it to %s", want.Name, want.Account, seen.Path, want.Path)
	case standing == own || standing == taken:
		ownRole(p, want, seen, standing, c)
	default:
		sharedRole(p, want, seen, c)
	}
}

func newRole(p *planner, want wantedRole) {
	edit := roleEdit(p, want, nil)
	doc, err := mergeTrust(trust.Document{}, edit)
	if err != nil {
		p.faults.add("", "building the trust of role %s: %v", want.Name, err)
		return
	}
	head := []string{"+path: " + want.Path, "+for: service account " + want.For, "+longest session: " + span(want.MaxSession)}
	if want.Description != "" {
		head = append(head, "+description: "+want.Description)
	}
	if want.Boundary != "" {
		faultUnknown(p, want.Boundary, want.Name)
		head = append(head, "+permissions boundary: "+want.Boundary)
	}
	steps := []step{{stageRoles, want.Account, createRole{want, p.want.Owner}}}
	if !sameStatements(want.TrustFirst, want.Trust) {
		steps = append(steps, step{stageTrust, want.Account, edit.step(want, true)})
	}
	p.plan.add(Change{
		Action: Create, Type: TypeRole, Name: want.Name, ARN: want.ARN, Account: want.Account,
		Diff: lines(head, plainTags(want.Tags), docDiff(trust.Document{}, doc)),
	}, steps...)
	attachments(p, want, nil)
	planInline(p, want, nil)
}

func sameStatements(a, b []trust.Statement) bool {
	return slices.EqualFunc(a, b, func(x, y trust.Statement) bool { return x.Text() == y.Text() })
}

func span(seconds int32) string {
	return spec.Duration(time.Duration(seconds) * time.Second).Short()
}

// ownRole brings a role to what is wanted: all of it, but for tags and statements of
// others.
func ownRole(p *planner, want wantedRole, seen *seenRole, s standing, c claim) {
	edit := roleEdit(p, want, seen)
	if edit.says.Adopted {
		want.Tags = adoptedTags(want.Tags)
	}
	tagging := stageRoles
	if s == taken {
		// The proof first: of a run that was interrupted in between, --adopt finds what it
		// found before, and the tags that say from whom the role is taken.
		tagging = stageUnmark
		adopting(p, want, seen, c, edit)
	}
	unagreed(p, want, seen)
	planSettings(p, want, seen, tagging)
	dropKilledMark(p, want, seen)
	planTrust(p, want, seen, edit)
	attachments(p, want, seen.Attached)
	planInline(p, want, seen)
}

// adopting says in words what the adoption of a role means, beside what it changes.
func adopting(p *planner, want wantedRole, seen *seenRole, c claim, e trustEdit) {
	ends := "destroy deletes it"
	if e.says.Adopted {
		ends = "destroy releases it, and deletes it only with --delete-adopted"
	}
	p.plan.warn(fmt.Sprintf("role %s is adopted: irsa.yaml says all that it may do from now on; %s", want.Name, ends))
	if c.named && c.owner != p.want.Owner && c.owner.hasStatements(seen) {
		p.plan.warn(fmt.Sprintf("the pods of %s lose role %s", c.owner, want.Name))
	}
	for _, who := range othersIn(p, want, seen, e) {
		p.plan.warn(fmt.Sprintf("role %s can also be assumed by %s: statements of others stay in its trust policy", want.Name, who))
	}
}

// othersIn are those whom statements of others in a role's trust policy let in, beside whom irsa.yaml
// does. Who adopts a role gives them its policies.
func othersIn(p *planner, want wantedRole, seen *seenRole, e trustEdit) []string {
	before, err := seen.Trust()
	if err != nil {
		return nil // planTrust says so
	}
	after, err := mergeTrust(before, e)
	if err != nil {
		return nil
	}
	ours, err := trust.Merge(trust.Document{}, p.want.Owner.trust(), want.Trust)
	if err != nil {
		return nil
	}
	return trust.Describe(after.Newcomers(ours), want.ARN, func(issuer string) string { return placeOfIssuer(p, issuer) })
}

func planSettings(p *planner, want wantedRole, seen *seenRole, tagging stage) {
	var diff []string
	var steps []step
	changed := func(name, old, new string) bool {
		if old == new {
			return false
		}
		if old != "" {
			diff = append(diff, "-"+name+": "+old)
		}
		if new != "" {
			diff = append(diff, "+"+name+": "+new)
		}
		return true
	}
	described := seen.Settings && changed("description", seen.Description, want.Description)
	longer := seen.Settings && changed("longest session", span(seen.MaxSession), span(want.MaxSession))
	if described || longer {
		p.plan.narrows = p.plan.narrows || want.MaxSession < seen.MaxSession
		steps = append(steps, step{stageRoles, want.Account, updateRole{want.Name, want.ARN, want.Description, want.MaxSession}})
	}
	if changed("permissions boundary", seen.Boundary, want.Boundary) {
		faultUnknown(p, want.Boundary, want.Name)
		p.plan.narrows = p.plan.narrows || want.Boundary != "" // what another bounds is not compared
		steps = append(steps, step{stageRoles, want.Account, setBoundary{want.Name, want.ARN, want.Boundary}})
		if seen.Boundary != "" {
			p.plan.warn(fmt.Sprintf("role %s loses its permissions boundary %s%s", want.Name, seen.Boundary, insteadOf(want.Boundary)))
		}
	}
	tags, stale := tagChanges(seen.Tags, want.Tags), staleConsent(seen.Tags, want.Tags)
	if key := sharedKey(p.want.Owner); seen.Tags[key] != "" {
		stale = append(stale, key) // it was shared by this release, which keeps it now
	}
	if len(tags)+len(stale) > 0 {
		diff = append(diff, slices.Concat(tagDiff(seen.Tags, tags), untagDiff(seen.Tags, stale))...)
		steps = append(steps, step{tagging, want.Account, tagRole{want.Name, want.ARN, tags, stale}})
	}
	if len(steps) > 0 {
		p.plan.add(Change{Action: Update, Type: TypeRole, Name: want.Name, ARN: seen.ARN, Account: want.Account, Diff: lines(diff)}, steps...)
	}
}

// dropKilledMark takes off the tag that a run before this one left when it was killed.
func dropKilledMark(p *planner, want wantedRole, seen *seenRole) {
	if key := writingKey(p.want.Owner); seen.Tags[key] != "" {
		p.plan.add(Change{
			Action: Update, Type: TypeRole, Name: want.Name, ARN: seen.ARN, Account: want.Account, Diff: lines(untagDiff(seen.Tags, []string{key})),
		}, step{stageUnmark, want.Account, tagRole{want.Name, seen.ARN, nil, []string{key}}})
	}
}

func insteadOf(boundary string) string {
	if boundary == "" {
		return " and is bounded by nothing then"
	}
	return "; " + boundary + " bounds it instead"
}

// planTrust plans the statements of the release.
func planTrust(p *planner, want wantedRole, seen *seenRole, edit trustEdit) {
	before, err := seen.Trust()
	if err != nil {
		p.faults.add("", "%v", err)
		return
	}
	after, err := mergeTrust(before, edit)
	if err != nil {
		p.faults.add("", "merging into the trust of role %s: %v", want.Name, err)
		return
	}
	if after.Text() == before.Text() {
		return
	}
	widening(p, want, before, after)
	whoLeaves(p, want, before, after)
	podsLost(p, want, before, after)
	p.plan.rewrites(before, after)
	p.plan.add(Change{
		Action: Update, Type: TypeTrust, Name: want.Name, ARN: seen.ARN, Account: want.Account, Diff: lines(docDiff(before, after)),
	}, step{stageTrust, want.Account, edit.step(want, !sameStatements(want.TrustFirst, want.Trust))})
}

// attachments plans the managed policies of a role of ours: all that are wanted, and
// no other.
func attachments(p *planner, want wantedRole, seen []string) {
	change := func(a Action, arn, diff string) Change {
		return Change{Action: a, Type: TypeAttachment, Name: want.Name + "/" + nameOfARN(arn), ARN: want.ARN, Account: want.Account, Diff: diff}
	}
	for _, arn := range want.Attached {
		if slices.Contains(seen, arn) {
			continue
		}
		faultUnknown(p, arn, want.Name)
		p.plan.add(change(Create, arn, "+"+arn), step{stageAttach, want.Account, attach{want.Name, want.ARN, arn, wasMade(p, want, arn)}})
	}
	for _, arn := range seen {
		if slices.Contains(want.Attached, arn) {
			continue
		}
		p.plan.warn(fmt.Sprintf("role %s loses policy %s", want.Name, arn))
		p.plan.add(change(Delete, arn, "-"+arn), planDetach(p, want.Account, want.Name, arn))
	}
}

func planDetach(p *planner, account, role, arn string) step {
	p.going[goingKey(account, role, arn)] = true
	return step{stageDetach, account, detach{role, arn}}
}

func goingKey(account, role, arn string) string {
	return account + " " + strings.ToLower(role) + " " + arn
}

// wasMade: whether the role or the policy is made by this plan, so that one of them may
// not be visible for a while.
func wasMade(p *planner, want wantedRole, arn string) bool {
	a := p.seen.Accounts[want.Account]
	return a.role(want.Name) == nil || p.want.wantsPolicy(arn) && a.policyByARN(arn) == nil
}

// faultUnknown faults a policy of others that does not exist.
func faultUnknown(p *planner, arn, role string) {
	if exists, asked := p.seen.Foreign[arn]; asked && !exists {
		p.faults.add("correct the ARN in irsa.yaml; aws iam list-policies shows what there is", "policy %s, which role %s is to have, does not exist", arn, role)
	}
}

// planInline plans the inline policies of a role of ours: all that are wanted, and no other.
func planInline(p *planner, want wantedRole, seen *seenRole) {
	change := func(a Action, name, diff string) Change {
		return Change{Action: a, Type: TypeInline, Name: want.Name + "/" + name, ARN: want.ARN, Account: want.Account, Diff: diff}
	}
	for _, name := range sortedKeys(want.Inline) {
		doc, action, old := want.Inline[name], Create, trust.Document{}
		if seen != nil && seen.inline[name] != "" {
			action, old = Update, seen.Inline(name)
			if trust.Equal(old, doc) {
				continue
			}
			p.plan.rewrites(old, doc)
			inlineLost(p, want.Name, name, old, doc)
		}
		p.plan.add(change(action, name, lines(docDiff(old, doc))), step{stageAttach, want.Account, putInline{want.Name, want.ARN, name, doc, seen == nil}})
	}
	if seen == nil {
		return
	}
	for _, name := range sortedKeys(seen.inline) {
		if _, ok := want.Inline[name]; ok {
			continue
		}
		p.plan.warn(fmt.Sprintf("role %s loses the inline policy %s", want.Name, strconv.Quote(name)))
		p.plan.add(change(Delete, name, lines(docDiff(seen.Inline(name), trust.Document{}))), step{stageDetach, want.Account, deleteInline{want.Name, name}})
	}
}

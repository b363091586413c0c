package awsiam

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// A plan gives first and takes last, so for a while a role has what it had and what it gets. Pods
// can do no more by that than before and in the end together, unless something kept a part of it
// from them: a permissions boundary, or a Deny. So what guards comes before what it guards
// against, and goes after that has gone. Since that cannot wait for pods to be replaced, it is
// done at once, and the plan warns of it.
//
// A role that somebody else made is narrowed, too, before the release's pods are let in.
//
// That holds between the parts of a plan and between its stages. Within a stage, and of two
// documents that each give and take, one call comes before the other, as long as that takes.

// effect is what a step does to what a role may do.
type effect struct {
	step int // its place in the plan
	// gained and lost are Allow statements, denied and undenied Deny statements.
	gained, lost, denied, undenied []trust.Statement
	// gains and loses also hold where the document was not read.
	gains, loses bool
	// bounds and unbounds: the permissions boundary allows less, and more.
	bounds, unbounds bool
	// left: it is about a permissions boundary that the role no longer has in the end.
	left bool
}

// guards and frees say that the effect keeps something from the role, and no longer does.
func (e effect) guards() bool { return e.bounds || len(e.denied) > 0 }
func (e effect) frees() bool  { return e.unbounds || len(e.undenied) > 0 }

// guarded says where the steps go that must not come in their usual order.
type guarded struct {
	// early are those that cannot wait, and late those that those go before; last come behind both.
	early, late, last map[int]bool
}

// guard finds them, role by role. A new role has no pods yet.
func guard(p *planner) guarded {
	g := guarded{map[int]bool{}, map[int]bool{}, map[int]bool{}}
	for _, want := range p.want.Roles {
		seen := p.seen.Accounts[want.Account].role(want.Name)
		if seen == nil {
			continue
		}
		standing, _ := standingOf(p, seen)
		if standing == own || standing == taken {
			g.role(p, want, effectsOn(p, want, seen), standing == taken && letsMoreIn(p, want, seen))
		}
	}
	for i, st := range p.plan.steps {
		if write, ok := st.do.(newPolicyVersion); ok {
			g.passing(p, i, write)
		}
	}
	return g
}

// passing is a policy that is written anew while a role comes to have it, or loses it: the role is
// to have neither the old document nor the new one. Of a role that goes, the pods are the same.
func (g guarded) passing(p *planner, i int, write newPolicyVersion) {
	account := p.plan.steps[i].account
	policy := p.seen.Accounts[account].policyByARN(write.arn)
	name := nameOfARN(write.arn)
	comes := func(st planned) bool {
		switch do := st.do.(type) {
		case attach:
			return do.policy == write.arn
		case setBoundary:
			return do.boundary == write.arn
		case createRole:
			return do.want.Boundary == write.arn
		}
		return false
	}
	for j, st := range p.plan.steps {
		do, leaves := st.do.(detach)
		switch {
		case st.account != account:
		case comes(st) && trust.Narrows(policy.Document(), write.doc):
			if !g.early[i] && policy.Attached+policy.Boundaries > 0 {
				p.plan.warnLoss(fmt.Sprintf("policy %s comes to another role: what it no longer allows, those who have it lose at once, before Helm has replaced the pods that run with it", name))
			}
			g.early[i] = true
		case leaves && do.policy == write.arn && !g.early[j] && p.want.wantsRole(account, do.role) && trust.Narrows(write.doc, policy.Document()):
			g.early[j] = true
			p.plan.warnLoss(fmt.Sprintf("role %s loses policy %s at once, before Helm has replaced the pods that run with it: the policy comes to allow more, for others", do.role, name))
		}
	}
}

func (g guarded) role(p *planner, want wantedRole, all []effect, opens bool) {
	var sum effect
	for _, e := range all {
		sum.gained, sum.lost = append(sum.gained, e.gained...), append(sum.lost, e.lost...)
		sum.denied, sum.undenied = append(sum.denied, e.denied...), append(sum.undenied, e.undenied...)
		sum.gains, sum.loses = sum.gains || e.gains, sum.loses || e.loses
		sum.bounds, sum.unbounds = sum.bounds || e.bounds, sum.unbounds || e.unbounds
	}
	comes := sum.gains && (sum.bounds || meets(sum.denied, sum.gained, all, effect.anyGain))
	goes := sum.loses && (sum.unbounds || meets(sum.undenied, sum.lost, all, effect.anyLoss))
	for _, e := range all {
		if e.left {
			g.last[e.step] = true
			continue
		}
		if comes && e.guards() || goes && e.loses || opens && (e.loses || e.guards()) {
			g.early[e.step] = true
		}
		if comes && e.gains || goes && e.frees() {
			g.late[e.step] = true
		}
	}
	if comes {
		p.plan.warnLoss(fmt.Sprintf("role %s also gets more: what %s takes from it, pods that run now lose at once, before Helm has replaced them", want.Name, guardWord(sum.bounds, "its new")))
	}
	if goes {
		p.plan.warnLoss(fmt.Sprintf("role %s also gets rid of %s: what its policies no longer allow, pods that run now lose at once, before Helm has replaced them", want.Name, guardWord(sum.unbounds, "its old")))
	}
}

func guardWord(boundary bool, which string) string {
	if boundary {
		return which + " permissions boundary"
	}
	return "a deny"
}

// anyGain and anyLoss say that a document comes or goes that was not read.
func (e effect) anyGain() bool { return e.gains && len(e.gained) == 0 }
func (e effect) anyLoss() bool { return e.loses && len(e.lost) == 0 }

// meets reports whether a Deny may be about something that comes or goes.
func meets(denies, allows []trust.Statement, all []effect, unread func(effect) bool) bool {
	return trust.MayMeet(denies, allows) || len(denies) > 0 && slices.ContainsFunc(all, unread)
}

// effectsOn are those of the plan's steps on a role.
func effectsOn(p *planner, want wantedRole, seen *seenRole) []effect {
	var out []effect
	for i, st := range p.plan.steps {
		if st.account != want.Account {
			continue
		}
		e := effect{step: i}
		e.of(p, st, want, seen)
		if e.gains || e.loses || e.left || e.guards() || e.frees() {
			out = append(out, e)
		}
	}
	return out
}

func (e *effect) of(p *planner, st planned, want wantedRole, seen *seenRole) {
	a := p.seen.Accounts[want.Account]
	ours := func(name string) bool { return strings.EqualFold(name, want.Name) }
	switch do := st.do.(type) {
	case attach:
		if ours(do.role) {
			doc, _ := plannedDocument(p, want.Account, do.policy)
			e.gains, e.gained = true, allowsOf(doc)
		}
	case detach:
		if ours(do.role) {
			e.loses = true
			if policy := a.policyByARN(do.policy); policy != nil {
				e.lost = allowsOf(policy.Document())
			}
		}
	case putInline:
		if ours(do.role) {
			e.rewrites(seen.Inline(do.name), do.doc)
		}
	case deleteInline:
		if ours(do.role) {
			e.loses, e.lost = true, allowsOf(seen.Inline(do.name))
		}
	case newPolicyVersion:
		before := a.policyByARN(do.arn).Document()
		if slices.Contains(seen.Attached, do.arn) {
			e.rewrites(before, do.doc)
		}
		switch {
		case do.arn != seen.Boundary:
		case do.arn != want.Boundary:
			e.left = len(e.gained)+len(e.lost)+len(e.denied)+len(e.undenied) == 0
		default:
			e.bounds, e.unbounds = trust.Narrows(before, do.doc), trust.Narrows(do.doc, before)
		}
	case setBoundary:
		if ours(do.name) {
			e.bounds, e.unbounds = boundaryChange(p, st.account, seen, do.boundary)
		}
	}
}

// rewrites is the effect of a document in the place of another.
func (e *effect) rewrites(before, after trust.Document) {
	e.gained, e.denied = trust.Given(before, after)
	e.lost, e.undenied = trust.Given(after, before)
	e.gains, e.loses = len(e.gained) > 0, len(e.lost) > 0
}

func allowsOf(d trust.Document) []trust.Statement {
	return slices.DeleteFunc(d.Statements(), func(s trust.Statement) bool { return !s.Allows() })
}

// boundaryChange says whether a boundary may allow less, and more, than the one that is there.
func boundaryChange(p *planner, account string, seen *seenRole, boundary string) (bounds, unbounds bool) {
	if seen.Boundary == "" || boundary == "" {
		return boundary != "", seen.Boundary != ""
	}
	old := p.seen.Accounts[account].policyByARN(seen.Boundary)
	after, known := plannedDocument(p, account, boundary)
	if old == nil || old.Document().Text() == "" || !known {
		return true, true
	}
	return trust.Narrows(old.Document(), after), trust.Narrows(after, old.Document())
}

// letsMoreIn reports whether the plan lets somebody into a role who could not assume it.
func letsMoreIn(p *planner, want wantedRole, seen *seenRole) bool {
	before, err := seen.Trust()
	if err != nil {
		return true
	}
	return slices.ContainsFunc(p.plan.steps, func(st planned) bool {
		write, ok := st.do.(writeTrust)
		if !ok || st.account != want.Account || write.role != want.Name {
			return false
		}
		after, err := write.merged(before)
		return err != nil || len(trust.Widens(before, after)) > 0
	})
}

// place puts the step into its stage. A boundary stays in its own, after the policy that it may
// need; what cannot wait and gives something as well comes behind it.
func (g guarded) place(i int, st planned) planned {
	_, sets := st.do.(setBoundary)
	st.atOnce = g.early[i]
	switch early, late := g.early[i], g.late[i]; {
	case early && sets:
	case early && late:
		st.stage = stageRoom
	case early:
		if st.stage = stageGuard; isTaking(st.do) {
			st.stage = stageLoss
		}
	case g.last[i]:
		st.stage = max(st.stage, stageAttach)
	case late:
		st.stage = max(st.stage, stageEase)
	}
	return st
}

// isTaking: the action takes a policy off a role.
func isTaking(do action) bool {
	switch do.(type) {
	case detach, deleteInline:
		return true
	}
	return false
}

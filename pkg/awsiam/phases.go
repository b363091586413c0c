package awsiam

import (
	"fmt"
	"slices"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// Pods that run keep what they have until Helm has replaced them, and those that replace
// them need what is new before. So what is written anew is written twice where a plan is
// done in two parts: first a document that allows what the old and the new one do, and when
// the pods are replaced, the new one. What takes nothing away is written once, first; what
// gives nothing, once, last.
//
// It waits for nothing where there is no room for both in a quota, or where AWS can keep
// one thing only, such as a permissions boundary. The plan warns of that.

// phases puts each step of a plan that changes what pods may do into its part.
func phases(p *planner) {
	tight := map[string]bool{} // ARNs of roles whose trust has no room for both
	var out []planned
	guarded := guard(p)
	for i, st := range p.plan.steps {
		st = guarded.place(i, st)
		if do, sets := st.do.(setBoundary); sets {
			out = append(out, boundaryPhase(p, st, do, guarded.early[i]))
			continue
		}
		if guarded.early[i] {
			out = append(out, st)
			continue
		}
		switch do := st.do.(type) {
		case newPolicyVersion:
			out = append(out, policyPhases(p, st, do)...)
		case putInline:
			out = append(out, inlinePhases(p, st, do)...)
		case writeTrust:
			parts := trustPhases(p, st, do)
			tight[do.arn] = tight[do.arn] || parts[0].atOnce
			out = append(out, parts...)
		case updateRole:
			if seen := p.seen.Accounts[st.account].role(do.name); seen != nil && do.maxSession < seen.MaxSession {
				p.plan.warnLoss(fmt.Sprintf("sessions of role %s may last %s, and no longer %s", do.name, span(do.maxSession), span(seen.MaxSession)))
				st = st.last()
			}
			out = append(out, st)
		default:
			out = append(out, st)
		}
	}
	for i, st := range out {
		if do, ok := st.do.(deleteAssociation); ok {
			out[i].atOnce = slices.ContainsFunc(p.seen.Associations, func(a seenAssociation) bool {
				// What a trust is found by goes before it.
				return a.ID == do.id && (tight[a.RoleARN] || overrules(p, a))
			})
		}
	}
	p.plan.steps = out
}

// last is the step in the second part of a plan.
func (st planned) last() planned {
	st.alone, st.stage = st.stage, stageDetach
	return st
}

// policyPhases writes a customer managed policy.
func policyPhases(p *planner, st planned, do newPolicyVersion) []planned {
	a := p.seen.Accounts[st.account]
	parts, err := documentPhases(st, a.policyByARN(do.arn).Document(), do.doc, a.quota(quotaPolicySize), func(d trust.Document) action { return newPolicyVersion{do.arn, d} })
	if err != nil {
		p.plan.warn(fmt.Sprintf("policy %s cannot have its old and its new statements together (%v): pods that run now lose at once what it no longer allows, before Helm has replaced them", nameOfARN(do.arn), err))
	}
	return parts
}

// inlinePhases writes an inline policy. Whether the role has room, makeRoom decides.
func inlinePhases(p *planner, st planned, do putInline) []planned {
	role := p.seen.Accounts[st.account].role(do.role)
	if role == nil || role.inline[do.name] == "" {
		return []planned{st}
	}
	with := func(d trust.Document) action {
		out := do
		out.doc = d
		return out
	}
	parts, err := documentPhases(st, role.Inline(do.name), do.doc, p.seen.Accounts[st.account].quota(quotaInline), with)
	if err != nil {
		p.plan.warn(inlineAtOnce(do, err))
	}
	return parts
}

func inlineAtOnce(do putInline, why error) string {
	return fmt.Sprintf("the inline policy %s of role %s cannot have its old and its new statements together (%v): pods that run now lose at once what it no longer allows, before Helm has replaced them", do.name, do.role, why)
}

// documentPhases are the steps that write a document of permissions. The error is why it
// cannot wait.
func documentPhases(st planned, before, after trust.Document, most int, with func(trust.Document) action) ([]planned, error) {
	if !trust.Narrows(before, after) {
		return []planned{st}, nil
	}
	if !trust.Narrows(after, before) {
		return []planned{st.last()}, nil
	}
	both, err := trust.Union(before, after)
	if err == nil && trust.Size(both) > most {
		err = noRoom(trust.Size(both), most)
	}
	if err != nil {
		st.atOnce = true
		return []planned{st}, err
	}
	return between(st, with(both), st.last(), !trust.Equal(both, before)), nil
}

// between puts what holds for a while before what holds in the end, where that is something
// new.
func between(st planned, do action, last planned, needed bool) []planned {
	if !needed {
		return []planned{last}
	}
	st.do, st.between = do, true
	return []planned{st, last}
}

func noRoom(size, most int) error {
	return fmt.Errorf("%d characters, and the quota is %d", size, most)
}

// trustPhases writes a trust. Where an association that is there gets in no more, what lets
// it in stays until the associations are as they are wanted, or gone, also where the plan is
// not split: EKS takes no association with a role that does not trust it, and an interruption
// leaves no association that nothing points to.
func trustPhases(p *planner, st planned, write writeTrust) []planned {
	role := p.seen.Accounts[st.account].role(write.role)
	if st.stage != stageTrust || role == nil { // it leaves, or is new
		return []planned{st}
	}
	before, err := role.Trust()
	if err != nil {
		return []planned{st}
	}
	after, err := write.merged(before)
	if err != nil {
		return []planned{st}
	}
	pods := losesPods(p, write.arn, before, after)
	if !pods && !trust.Narrows(before, after) {
		return []planned{st}
	}
	last := st
	last.stage = stageTrustLess
	if !pods {
		last.alone = st.stage
	}
	if !trust.Narrows(after, before) {
		return []planned{last}
	}
	both := write
	both.without, both.statements = nil, slices.Concat(write.statements, goingStatements(p, before, after))
	union, err := both.merged(before)
	if most := p.seen.Accounts[st.account].quota(quotaTrust); err == nil && trust.Size(union) > most {
		err = noRoom(trust.Size(union), most)
	}
	if err != nil {
		p.plan.warn(fmt.Sprintf("the trust of role %s cannot have its old and its new statements together (%v): pods that run now lose the role at once, before Helm has replaced them", write.role, err))
		if pods {
			st = last
		}
		st.atOnce = true
		return []planned{st}
	}
	parts := between(st, both, last, union.Text() != before.Text())
	if pods {
		parts[0].between = false
	}
	return parts
}

// goingStatements are the release's own statements that let in somebody who does not get in
// any more.
func goingStatements(p *planner, before, after trust.Document) []trust.Statement {
	return ownStatements(p, before, func(s trust.Statement) bool {
		alone, err := trust.Merge(trust.Document{}, trust.Owner{}, []trust.Statement{s})
		return err != nil || trust.Narrows(alone, after)
	})
}

// boundaryPhase sets a permissions boundary. A role has one.
func boundaryPhase(p *planner, st planned, do setBoundary, isEarly bool) planned {
	seen := p.seen.Accounts[st.account].role(do.name)
	if seen == nil {
		return st
	}
	bounds, unbounds := boundaryChange(p, st.account, seen, do.boundary)
	if seen.Boundary == "" {
		p.plan.warnLoss(fmt.Sprintf("role %s gets the permissions boundary %s: it loses all that this does not allow", do.name, do.boundary))
	}
	switch {
	case bounds && unbounds:
		st.atOnce = true
		p.plan.warnLoss(fmt.Sprintf("role %s can have one permissions boundary: %s bounds pods that run now at once, before Helm has replaced them", do.name, do.boundary))
	case bounds && !isEarly:
		return st.last()
	}
	return st
}

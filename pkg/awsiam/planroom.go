package awsiam

import (
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// load is what a role would have if all that it gets came before anything goes.
type load struct{ attached, inline int }

// makeRoom lets what a role loses go before it gets something new, where both at once
// would be more than its quota. Otherwise a role that is full could never change.
func makeRoom(p *planner) {
	loads := map[string]*load{}
	of := func(account, role string) *load {
		key := account + " " + strings.ToLower(role)
		if loads[key] == nil {
			loads[key] = loadOf(p.seen.Accounts[account].role(role))
		}
		return loads[key]
	}
	for _, s := range p.plan.steps {
		switch do := s.do.(type) {
		case attach:
			of(s.account, do.role).attached++
		case putInline:
			of(s.account, do.role).inline += trust.Size(do.doc)
		}
	}
	for i := range p.plan.steps {
		s := &p.plan.steps[i]
		a := p.seen.Accounts[s.account]
		switch do := s.do.(type) {
		case detach:
			if of(s.account, do.role).attached > a.quota(quotaAttached) {
				s.stage = stageRoom
			}
		case deleteInline:
			if of(s.account, do.role).inline > a.quota(quotaInline) {
				s.stage = stageRoom
			}
		}
	}
}

func loadOf(role *ObservedRole) *load {
	if role == nil {
		return &load{}
	}
	out := &load{attached: len(role.Attached)}
	for name := range role.inline {
		out.inline += trust.Size(role.Inline(name))
	}
	return out
}

// nodeRoom faults more policies than the nodes' role has room for.
func nodeRoom(p *planner, a *ObservedAccount, role *ObservedRole) {
	ends, added := len(role.Attached), false
	for _, s := range p.plan.steps {
		if s.account != a.ID {
			continue
		}
		switch do := s.do.(type) {
		case attach:
			if strings.EqualFold(do.role, role.Name) {
				ends, added = ends+1, true
			}
		case detach:
			if strings.EqualFold(do.role, role.Name) {
				ends--
			}
		}
	}
	if most := a.quota(quotaAttached); added && ends > most {
		tooManyPolicies(p, role.Name, ends, most)
	}
}

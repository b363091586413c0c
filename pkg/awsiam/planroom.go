package awsiam

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// makeRoom lets what a role loses go before it gets something new, where both at once
// would be more than its quota. Otherwise a role that is full could never change.
func makeRoom(p *planner) {
	for _, key := range rolesOf(p.plan.steps) {
		role := p.seen.Accounts[key.account].role(key.role)
		if role == nil {
			continue
		}
		roomForAttached(p, key, role)
		roomForInline(p, key, role)
	}
}

// roleKey names a role among steps.
type roleKey struct{ account, role string }

// policiesOf is the role that a step puts a policy on or takes one off.
func (st step) policiesOf() (roleKey, bool) {
	name := ""
	switch do := st.do.(type) {
	case attach:
		name = do.role
	case detach:
		name = do.role
	case putInline:
		name = do.role
	case deleteInline:
		name = do.role
	default:
		return roleKey{}, false
	}
	return roleKey{st.account, strings.ToLower(name)}, true
}

func rolesOf(steps []planned) []roleKey {
	var out []roleKey
	for _, st := range steps {
		if key, ok := st.policiesOf(); ok && !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	return out
}

// roomForAttached lets managed policies go first.
func roomForAttached(p *planner, key roleKey, role *seenRole) {
	all, most := len(role.Attached), p.seen.Accounts[key.account].quota(quotaAttached)
	for _, st := range p.plan.steps {
		if of, _ := st.policiesOf(); of == key {
			if _, ok := st.do.(attach); ok {
				all++
			}
		}
	}
	if all <= most {
		return
	}
	for i, st := range p.plan.steps {
		if of, _ := st.policiesOf(); of == key {
			if do, ok := st.do.(detach); ok {
				p.plan.steps[i].stage = stageRoom
				p.plan.warn(fmt.Sprintf("role %s has room for %d managed policies: policy %s is detached at once, before Helm has replaced the pods that run with it", role.Name, most, nameOfARN(do.policy)))
			}
		}
	}
}

// roomForInline writes documents that are written twice once, and where that is not enough,
// lets inline policies go first.
func roomForInline(p *planner, key roleKey, role *seenRole) {
	most := p.seen.Accounts[key.account].quota(quotaInline)
	if most >= inlineLoad(p, key, role) {
		return
	}
	var kept []planned
	for _, st := range p.plan.steps {
		do, puts := st.do.(putInline)
		if of, _ := st.policiesOf(); of != key || !puts {
			kept = append(kept, st)
			continue
		}
		if st.between {
			p.plan.warn(inlineAtOnce(do, fmt.Errorf("the inline policies of a role have %d characters", most)))
			continue
		}
		if st.alone != stageNone {
			st.stage, st.alone, st.atOnce = st.alone, stageNone, true
		}
		if trust.Size(do.doc) < trust.Size(role.Inline(do.name)) { // it makes room for those that grow
			st.stage = stageRoom
		}
		kept = append(kept, st)
	}
	p.plan.steps = kept
	if most >= inlineLoad(p, key, role) {
		return
	}
	for i, st := range p.plan.steps {
		if of, _ := st.policiesOf(); of == key {
			if do, ok := st.do.(deleteInline); ok {
				p.plan.steps[i].stage = stageRoom
				p.plan.warn(fmt.Sprintf("role %s has room for %d characters of inline policies: %q is deleted at once, before Helm has replaced the pods that run with it", role.Name, most, do.name))
			}
		}
	}
}

// inlineLoad is how many characters the inline policies of a role have at most, before what
// is to go last has gone. Those that make room do so first.
func inlineLoad(p *planner, key roleKey, role *seenRole) int {
	size := map[string]int{}
	for name := range role.inline {
		size[name] = trust.Size(role.Inline(name))
	}
	for _, st := range p.plan.steps {
		do, puts := st.do.(putInline)
		if of, _ := st.policiesOf(); of != key || !puts {
			continue
		}
		switch {
		case st.stage == stageRoom:
			size[do.name] = trust.Size(do.doc)
		case !st.takes():
			size[do.name] = max(size[do.name], trust.Size(do.doc))
		}
	}
	sum := 0
	for _, n := range size {
		sum += n
	}
	return sum
}

// nodeRoom faults more policies than the nodes' role has room for.
func nodeRoom(p *planner, a *seenAccount, role *seenRole) {
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

package awsiam

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// comparison holds a plan that was approved against AWS as it is now. The rule: each thing
// that the plan touches is, part by part, as the plan saw it or as the plan makes it; and
// the plan, computed again, has no step, no change and no warning that was not approved.
type comparison struct {
	whole, part *Plan
	was, now    *observation
	// touched are the steps by the thing that they touch; order is that of the plan.
	touched map[thing][]action
	order   []thing

	// todo are the steps of the part that are left.
	todo []planned
	// things say what differs.
	things []string
	// unseen are steps that the first part did, and that are to be done once more now: AWS
	// does not show them yet, or somebody took them back.
	unseen []string
}

// thing is what a step touches.
type thing struct {
	kind          Type
	account, name string
}

func newComparison(p *Plan, now *observation) *comparison {
	c := &comparison{whole: p.basis.whole, part: p, was: p.basis.seen, now: now, touched: map[thing][]action{}}
	for _, st := range c.whole.steps {
		for _, t := range touches(st.step) {
			if _, known := c.touched[t]; !known {
				c.order = append(c.order, t)
			}
			c.touched[t] = append(c.touched[t], st.do)
		}
	}
	return c
}

func (c *comparison) differs(format string, args ...any) {
	c.things = append(c.things, fmt.Sprintf(format, args...))
}

// touches are the things that a step changes, or gives away as they are.
func touches(st step) []thing {
	role := func(name string) thing { return thing{TypeRole, st.account, strings.ToLower(name)} }
	policy := func(arn string) thing { return thing{TypePolicy, st.account, arn} }
	one := func(kind Type, name string) []thing { return []thing{{kind, st.account, name}} }
	switch do := st.do.(type) {
	case createRole:
		return []thing{role(do.want.Name)}
	case updateRole:
		return []thing{role(do.name)}
	case setBoundary:
		return []thing{role(do.name)}
	case tagRole:
		return []thing{role(do.name)}
	case deleteRole:
		return []thing{role(do.name)}
	case leaveRole:
		return []thing{role(do.role)}
	case writeTrust:
		return []thing{role(do.role)}
	case attach:
		return []thing{role(do.role), policy(do.policy)}
	case detach:
		return []thing{role(do.role)}
	case putInline:
		return []thing{role(do.role)}
	case deleteInline:
		return []thing{role(do.role)}
	case createPolicy:
		return []thing{policy(do.want.ARN)}
	case newPolicyVersion:
		return []thing{policy(do.arn)}
	case tagPolicy:
		return []thing{policy(do.arn)}
	case untagPolicy:
		return []thing{policy(do.arn)}
	case deletePolicy:
		return []thing{policy(do.arn)}
	case createProvider:
		return one(TypeProvider, do.want.ARN)
	case addAudience:
		return one(TypeProvider, do.arn)
	case tagProvider:
		return one(TypeProvider, do.arn)
	case untagProvider:
		return one(TypeProvider, do.arn)
	case deleteProvider:
		return one(TypeProvider, do.arn)
	case createAssociation:
		return one(TypeAssociation, do.want.Namespace+"/"+do.want.ServiceAccount)
	case updateAssociation:
		return one(TypeAssociation, do.name)
	case tagAssociation:
		return one(TypeAssociation, do.name)
	case untagAssociation:
		return one(TypeAssociation, do.name)
	case deleteAssociation:
		return one(TypeAssociation, do.name)
	}
	return nil
}

// objects compares each thing that the plan touches.
func (c *comparison) objects() {
	lost := map[string]bool{}
	for _, t := range c.order {
		switch {
		case c.was.Accounts[t.account] != nil && c.now.Accounts[t.account] == nil:
			if !lost[t.account] {
				c.differs("AWS account %s cannot be read any more: %v", t.account, c.now.Unseen[t.account])
			}
			lost[t.account] = true
		case t.kind == TypeRole:
			c.role(t)
		case t.kind == TypePolicy:
			c.policy(t)
		case t.kind == TypeProvider:
			c.provider(t)
		case t.kind == TypeAssociation:
			c.association(t)
		}
	}
}

// steps compares the steps, and finds those that are left to do.
func (c *comparison) steps(fresh *Plan) {
	index := func(list []planned) map[string][]int {
		out := map[string][]int{}
		for i, st := range list {
			out[keyOf(st.step)] = append(out[keyOf(st.step)], i)
		}
		return out
	}
	find := func(list []planned, by map[string][]int, st step) int {
		for _, i := range by[keyOf(st)] {
			if sameStep(list[i].step, st) {
				return i
			}
		}
		return -1
	}
	approved, part, earlier := index(c.whole.steps), index(c.part.steps), index(c.part.earlier)
	said := map[int]bool{}
	for _, st := range fresh.steps {
		change := fresh.Changes[st.change]
		switch {
		case find(c.whole.steps, approved, st.step) < 0:
			if !said[st.change] {
				c.differs("%s would be %s now", title(change), pastOf[change.Action])
			}
			said[st.change] = true
		case find(c.part.steps, part, st.step) < 0 && find(c.part.earlier, earlier, st.step) >= 0:
			c.unseen = append(c.unseen, fmt.Sprintf("%s was %s, and is not there any more", title(change), pastOf[change.Action]))
		}
	}
	again := index(fresh.steps)
	for _, st := range c.part.steps {
		switch change := c.whole.Changes[st.change]; {
		case find(fresh.steps, again, st.step) >= 0:
			c.todo = append(c.todo, st)
		case !c.done(st.step):
			c.differs("%s would not be %s any more", title(change), pastOf[change.Action])
		}
	}
}

// keyOf puts steps together that may be the same.
func keyOf(st step) string { return fmt.Sprintf("%T %s %v", st.do, st.account, touches(st)) }

// sameStep compares two steps, but for what they know of how soon something will be seen.
func sameStep(a, b step) bool {
	return a.account == b.account && reflect.DeepEqual(timeless(a.do), timeless(b.do))
}

func timeless(do action) action {
	switch do := do.(type) {
	case attach:
		do.made = false
		return do
	case putInline:
		do.made = false
		return do
	case writeTrust:
		do.waits = false
		return do
	}
	return do
}

// isRewritten: the change is to a document, which is compared as such, as are the steps that
// write it. Its lines say less: who shares a role moves those of others, and between the two
// parts of a plan a document has more than before.
func isRewritten(c Change) bool {
	return c.Type == TypeTrust || c.Action == Update && (c.Type == TypePolicy || c.Type == TypeInline)
}

// diffs: no line is added or removed that was not approved.
func (c *comparison) diffs(fresh *Plan) {
	if len(c.things) > 0 {
		return
	}
	key := func(ch Change) string {
		return strings.Join([]string{string(ch.Action), string(ch.Type), ch.Account, ch.Name, ch.ARN}, " ")
	}
	approved := map[string][]string{}
	for _, ch := range c.whole.Changes {
		approved[key(ch)] = append(approved[key(ch)], changed(ch.Diff)...)
	}
	for _, ch := range fresh.Changes {
		lines, known := approved[key(ch)]
		if isRewritten(ch) || !known {
			continue
		}
		for _, line := range changed(ch.Diff) {
			if !slices.Contains(lines, line) {
				c.differs("%s would be %s in another way now", title(ch), pastOf[ch.Action])
				break
			}
		}
	}
}

// changed are the lines of a diff that are not the same before and after, without the
// comma that says whether more follows.
func changed(diff string) []string {
	var out []string
	for _, line := range strings.Split(diff, "\n") {
		if strings.HasPrefix(line, "+") || strings.HasPrefix(line, "-") {
			out = append(out, strings.TrimSuffix(line, ","))
		}
	}
	return out
}

// warnings: nothing is warned of that was not when the plan was approved. What a document
// that is written anew takes away follows from the document, and from who has it by now.
func (c *comparison) warnings(fresh *Plan) {
	if len(c.things) > 0 {
		return
	}
	for _, w := range fresh.Warnings {
		if !slices.Contains(c.whole.Warnings, w) && !slices.Contains(fresh.losing, w) {
			c.differs("it warns now: %s", w)
		}
	}
}

var pastOf = map[Action]string{Create: "created", Update: "changed", Delete: "deleted"}

var typeWords = map[Type]string{
	TypeProvider: "OIDC provider", TypePolicy: "policy", TypeRole: "role", TypeAttachment: "policy attachment",
	TypeInline: "inline policy", TypeTrust: "the trust of role", TypeNodeRole: "policy on the nodes' role", TypeAssociation: "Pod Identity association",
}

func title(c Change) string { return typeWords[c.Type] + " " + c.Name }

package awsiam

import (
	"slices"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// Action is what a change does.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
)

// Type is what a change is made to.
type Type string

// The types.
const (
	TypeProvider    Type = "oidcProvider"
	TypePolicy      Type = "policy"
	TypeRole        Type = "role"
	TypeAttachment  Type = "policyAttachment"
	TypeInline      Type = "inlinePolicy"
	TypeTrust       Type = "trust"
	TypeNodeRole    Type = "nodeRole"
	TypeAssociation Type = "podIdentityAssociation"
)

// Change is one thing that a plan would do.
type Change struct {
	Action Action `json:"action"`
	Type   Type   `json:"type"`
	// Name is the resource's name. For an attachment, an inline policy or an
	// association: ROLE/POLICY or NAMESPACE/ACCOUNT.
	Name string `json:"name"`
	// ARN is the resource's ARN; for what is on a role, the role's.
	ARN     string `json:"arn"`
	Account string `json:"account"`
	// Diff is what changes, as the lines of a unified diff; documents are in their
	// canonical form.
	Diff string `json:"diff"`
}

// Summary counts the changes of a plan.
type Summary struct {
	Create int `json:"create"`
	Update int `json:"update"`
	Delete int `json:"delete"`
}

// Plan is what would be done. It is made by Session.Plan and Session.PlanDestroy, and
// done by Session.Apply.
type Plan struct {
	Changes []Change `json:"changes"`
	Summary Summary  `json:"summary"`
	// Warnings say in words what is deleted, what a trust lets in that it did not, and
	// what is left as it is although irsa.yaml says otherwise.
	Warnings []string `json:"warnings,omitempty"`
	// Identities are the service accounts of the release and their roles once the plan is
	// done.
	Identities []Identity `json:"identities,omitempty"`
	// Begun are the changes that the first part of a plan begins and the second ends: what they
	// write has the old and the new until then, or the like.
	Begun []Change `json:"-"`
	// Owner is the release that the plan is for.
	Owner Owner `json:"-"`
	// Leaving says that the plan is to remove the release.
	Leaving bool `json:"-"`

	steps []planned
	// part says that it is one of the two that Split gives.
	part bool
	// losing are those of the warnings that say what is lost by a document that is written
	// anew.
	losing []string
	// narrows: something that is written anew allows or lets in less than before.
	narrows bool
	// earlier are the steps of the part before this one.
	earlier []planned
	// basis is what it was computed from.
	basis *basis
}

// Empty says that nothing would be done.
func (p *Plan) Empty() bool { return len(p.steps) == 0 }

// Split gives the plan in two: what is done before the pods of the release are replaced,
// and what takes something away, which those that run until then may still need. Where a
// trust policy or a policy lets in or allows both more and less than before, the first part
// writes one that has both (see phases). The second may be empty; each has the changes that
// end in it, with their summary. A plan to remove the release has no first part.
func (p *Plan) Split() (before, after *Plan) {
	part := func() *Plan { return &Plan{Owner: p.Owner, Identities: p.Identities, basis: p.basis, part: true} }
	before, after = part(), part()
	if p.Leaving {
		whole := *p
		return before, &whole
	}
	last := make([]*Plan, len(p.Changes)) // where each change ends
	begun := make([]bool, len(p.Changes))
	for _, st := range p.steps {
		part := before
		if st.takes() {
			part = after
		}
		begun[st.change] = begun[st.change] || part == before
		part.steps = append(part.steps, st)
		if last[st.change] != after {
			last[st.change] = part
		}
	}
	for i, c := range p.Changes {
		part := last[i]
		if part == nil { // a change without a step
			part = before
		}
		part.Changes = append(part.Changes, c)
		part.count(c.Action)
		if part == after && begun[i] {
			before.Begun = append(before.Begun, c)
		}
	}
	after.earlier = before.steps
	return before, after
}

// TakesAway says that something of AWS is deleted, detached or narrowed: by a step that
// takes, or by one that writes anew what was there.
func (p *Plan) TakesAway() bool {
	return p.narrows ||
		slices.ContainsFunc(p.steps, func(st planned) bool { return st.takes() }) ||
		slices.ContainsFunc(p.Changes, func(c Change) bool { return c.Action == Delete })
}

// planned is a step, and the place of the change that it belongs to.
type planned struct {
	step
	change int
	// between: what it writes holds while pods of before and of after run. A plan that is not
	// split leaves it out.
	between bool
	// alone is the step's stage in a plan that is not split; stageNone: its own.
	alone stage
	// atOnce: it takes something away, and cannot wait until pods are replaced.
	atOnce bool
}

// takes: the step takes something away that pods may use, and waits for them.
func (st planned) takes() bool { return !st.atOnce && st.step.takes() }

// joined is the plan as it is done where nothing is waited for between its parts.
func (p *Plan) joined() *Plan {
	out := *p
	out.steps = nil
	for _, st := range p.steps {
		if st.between {
			continue
		}
		if st.alone != stageNone {
			st.stage = st.alone
		}
		out.steps = append(out.steps, st)
	}
	slices.SortStableFunc(out.steps, byStage)
	return &out
}

func byStage(a, b planned) int { return int(a.stage) - int(b.stage) }

func (p *Plan) add(c Change, steps ...step) {
	for _, st := range steps {
		p.steps = append(p.steps, planned{step: st, change: len(p.Changes)})
	}
	p.Changes = append(p.Changes, c)
	p.count(c.Action)
}

// rewrites notes that a document is to take the place of another.
func (p *Plan) rewrites(before, after trust.Document) {
	p.narrows = p.narrows || trust.Narrows(before, after)
}

func (p *Plan) count(a Action) {
	switch a {
	case Create:
		p.Summary.Create++
	case Update:
		p.Summary.Update++
	case Delete:
		p.Summary.Delete++
	}
}

// warn adds a warning: on one line, whatever the names in it hold.
func (p *Plan) warn(text string) { p.Warnings = append(p.Warnings, safe.Text(text)) }

// warnLoss adds a warning of what is lost by a document that is written anew.
func (p *Plan) warnLoss(text string) {
	p.losing = append(p.losing, safe.Text(text))
	p.warn(text)
}

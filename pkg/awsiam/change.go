package awsiam

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
	// Identities are the accounts of the release and their roles once the plan is done.
	Identities []Identity `json:"identities,omitempty"`
	// Owner is the release that the plan is for.
	Owner Owner `json:"-"`
	// Leaving says that the plan is to remove the release.
	Leaving bool `json:"-"`

	steps []step
}

// Empty says that nothing would be done.
func (p *Plan) Empty() bool { return len(p.steps) == 0 }

func (p *Plan) add(c Change, steps ...step) {
	p.Changes = append(p.Changes, c)
	switch c.Action {
	case Create:
		p.Summary.Create++
	case Update:
		p.Summary.Update++
	case Delete:
		p.Summary.Delete++
	}
	p.steps = append(p.steps, steps...)
}

func (p *Plan) warn(text string) { p.Warnings = append(p.Warnings, text) }

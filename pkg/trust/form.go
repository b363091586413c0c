package trust

// form is which kind of policy a text is read as: the grammar is one
// (reference_policies_grammar.html), but a trust policy says who, a permission
// policy on what.
type form int

const (
	trustForm form = iota
	permissionForm
)

// String names the kind in messages.
func (k form) String() string {
	if k == permissionForm {
		return "a permission policy"
	}
	return "a trust policy"
}

// elements are the elements that a statement of this kind may have.
func (k form) elements() []string {
	if k == permissionForm {
		return permissionElements
	}
	return trustElements
}

var (
	trustElements      = []string{"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Condition"}
	permissionElements = []string{"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)

// wanted is what a statement of this kind must have, for messages.
func (k form) wanted() string {
	if k == permissionForm {
		return "Effect, Action and Resource"
	}
	return "Effect, Principal and Action"
}

// as gives the policy read as the other kind; the error is that of reading it.
func (d Document) as(other form) (Document, error) {
	if d.form != other && d.text != "" {
		return parse(d.text, other)
	}
	d.form = other
	return d, nil
}

package trust

import (
	"slices"
)

// Principal is one principal of a statement, or the one that makes a request.
type Principal struct {
	// Type is AWS, Service, Federated or CanonicalUser; * in a statement whose
	// Principal is "*".
	Type string `json:"type"`
	// ID is an ARN, an AWS account ID, a service's name, or *.
	ID string `json:"id"`
}

// Condition is one test of a statement: an operator, a key and the values to
// compare with. All the conditions of a statement must hold.
type Condition struct {
	Operator string   `json:"operator"`
	Key      string   `json:"key"`
	Values   []string `json:"values"`
}

// Statement is one statement of a policy. It never changes.
type Statement struct {
	text          string
	root          node
	sid           string
	allow         bool
	principals    []Principal
	notPrincipals bool
	actions       []string
	notActions    bool
	resources     []string
	notResources  bool
	conditions    []Condition
	many          []*valueIndex // of the conditions with many values; nil where none has
	others        []string
}

// Text is the statement as it is written, without the space around it.
func (s Statement) Text() string { return s.text }

// Sid is the statement's own name; empty where it has none.
func (s Statement) Sid() string { return s.sid }

// Allows reports whether the effect is Allow; otherwise it is Deny.
func (s Statement) Allows() bool { return s.allow }

// Principals are who the statement is about, or, where the bool is true
// (NotPrincipal), who it is not about.
func (s Statement) Principals() ([]Principal, bool) {
	return slices.Clone(s.principals), s.notPrincipals
}

// Actions are what the statement is about, or, where the bool is true (NotAction),
// what it is not about.
func (s Statement) Actions() ([]string, bool) { return slices.Clone(s.actions), s.notActions }

// Conditions are the statement's conditions in their order, one an operator and key.
func (s Statement) Conditions() []Condition { return slices.Clone(s.conditions) }

// Resources are what a statement of a permission policy is about, or, where the
// bool is true (NotResource), what it is not about. A trust policy has none.
func (s Statement) Resources() ([]string, bool) { return slices.Clone(s.resources), s.notResources }

// Others are the names of elements that such a policy has no use for: Resource in a
// trust policy, Principal in a permission policy. IAM refuses them.
func (s Statement) Others() []string { return slices.Clone(s.others) }

var statementElements = []string{
	"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
}

func readStatement(f *faults, n node, as form) Statement {
	s := Statement{text: f.text[n.from:n.to], root: n}
	if n.kind != objectKind {
		f.add(n.from, "a statement is %s: want an object with %s", brief(n), as.wanted())
		return s
	}
	misspelt(f, n, statementElements)
	for _, m := range n.members {
		if slices.Contains(as.elements(), m.key) {
			s.element(f, m)
		} else {
			s.others = append(s.others, m.key)
		}
	}
	if _, ok := n.member("Effect"); !ok {
		f.add(n.from, `a statement has no Effect: want "Allow" or "Deny"`)
	}
	if as == trustForm {
		one(f, n, "Principal", "NotPrincipal")
		one(f, n, "Action", "NotAction")
	}
	return s
}

// element reads one member of a statement.
func (s *Statement) element(f *faults, m member) {
	switch m.key {
	case "Sid":
		if s.sid = m.value.text; m.value.kind != textKind {
			f.add(m.value.from, "Sid is %s: want a string", brief(m.value))
		}
	case "Effect":
		s.allow = m.value.text == "Allow"
		if m.value.kind != textKind || !s.allow && m.value.text != "Deny" {
			f.add(m.value.from, `Effect is %s: want "Allow" or "Deny"`, brief(m.value))
		}
	case "Principal", "NotPrincipal":
		s.notPrincipals = m.key == "NotPrincipal"
		s.principals = readPrincipals(f, m)
	case "Action", "NotAction":
		s.notActions = m.key == "NotAction"
		s.actions = readTexts(f, m.key, m.value)
	case "Resource", "NotResource":
		s.notResources = m.key == "NotResource"
		s.resources = readTexts(f, m.key, m.value)
	case "Condition":
		s.conditions = readConditions(f, m.value)
		s.many = indexed(s.conditions)
	}
}

// one wants exactly one of two elements.
func one(f *faults, n node, name, not string) {
	_, a := n.member(name)
	_, b := n.member(not)
	switch {
	case a && b:
		f.add(n.from, "a statement has both %s and %s: keep one", name, not)
	case !a && !b:
		f.add(n.from, "a statement has no %s", name)
	}
}

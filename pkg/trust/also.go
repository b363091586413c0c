package trust

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Self stands for the role's own ARN among the principals under AWS.
const Self = "self"

// Also is one further statement of a trust policy, beside those for tokens.
type Also struct {
	// Principals are IDs by type: AWS, Service, Federated.
	Principals map[string][]string
	Actions    []string
	// Conditions are the JSON of a Condition element; empty where there are none.
	Conditions string
}

// NamesSelf reports whether Self is among the principals. IAM refuses a principal
// that does not exist yet, so such a statement goes in after the role was made.
func (a Also) NamesSelf() bool { return slices.Contains(a.Principals["AWS"], Self) }

// WithSelf gives the statement with the role's ARN in the place of Self.
func (a Also) WithSelf(roleARN string) Also {
	principals := map[string][]string{}
	for t, ids := range a.Principals {
		principals[t] = slices.Clone(ids)
	}
	for i, id := range principals["AWS"] {
		if id == Self {
			principals["AWS"][i] = roleARN
		}
	}
	a.Principals = principals
	return a
}

// WithoutSelf gives the statement without Self, for the time before the role
// exists. It reports false where nobody else is left.
func (a Also) WithoutSelf() (Also, bool) {
	principals := map[string][]string{}
	for t, ids := range a.Principals {
		rest := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return t == "AWS" && id == Self })
		if len(rest) > 0 {
			principals[t] = rest
		}
	}
	a.Principals = principals
	return a, len(principals) > 0
}

// Statement builds the statement. It fails where Self was left in, where principals
// or actions are missing or of an unknown type, and where the conditions are not
// those of a policy; then the error has the position in the conditions.
func (a Also) Statement() (Statement, error) {
	if a.NamesSelf() {
		return Statement{}, errors.New("trust: the principal self was not replaced by the role's ARN")
	}
	principals, err := a.principals()
	if err != nil {
		return Statement{}, err
	}
	if len(principals.members) == 0 || len(a.Actions) == 0 {
		return Statement{}, errors.New("trust: a further statement needs principals and actions")
	}
	n := objectNode(
		pair("Effect", textNode("Allow")),
		pair("Principal", principals),
		pair("Action", textsNode(sortedUnique(a.Actions))),
	)
	if a.Conditions != "" {
		f := &faults{text: a.Conditions}
		conditions := readJSON(f)
		if len(f.list) == 0 {
			readConditions(f, conditions)
		}
		if err := f.err(); err != nil {
			return Statement{}, fmt.Errorf("trust: conditions: %w", err)
		}
		n.members = append(n.members, pair("Condition", conditions))
	}
	return newStatement(n)
}

func (a Also) principals() (node, error) {
	for _, t := range slices.Sorted(maps.Keys(a.Principals)) {
		if !slices.Contains(principalTypes, t) {
			return node{}, fmt.Errorf("trust: principals has %s: want AWS, Service or Federated", t)
		}
	}
	out := node{kind: objectKind}
	for _, t := range principalTypes {
		if ids := a.Principals[t]; len(ids) > 0 {
			out.members = append(out.members, pair(t, textsNode(sortedUnique(ids))))
		}
	}
	return out, nil
}

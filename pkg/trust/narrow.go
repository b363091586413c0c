package trust

import (
	"slices"
	"strings"
)

// Narrows reports whether the new document may no longer let in, or no longer allow, what
// the old one did. False means: certainly not. Documents of trust are compared as Widens
// does it, those of permissions by their statements: each Allow of the old one must lie
// within one of the new, and each Deny of the new within one of the old.
func Narrows(before, after Document) bool {
	if !variablesAlike(before, after) {
		return true
	}
	return slices.ContainsFunc(before.statements, func(s Statement) bool { return s.allow && !after.hasIn(s) }) ||
		slices.ContainsFunc(after.statements, func(s Statement) bool { return !s.allow && !before.hasIn(s) })
}

// hasIn reports whether a statement lies within those of the document.
func (d Document) hasIn(s Statement) bool {
	return slices.ContainsFunc(d.statements, s.grownTo) ||
		!slices.ContainsFunc(s.pieces(), func(p piece) bool { return !d.covers(p) })
}

// grownTo reports whether another statement of permissions is this one with more actions or
// resources.
func (s Statement) grownTo(t Statement) bool {
	return s.lists() && t.lists() && s.allow == t.allow &&
		slices.EqualFunc(s.conditions, t.conditions, Condition.sameText) &&
		subset(s.actions, t.actions, func(a, b string) bool { return Covers(strings.ToLower(b), strings.ToLower(a)) }) &&
		subset(s.resources, t.resources, func(a, b string) bool { return Covers(b, a) })
}

// lists: it is of permissions, and says what it is about, not what it is not about.
func (s Statement) lists() bool {
	return len(s.principals) == 0 && !s.notPrincipals && !s.notActions && !s.notResources && len(s.others) == 0
}

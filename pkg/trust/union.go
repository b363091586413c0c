package trust

import (
	"errors"
	"slices"
	"strings"
)

// Union gives one document that allows whatever either of two allows, for the time in
// which some callers still need the old one and others the new one already. Both must be of
// one kind, trust or permissions.
//
// It has the Allow statements of both; of the old one those alone that do not lie within
// the new. A Deny stands in it where both deny that, or where the other document allows
// nothing that the Deny is about. So where no other Deny is involved, the union allows no
// more than the two together. A Deny that stands in one alone and meets an Allow of the
// other is left out: of such an old document the union may allow more than both.
//
// Sids are unique in a document (reference_policies_elements_sid.html): a statement of the
// old one whose Sid is taken has none in the union.
//
// The error says why the two cannot stand in one document.
func Union(before, after Document) (Document, error) {
	switch {
	case before.text == "":
		return after, nil
	case after.text == "":
		return before, nil
	case before.form != after.form:
		return Document{}, errors.New("trust: a trust policy and a permission policy have no union")
	case !variablesAlike(before, after):
		return Document{}, errors.New("the two policies are of different versions, in which policy variables mean different things")
	}
	u := union{sids: map[string]bool{}}
	u.add(after, func(s Statement) bool { return s.allow })
	u.add(before, func(s Statement) bool { return s.allow && !after.hasIn(s) })
	u.add(after, func(s Statement) bool { return !s.allow && before.mayDeny(s) })
	u.add(before, func(s Statement) bool { return !s.allow && after.mayDeny(s) && !u.has(s) })
	return after.with(u.items)
}

// union is one that is being made.
type union struct {
	items []string
	all   []Statement
	sids  map[string]bool
}

func (u *union) add(d Document, wanted func(Statement) bool) {
	for _, s := range d.statements {
		if !wanted(s) {
			continue
		}
		if s.sid != "" && u.sids[s.sid] {
			s = s.withoutSid()
		}
		u.sids[s.sid] = true
		u.items, u.all = append(u.items, s.text), append(u.all, s)
	}
}

// has reports whether a statement lies within those that are there.
func (u *union) has(s Statement) bool { return Document{statements: u.all}.hasIn(s) }

// mayDeny reports whether a Deny takes nothing from what the document allows: it denies
// that too, or allows nothing of it.
func (d Document) mayDeny(s Statement) bool {
	return d.hasIn(s) || !slices.ContainsFunc(d.statements, func(t Statement) bool { return t.allow && !s.apartFrom(t) })
}

// apartFrom reports whether no request is within both statements. False means that one may
// be.
func (s Statement) apartFrom(t Statement) bool {
	if !s.notActions && !t.notActions && noneMeet(s.actions, t.actions, strings.ToLower) {
		return true
	}
	variable := func(r string) bool { return strings.Contains(r, "${") } // it stands for anything
	return len(s.resources) > 0 && len(t.resources) > 0 && !s.notResources && !t.notResources &&
		!slices.ContainsFunc(s.resources, variable) && !slices.ContainsFunc(t.resources, variable) && noneMeet(s.resources, t.resources, same)
}

// noneMeet reports whether no pattern of the one list can match what one of the other does.
func noneMeet(a, b []string, folded func(string) string) bool {
	return !slices.ContainsFunc(a, func(x string) bool {
		return slices.ContainsFunc(b, func(y string) bool { return meet(glob(folded(x)), glob(folded(y))) })
	})
}

// withoutSid is the statement without a name.
func (s Statement) withoutSid() Statement {
	n := s.root
	n.members = slices.DeleteFunc(slices.Clone(s.root.members), func(m member) bool { return m.key == "Sid" })
	s.root, s.sid, s.text = n, "", compact(n)
	return s
}

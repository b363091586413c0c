package trust

import "slices"

// Given are the statements of a new document that an old one does not have, nor covers: what it
// comes to allow, and what it comes to deny. Where policy variables mean different things in the
// two, all are.
func Given(before, after Document) (allowed, denied []Statement) {
	alike := variablesAlike(before, after)
	for _, s := range after.statements {
		switch {
		case alike && before.hasIn(s):
		case s.allow:
			allowed = append(allowed, s)
		default:
			denied = append(denied, s)
		}
	}
	return allowed, denied
}

// MayMeet reports whether a request may be within a statement of each list.
func MayMeet(a, b []Statement) bool {
	return slices.ContainsFunc(a, func(s Statement) bool {
		return slices.ContainsFunc(b, func(t Statement) bool { return !s.apartFrom(t) })
	})
}

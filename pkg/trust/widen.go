package trust

import (
	"fmt"
	"strings"
)

// Widening is a way in that a new document has and the old one had not, or may not
// have had.
type Widening struct {
	// Statement is the index, from 0, in the new document; for a deny that is gone,
	// in the old one.
	Statement int    `json:"statement"`
	Sid       string `json:"sid"`
	// Principal, Action and Conditions say who gets in. They are empty for a
	// statement that is taken as a whole; then Note says why.
	Principal  Principal   `json:"principal"`
	Action     string      `json:"action,omitempty"`
	Conditions []Condition `json:"conditions,omitempty"`
	Note       string      `json:"note,omitempty"`
}

// String is one line.
func (w Widening) String() string {
	if w.Note != "" {
		return w.name() + ": " + w.Note
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s lets %s do %s", w.name(), w.Principal.text(), w.Action)
	for i, c := range w.Conditions {
		b.WriteString([]string{" if ", " and "}[min(i, 1)])
		b.WriteString(c.Operator + " " + c.Key + " " + quoted(c.Values, "or"))
	}
	return b.String()
}

// name is the statement's Sid, where it has one: its place may not be the same where people
// read the document.
func (w Widening) name() string {
	if w.Sid != "" {
		return "statement " + w.Sid
	}
	return fmt.Sprintf("statement %d", w.Statement+1)
}

// Widens says in which ways the new document may let in what the old one did not.
// Nothing means: certainly none. Something means: it does, or that could not be
// excluded; it is for a warning, not for a refusal.
//
// What is decided: every Allow of the new document is taken apart into one
// principal, one action and, for positive conditions, one value each. Each such
// piece must lie within one Allow of the old document: a principal that it names or
// that belongs to one it names, an action that one of its patterns covers, and
// conditions that demand at least what its conditions demand (a subset of the
// values, a pattern that a pattern covers, a superset of the values not to be had).
// Every Deny of the old document must lie within one Deny of the new. Numbers,
// dates and addresses are compared as text; policy variables only with their like.
// That an Allow is new but always denied is not seen. A statement with NotPrincipal,
// NotAction or elements that nobody knows, or of thousands of pieces, is within its
// equal only.
func Widens(before, after Document) []Widening {
	alike := variablesAlike(before, after)
	var out []Widening
	for i, s := range after.statements {
		if !s.allow {
			continue
		}
		for _, p := range s.pieces() {
			if !alike || !before.covers(p) {
				out = append(out, p.widening(i))
			}
		}
	}
	for i, s := range before.statements {
		if s.allow {
			continue
		}
		for _, p := range s.pieces() {
			if !alike || !after.covers(p) {
				out = append(out, Widening{Statement: i, Sid: s.sid, Note: "its deny is gone or denies less"})
				break
			}
		}
	}
	return out
}

// variablesAlike reports whether policy variables mean the same in both documents: they are
// of one version, or have none. It is the values that count: JSON can write a $ as \u0024.
func variablesAlike(a, b Document) bool {
	return a.version == b.version || !strings.Contains(compact(a.root), "${") && !strings.Contains(compact(b.root), "${")
}

// covers reports whether a piece lies within a statement of the same effect.
func (d Document) covers(p piece) bool {
	for _, s := range d.statements {
		if s.allow == p.whole.allow && p.within(s) {
			return true
		}
	}
	return false
}

func (p piece) widening(i int) Widening {
	if p.odd {
		return Widening{Statement: i, Sid: p.whole.sid, Note: "it is new or changed, and cannot be compared in parts"}
	}
	return Widening{Statement: i, Sid: p.whole.sid, Principal: p.principal, Action: p.action, Conditions: p.conditions}
}

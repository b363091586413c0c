package trust

import (
	"slices"
	"strings"
)

// piece is a part of a statement: one principal, one action, one value a condition.
type piece struct {
	whole      Statement
	odd        bool // the statement cannot be taken apart
	principal  Principal
	action     string
	conditions []Condition
}

// manyPieces is where a statement is no longer taken apart. The text of one that
// makes more is either over any quota or all in lists that multiply.
const manyPieces = 4096

func (s Statement) pieces() []piece {
	if s.odd() {
		return []piece{{whole: s, odd: true}}
	}
	variants := [][]Condition{{}}
	for _, c := range s.conditions {
		variants = vary(variants, c)
	}
	if len(variants)*len(s.principals)*len(s.actions) > manyPieces {
		return []piece{{whole: s, odd: true}}
	}
	var out []piece
	for _, p := range s.principals {
		for _, a := range s.actions {
			for _, v := range variants {
				out = append(out, piece{whole: s, principal: p, action: a, conditions: v})
			}
		}
	}
	return out
}

// odd also holds for every statement of a permission policy, which names nobody.
func (s Statement) odd() bool {
	return s.notPrincipals || s.notActions || len(s.others) > 0 || len(s.principals) == 0
}

// vary adds a condition to each variant: as one of its values where any of them is
// enough, else as a whole. A list means the same in any order.
func vary(variants [][]Condition, c Condition) [][]Condition {
	c.Values = sortedUnique(c.Values)
	choices := []Condition{c}
	op, ok := parseOperator(c.Operator)
	if ok && !op.negated && op.quantifier == "" && len(c.Values) > 1 && len(c.Values)*len(variants) <= manyPieces {
		choices = nil
		for _, v := range c.Values {
			choices = append(choices, Condition{c.Operator, c.Key, []string{v}})
		}
	}
	var out [][]Condition
	for _, v := range variants {
		for _, choice := range choices {
			out = append(out, append(slices.Clone(v), choice))
		}
	}
	return out
}

// within reports whether all that the piece is about, the statement is about.
func (p piece) within(s Statement) bool {
	if p.odd || s.odd() {
		return equalStatements(p.whole.withSid(""), s.withSid(""))
	}
	principal := slices.ContainsFunc(s.principals, func(w Principal) bool {
		result, _ := matchPrincipal(w, p.principal)
		return result == Yes
	})
	action := slices.ContainsFunc(s.actions, func(w string) bool {
		return Covers(strings.ToLower(w), strings.ToLower(p.action))
	})
	return principal && action && !slices.ContainsFunc(s.conditions, func(wide Condition) bool {
		return !slices.ContainsFunc(p.conditions, wide.follows)
	})
}

// follows reports whether the condition holds wherever a narrower one does.
func (c Condition) follows(narrow Condition) bool {
	if !strings.EqualFold(c.Key, narrow.Key) {
		return false
	}
	wide, ok := parseOperator(c.Operator)
	strict, ok2 := parseOperator(narrow.Operator)
	if !ok || !ok2 || len(c.Values) == 0 || len(narrow.Values) == 0 {
		return c.sameText(narrow)
	}
	if wide.quantifier != strict.quantifier || wide.negated != strict.negated || strict.ifExists && !wide.ifExists {
		return false
	}
	if wide.negated {
		return wide.name == strict.name && subset(c.Values, narrow.Values, equalText)
	}
	return subset(narrow.Values, c.Values, func(v, w string) bool { return valueWithin(strict.name, v, wide.name, w) })
}

// sameText reports whether two conditions are written alike but for what IAM reads without
// regard to: the order of values, one that is there twice, the case of the key. What is not
// understood, such as an operator that IAM does not have, is compared so.
func (c Condition) sameText(other Condition) bool {
	return c.Operator == other.Operator && strings.EqualFold(c.Key, other.Key) &&
		slices.Equal(sortedUnique(c.Values), sortedUnique(other.Values))
}

// subset reports whether each of a has its like in b.
func subset(a, b []string, like func(x, y string) bool) bool {
	for _, x := range a {
		if !slices.ContainsFunc(b, func(y string) bool { return like(x, y) }) {
			return false
		}
	}
	return true
}

// valueWithin reports whether what matches v under one operator matches w under the other.
func valueWithin(op, v, wideOp, w string) bool {
	if op == wideOp && v == w {
		return true
	}
	if strings.Contains(v+w, "${") {
		return false
	}
	exact := op == "StringEquals" || op == "StringLike" && !strings.ContainsAny(v, "*?")
	switch wideOp {
	case "StringLike":
		if op == "StringEquals" {
			return globMatch(w, v)
		}
		return op == "StringLike" && Covers(w, v)
	case "StringEquals":
		return exact && v == w
	case "StringEqualsIgnoreCase":
		return (exact || op == wideOp) && strings.EqualFold(v, w)
	}
	return false
}

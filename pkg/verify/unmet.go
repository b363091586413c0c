package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// unmet is a condition that does not hold, and what the request has in its place.
type unmet struct {
	condition trust.Condition
	// has are the request's values; none where it never has the key.
	has []string
}

// conditionResult is what came of a statement's condition of that index: the reasons are
// principal, action, then one for each condition.
func conditionResult(o trust.Outcome, i int) trust.Reason {
	if at := 2 + i; at < len(o.Reasons) {
		return o.Reasons[at]
	}
	return trust.Reason{}
}

// unmetConditions are those of a statement that certainly do not hold, of the kind.
func unmetConditions(s trust.Statement, o trust.Outcome, kind func(trust.Condition) bool) []unmet {
	var out []unmet
	for i, c := range s.Conditions() {
		if r := conditionResult(o, i); r.Result == trust.No && kind(c) {
			out = append(out, unmet{c, r.Seen})
		}
	}
	return out
}

// sayUnmet says what each condition asks for and why that does not hold of who asks.
func sayUnmet(all []unmet, who string) string {
	var out []string
	for _, u := range all {
		c := u.condition
		text := fmt.Sprintf("%s %s is %s, ", c.Operator, c.Key, quoteAll(c.Values))
		if len(u.has) == 0 {
			text += "and " + who + " never has that key"
		} else {
			text += "and " + who + " has " + quoteAll(u.has)
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

// amending mends conditions that do not hold: what the request has comes to the values, or
// in the place of the only one; without it, the condition goes.
func amending(all []unmet) func(trust.Condition) (trust.Condition, bool) {
	return func(c trust.Condition) (trust.Condition, bool) {
		i := slices.IndexFunc(all, func(u unmet) bool {
			return u.condition.Operator == c.Operator && u.condition.Key == c.Key && slices.Equal(u.condition.Values, c.Values)
		})
		if i < 0 {
			return c, true
		}
		if op := c.Operator; len(all[i].has) == 0 || !positive(op) || !strings.Contains(op, "String") && !strings.Contains(op, "Arn") {
			return c, false
		}
		if len(c.Values) == 1 {
			c.Values = nil
		}
		c.Values = append(slices.Clone(c.Values), all[i].has...)
		return c, true
	}
}

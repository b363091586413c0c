package trust

import (
	"regexp"
	"strconv"
	"strings"
)

// checkConditions looks at the operators, and at values that IAM reads when it
// stores a policy: a number or a date that is none ends in "The policy failed legacy
// parsing". A policy variable is none: "You can't use a policy variable with other
// operators, such as Numeric, Date, …" (reference_policies_variables.html, "Where you
// can use policy variables"). Other values it takes as they are.
func checkConditions(f *faults, n node) {
	for _, op := range n.members {
		parsed, ok := parseOperator(op.key)
		if !ok && len(op.value.members) > 0 {
			f.add(op.from, "%s is no condition operator of IAM", op.key)
		}
		legal, want := valueRule(parsed.name)
		if legal == nil {
			continue
		}
		for _, key := range op.value.members {
			for _, v := range key.value.each() {
				if !legal(v.text) {
					f.add(v.from, "%s %s has %s: want %s", op.key, key.key, brief(v), want)
				}
			}
		}
	}
}

// valueRule says what the values of an operator must be; nil where IAM takes any.
func valueRule(operator string) (legal func(string) bool, want string) {
	switch {
	case strings.HasPrefix(operator, "Numeric"):
		return looksNumeric, "a number"
	case strings.HasPrefix(operator, "Date"):
		return looksLikeDate, "a date such as 2026-01-31T00:00:00Z"
	}
	return nil, ""
}

// looksNumeric and looksLikeDate are wider than what the documentation has, since
// IAM is: it takes 01T for a date.
func looksNumeric(s string) bool {
	_, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return err == nil
}

var dateCharacters = regexp.MustCompile(`^\s*[+-]?[0-9][0-9TtZz:.+ -]*$`)

func looksLikeDate(s string) bool { return dateCharacters.MatchString(s) }

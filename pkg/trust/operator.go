package trust

import "strings"

// The set operators.
const (
	forAny = "ForAnyValue:"
	forAll = "ForAllValues:"
)

// matcher compares one wanted value with one of the request. The note says why
// where that cannot be seen.
type matcher func(e *env, want, seen string) (Answer, string)

// operator is a condition operator, taken apart.
type operator struct {
	name       string // the bare one, such as StringEquals
	quantifier string // forAny, forAll or empty
	ifExists   bool
	negated    bool
	match      matcher
}

// positives are the operators that match if a value does
// (reference_policies_elements_condition_operators.html).
var positives = map[string]matcher{
	"StringEquals":             stringMatcher(equalText, false),
	"StringEqualsIgnoreCase":   stringMatcher(strings.EqualFold, false),
	"StringLike":               stringMatcher(nil, true),
	"ArnEquals":                matchARN, // "behave identically"
	"ArnLike":                  matchARN,
	"NumericEquals":            numericMatcher(func(order int) bool { return order == 0 }),
	"NumericLessThan":          numericMatcher(func(order int) bool { return order < 0 }),
	"NumericLessThanEquals":    numericMatcher(func(order int) bool { return order <= 0 }),
	"NumericGreaterThan":       numericMatcher(func(order int) bool { return order > 0 }),
	"NumericGreaterThanEquals": numericMatcher(func(order int) bool { return order >= 0 }),
	"DateEquals":               dateMatcher(func(order int) bool { return order == 0 }),
	"DateLessThan":             dateMatcher(func(order int) bool { return order < 0 }),
	"DateLessThanEquals":       dateMatcher(func(order int) bool { return order <= 0 }),
	"DateGreaterThan":          dateMatcher(func(order int) bool { return order > 0 }),
	"DateGreaterThanEquals":    dateMatcher(func(order int) bool { return order >= 0 }),
	"Bool":                     matchBool,
	"BinaryEquals":             matchBinary,
	"IpAddress":                matchIP,
}

// negatives are the operators that match if no value does, by the one they negate.
var negatives = map[string]string{
	"StringNotEquals":           "StringEquals",
	"StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
	"StringNotLike":             "StringLike",
	"ArnNotEquals":              "ArnEquals",
	"ArnNotLike":                "ArnLike",
	"NumericNotEquals":          "NumericEquals",
	"DateNotEquals":             "DateEquals",
	"NotIpAddress":              "IpAddress",
}

// parseOperator takes an operator apart. It reports false for one that IAM does not
// have; Null stands alone, without set operator and IfExists.
func parseOperator(text string) (operator, bool) {
	if text == "Null" {
		return operator{name: text}, true
	}
	var op operator
	rest := text
	for _, q := range []string{forAny, forAll} {
		if bare, ok := strings.CutPrefix(rest, q); ok {
			op.quantifier, rest = q, bare
			break
		}
	}
	op.name, op.ifExists = strings.CutSuffix(rest, "IfExists")
	positive, negated := negatives[op.name]
	if !negated {
		positive = op.name
	}
	var ok bool
	op.negated = negated
	op.match, ok = positives[positive]
	return op, ok
}

package trust

import (
	"slices"
	"strings"
)

// conditions holds a statement's conditions against the request.
func (e *env) conditions(s Statement) []Reason {
	var out []Reason
	for i, c := range s.conditions {
		var index *valueIndex
		if s.many != nil {
			index = s.many[i]
		}
		out = append(out, e.condition(c, index))
	}
	return out
}

// condition holds one condition against the request. The index is of its values; nil
// where they are few.
func (e *env) condition(c Condition, index *valueIndex) Reason {
	r := Reason{Element: "Condition", Operator: c.Operator, Key: c.Key, Wanted: c.Values, Seen: []string{}}
	op, ok := parseOperator(c.Operator)
	if !ok {
		r.Note = "IAM has no such operator"
		return r
	}
	values, present := e.values(c.Key)
	r.Seen = append(r.Seen, values...)
	if some := e.perhaps[strings.ToLower(c.Key)]; present == Unknown && len(some) > 0 {
		return e.perhapsThere(r, c, op, some)
	}
	switch {
	case present == Unknown:
		r.Note = "the request may or may not have this key, with any value"
	case op.name == "Null":
		r.Result, r.Note = isNull(values, c.Values)
	case present == No:
		r.Result, r.Note = op.absent(), "the request has no such key"
	case len(c.Values) == 0:
		r.Note = "what a condition without values means is not documented"
	case index != nil:
		r.Result, r.Note = op.set(e, index.worth(values), values)
	default:
		r.Result, r.Note = op.set(e, c.Values, values)
	}
	return r
}

// perhapsThere is the result for a key that the request may have with certain values:
// known where it is the same with the key and without.
func (e *env) perhapsThere(r Reason, c Condition, op operator, values []string) Reason {
	with, without := No, No
	switch {
	case op.name == "Null":
		with, _ = isNull(values, c.Values)
		without, _ = isNull(nil, c.Values)
	case len(c.Values) == 0:
		with, without = Unknown, Unknown
	default:
		with, _ = op.set(e, c.Values, values)
		without = op.absent()
	}
	if with == without {
		r.Result = with
	}
	r.Seen = append(r.Seen, values...)
	r.Note = "the request may be without this key"
	return r
}

// isNull is the operator Null: "true" wants the key absent or without a value,
// "false" wants it there
// (reference_policies_elements_condition_operators.html#Conditions_Null). An empty
// string counts as no value (reference_policies_elements_condition.html, "The
// request context").
func isNull(values, wanted []string) (Answer, string) {
	result, note := No, ""
	null := isEmptySet(values)
	for _, w := range wanted {
		b, ok := parseBool(w)
		if !ok {
			result, note = result.or(Unknown), `Null takes "true" or "false"`
			continue
		}
		result = result.or(answer(b == null))
	}
	if len(wanted) == 0 {
		result, note = Unknown, `Null takes "true" or "false"`
	}
	return result, note
}

// isEmptySet reports whether a key has no value but the empty string.
func isEmptySet(values []string) bool {
	return !slices.ContainsFunc(values, func(v string) bool { return v != "" })
}

// absent is the result for a key that the request does not have
// (reference_policies_elements_condition_operators.html, "Important" and
// #Conditions_IfExists; for the set operators,
// reference_policies_condition-single-vs-multi-valued-context-keys.html).
func (op operator) absent() Answer {
	switch {
	case op.ifExists:
		return Yes
	case op.quantifier == forAll:
		return Yes
	case op.quantifier == forAny:
		return No
	}
	return answer(op.negated)
}

// set compares all the values of the request's key. "To compare your condition against a
// request context with multiple key values, you must use the ForAllValues or ForAnyValue set
// operators" (reference_policies_condition-single-vs-multi-valued-context-keys.html). What
// IAM makes of several values without one is not documented: it may look at each, at one, or
// never match. So only a no is certain, where every value gives it.
func (op operator) set(e *env, wanted, seen []string) (Answer, string) {
	if op.quantifier != "" && isEmptySet(seen) {
		return answer(op.quantifier == forAll), "the key has no value"
	}
	all, some, note := Yes, No, ""
	for _, s := range seen {
		result, n := op.single(e, wanted, s)
		if n != "" {
			note = n
		}
		all, some = all.and(result), some.or(result)
	}
	switch {
	case op.quantifier == forAll:
		return all, note
	case op.quantifier == forAny:
		return some, note
	case len(seen) == 1 || some == No:
		return some, note
	}
	return Unknown, "the key has several values; the condition needs ForAnyValue or ForAllValues"
}

// single compares one value of the request. It matches if one of the wanted does;
// negated, if none does
// (reference_policies_condition-logic-multiple-context-keys-or-values.html).
func (op operator) single(e *env, wanted []string, seen string) (Answer, string) {
	result, note := No, ""
	for _, w := range wanted {
		a, n := op.match(e, w, seen)
		if n != "" {
			note = n
		}
		result = result.or(a)
	}
	if result == Yes {
		note = ""
	}
	if op.negated {
		result = result.not()
	}
	return result, strings.TrimSpace(note)
}

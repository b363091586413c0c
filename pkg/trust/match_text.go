package trust

import "strings"

func equalText(a, b string) bool { return a == b }

// stringMatcher makes the String operators. With wild, * and ? in the wanted value
// are wildcards, wherever they stand; without, the texts are compared by how
// (reference_policies_elements_condition_operators.html#Conditions_String).
func stringMatcher(how func(a, b string) bool, wild bool) matcher {
	return func(e *env, want, seen string) (Answer, string) {
		pattern, ok, note := e.expand(want, wild)
		switch {
		case ok != Yes:
			return ok, note
		case wild:
			return answer(match(pattern, plain(seen))), ""
		}
		return answer(how(flat(pattern), seen)), ""
	}
}

// flat is a pattern as the text that it was.
func flat(pattern []glyph) string {
	var b strings.Builder
	for _, g := range pattern {
		b.WriteRune(g.char)
	}
	return b.String()
}

// matchARN is ArnEquals and ArnLike: each of the six parts between colons is
// compared by itself and may have wildcards; the last may have colons of its own
// (reference_policies_elements_condition_operators.html#Conditions_ARN).
func matchARN(e *env, want, seen string) (Answer, string) {
	wanted := e.splitARN(want)
	parts := strings.SplitN(seen, ":", 6)
	if len(wanted) < 6 {
		return Unknown, "the policy has " + quote(want) + ", which is no ARN of six parts"
	}
	if len(parts) < 6 {
		return No, "the request has " + quote(seen) + ", which is no ARN of six parts"
	}
	result, note := Yes, ""
	for i := range wanted {
		pattern, ok, n := e.expand(wanted[i], true)
		if ok == Yes {
			ok = answer(match(pattern, plain(parts[i])))
		}
		if n != "" {
			note = n
		}
		result = result.and(ok)
	}
	if result == Yes {
		note = ""
	}
	return result, note
}

// splitARN splits at the first five colons that stand outside a policy variable.
func (e *env) splitARN(text string) []string {
	var out []string
	start, inside := 0, false
	for i := 0; i < len(text) && len(out) < 5; i++ {
		switch {
		case e.variables && strings.HasPrefix(text[i:], "${"):
			inside = true
		case inside && text[i] == '}':
			inside = false
		case text[i] == ':' && !inside:
			out = append(out, text[start:i])
			start = i + 1
		}
	}
	return append(out, text[start:])
}

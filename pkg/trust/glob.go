package trust

// glyph is one character of a pattern; wild where it is a * or ? that stands for others.
type glyph struct {
	char rune
	wild bool
}

// glob reads a text in which every * and ? is a wildcard.
func glob(text string) []glyph {
	var out []glyph
	for _, c := range text {
		out = append(out, glyph{c, c == '*' || c == '?'})
	}
	return out
}

// plain reads a text in which nothing is a wildcard.
func plain(text string) []glyph {
	var out []glyph
	for _, c := range text {
		out = append(out, glyph{char: c})
	}
	return out
}

func globMatch(pattern, text string) bool { return match(glob(pattern), plain(text)) }

// match reports whether the pattern matches every text that the other pattern
// matches: * stands for any number of characters, ? for exactly one
// (reference_policies_elements_condition_operators.html#Conditions_String). For a
// text without wildcards the answer is exact; for a pattern, yes is certain and no
// may be overcautious ("?*" against "*?").
func match(pattern, text []glyph) bool {
	p, t, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p].wild && pattern[p].char == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && takes(pattern[p], text[t]):
			p, t = p+1, t+1
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p].wild && pattern[p].char == '*' {
		p++
	}
	return p == len(pattern)
}

// takes reports whether one glyph of a pattern, other than *, takes one of a text.
func takes(p, t glyph) bool {
	if p.wild {
		return !t.wild || t.char == '?'
	}
	return !t.wild && p.char == t.char
}

// Covers reports whether a pattern matches everything that the other matches; * and
// ? are wildcards in both. A yes is certain.
func Covers(pattern, other string) bool { return match(glob(pattern), glob(other)) }

// Meet reports whether there is a text that both patterns match; * and ? are wildcards in both.
func Meet(pattern, other string) bool { return meet(glob(pattern), glob(other)) }

// AnyAccount reports whether a subject, as a pattern, lets every service account of
// a cluster in.
func AnyAccount(subject string) bool { return Covers(subject, "system:serviceaccount:*:*") }

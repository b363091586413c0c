package trust

import "strings"

const serviceAccountPrefix = "system:serviceaccount:"

// AnySubject reports whether a subject, as a pattern, names too little: neither the
// namespace nor the service account's name is fixed, nor begins with something fixed. It
// lets service accounts in whose names their own makers choose. Of subjects of other
// issuers, such as repo:OWNER/NAME, what comes behind the kind must begin so.
func AnySubject(pattern string) bool {
	_, open := openSubject(Condition{}, pattern)
	return open
}

// openSubject gives a subject that such a pattern takes.
func openSubject(_ Condition, pattern string) (string, bool) {
	ofCluster := false
	for _, rest := range behind(glob(pattern), serviceAccountPrefix) {
		for _, split := range atColon(rest) {
			ofCluster = true
			if startsWild(split[0]) && startsWild(split[1]) {
				return serviceAccountPrefix + concrete(split[0]) + ":" + concrete(split[1]), true
			}
		}
	}
	head := literalHead(pattern)
	if ofCluster || head == pattern {
		return "", false
	}
	_, name, kind := strings.Cut(head, ":")
	return fill(pattern, "stranger"), head == "" || kind && name == ""
}

// behind is what can be left of a pattern once a text was taken from it.
func behind(pattern []glyph, text string) [][]glyph {
	states := map[int]bool{0: true}
	skip := func() { // a * may take nothing
		for i := range pattern {
			if states[i] && isStar(pattern[i]) {
				states[i+1] = true
			}
		}
	}
	for _, c := range text {
		skip()
		next := map[int]bool{}
		for i := range states {
			switch {
			case i == len(pattern):
			case isStar(pattern[i]):
				next[i] = true
			case pattern[i].wild || pattern[i].char == c:
				next[i+1] = true
			}
		}
		states = next
	}
	var out [][]glyph
	for i := 0; i <= len(pattern); i++ {
		if states[i] {
			out = append(out, pattern[i:])
		}
	}
	return out
}

// atColon are the ways to read a pattern as one of namespace and name: the colon between
// them is one of its own, or one that a wildcard takes. Names have no colons.
func atColon(pattern []glyph) [][2][]glyph {
	var out [][2][]glyph
	for i, g := range pattern {
		left, right := pattern[:i], pattern[i+1:]
		switch {
		case isStar(g):
			left, right = pattern[:i+1], pattern[i:]
		case !g.wild && g.char != ':':
			continue
		}
		if !hasColon(left) && !hasColon(right) && len(left) > 0 && len(right) > 0 {
			out = append(out, [2][]glyph{left, right})
		}
	}
	return out
}

func hasColon(pattern []glyph) bool {
	for _, g := range pattern {
		if !g.wild && g.char == ':' {
			return true
		}
	}
	return false
}

func startsWild(pattern []glyph) bool { return len(pattern) > 0 && pattern[0].wild }

func concrete(pattern []glyph) string { return fill(flat(pattern), "stranger") }

package render

import (
	"regexp"
	"regexp/syntax"
)

// already is the pattern with the value in place of its group: what matches it has the value
// already, though the group itself may match nothing but an old value.
func already(pattern *regexp.Regexp, value string) *regexp.Regexp {
	tree, err := syntax.Parse(pattern.String(), syntax.Perl)
	if err != nil {
		return pattern // unreachable: it was compiled
	}
	fill(tree, value)
	re, err := regexp.Compile(tree.String())
	if err != nil {
		return pattern
	}
	return re
}

// fill puts a literal into the pattern's group.
func fill(re *syntax.Regexp, value string) {
	if re.Op == syntax.OpCapture {
		re.Sub[0] = &syntax.Regexp{Op: syntax.OpLiteral, Rune: []rune(value)}
		return
	}
	for _, sub := range re.Sub {
		fill(sub, value)
	}
}

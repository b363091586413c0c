package trust

import (
	"regexp"
	"strings"
)

// variable is what stands between ${ and }: a key, in which a tag's name may have spaces,
// and perhaps a default "with a comma and space" before it
// (reference_policies_variables.html, "Specifying default values").
var variable = regexp.MustCompile(`^([^\s,'{}$*?](?:[^,'{}$*?]*[^\s,'{}$*?])?)(?:, '([^']*)')?$`)

// expand puts values in the place of policy variables. Yes comes with the pattern;
// No says that a variable has no value, so that "there is no equal or like value"
// (reference_policies_variables.html, "Policy variables with no value"); Unknown
// that it cannot be told. With wild, the text's own * and ? are wildcards; what a
// variable brings never is.
func (e *env) expand(text string, wild bool) ([]glyph, Answer, string) {
	own := plain
	if wild {
		own = glob
	}
	if !e.variables {
		return own(text), Yes, ""
	}
	var out []glyph
	for {
		before, rest, found := strings.Cut(text, "${")
		out = append(out, own(before)...)
		if !found {
			return out, Yes, ""
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, Unknown, "a policy variable has no }"
		}
		value, ok, note := e.variable(name, wild)
		if ok != Yes {
			return nil, ok, note
		}
		out = append(out, plain(value)...)
		text = after
	}
}

// variable gives the value of one variable.
func (e *env) variable(text string, wild bool) (string, Answer, string) {
	if text == "*" || text == "?" || text == "$" {
		return text, Yes, "" // "Special characters"
	}
	parts := variable.FindStringSubmatchIndex(text)
	if parts == nil {
		return "", Unknown, "${" + text + "} is no policy variable"
	}
	key := text[parts[2]:parts[3]]
	values, present := e.values(key)
	switch {
	case present == Unknown:
		return "", Unknown, "the value of ${" + key + "} is not known"
	case present == No && parts[4] >= 0:
		values = []string{text[parts[4]:parts[5]]}
	case present == No:
		return "", No, "${" + key + "} has no value in this request"
	case len(values) > 1:
		// "You can't use a multivalued condition key as a variable."
		return "", Unknown, "${" + key + "} has several values"
	case values[0] == "":
		// A key "that has no value" is null, and an empty text elsewhere counts as null
		// (reference_policies_elements_condition.html); a tag's value may be empty.
		return "", Unknown, "whether the empty value of ${" + key + "} counts as one is not documented"
	}
	if wild && strings.ContainsAny(values[0], "*?") {
		return "", Unknown, "whether the wildcard in the value of ${" + key + "} is one is not documented"
	}
	return values[0], Yes, ""
}

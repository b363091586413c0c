package trust

import (
	"slices"
	"strings"
)

// Lost says in words what permissions an old document gives and a new one does not, or may
// not: one phrase an action, such as "s3:PutObject on arn:aws:s3:::b/*", in their order, and
// one for each statement of the new one that denies more. It is empty where Narrows reports
// false.
func Lost(before, after Document) []string {
	var out []string
	if !variablesAlike(before, after) {
		out = append(out, "what its policy variables stood for")
	}
	for _, s := range before.statements {
		if s.allow && !after.hasIn(s) {
			out = append(out, s.lostTo(after)...)
		}
	}
	for _, s := range after.statements {
		if !s.allow && !before.hasIn(s) {
			out = append(out, s.words()+", which is denied")
		}
	}
	return sortedUnique(out)
}

// lostTo are the actions of an Allow of permissions that a document does not allow on all
// that the statement is about.
func (s Statement) lostTo(d Document) []string {
	if !s.lists() {
		return []string{s.words()}
	}
	var out []string
	for _, action := range s.actions {
		var resources []string
		for _, resource := range s.resources {
			one := s
			one.actions, one.resources = []string{action}, []string{resource}
			if !slices.ContainsFunc(d.statements, one.grownTo) {
				resources = append(resources, resource)
			}
		}
		if len(resources) > 0 {
			one := s
			one.actions, one.resources = []string{action}, resources
			out = append(out, one.words())
		}
	}
	return out
}

// words say what a statement of permissions is about.
func (s Statement) words() string {
	list := func(values []string, not bool) string {
		if not {
			return "all but " + anyOf(values)
		}
		return anyOf(values)
	}
	out := list(s.actions, s.notActions)
	if len(s.resources) > 0 {
		out += " on " + list(s.resources, s.notResources)
	}
	var keys []string
	for _, c := range s.conditions {
		keys = append(keys, c.Key)
	}
	if len(keys) > 0 {
		out += " with conditions on " + strings.Join(sortedUnique(keys), ", ")
	}
	return out
}

// anyOf lists values without quotes, the first few of many.
func anyOf(values []string) string {
	const most = 4
	if len(values) > most {
		return strings.Join(values[:most], ", ") + " and more"
	}
	return strings.Join(values, ", ")
}

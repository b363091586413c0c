package trust

import (
	"maps"
	"slices"
	"strings"
)

// env is a request, ready to be asked for keys.
type env struct {
	request Request
	context map[string][]string // by key in lower case
	perhaps map[string][]string // by key in lower case
	unknown []string            // in lower case
	absent  []string            // in lower case
	missing string              // in lower case: a key that the request has not, whatever unknown says
	// variables is false in a document of Version2008, where they are plain text
	// (reference_policies_variables.html).
	variables bool
}

func newEnv(r Request, variables bool) *env {
	e := &env{request: r, context: byLowerKey(r.Context), variables: variables}
	if len(r.Perhaps) > 0 {
		e.perhaps = byLowerKey(r.Perhaps)
	}
	for _, key := range r.Unknown {
		e.unknown = append(e.unknown, strings.ToLower(key))
	}
	for _, key := range r.Absent {
		e.absent = append(e.absent, strings.ToLower(key))
	}
	return e
}

// byLowerKey gives values by their key in lower case: "Context key names are not
// case-sensitive" (reference_policies_elements_condition.html).
func byLowerKey(context map[string][]string) map[string][]string {
	out := map[string][]string{}
	for _, key := range slices.Sorted(maps.Keys(context)) {
		if values := context[key]; len(values) > 0 {
			k := strings.ToLower(key)
			out[k] = append(out[k], values...)
		}
	}
	return out
}

// values gives the values of a key, and whether the request has it.
func (e *env) values(key string) ([]string, Answer) {
	key = strings.ToLower(key)
	if values := e.context[key]; len(values) > 0 {
		return values, Yes
	}
	if key == e.missing && key != "" {
		return nil, No
	}
	if len(e.perhaps[key]) > 0 || longest(e.unknown, key) > longest(e.absent, key) {
		return nil, Unknown
	}
	return nil, No
}

// longest is the length of the longest name in a list that a key fits; 0 for none. A name
// without * at its end counts more than any that has it.
func longest(names []string, key string) int {
	out := 0
	for _, name := range names {
		prefix, open := strings.CutSuffix(name, "*")
		switch {
		case name == key:
			out = max(out, len(key)+2)
		case open && strings.HasPrefix(key, prefix):
			out = max(out, len(prefix)+1)
		}
	}
	return out
}

// action holds the statement's actions against the request's. Prefix and name are
// case-insensitive, * and ? are wildcards
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html).
func (e *env) action(s Statement) Reason {
	r := Reason{Element: "Action", Wanted: s.actions, Seen: []string{e.request.Action}, Result: No}
	for _, a := range s.actions {
		r.Result = r.Result.or(answer(globMatch(strings.ToLower(a), strings.ToLower(e.request.Action))))
	}
	if s.notActions {
		r.Element, r.Result = "NotAction", r.Result.not()
	}
	return r
}

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
	unknown []string            // in lower case
	missing string              // in lower case: a key that the request has not, whatever unknown says
	// variables is false in a document of Version2008, where they are plain text
	// (reference_policies_variables.html).
	variables bool
}

func newEnv(r Request, variables bool) *env {
	e := &env{request: r, context: map[string][]string{}, variables: variables}
	// "Context key names are not case-sensitive" (reference_policies_elements_condition.html).
	for _, key := range slices.Sorted(maps.Keys(r.Context)) {
		if values := r.Context[key]; len(values) > 0 {
			k := strings.ToLower(key)
			e.context[k] = append(e.context[k], values...)
		}
	}
	for _, key := range r.Unknown {
		e.unknown = append(e.unknown, strings.ToLower(key))
	}
	return e
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
	for _, u := range e.unknown {
		prefix, open := strings.CutSuffix(u, "*")
		if u == key || open && strings.HasPrefix(key, prefix) {
			return nil, Unknown
		}
	}
	return nil, No
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

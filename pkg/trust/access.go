package trust

import (
	"slices"
	"strings"
)

// Access is one action on one resource, as a permission policy looks at it.
type Access struct {
	// Action is what is asked for, such as s3:GetObject. With * or ? it stands for all
	// the actions that match.
	Action string `json:"action"`
	// Resource is an ARN, or *. With * or ? it stands for all the resources that match.
	Resource string `json:"resource"`
	// Context, Perhaps, Unknown and Absent are as in Request. Where Context and Unknown are
	// empty, nothing more is known of the request: every other key is Unknown.
	Context map[string][]string `json:"context,omitempty"`
	Perhaps map[string][]string `json:"perhaps,omitempty"`
	Unknown []string            `json:"unknown,omitempty"`
	Absent  []string            `json:"absent,omitempty"`
}

// OfPod is the access with what is known of the credentials that a pod has. Nobody signed in with MFA
// for them, so that its key is not there, or false
// (reference_policies_condition-keys.html#condition-keys-multifactorauthpresent). Their tags are
// those of the role and of p's session; p has none of a session for IRSA, since the tokens of
// Kubernetes bring no tags
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp).
func (a Access) OfPod(p PodIdentity) Access {
	a.Perhaps = map[string][]string{"aws:MultiFactorAuthPresent": {"false"}}
	var unknown []string
	a.Context, a.Absent, unknown = p.principalTags()
	a.Unknown = append(unknown, "*")
	return a
}

// EvaluateAccess says whether one permission policy allows an access, and what decided.
// A policy that is not one of permissions, such as the zero Document, allows nothing.
//
// An access with wildcards is allowed where all of it is, and denied where all of it
// is; where a statement is about a part of it, the answer is Undecided. Only this
// document is asked: others of the role, its boundary, resource policies and those of
// an organization are not.
func EvaluateAccess(d Document, a Access) Decision { return EvaluateAccesses([]Document{d}, a) }

// EvaluateAccesses says whether several policies of one role together allow an access:
// one that allows is enough, and a Deny of any wins
// (reference_policies_evaluation-logic.html). Statements are counted through all
// documents, in their order.
func EvaluateAccesses(documents []Document, a Access) Decision {
	if len(a.Context) == 0 && len(a.Unknown) == 0 {
		a.Unknown = []string{"*"}
	}
	r := Request{Action: a.Action, Context: a.Context, Perhaps: a.Perhaps, Unknown: a.Unknown, Absent: a.Absent}
	outcomes := []Outcome{}
	for _, d := range documents {
		e := newEnv(r, d.version == Version2012)
		for _, s := range d.statements {
			outcomes = append(outcomes, e.access(s, a.Resource))
		}
	}
	return decisionOf(outcomes)
}

// access holds a statement of a permission policy against an access.
func (e *env) access(s Statement, resource string) Outcome {
	out := Outcome{Sid: s.sid, Effect: "Deny", Reasons: []Reason{e.accessAction(s), e.accessResource(s, resource)}, Applies: Yes}
	if s.allow {
		out.Effect = "Allow"
	}
	out.Reasons = append(out.Reasons, e.conditions(s)...)
	for _, r := range out.Reasons {
		out.Applies = out.Applies.and(r.Result)
	}
	return out
}

// accessAction holds the statement's actions against the one that is asked for, which
// may be a pattern.
func (e *env) accessAction(s Statement) Reason {
	r := Reason{Element: "Action", Wanted: nonNil(s.actions), Seen: []string{e.request.Action}, Result: No}
	for _, a := range s.actions {
		r.Result = r.Result.or(overlap(glob(strings.ToLower(a)), glob(strings.ToLower(e.request.Action))))
	}
	if s.notActions {
		r.Element, r.Result = "NotAction", r.Result.not()
	}
	return r
}

// accessResource holds the statement's resources against the one that is asked for.
// Variables stand for what the context says (reference_policies_variables.html).
func (e *env) accessResource(s Statement, resource string) Reason {
	r := Reason{Element: "Resource", Wanted: nonNil(s.resources), Seen: []string{resource}, Result: No}
	for _, want := range s.resources {
		pattern, ok, note := e.expand(want, true)
		if ok == Yes {
			ok = overlap(pattern, glob(resource))
		}
		if note != "" {
			r.Note = note
		}
		r.Result = r.Result.or(ok)
	}
	if s.notResources {
		r.Element, r.Result = "NotResource", r.Result.not()
	}
	if r.Result == Yes {
		r.Note = ""
	}
	return r
}

// overlap: Yes where the pattern matches all that the other stands for, No where it
// matches nothing of that, Unknown where it matches a part, or that is not certain.
func overlap(pattern, other []glyph) Answer {
	switch {
	case match(pattern, other):
		return Yes
	case !slices.ContainsFunc(other, func(g glyph) bool { return g.wild }), !meet(pattern, other):
		return No
	}
	return Unknown
}

// meet reports whether there is a text that both patterns match.
func meet(a, b []glyph) bool {
	// reach[j]: the first i glyphs of a and the first j of b can match the same text.
	reach := make([]bool, len(b)+1)
	for i := 0; i <= len(a); i++ {
		next := make([]bool, len(b)+1)
		for j := 0; j <= len(b); j++ {
			next[j] = i == 0 && j == 0 ||
				i > 0 && reach[j] && isStar(a[i-1]) ||
				j > 0 && next[j-1] && isStar(b[j-1]) ||
				i > 0 && j > 0 && reach[j-1] && share(a[i-1], b[j-1]) ||
				i > 0 && j > 0 && isStar(a[i-1]) && next[j-1] ||
				i > 0 && j > 0 && isStar(b[j-1]) && reach[j]
		}
		reach = next
	}
	return reach[len(b)]
}

func isStar(g glyph) bool { return g.wild && g.char == '*' }

// share: the two may stand for the same character.
func share(a, b glyph) bool { return a.wild || b.wild || a.char == b.char }

func nonNil(values []string) []string { return append([]string{}, values...) }

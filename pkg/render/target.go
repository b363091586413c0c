package render

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// targetObject gives the kind and the name pattern of the objects that a target is about.
func targetObject(t spec.Target) (kind, name string) {
	switch {
	case t.Workload != nil:
		return t.Workload.Kind, t.Workload.Name
	case t.Env != nil:
		return t.Env.Kind, t.Env.Name
	case t.Field != nil:
		return t.Field.Kind, t.Field.Name
	case t.Embedded != nil:
		return t.Embedded.Kind, t.Embedded.Name
	}
	return "", ""
}

// targetNamespace gives the namespace that the target's objects must be in; empty for any.
func (s *session) targetNamespace(t spec.Target, a *account) string {
	switch {
	case t.Workload != nil && t.Workload.Namespace != "":
		return t.Workload.Namespace
	case t.Workload != nil:
		return a.namespace // a pod runs as a service account of its own namespace
	case t.Env != nil:
		return t.Env.Namespace
	case t.Field != nil:
		return t.Field.Namespace
	case t.Embedded != nil:
		return t.Embedded.Namespace
	}
	return ""
}

// outcome is what matching one target came to. Nothing is changed while matching, so
// that an alternative that does not match leaves no trace.
type outcome struct {
	ok bool
	do []func() // the changes, once the target is chosen
	// miss says what is there instead, where nothing matched; why is asked for it where
	// that takes a search, which is wanted only on the way to an error.
	miss Message
	why  func() Message
	// fault is true where an object is meant and cannot be changed: that is an error
	// even where other objects match.
	fault bool
}

// message is what is there instead.
func (o outcome) message() Message {
	if o.why != nil {
		return o.why()
	}
	return o.miss
}

func missed(m Message) outcome  { return outcome{miss: m} }
func faulty(m Message) outcome  { return outcome{miss: m, fault: true} }
func does(do ...func()) outcome { return outcome{ok: true, do: do} }

// targets makes everything that irsa.yaml names run as its service account, and hold the ARN of
// its role.
func (s *session) targets() {
	for _, a := range s.accounts {
		s.all(wanted{account: a, value: a.Name}, a.UsedBy)
		if len(a.RoleIn) > 0 && a.arn == "" {
			s.faults.add(Message{
				Message: fmt.Sprintf("writing the role of service account %s (%s:%d): its ARN is not known", a, fileOf(s.spec, a.RoleIn[0].File), a.RoleIn[0].Line),
				Hint:    "write role.arn, or cluster.accountID and cluster.region beside role.name",
			})
			continue
		}
		s.all(wanted{account: a, value: a.arn, role: true}, a.RoleIn)
	}
}

// all makes the targets of one list hold a value.
func (s *session) all(w wanted, targets []spec.Target) {
	for _, t := range targets {
		switch out := s.target(w, t); {
		case out.ok:
			for _, do := range out.do {
				do()
			}
		case out.fault || !s.hooksOnly:
			s.faults.add(s.located(w, t, out.message()))
		}
	}
}

// located says where in irsa.yaml the target stands.
func (s *session) located(w wanted, t spec.Target, miss Message) Message {
	what := "making the release run as service account"
	if w.role {
		what = "writing the role of service account"
	}
	miss.Message = fmt.Sprintf("%s %s (%s:%d): %s", what, w.account, fileOf(s.spec, t.File), t.Line, miss.Message)
	return miss
}

// target matches one target.
func (s *session) target(w wanted, t spec.Target) outcome {
	switch {
	case len(t.AnyOf) > 0:
		return s.firstOf(w, t.AnyOf)
	case t.Preset != "":
		return s.preset(w, s.presets[t.Preset])
	case t.Value != "":
		return s.valueShown(w, t.Value)
	}
	kind, name := targetObject(t)
	namespace := s.targetNamespace(t, w.account)
	all := missed(Message{})
	var last *object
	for _, o := range s.matching(kind, name, namespace) {
		last = o
		switch out := s.matchObject(w, t, o); {
		case out.fault:
			return out
		case out.ok:
			all.ok = true
			all.do = append(all.do, out.do...)
		default:
			all.miss, all.why = out.miss, out.why
		}
	}
	if !all.ok {
		said := all
		all.why = func() Message { return s.nowhere(said, last, w.account, t) }
	}
	return all
}

// nowhere says why a target matches nothing: what was said of the last object that it
// might be about, be it in another namespace, or that there is none.
func (s *session) nowhere(said outcome, last *object, a *account, t spec.Target) Message {
	kind, name := targetObject(t)
	all := s.matching(kind, name, "")
	if len(all) == 0 {
		return s.noObject(kind, name)
	}
	if o := all[len(all)-1]; o != last {
		is := o.namespace(s.release)
		return Message{Message: fmt.Sprintf("%s is in namespace %q, not %q", o, is, s.targetNamespace(t, a)), Hint: s.wayInto(is, a, t)}
	}
	return said.message()
}

// wayInto says what to write so that a target is looked for in the namespace where it is.
func (s *session) wayInto(is string, a *account, t spec.Target) string {
	if t.Workload == nil || t.Workload.Namespace != "" {
		return fmt.Sprintf("write namespace: %s in this target", is)
	}
	hint := fmt.Sprintf("a pod runs as a service account of its own namespace: list %s with namespace: %s, and this workload under its usedBy", a.Name, is)
	if s.assumed && a.Namespace == "" {
		hint = fmt.Sprintf("pass --namespace %s to Helm where the release is meant to be there; else ", is) + hint
	}
	return hint
}

// matchObject matches a target with one object of its kind and name.
func (s *session) matchObject(w wanted, t spec.Target, o *object) outcome {
	switch {
	case t.Workload != nil:
		return s.workload(w, o)
	case t.Env != nil:
		return s.env(w, t.Env, o)
	case t.Field != nil:
		return s.field(w, t.Field, o)
	}
	return s.embedded(w, t.Embedded, o)
}

// firstOf takes all that match of the first alternative that matches anything.
func (s *session) firstOf(w wanted, alternatives []spec.Target) outcome {
	var outs []outcome
	for _, t := range alternatives {
		out := s.target(w, t)
		if out.ok {
			return out
		}
		outs = append(outs, out)
	}
	return outcome{why: func() Message {
		var misses []string
		hint := ""
		for _, out := range outs {
			m := out.message()
			misses = append(misses, m.Message)
			hint = cmp.Or(hint, m.Hint)
		}
		return Message{Message: "no alternative of anyOf matches: " + strings.Join(misses, "; "), Hint: hint}
	}}
}

// manyHints is how many faults are worth a search for what was meant: who reads more
// faults than that has seen what they have in common.
const manyHints = 100

// noObject says that nothing of a kind and name is there, and what comes nearest.
func (s *session) noObject(kind, name string) Message {
	if s.memory.hints++; s.memory.hints > manyHints {
		return Message{Message: fmt.Sprintf("the release has no %s/%s", kind, name)}
	}
	there := s.objectsNear(kind)
	m := Message{Message: fmt.Sprintf("the release has no %s/%s", kind, name)}
	if near, ok := spec.Nearest(name, there.same); ok {
		m.Hint = fmt.Sprintf("did you mean %s/%s", kind, near)
	} else if len(there.same) > 0 {
		m.Hint = fmt.Sprintf("it has %s", list(kind, there.same))
	} else if near, ok := spec.Nearest(kind+"/"+name, there.whole); ok {
		m.Hint = "did you mean " + near
	} else if near, ok := spec.Nearest(name, there.all); ok {
		m.Hint = fmt.Sprintf("did you mean %s", there.full[near])
	} else if s.report.Dialect == "helm3" && (kind == "Job" || kind == "Pod") {
		m.Hint = fmt.Sprintf("it has no %s at all; if it is a hook: Helm 3 shows hooks to no post-renderer", kind)
	} else {
		m.Hint = fmt.Sprintf("it has no %s at all; see `helm template` for what it has", kind)
	}
	return m
}

// namedObjects are the names of what somebody may have meant who wrote a kind: those of that kind,
// all, all with their kinds, and these by the name.
type namedObjects struct {
	same, all, whole []string
	full             map[string]string
}

// objectsNear reads what it must for that, once a kind.
func (s *session) objectsNear(kind string) *namedObjects {
	if there := s.memory.named[kind]; there != nil {
		return there
	}
	there := &namedObjects{full: map[string]string{}}
	s.memory.named[kind] = there
	for _, d := range s.docs {
		if d.Empty() || !s.nearby(d, kind) || d.parse() != nil {
			continue
		}
		for _, o := range d.objects {
			if o.kind == kind {
				there.same = append(there.same, o.name)
			}
			there.all = append(there.all, o.name)
			there.whole = append(there.whole, o.String())
			there.full[o.name] = o.String()
		}
	}
	return there
}

// nearby reports whether a document may hold what somebody meant who wrote kind.
func (s *session) nearby(d *document, kind string) bool {
	if d.Odd || d.Kind == kind || d.Kind == "ConfigMap" || s.kinds.MayRun(d.Kind) || manifest.IsList(d.Kind) {
		return true
	}
	_, near := spec.Nearest(kind, []string{d.Kind})
	return near
}

// list names some of many.
func list(kind string, names []string) string {
	const most = 5
	more := ""
	if len(names) > most {
		more = fmt.Sprintf(" and %d more", len(names)-most)
		names = names[:most]
	}
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = kind + "/" + name
	}
	return strings.Join(out, ", ") + more
}

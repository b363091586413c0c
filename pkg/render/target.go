package render

import (
	"fmt"
	"path"
	"strings"

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
		return a.namespace // a pod runs as an account of its own namespace
	case t.Env != nil:
		return t.Env.Namespace
	case t.Field != nil:
		return t.Field.Namespace
	case t.Embedded != nil:
		return t.Embedded.Namespace
	}
	return ""
}

// targets makes everything that irsa.yaml names run as its account.
func (s *session) targets() {
	for _, a := range s.accounts {
		for _, t := range a.UsedBy {
			matched, miss := s.target(a, t)
			if !matched && !s.hooksOnly {
				s.faults.add(s.located(a, t, miss))
			}
		}
	}
}

// located says where in irsa.yaml the target stands.
func (s *session) located(a *account, t spec.Target, miss Message) Message {
	miss.Message = fmt.Sprintf("making the release run as account %s (%s:%d): %s", a, fileName(s.spec), t.Line, miss.Message)
	return miss
}

// target applies one target. Where it matches nothing, the message says what is there instead.
func (s *session) target(a *account, t spec.Target) (bool, Message) {
	switch {
	case len(t.AnyOf) > 0:
		return s.firstOf(a, t.AnyOf)
	case t.Preset != "":
		return s.preset(a, s.presets[t.Preset])
	case t.Value != "":
		return s.valueShown(a, t.Value)
	}
	kind, name := targetObject(t)
	namespace := s.targetNamespace(t, a)
	matched := false
	var nearMiss Message
	for _, o := range s.objects() {
		if o.kind != kind || !nameMatches(name, o.name) {
			continue
		}
		if namespace != "" && o.namespace(s.release) != namespace {
			nearMiss = Message{Message: fmt.Sprintf("%s is in namespace %q, not %q", o, o.namespace(s.release), namespace)}
			continue
		}
		ok, miss := s.applyTo(a, t, o)
		if ok {
			matched = true
		} else {
			nearMiss = miss
		}
	}
	switch {
	case matched:
		return true, Message{}
	case nearMiss.Message != "":
		return false, nearMiss
	}
	return false, s.noObject(kind, name)
}

// applyTo applies a target to one object of its kind and name.
func (s *session) applyTo(a *account, t spec.Target, o *object) (bool, Message) {
	switch {
	case t.Workload != nil:
		return s.workload(a, o)
	case t.Env != nil:
		return s.env(a, t.Env, o)
	case t.Field != nil:
		return s.field(a, t.Field, o)
	}
	return s.embedded(a, t.Embedded, o)
}

// firstOf applies all of the first alternative that matches anything.
func (s *session) firstOf(a *account, alternatives []spec.Target) (bool, Message) {
	var misses []string
	hint := ""
	for _, t := range alternatives {
		ok, miss := s.target(a, t)
		if ok {
			return true, Message{}
		}
		misses = append(misses, miss.Message)
		if hint == "" {
			hint = miss.Hint
		}
	}
	return false, Message{Message: "no alternative of anyOf matches: " + strings.Join(misses, "; "), Hint: hint}
}

// nameMatches compares a name with a shell pattern. A pattern that is not well
// formed matches only itself.
func nameMatches(pattern, name string) bool {
	if pattern == name {
		return true
	}
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

// noObject says that nothing of a kind and name is there, and what comes nearest.
// It reads what it must for that: this is the way to an error, not the usual one.
func (s *session) noObject(kind, name string) Message {
	var same, all []string
	full := map[string]string{}
	for _, d := range s.docs {
		near := d.Odd || d.Kind == kind || d.Kind == "ConfigMap" || s.kinds[d.Kind] != nil || strings.HasSuffix(d.Kind, "List")
		if d.Empty() || !near || d.parse() != nil {
			continue
		}
		for _, o := range d.objects {
			if o.kind == kind {
				same = append(same, o.name)
			}
			if s.kinds.find(o.group, o.kind) != nil || o.kind == "ConfigMap" {
				all = append(all, o.name)
				full[o.name] = o.String()
			}
		}
	}
	m := Message{Message: fmt.Sprintf("the release has no %s/%s", kind, name)}
	if near, ok := spec.Nearest(name, same); ok {
		m.Hint = fmt.Sprintf("did you mean %s/%s", kind, near)
	} else if len(same) > 0 {
		m.Hint = fmt.Sprintf("it has %s", list(kind, same))
	} else if near, ok := spec.Nearest(name, all); ok {
		m.Hint = fmt.Sprintf("did you mean %s", full[near])
	} else {
		m.Hint = fmt.Sprintf("it has no %s at all; see `helm template` for what it has", kind)
	}
	return m
}

// list names some of many.
func list(kind string, names []string) string {
	const most = 5
	more := ""
	if len(names) > most {
		more = fmt.Sprintf(" and %d more", len(names)-most)
		names = names[:most]
	}
	for i := range names {
		names[i] = kind + "/" + names[i]
	}
	return strings.Join(names, ", ") + more
}

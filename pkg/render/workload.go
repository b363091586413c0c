package render

import (
	"fmt"

	"github.com/helm-irsa/helm-irsa/pkg/render/internal/yamledit"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// place is one seat of one object, found in the stream.
type place struct {
	seat
	at yamledit.Ref // the holder
}

// places finds the seats of a workload; nil for what runs no pods.
func (s *session) places(o *object) []place {
	var out []place
	for _, seat := range s.kinds.find(o.group, o.kind) {
		if seat.field == "" {
			continue
		}
		for _, at := range resolve(o.root, seat.holder) {
			if !at.IsMap() || seat.override && !at.Get(seat.field).Ok() {
				continue
			}
			out = append(out, place{seat, at})
		}
	}
	return out
}

// account is the account that the pods of the place run as in the stream: default
// where it names none. The deprecated twin counts where it stands alone.
func (p place) account() string {
	if name := p.at.Get(p.field).Text(); name != "" {
		return name
	}
	if p.pod {
		if name := p.at.Get("serviceAccount").Text(); name != "" {
			return name
		}
	}
	return "default"
}

// workload makes the pods of an object run as the account.
func (s *session) workload(a *account, o *object) (bool, Message) {
	places := s.places(o)
	if len(places) == 0 {
		if s.kinds.find(o.group, o.kind) == nil {
			return false, Message{
				Message: fmt.Sprintf("%s is of a kind that is not known to run pods", o),
				Hint:    fmt.Sprintf("add to irsa.yaml: workloadKinds: [{group: %q, kind: %s, paths: [spec.path.to.serviceAccountName]}]", o.group, o.kind),
			}
		}
		return false, Message{Message: fmt.Sprintf("%s has no pod spec where its kind has one", o)}
	}
	if other := o.accountDecidedBy; other != nil && other != a {
		return false, Message{
			Message: fmt.Sprintf("%s is already made to run as account %s (%s:%d)", o, other, fileName(s.spec), other.Line),
			Hint:    "keep it in usedBy of one account",
		}
	}
	o.accountDecidedBy = a
	left := map[string]bool{}
	for _, p := range places {
		if old := p.account(); old != a.Name {
			left[old] = true
			s.moved(o, old, a)
		}
		s.sit(a, o, p)
	}
	return true, Message{}
}

// sit makes one place name the account, in the field and in its twin where that is present.
func (s *session) sit(a *account, o *object, p place) {
	c := Change{Account: a.String(), Reason: "usedBy workload"}
	s.setField(o, p.at, p.field, a.Name, c, fieldOf(spec.PathString(p.holder)))
	if !p.pod {
		return
	}
	for _, twin := range p.at.All("serviceAccount") {
		if twin.Text() != a.Name && !twin.Inherited() {
			tc := c
			tc.Field, tc.Reason = spec.PathString(p.holder)+".serviceAccount", "deprecated twin of serviceAccountName"
			s.set(o, twin, a.Name, tc)
		}
	}
}

// setField makes a field of a mapping hold a value, in every occurrence of the key.
func (s *session) setField(o *object, holder yamledit.Ref, key, value string, c Change, under string) {
	if c.Field == "" {
		c.Field = key
		if under != "" {
			c.Field = under + "." + key
		}
	}
	fields := holder.All(key)
	if len(fields) == 0 || fields[0].Inherited() {
		if len(fields) == 0 || fields[len(fields)-1].Text() != value {
			s.insert(o, holder, key, value, c)
		}
		return
	}
	s.repeated(o, key, fields)
	noted := false
	for _, f := range fields {
		switch {
		case f.Text() == value && !f.IsNull():
		case noted:
			o.doc.tree.Set(f, value)
		default:
			s.set(o, f, value, c)
			noted = true
		}
	}
}

// env makes an environment variable hold the account's name.
func (s *session) env(a *account, t *spec.EnvTarget, o *object) (bool, Message) {
	c := Change{Account: a.String(), Reason: "usedBy env"}
	matched, containers := false, 0
	var names, variables []string
	for _, p := range s.places(o) {
		for _, list := range []string{"containers", "initContainers"} {
			for _, ctr := range p.at.Get(list).Items() {
				name := ctr.Get("name").Text()
				names = append(names, name)
				if t.Container != "" && t.Container != name {
					continue
				}
				containers++
				for _, v := range ctr.Get("env").Items() {
					variables = append(variables, v.Get("name").Text())
					if v.Get("name").Text() != t.Variable {
						continue
					}
					if v.Get("valueFrom").Ok() && !v.Get("valueFrom").IsNull() {
						return false, Message{Message: fmt.Sprintf("variable %s of %s, container %s, comes from valueFrom, not from a value", t.Variable, o, name)}
					}
					vc := c
					vc.Field = fmt.Sprintf("env %s of container %s", t.Variable, name)
					s.setField(o, v, "value", a.Name, vc, "")
					matched = true
				}
			}
		}
	}
	switch {
	case matched:
		return true, Message{}
	case containers == 0 && t.Container != "":
		return false, missing(fmt.Sprintf("%s has no container %s", o, t.Container), t.Container, names)
	case !t.Add:
		m := missing(fmt.Sprintf("%s has no environment variable %s", o, t.Variable), t.Variable, variables)
		if m.Hint == "" {
			m.Hint = "to have it added, write add: true beside variable"
		}
		return false, m
	}
	return s.addEnv(a, t, o, c)
}

func missing(what, name string, there []string) Message {
	m := Message{Message: what}
	if near, ok := spec.Nearest(name, there); ok {
		m.Hint = "did you mean " + near
	}
	return m
}

// addEnv adds the variable to the one container that can be meant.
func (s *session) addEnv(a *account, t *spec.EnvTarget, o *object, c Change) (bool, Message) {
	var meant []yamledit.Ref
	for _, p := range s.places(o) {
		for _, ctr := range p.at.Get("containers").Items() {
			if t.Container == "" || ctr.Get("name").Text() == t.Container {
				meant = append(meant, ctr)
			}
		}
	}
	if len(meant) != 1 {
		return false, Message{
			Message: fmt.Sprintf("%s has no environment variable %s, and %d containers that could get it", o, t.Variable, len(meant)),
			Hint:    "write container: NAME beside variable",
		}
	}
	ctr := meant[0]
	item := yamledit.Map(yamledit.Pair{Key: "name", Value: yamledit.Str(t.Variable)}, yamledit.Pair{Key: "value", Value: yamledit.Str(a.Name)})
	if lists := ctr.All("env"); len(lists) > 0 {
		for _, l := range lists {
			o.doc.tree.Prepend(l, item)
		}
	} else {
		o.doc.tree.Insert(ctr, "env", yamledit.Seq(item))
	}
	c.Action, c.To, c.Field = "add", a.Name, fmt.Sprintf("env %s of container %s", t.Variable, ctr.Get("name").Text())
	s.note(o, c)
	return true, Message{}
}

// field makes any field hold the account's name. It is a move where the field is a seat of a workload.
func (s *session) field(a *account, t *spec.FieldTarget, o *object) (bool, Message) {
	path, err := spec.ParsePath(t.Path)
	if err != nil {
		return false, Message{Message: err.Error()}
	}
	last := path[len(path)-1]
	c := Change{Account: a.String(), Reason: "usedBy field", Field: t.Path}
	if last.Kind != spec.KeyPart {
		return s.elements(a, o, resolve(o.root, path), c)
	}
	matched := false
	for _, holder := range resolve(o.root, path[:len(path)-1]) {
		if !holder.IsMap() && !holder.IsNull() {
			continue
		}
		if f := holder.Get(last.Key); f.IsMap() || f.IsSeq() {
			return false, Message{Message: fmt.Sprintf("%s of %s is not text but a collection", t.Path, o)}
		}
		matched = true
		if old := holder.Get(last.Key).Text(); old != "" && old != a.Name {
			s.moved(o, old, a)
		}
		s.setField(o, holder, last.Key, a.Name, c, "")
	}
	if matched {
		return true, Message{}
	}
	return false, deepest(o, path)
}

// elements sets list elements that hold a name each.
func (s *session) elements(a *account, o *object, refs []yamledit.Ref, c Change) (bool, Message) {
	for _, r := range refs {
		if r.IsMap() || r.IsSeq() {
			return false, Message{Message: fmt.Sprintf("%s of %s is not text but a collection", c.Field, o)}
		}
		if r.Text() != a.Name {
			s.set(o, r, a.Name, c)
		}
	}
	if len(refs) == 0 {
		return false, Message{Message: fmt.Sprintf("%s has no %s", o, c.Field)}
	}
	return true, Message{}
}

// deepest says how far the path leads.
func deepest(o *object, path []spec.PathPart) Message {
	for n := len(path) - 2; n > 0; n-- {
		if at := resolve(o.root, path[:n]); len(at) > 0 {
			var keys []string
			for _, e := range at[0].Entries() {
				keys = append(keys, e.Key)
			}
			return missing(fmt.Sprintf("%s has %s but no %s", o, spec.PathString(path[:n]), spec.PathString(path[:n+1])), path[n].Key, keys)
		}
	}
	return Message{Message: fmt.Sprintf("%s has no %s", o, spec.PathString(path[:1]))}
}

package render

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/render/internal/yamledit"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// container is one container of a workload.
type container struct {
	name string
	init bool
	at   yamledit.Ref
}

func (s *session) containers(o *object) []container {
	var out []container
	for _, p := range s.places(o) {
		for _, list := range []string{"containers", "initContainers"} {
			for _, c := range p.at.Get(list).Items() {
				out = append(out, container{c.Get("name").Text(), list == "initContainers", c})
			}
		}
	}
	return out
}

// env makes an environment variable hold the value.
func (s *session) env(w wanted, t *spec.EnvTarget, o *object) outcome {
	c := Change{Account: w.account.String(), Reason: w.list() + "env"}
	has := s.containerIndex(o)
	var found spots
	for _, v := range has.byName[t.Variable] {
		if t.Container != "" && t.Container != v.name {
			continue
		}
		if from := v.at.Get("valueFrom"); from.Ok() && !from.IsNull() {
			return faulty(Message{Message: fmt.Sprintf("variable %s of %s, container %s, comes from valueFrom, not from a value", t.Variable, o, v.name)})
		}
		found.found = append(found.found, spot{o: o, holder: v.at, keys: []string{"value"}, field: variable(t, v.container), key: t.Variable})
	}
	if len(found.found) > 0 {
		return s.write(w, found, c, writing{pattern: t.Pattern, bindings: t.Bindings})
	}
	meant := has.meant(t.Container)
	switch {
	case t.Container != "" && len(meant) == 0:
		return outcome{why: func() Message {
			names, _ := has.names("")
			return missing(fmt.Sprintf("%s has no container %s", o, t.Container), t.Container, names)
		}}
	case !t.Add || t.Pattern != "":
		return outcome{why: func() Message {
			_, variables := has.names(t.Container)
			m := missing(fmt.Sprintf("%s has no environment variable %s", o, t.Variable), t.Variable, variables)
			if m.Hint == "" {
				m.Hint = "to have it added, write add: true beside variable"
			}
			return m
		}}
	case len(meant) != 1:
		return faulty(Message{
			Message: fmt.Sprintf("%s has no environment variable %s, and %d containers that could get it", o, t.Variable, len(meant)),
			Hint:    "write container: NAME beside variable",
		})
	}
	if why, bad := w.nonsense(t.Variable, ""); bad {
		why.Message = fmt.Sprintf("%s of %s %s", variable(t, meant[0]), o, why.Message)
		return faulty(why)
	}
	return does(func() { s.addVariable(w, t, o, meant[0]) })
}

func variable(t *spec.EnvTarget, ctr container) string {
	return fmt.Sprintf("env %s of container %s", t.Variable, ctr.name)
}

// newVariables are the variables that one container gets, in order.
type newVariables struct {
	object *object
	at     yamledit.Ref
	items  []*yaml.Node
}

// addVariable notes that a container gets a variable; finishVariables writes them.
func (s *session) addVariable(w wanted, t *spec.EnvTarget, o *object, ctr container) {
	c := Change{Action: "add", Account: w.account.String(), Reason: w.list() + "env", Field: variable(t, ctr), To: w.value}
	if !s.claimed(o, ctr.at, "env "+t.Variable, w.value, c) {
		return
	}
	s.note(o, c)
	item := yamledit.Map(yamledit.Pair{Key: "name", Value: yamledit.Str(t.Variable)}, yamledit.Pair{Key: "value", Value: yamledit.Str(w.value)})
	if n := s.memory.variables[claimOf(ctr.at, "")]; n != nil {
		n.items = append(n.items, item)
		return
	}
	n := &newVariables{o, ctr.at, []*yaml.Node{item}}
	s.memory.variables[claimOf(ctr.at, "")] = n
	s.variables = append(s.variables, n)
}

// finishVariables writes the variables that containers did not have.
func (s *session) finishVariables() {
	for _, n := range s.variables {
		lists := n.at.All("env")
		if len(lists) == 0 {
			n.object.doc.tree.Insert(n.at, "env", yamledit.Seq(n.items...))
		}
		for _, l := range lists {
			for _, item := range n.items {
				n.object.doc.tree.Prepend(l, item)
			}
		}
	}
}

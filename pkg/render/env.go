package render

import (
	"fmt"

	"sigs.k8s.io/kustomize/kyaml/yaml"

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

// env makes an environment variable hold the account's name.
func (s *session) env(a *account, t *spec.EnvTarget, o *object) outcome {
	all := missed(Message{})
	var names, variables []string
	var meant []container
	for _, ctr := range s.containers(o) {
		names = append(names, ctr.name)
		if t.Container != "" && t.Container != ctr.name {
			continue
		}
		if !ctr.init || t.Container != "" {
			meant = append(meant, ctr)
		}
		for _, v := range ctr.at.Get("env").Items() {
			variables = append(variables, v.Get("name").Text())
			if v.Get("name").Text() != t.Variable {
				continue
			}
			if from := v.Get("valueFrom"); from.Ok() && !from.IsNull() {
				return faulty(Message{Message: fmt.Sprintf("variable %s of %s, container %s, comes from valueFrom, not from a value", t.Variable, o, ctr.name)})
			}
			c := Change{Account: a.String(), Reason: usedBy + "env", Field: variable(t, ctr)}
			all.ok = true
			all.do = append(all.do, func() { s.setField(o, v, "value", a.Name, c) })
		}
	}
	switch {
	case all.ok:
		return all
	case t.Container != "" && len(meant) == 0:
		return missed(missing(fmt.Sprintf("%s has no container %s", o, t.Container), t.Container, names))
	case !t.Add:
		m := missing(fmt.Sprintf("%s has no environment variable %s", o, t.Variable), t.Variable, variables)
		if m.Hint == "" {
			m.Hint = "to have it added, write add: true beside variable"
		}
		return missed(m)
	case len(meant) != 1:
		return faulty(Message{
			Message: fmt.Sprintf("%s has no environment variable %s, and %d containers that could get it", o, t.Variable, len(meant)),
			Hint:    "write container: NAME beside variable",
		})
	}
	return does(func() { s.addVariable(a, t, o, meant[0]) })
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
func (s *session) addVariable(a *account, t *spec.EnvTarget, o *object, ctr container) {
	c := Change{Action: "add", Account: a.String(), Reason: usedBy + "env", Field: variable(t, ctr), To: a.Name}
	if !s.claimed(o, ctr.at, "env "+t.Variable, a.Name, c) {
		return
	}
	s.note(o, c)
	item := yamledit.Map(yamledit.Pair{Key: "name", Value: yamledit.Str(t.Variable)}, yamledit.Pair{Key: "value", Value: yamledit.Str(a.Name)})
	for _, n := range s.variables {
		if n.at.Raw() == ctr.at.Raw() {
			n.items = append(n.items, item)
			return
		}
	}
	s.variables = append(s.variables, &newVariables{o, ctr.at, []*yaml.Node{item}})
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

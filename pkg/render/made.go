package render

import (
	"fmt"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/render/internal/yamledit"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// madeFor writes the role into the object that an operator makes the service account for;
// false where the object says that another one is to be used, or names a place for it.
func (s *session) madeFor(w wanted, kind *manifest.Kind, o *object) (outcome, bool) {
	a := w.account
	var names []string
	for _, m := range kind.Makes {
		if m.Unless != nil {
			if at := resolve(o.root, m.Unless); len(at) > 0 && at[len(at)-1].Text() != "" {
				continue
			}
		}
		names = append(names, m.NameFor(o.name))
		if m.NameFor(o.name) == a.Name {
			return s.annotateMade(w, m, o), true
		}
	}
	if len(names) == 0 || kind.Runs() && !w.role {
		return outcome{}, false
	}
	return faulty(Message{
		Message: fmt.Sprintf("for %s the operator makes service account %s itself, and irsa.yaml calls it %s", o, names[0], a.Name),
		Hint:    fmt.Sprintf("call it %s in irsa.yaml, with create: never", names[0]),
	}), true
}

// annotateMade puts the annotations where the operator takes them from.
func (s *session) annotateMade(w wanted, m manifest.Made, o *object) outcome {
	a := w.account
	if a.Create == "always" {
		return faulty(Message{
			Message: fmt.Sprintf("service account %s is made by the operator of %s, and irsa.yaml says create: always", a, o),
			Hint:    "write create: never",
		})
	}
	if len(a.annotations()) == 0 {
		return does(func() { a.added = false })
	}
	last := len(m.Annotations) - 1
	keys, _ := keyNames(m.Annotations)
	return does(func() {
		// Whoever makes it twice has two owners, who undo each other's work.
		a.added = false
		a.made = true
		c := Change{Account: a.String(), Reason: w.list() + "workload", Field: spec.PathString(m.Annotations[:last])}
		if holders := resolve(o.root, m.Annotations[:last]); len(holders) > 0 {
			s.annotate(o, annotated{holders, keys[last]}, a.annotations(), c)
			return
		}
		at, missing := deepest(o.root, keys)
		for _, n := range a.annotations() {
			c.Field, c.To = spec.PathString(append(m.Annotations[:last+1:last+1], spec.PathPart{Key: n.key})), ""
			s.make(o, at, append(missing[:len(missing):len(missing)], n.key), n.value, c)
		}
	})
}

// deepest goes along keys as far as there are mappings, and gives the keys that are left.
func deepest(at yamledit.Ref, keys []string) (yamledit.Ref, []string) {
	for len(keys) > 0 {
		next := at.Get(keys[0])
		if !next.IsMap() && !(next.Ok() && next.IsNull()) {
			break
		}
		at, keys = next, keys[1:]
	}
	return at, keys
}

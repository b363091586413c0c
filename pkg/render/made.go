package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/render/internal/yamledit"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// madeFor writes the role into the object that an operator makes the service account for;
// false where the object names another one in its place, or one may be named.
func (s *session) madeFor(w wanted, kind *manifest.Kind, o *object) (outcome, bool) {
	a := w.account
	var names []string
	for _, m := range kind.Makes {
		if textAt(o, m.Unless) != "" {
			continue
		}
		name := cmp.Or(textAt(o, m.NameField), m.NameFor(o.name))
		if name == a.Name || name == "" {
			return s.giveRole(w, kind, m, o), true
		}
		names = append(names, name)
	}
	if len(names) == 0 || kind.Movable() && !w.role {
		return outcome{}, false
	}
	m := Message{
		Message: fmt.Sprintf("for %s the operator makes service account %s itself, and irsa.yaml calls it %s", o, strings.Join(names, " or "), a.Name),
		Hint:    fmt.Sprintf("call it %s in irsa.yaml, with create: never", names[0]),
	}
	if i := slices.IndexFunc(kind.Makes, func(m manifest.Made) bool { return m.Unless != nil }); i >= 0 && !w.role {
		m.Hint += fmt.Sprintf("; or have the object name %s: field: {kind: %s, name: %s, path: %s}", a.Name, o.kind, o.name, spec.PathString(kind.Makes[i].Unless))
	}
	if near, ok := spec.Nearest(a.Name, names); ok {
		m.Hint = fmt.Sprintf("did you mean %s", near)
	}
	return faulty(m), true
}

// textAt is the text at a path of the object; empty for no path.
func textAt(o *object, path []spec.PathPart) string {
	if path == nil {
		return ""
	}
	text := ""
	for _, r := range resolve(o.root, path) {
		text = r.Text()
	}
	return text
}

// giveRole puts the annotations, or the ARN, where the operator takes them from.
func (s *session) giveRole(w wanted, kind *manifest.Kind, m manifest.Made, o *object) outcome {
	a := w.account
	if a.Create == "always" {
		return faulty(Message{
			Message: fmt.Sprintf("service account %s is made by the operator of %s, and irsa.yaml says create: always", a, o),
			Hint:    "write create: never",
		})
	}
	return does(func() {
		// Whoever makes it as well has two owners of it, who undo each other's work.
		a.added, a.made = false, true
		c := Change{Account: a.String(), Reason: w.list() + "workload"}
		if m.Name == "" && textAt(o, m.NameField) == "" {
			s.makeAt(o, m.NameField, a.Name, c)
		}
		if a.Mode != spec.ModePodIdentity {
			s.sharing = append(s.sharing, sharing{a, o, m, m.SharedWith(kind)})
		}
		switch notes := a.annotations(); {
		case len(notes) == 0:
		case m.RoleARN != nil:
			s.makeAt(o, m.RoleARN, a.arn, c)
			if a.Rollout { // the operator reads it when it starts
				s.hold(o, a, "", a.arn)
			}
		default:
			s.annotateMade(o, m.Annotations, notes, c)
		}
	})
}

// sharing is a service account whose role an operator gives to others of the object as well.
type sharing struct {
	account *account
	object  *object
	made    manifest.Made
	others  []manifest.Made
}

// reaches reports whether another one takes the annotations: it has none of its own.
func (sh sharing) reaches(other manifest.Made, all []sharing) bool {
	own := spec.PathString(other.Annotations)
	if own == spec.PathString(sh.made.Annotations) {
		return true
	}
	if textAt(sh.object, append(other.Annotations[:len(other.Annotations):len(other.Annotations)], spec.PathPart{Key: spec.RoleAnnotation})) != "" {
		return false
	}
	return !slices.ContainsFunc(all, func(s sharing) bool { return s.object == sh.object && spec.PathString(s.made.Annotations) == own })
}

// warnShared says which service accounts an operator gives a role that does not let them in. Of
// a role that somebody else manages, nobody here knows whom it does.
func (s *session) warnShared() {
	for _, sh := range s.sharing {
		a := sh.account
		if a.Role.ARN != "" {
			continue
		}
		// One hint lets all of them in: following the second of two would undo the first.
		out, subjects := s.notLetIn(sh)
		for _, other := range out {
			name := other.NameFor(sh.object.name)
			hint := fmt.Sprintf("let it in: role: {trust: {subjects: [%s]}}", strings.Join(subjects, ", "))
			if spec.PathString(other.Annotations) != spec.PathString(sh.made.Annotations) {
				hint += fmt.Sprintf(", or list %s in irsa.yaml as well", name)
			}
			s.warnf(hint,
				"the operator of %s gives the role of service account %s to service account %s as well, and its trust policy does not let that in", sh.object, a, name)
		}
	}
}

// notLetIn are those that get the role and that its trust policy does not let in, and the subjects
// of one that does.
func (s *session) notLetIn(sh sharing) (out []manifest.Made, subjects []string) {
	a := sh.account
	subjects = slices.Clone(a.Role.Trust.Subjects)
	if len(subjects) == 0 {
		subjects = []string{spec.SubjectPrefix + a.namespace + ":" + a.Name}
	}
	for _, other := range sh.others {
		if !sh.reaches(other, s.sharing) {
			continue
		}
		name := other.NameFor(sh.object.name)
		subject := spec.SubjectPrefix + sh.object.namespace(s.release) + ":" + name
		own := slices.ContainsFunc(s.accounts, func(b *account) bool { return b.made && b.Name == name && b.namespace == a.namespace })
		in := slices.ContainsFunc(a.Role.Trust.Subjects, func(pattern string) bool { return nameMatches(pattern, subject) })
		if !own && !in {
			out, subjects = append(out, other), append(subjects, subject)
		}
	}
	return out, subjects
}

// makeAt makes the field at a path of keys hold a value.
func (s *session) makeAt(o *object, path []spec.PathPart, value string, c Change) {
	keys, _ := spec.KeysOf(path)
	last := len(keys) - 1
	at, missing := deepest(o.root, keys[:last])
	c.Field = spec.PathString(path)
	s.make(o, at, append(missing[:len(missing):len(missing)], keys[last]), value, c)
}

// annotateMade puts annotations into the mapping at a path of keys.
func (s *session) annotateMade(o *object, path []spec.PathPart, notes []annotation, c Change) {
	last := len(path) - 1
	if holders := resolve(o.root, path[:last]); len(holders) > 0 && !slices.ContainsFunc(holders, yamledit.Ref.IsNull) {
		c.Field = spec.PathString(path[:last])
		s.annotate(o, annotated{holders, path[last].Key}, notes, c)
		return
	}
	for _, n := range notes {
		s.makeAt(o, append(path[:last+1:last+1], spec.PathPart{Key: n.key}), n.value, c)
	}
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

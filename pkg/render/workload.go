package render

import (
	"fmt"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/render/internal/yamledit"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// place is one place of the table of kinds in one object, found in the stream.
type place struct {
	manifest.Place
	at yamledit.Ref // the holder
	// create is the key under which the holder has to be made in at first; empty where it is there.
	create string
}

// id tells places apart.
func (p place) id() claim { return claimOf(p.at, p.create+" "+p.Field) }

// places finds the places of a workload; nil for what runs no pods. Where none of them has
// a holder, one that an operator would take is given to be made: a pod spec that is
// not there is no workload, but an operator's own block of settings may be left out.
func (s *session) places(o *object) []place {
	if known, ok := s.memory.places[o]; ok {
		return known
	}
	found := s.findPlaces(o)
	s.memory.places[o] = found
	return found
}

func (s *session) findPlaces(o *object) []place {
	var out, makeable []place
	for _, p := range s.kinds.Find(o.group, o.kind).Places() {
		found := false
		for _, at := range s.resolveWarn(o, p.Holder) {
			found = found || at.IsMap()
			if !at.IsMap() || p.Overrides && !at.Get(p.Field).Ok() {
				continue
			}
			out = append(out, place{Place: p, at: at})
		}
		if last := len(p.Holder) - 1; !found && !p.PodSpec && !p.Overrides && last >= 0 && p.Holder[last].Kind == spec.KeyPart {
			for _, up := range resolve(o.root, p.Holder[:last]) {
				if up.IsMap() && !up.Get(p.Holder[last].Key).Ok() {
					makeable = append(makeable, place{Place: p, at: up, create: p.Holder[last].Key})
				}
			}
		}
	}
	if len(out) == 0 {
		return makeable
	}
	return out
}

// account is the service account that the pods of the place run as in the stream: default
// where it names none. The deprecated twin counts where it stands alone.
func (p place) account() string {
	if p.create != "" {
		return "default"
	}
	if name := p.at.Get(p.Field).Text(); name != "" {
		return name
	}
	if p.PodSpec {
		if name := p.at.Get("serviceAccount").Text(); name != "" {
			return name
		}
	}
	return "default"
}

// workload makes the pods of an object run as the service account.
func (s *session) workload(a *account, o *object) outcome {
	places := s.places(o)
	if len(places) == 0 {
		if !s.kinds.Find(o.group, o.kind).Runs() {
			return missed(Message{
				Message: fmt.Sprintf("%s is of a kind that is not known to run pods", o),
				Hint:    fmt.Sprintf("add to irsa.yaml: workloadKinds: [{group: %q, kind: %s, paths: [spec.path.to.serviceAccountName]}]", o.group, o.kind),
			})
		}
		return missed(Message{Message: fmt.Sprintf("%s has no pod spec where its kind has one", o)})
	}
	all := does()
	for _, p := range places {
		out := s.seatAt(a, o, p, usedBy+"workload")
		if !out.ok {
			return out
		}
		all.do = append(all.do, out.do...)
	}
	return all
}

// seatAt makes one place name the service account.
func (s *session) seatAt(a *account, o *object, p place, reason string) outcome {
	if other := s.seated[p.id()]; other != nil && other != a {
		return faulty(Message{
			Message: fmt.Sprintf("%s is already made to run as service account %s (%s:%d)", o, other, fileName(s.spec), other.Line),
			Hint:    "keep it in usedBy of one service account",
		})
	}
	for _, field := range []string{p.Field, "serviceAccount"} {
		if f := p.at.Get(field); (field == p.Field || p.PodSpec) && (f.IsMap() || f.IsSeq()) {
			return faulty(Message{Message: fmt.Sprintf("%s of %s is not text but a collection", under(spec.PathString(p.Holder), field), o)})
		}
	}
	return does(func() {
		if s.seated[p.id()] == nil {
			if old := p.account(); old != a.Name {
				s.moved(o, old, a)
			}
		}
		s.seated[p.id()] = a
		s.sit(a, o, p, reason)
	})
}

// sit writes the service account into one place, and into its twin where that is present.
// The twin is added where the chart names no account: the API server fills it, and once
// serviceAccountName goes, takes the service account from a twin that no manifest had and
// that so does not go with it (k8s.io/kubernetes@v1.36.3 pkg/apis/core/v1/conversion.go,
// Convert_v1_PodSpec_To_core_PodSpec). A custom kind may know no twin.
func (s *session) sit(a *account, o *object, p place, reason string) {
	c := Change{Account: a.String(), Reason: reason, Field: under(spec.PathString(p.Holder), p.Field)}
	if p.create != "" {
		if s.claimed(o, p.at, p.create, a.Name, c) {
			o.doc.tree.Insert(p.at, p.create, yamledit.Map(yamledit.Pair{Key: p.Field, Value: yamledit.Str(a.Name)}))
			c.Action, c.To = "add", a.Name
			s.note(o, c)
		}
		return
	}
	s.setField(o, p.at, p.Field, a.Name, c)
	if !p.PodSpec {
		return
	}
	c.Field, c.Reason = under(spec.PathString(p.Holder), "serviceAccount"), "deprecated twin of serviceAccountName"
	twins := p.at.All("serviceAccount")
	for _, twin := range twins {
		switch {
		case !p.at.Holds(twin) || twin.Is(a.Name) && !p.at.Overruled("serviceAccount", twin):
		case p.at.Overruled("serviceAccount", twin):
			s.behindMerge(o, p.at, "serviceAccount", a.Name, c)
		default:
			s.set(o, twin, a.Name, c)
		}
	}
	if len(twins) == 0 && p.at.Get(p.Field).Text() == "" && s.kinds.Find(o.group, o.kind).BuiltIn {
		s.insert(o, p.at, "serviceAccount", a.Name, c)
	}
}

// setField makes a field of a mapping hold a value, in every occurrence of the key.
func (s *session) setField(o *object, holder yamledit.Ref, key, value string, c Change) {
	fields := holder.All(key)
	if len(fields) == 0 || !holder.Holds(fields[0]) {
		if len(fields) == 0 || !fields[len(fields)-1].Is(value) {
			s.insert(o, holder, key, value, c)
		}
		return
	}
	if holder.Overruled(key, fields[len(fields)-1]) {
		s.behindMerge(o, holder, key, value, c)
		return
	}
	s.repeated(o, key, fields)
	noted := false
	for _, f := range fields {
		switch {
		case f.Is(value):
		case noted:
			o.doc.tree.Set(f, value)
		default:
			s.set(o, f, value, c)
			noted = true
		}
	}
}

// field makes any field hold the service account's name. Where the field is a seat of a
// workload, its pods move; any other field moves nothing.
func (s *session) field(a *account, t *spec.FieldTarget, o *object) outcome {
	path, err := spec.ParsePath(t.Path)
	if err != nil {
		return faulty(Message{Message: err.Error()})
	}
	last := path[len(path)-1]
	c := Change{Account: a.String(), Reason: usedBy + "field", Field: t.Path}
	if last.Kind != spec.KeyPart {
		return s.elements(a, o, resolve(o.root, path), c)
	}
	all := outcome{why: func() Message { return deepest(o, path) }}
	for _, holder := range resolve(o.root, path[:len(path)-1]) {
		if !holder.IsMap() && !holder.IsNull() {
			continue
		}
		if f := holder.Get(last.Key); f.IsMap() || f.IsSeq() {
			return faulty(Message{Message: fmt.Sprintf("%s of %s is not text but a collection", t.Path, o)})
		}
		out := does(func() { s.setField(o, holder, last.Key, a.Name, c) })
		if p, ok := s.seatOf(o, holder, last.Key); ok {
			out = s.seatAt(a, o, p, c.Reason)
		}
		if !out.ok {
			return out
		}
		all.ok = true
		all.do = append(all.do, out.do...)
	}
	return all
}

// seatOf finds the seat whose field a mapping holds under key.
func (s *session) seatOf(o *object, holder yamledit.Ref, key string) (place, bool) {
	for _, p := range s.places(o) {
		if p.create == "" && claimOf(p.at, "") == claimOf(holder, "") && (key == p.Field || p.PodSpec && key == "serviceAccount") {
			return p, true
		}
	}
	return place{}, false
}

// elements sets list elements that hold a name each.
func (s *session) elements(a *account, o *object, refs []yamledit.Ref, c Change) outcome {
	all := does()
	for _, r := range refs {
		if r.IsMap() || r.IsSeq() {
			return faulty(Message{Message: fmt.Sprintf("%s of %s is not text but a collection", c.Field, o)})
		}
		if !r.Is(a.Name) {
			all.do = append(all.do, func() { s.set(o, r, a.Name, c) })
		}
	}
	if len(refs) == 0 {
		return missed(Message{Message: fmt.Sprintf("%s has no %s", o, c.Field)})
	}
	return all
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

// missing says that a name is not there, and which of those that are comes nearest.
func missing(what, name string, there []string) Message {
	m := Message{Message: what}
	if near, ok := spec.Nearest(name, there); ok {
		m.Hint = "did you mean " + near
	}
	return m
}

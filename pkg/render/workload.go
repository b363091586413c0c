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

// place is one place of the table of kinds in one object, found in the stream.
type place struct {
	manifest.Place
	at yamledit.Ref // the holder
	// missing are the keys from at to the holder, where that has to be made.
	missing []string
	unnamed string // the service account that pods run as where the place names none
}

// id tells places apart.
func (p place) id() claim { return claimOf(p.at, strings.Join(append(p.missing, p.Field), "\x00")) }

// places finds the places of a workload; nil for what runs no pods. What an operator takes
// and the object leaves out is given to be made: a pod template of Kubernetes' own kinds
// that is not there is a mistake, but an operator's block of settings may be left out.
func (s *session) places(o *object) []place {
	if known, ok := s.memory.places[o]; ok {
		return known
	}
	found := s.findPlaces(o)
	s.memory.places[o] = found
	return found
}

func (s *session) findPlaces(o *object) []place {
	kind := s.kinds.Find(o.group, o.kind)
	return s.placesOf(o, kind, kind.Places())
}

// placesOf finds some places of a kind in an object.
func (s *session) placesOf(o *object, kind *manifest.Kind, all []manifest.Place) []place {
	var out []place
	for _, p := range all {
		if p.InVersion(manifest.VersionOf(o.root.Get("apiVersion").Text())) {
			if kind.BuiltIn || p.Overrides {
				p.Present = len(p.Holder)
			}
			s.holdersOf(o, p, func(at yamledit.Ref, missing []string) {
				if !p.Overrides || at.Get(p.Field).Ok() {
					out = append(out, place{Place: p, at: at, missing: missing, unnamed: p.UnnamedIn(o.name)})
				}
			})
		}
	}
	return out
}

// holdersOf finds the mappings that a place's field stands in, and, where they may be made, from
// where on they are missing.
func (s *session) holdersOf(o *object, p manifest.Place, see func(at yamledit.Ref, missing []string)) {
	var walk func(at yamledit.Ref, rest []spec.PathPart, see func(yamledit.Ref, []string))
	walk = func(at yamledit.Ref, rest []spec.PathPart, see func(yamledit.Ref, []string)) {
		// What has to be there is not there where it is null.
		gone := len(p.Holder) - len(rest) - p.Present
		there := at.IsMap() || at.IsNull() && gone > 0
		if len(rest) == 0 {
			if there {
				see(at, nil)
			}
			return
		}
		found := step(at, rest[0])
		if rest[0].Kind == spec.KeyPart {
			s.repeated(o, rest[0].Key, found)
			// Of a repeated key Helm takes the last: nothing is there where that has nothing.
			if n := len(found); n > 1 {
				sees := false
				walk(found[n-1], rest[1:], func(yamledit.Ref, []string) { sees = true })
				if !sees {
					return
				}
			}
		}
		if keys, ok := spec.KeysOf(rest); ok && gone >= 0 && len(found) == 0 && there {
			see(at, keys)
		}
		for _, next := range found {
			walk(next, rest[1:], see)
		}
	}
	walk(o.root, p.Holder, see)
}

// account is the service account that the pods of the place run as in the stream: default, or
// what an operator makes, where it names none. The deprecated twin counts where it stands alone.
func (p place) account() string {
	if len(p.missing) > 0 {
		return p.unnamed
	}
	if name := p.at.Get(p.Field).Text(); name != "" {
		return name
	}
	if p.PodSpec {
		if name := p.at.Get("serviceAccount").Text(); name != "" {
			return name
		}
	}
	return p.unnamed
}

// workload makes the pods of an object run as the service account; where an operator makes
// the service account for the object, that gets the role.
func (s *session) workload(w wanted, o *object) outcome {
	kind := s.kinds.Find(o.group, o.kind)
	if kind != nil && len(kind.Makes) > 0 {
		if out, ok := s.madeFor(w, kind, o); ok {
			return out
		}
	}
	if w.role {
		return missed(Message{
			Message: fmt.Sprintf("%s has no known place for a role's ARN", o),
			Hint:    "name the field with field, or list the workload under usedBy, so that its pods run as the service account",
		})
	}
	places := s.places(o)
	all := does()
	if kind != nil {
		for _, p := range s.placesOf(o, kind, kind.Names) {
			c := Change{Account: w.account.String(), Reason: w.list() + "workload", Field: under(spec.PathString(p.Holder), p.Field)}
			all.do = append(all.do, func() { s.make(o, p.at, append(slices.Clone(p.missing), p.Field), w.value, c) })
		}
	}
	if len(places) == 0 && len(all.do) == 0 {
		return missed(s.noPods(kind, o))
	}
	for _, p := range places {
		out := s.seatAt(w.account, o, p, w.list()+"workload")
		if !out.ok {
			return out
		}
		all.do = append(all.do, out.do...)
	}
	return all
}

// noPods says why an object has no place for a service account.
func (s *session) noPods(kind *manifest.Kind, o *object) Message {
	switch {
	case kind == nil:
		return Message{
			Message: fmt.Sprintf("%s is of a kind that is not known to run pods", o),
			Hint:    fmt.Sprintf("add to irsa.yaml: workloadKinds: [{group: %q, kind: %s, paths: [spec.path.to.serviceAccountName]}]", o.group, o.kind),
		}
	case !kind.Runs():
		return Message{
			Message: fmt.Sprintf("%s runs no pods by itself", o),
			Hint:    "name what does run them; for a field of it that holds a service account's name, use field, env or embedded",
		}
	}
	for _, p := range kind.From {
		from := o.root.Get(p...)
		if name := from.Get("name").Text(); name != "" {
			other := cmp.Or(from.Get("kind").Text(), "Deployment")
			return Message{
				Message: fmt.Sprintf("%s takes its pods from %s/%s (%s)", o, other, name, strings.Join(p, ".")),
				Hint:    fmt.Sprintf("write workload: {kind: %s, name: %s}", other, name),
			}
		}
	}
	return Message{Message: fmt.Sprintf("%s has no pod spec where its kind has one", o)}
}

// seatAt makes one place name the service account.
func (s *session) seatAt(a *account, o *object, p place, reason string) outcome {
	if other := s.seated[p.id()]; other != nil && other != a {
		return faulty(Message{
			Message: fmt.Sprintf("%s is already made to run as service account %s (%s:%d)", o, other, fileOf(s.spec, other.File), other.Line),
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
	if len(p.missing) > 0 {
		s.make(o, p.at, append(slices.Clone(p.missing), p.Field), a.Name, c)
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
			s.alsoSet(o, f, value, c)
		default:
			s.set(o, f, value, c)
			noted = true
		}
	}
}

// field makes any field hold the value. Where the field is a seat of a workload, its pods
// move; any other field moves nothing.
func (s *session) field(w wanted, t *spec.FieldTarget, o *object) outcome {
	path, err := spec.ParsePath(t.Path)
	if err != nil {
		return faulty(Message{Message: err.Error()})
	}
	c := Change{Account: w.account.String(), Reason: w.list() + "field"}
	return s.write(w, s.follow(o, o.root, path, t.Add, ""), c, writing{pattern: t.Pattern, bindings: t.Bindings, entry: entryOf(path)})
}

// seatOf finds the seat whose field a mapping holds under key.
func (s *session) seatOf(o *object, holder yamledit.Ref, key string) (place, bool) {
	for _, p := range s.places(o) {
		if len(p.missing) == 0 && claimOf(p.at, "") == claimOf(holder, "") && (key == p.Field || p.PodSpec && key == "serviceAccount") {
			return p, true
		}
	}
	return place{}, false
}

// missing says that a name is not there, and which of those that are comes nearest.
func missing(what, name string, there []string) Message {
	m := Message{Message: what}
	if near, ok := spec.Nearest(name, there); ok {
		m.Hint = "did you mean " + near
	}
	return m
}

package manifest

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Kind is a row of the table of kinds: all that this program knows of a kind of objects.
type Kind struct {
	// Name is the kind as manifests write it, such as Deployment.
	Name string
	// Groups are the API groups that have it: several where it has moved, "" for the core.
	Groups []string
	// BuiltIn is true for a kind of Kubernetes itself.
	BuiltIn bool
	// APIVersion and Resource are where an API server has its objects, such as apps/v1 and
	// deployments. They are empty for a kind that is not listed: a custom one may not be
	// there, and is read where it stands above a pod.
	APIVersion, Resource string
	// Restarts is true where `kubectl rollout restart` takes it.
	Restarts bool
	// Pods are the places that say as which service account its pods run. It is empty for a
	// kind that is known to have none.
	Pods []Place
	// From are the mappings that may name, by kind and name, another object instead whose
	// pod template the kind takes.
	From [][]string
	// Names are places that name a service account whose token a controller asks for: no
	// pods run as it.
	Names []Place
	// Makes are the service accounts that an operator makes for an object of the kind.
	Makes []Made
}

// MakesFor are the names of the service accounts that an operator makes for an object of a name
// that names none itself.
func (k *Kind) MakesFor(object string) []string {
	var out []string
	for _, m := range k.Makes {
		if m.Name != "" {
			out = append(out, m.NameFor(object))
		}
	}
	for _, p := range k.Pods {
		if p.Unnamed != "" {
			out = append(out, p.UnnamedIn(object))
		}
	}
	return out
}

// Made is a service account that an operator makes for an object.
type Made struct {
	// Name is its name, with the object's for *. It is empty where the operator makes one up.
	Name string
	// NameField is the field of the object that says another name; nil where none does.
	NameField []spec.PathPart
	// Annotations is the mapping in the object that the operator takes its annotations from,
	// or else RoleARN the field that it takes the role's ARN from.
	Annotations, RoleARN []spec.PathPart
	// Shared are the names of others, which take these annotations too where they have none of
	// their own.
	Shared []string
	// Unless is a field of the object that names a service account which is to be used in
	// its place; nil where there is none.
	Unless []spec.PathPart
}

// NameFor is the name of the service account that is made for an object of a name.
func (m Made) NameFor(object string) string { return nameFor(m.Name, object) }

func nameFor(pattern, object string) string { return strings.Replace(pattern, "*", object, 1) }

// SharedWith are those of a kind that Shared names.
func (m Made) SharedWith(k *Kind) []Made {
	var out []Made
	for _, other := range k.Makes {
		if slices.Contains(m.Shared, other.Name) {
			out = append(out, other)
		}
	}
	return out
}

// Movable reports whether another service account may be named where the object says nothing.
func (k *Kind) Movable() bool {
	return slices.ContainsFunc(k.Places(), func(p Place) bool { return !p.Overrides })
}

// Place is one place in an object that says as which service account pods run.
type Place struct {
	// Holder is the mapping that the field stands in, and Field the field.
	Holder []spec.PathPart
	Field  string
	// PodSpec is true where the holder is a Kubernetes pod spec: there serviceAccount is the
	// deprecated twin of serviceAccountName, and the API server keeps the two alike
	// (https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/).
	PodSpec bool
	// Overrides is true for a field that wins over another place where it is present, and
	// means nothing where it is absent.
	Overrides bool
	// Present is how many steps of the way to the holder have to be there, as where the object
	// wants pods of that sort only then. What is missing behind them is made.
	Present int
	// Unnamed is the service account that the pods run as where no place of the object names
	// one, with the object's name for *: an operator makes it. Empty: default.
	Unnamed string
	// Annotations is the mapping of the pods' annotations; nil where the kind has none. The
	// mapping above it has their labels too where its last key is annotations.
	Annotations []spec.PathPart
	// Versions are the versions of the API that have the place, such as v1beta1; nil for all.
	Versions []string
	// Rolls is true where a change of Annotations makes a controller replace the pods. A
	// Job's template is immutable, and a Pod's annotations restart nothing.
	Rolls bool
}

// UnnamedIn is the service account that the pods of an object of a name run as where it names
// none.
func (p Place) UnnamedIn(object string) string {
	return cmp.Or(nameFor(p.Unnamed, object), "default")
}

// InVersion reports whether a version of the API has the place.
func (p Place) InVersion(version string) bool {
	return p.Versions == nil || slices.Contains(p.Versions, version)
}

// InGroup reports whether an API group has the kind.
func (k *Kind) InGroup(group string) bool { return slices.Contains(k.Groups, group) }

// Runs reports whether objects of the kind have pods, or templates of them.
func (k *Kind) Runs() bool { return len(k.Places()) > 0 }

// Places gives the places of the kind; none where there is no row.
func (k *Kind) Places() []Place {
	if k == nil {
		return nil
	}
	return k.Pods
}

// Listed reports whether a cluster is asked for all objects of the kind.
func (k *Kind) Listed() bool { return k.Resource != "" }

// Table is the table of kinds, by name: those that are built in and those of an irsa.yaml.
type Table struct {
	all    []*Kind
	byName map[string][]*Kind
}

// Kinds is the table, with the workloadKinds of an irsa.yaml, which win over its own rows.
func Kinds(extra ...spec.WorkloadKind) *Table {
	t := &Table{byName: map[string][]*Kind{}}
	for _, w := range extra {
		k := &Kind{Name: w.Kind, Groups: []string{w.Group}}
		for _, path := range w.Paths {
			k.Pods = append(k.Pods, field(path))
		}
		t.add(k)
	}
	for i := range rows {
		t.add(&rows[i])
	}
	return t
}

func (t *Table) add(k *Kind) {
	t.all = append(t.all, k)
	t.byName[k.Name] = append(t.byName[k.Name], k)
}

// All gives every row: those of irsa.yaml, then those of the table in its order.
func (t *Table) All() iter.Seq[*Kind] { return slices.Values(t.all) }

// Running gives the names of the kinds that have pods, each once, in no order.
func (t *Table) Running() iter.Seq[string] {
	return func(yield func(string) bool) {
		for name := range t.byName {
			if t.MayRun(name) && !yield(name) {
				return
			}
		}
	}
}

// MayRun reports whether a kind of that name has pods, in whatever group.
func (t *Table) MayRun(name string) bool { return slices.ContainsFunc(t.byName[name], (*Kind).Runs) }

// Making gives the names of the kinds for which operators make service accounts, each once, in
// no order.
func (t *Table) Making() iter.Seq[string] {
	return func(yield func(string) bool) {
		for name, kinds := range t.byName {
			if slices.ContainsFunc(kinds, func(k *Kind) bool { return len(k.MakesFor("")) > 0 }) && !yield(name) {
				return
			}
		}
	}
}

// Find is the row of a kind of an API group; nil where there is none.
func (t *Table) Find(group, name string) *Kind {
	for _, k := range t.byName[name] {
		if k.InGroup(group) {
			return k
		}
	}
	return nil
}

// Of is the row of an object. People paste objects without an apiVersion, or with that of
// another of Kubernetes' own groups: there the name of the kind decides.
func (t *Table) Of(o *Object) *Kind {
	if k := t.Find(o.Group(), o.Kind); k != nil {
		return k
	}
	if strings.Contains(o.Group(), ".") {
		return nil
	}
	for _, k := range t.byName[o.Kind] {
		if k.BuiltIn {
			return k
		}
	}
	return nil
}

// template is the place of a pod template at path, such as spec.template.
func template(path string) Place {
	return Place{
		Holder: partsOf(path, "spec"), Field: "serviceAccountName", PodSpec: true,
		Annotations: partsOf(path, "metadata.annotations"),
	}
}

// field is the place of a kind's own field.
func field(path string) Place {
	at := partsOf(path)
	return Place{Holder: at[:len(at)-1], Field: at[len(at)-1].Key}
}

func overriding(path string) Place {
	p := field(path)
	p.Overrides = true
	return p
}

// with says where the annotations of the pods stand.
func (p Place) with(annotations string) Place {
	p.Annotations = partsOf(annotations)
	return p
}

// podSpec is the place of a pod spec at path.
func podSpec(path string) Place {
	return Place{Holder: partsOf(path), Field: "serviceAccountName", PodSpec: true}
}

// sparse says that the holder is never made.
func (p Place) sparse() Place {
	p.Present = len(p.Holder)
	return p
}

// wantedBy says that the holder is made only where its beginning, a path, is there.
func (p Place) wantedBy(path string) Place {
	p.Present = len(partsOf(path))
	return p
}

// unnamed says which service account an operator makes for pods where the object names none.
func (p Place) unnamed(name string) Place {
	p.Unnamed = name
	return p
}

// made is a service account of a name, * the object's, with its annotations from a path.
func made(name, annotations string) Made { return Made{Name: name, Annotations: partsOf(annotations)} }

// with says which others take the annotations too.
func (m Made) with(others ...string) Made {
	m.Shared = others
	return m
}

func (m Made) unless(path string) Made {
	m.Unless = partsOf(path)
	return m
}

// in says which versions of the API have the place.
func (p Place) in(versions ...string) Place {
	p.Versions = versions
	return p
}

func (p Place) rolling() Place {
	p.Rolls = true
	return p
}

// partsOf reads the paths of the table; those of irsa.yaml were read by pkg/spec, which
// refuses what is none.
func partsOf(path ...string) []spec.PathPart {
	joined := strings.Trim(strings.Join(path, "."), ".")
	p, err := spec.ParsePath(joined)
	if err != nil {
		panic("manifest: bad path in the table of kinds: " + joined) // unreachable: the table is read when the program starts
	}
	return p
}

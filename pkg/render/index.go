package render

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/render/internal/yamledit"
)

// index finds objects without going through all of them: irsa.yaml may have as many
// targets as the stream has objects. It is of the documents that were parsed when it was
// made, and is made again where more are.
type index struct {
	parses  int
	all     []*object
	at      map[*object]int
	byKind  map[string][]*object // sorted by name
	byPlace map[objectPlace][]*object
}

type objectPlace struct{ kind, namespace string }

// objects gives the objects that were read, in the stream's order.
func (s *session) objects() []*object { return s.indexed().all }

func (s *session) indexed() *index {
	if s.index != nil && s.index.parses == s.counts.parses {
		return s.index
	}
	x := &index{parses: s.counts.parses, at: map[*object]int{}, byKind: map[string][]*object{}, byPlace: map[objectPlace][]*object{}}
	for _, d := range s.docs {
		x.all = append(x.all, d.objects...)
	}
	for i, o := range x.all {
		x.at[o] = i
		x.byKind[o.kind] = append(x.byKind[o.kind], o)
		at := objectPlace{o.kind, o.namespace(s.release)}
		x.byPlace[at] = append(x.byPlace[at], o)
	}
	for _, list := range x.byKind {
		sortByName(list)
	}
	for _, list := range x.byPlace {
		sortByName(list)
	}
	s.index = x
	return x
}

func sortByName(list []*object) {
	slices.SortStableFunc(list, func(a, b *object) int { return strings.Compare(a.name, b.name) })
}

// matching gives the objects of a kind whose names the pattern matches, in the stream's
// order; of one namespace, unless it is empty. Only names that begin as the pattern does
// are compared.
func (s *session) matching(kind, pattern, namespace string) []*object {
	x := s.indexed()
	list := x.byKind[kind]
	if namespace != "" {
		list = x.byPlace[objectPlace{kind, namespace}]
	}
	var out []*object
	fixed, whole := beginning(pattern)
	from, _ := slices.BinarySearchFunc(list, fixed, func(o *object, name string) int { return strings.Compare(o.name, name) })
	for _, o := range list[from:] {
		if !strings.HasPrefix(o.name, fixed) || whole && o.name != fixed {
			break
		}
		if nameMatches(pattern, o.name) {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(a, b *object) int { return cmp.Compare(x.at[a], x.at[b]) })
	return out
}

// named gives the objects of a kind and a name in a namespace, in the stream's order. An
// empty namespace is one as well: that of a release whose namespace is not known.
func (s *session) named(kind, name, namespace string) []*object {
	list := s.indexed().byPlace[objectPlace{kind, namespace}]
	from, _ := slices.BinarySearchFunc(list, name, func(o *object, name string) int { return strings.Compare(o.name, name) })
	to := from
	for to < len(list) && list[to].name == name {
		to++
	}
	return list[from:to]
}

// beginning is what stands before the first special character of a shell pattern; whole
// is true where there is none.
func beginning(pattern string) (text string, whole bool) {
	i := strings.IndexAny(pattern, `*?[\`)
	if i < 0 {
		return pattern, true
	}
	return pattern[:i], false
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

// memory is what a session learns of objects once: nothing in a tree changes before all
// is planned.
type memory struct {
	places     map[*object][]place
	containers map[*object]*containerIndex
	texts      map[claim]*innerText
	parts      map[claim]*part
	variables  map[claim]*newVariables
	made       map[claim]*yaml.Node
	subjects   map[subjectsOf]map[[2]string]bool
	shown      *tokens
	namespaces map[string]int // behind which document they are there
	hints      int            // how many faults a hint was searched for
	named      map[string]*namedObjects
}

// subjectsOf is a list of subjects of a binding.
type subjectsOf struct {
	of   *object
	list *yaml.Node
}

func newMemory() memory {
	return memory{
		named:  map[string]*namedObjects{},
		places: map[*object][]place{}, containers: map[*object]*containerIndex{}, texts: map[claim]*innerText{},
		parts:     map[claim]*part{},
		variables: map[claim]*newVariables{}, made: map[claim]*yaml.Node{}, subjects: map[subjectsOf]map[[2]string]bool{},
	}
}

// containerIndex are the containers of a workload, and their variables by name.
type containerIndex struct {
	all    []container
	named  map[string][]int
	main   []int // those that are no init containers
	byName map[string][]heldVariable
}

// heldVariable is a variable that a container has.
type heldVariable struct {
	container
	at yamledit.Ref
}

func (s *session) containerIndex(o *object) *containerIndex {
	if x := s.memory.containers[o]; x != nil {
		return x
	}
	x := &containerIndex{all: s.containers(o), named: map[string][]int{}, byName: map[string][]heldVariable{}}
	for i, c := range x.all {
		x.named[c.name] = append(x.named[c.name], i)
		if !c.init {
			x.main = append(x.main, i)
		}
		for _, v := range c.at.Get("env").Items() {
			name := v.Get("name").Text()
			x.byName[name] = append(x.byName[name], heldVariable{c, v})
		}
	}
	s.memory.containers[o] = x
	return x
}

// meant are the containers that a target without its variable may be about: the one of
// the name, else all but init containers.
func (x *containerIndex) meant(name string) []container {
	at := x.main
	if name != "" {
		at = x.named[name]
	}
	out := make([]container, len(at))
	for i, n := range at {
		out[i] = x.all[n]
	}
	return out
}

// names are those of all containers, and of the variables of those that are meant.
func (x *containerIndex) names(meant string) (containers, variables []string) {
	for _, c := range x.all {
		containers = append(containers, c.name)
		if meant != "" && c.name != meant {
			continue
		}
		for _, v := range c.at.Get("env").Items() {
			variables = append(variables, v.Get("name").Text())
		}
	}
	return containers, variables
}

package verify

import (
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
)

// roleSubjects are the subjects that the trust policy of a role speaks of.
type roleSubjects struct {
	list []string
	has  map[string]bool
	// namespaces are theirs; open is true where one has a pattern or no namespace at all.
	namespaces map[string]bool
	open       bool
}

func subjectsIn(w *facts, r *awsstate.Role) *roleSubjects {
	if s := w.index.subjects[r]; s != nil {
		return s
	}
	s := &roleSubjects{list: subjectsOf(r), has: map[string]bool{}, namespaces: map[string]bool{}}
	for _, text := range s.list {
		k, ok := splitSubject(text)
		s.has[text], s.namespaces[k.namespace] = true, true
		s.open = s.open || !ok || strings.ContainsAny(k.namespace, "*?$")
	}
	w.index.subjects[r] = s
	return s
}

// fewValues is what is gone through faster than an index of it is made.
const fewValues = 16

// closest is the first of the values that has most of a subject right, and how much that
// is (likeness); an empty text and -1 where there is no value.
func closest(w *facts, values []string, want key) (best string, rank int) {
	rank = -1
	take := func(v string) {
		if r := likeness(v, want); r > rank {
			best, rank = v, r
		}
	}
	if len(values) <= fewValues {
		for _, v := range values {
			take(v)
		}
		return best, rank
	}
	x := w.index.values[&values[0]]
	if x == nil {
		x = newSubjectIndex(values)
		w.index.values[&values[0]] = x
	}
	for _, i := range x.candidates(want) {
		take(values[i])
	}
	return best, rank
}

// subjectIndex finds the values that may be most like a subject.
type subjectIndex struct {
	both, name, namespace map[string]int // the first of each
	whole                 int            // the first that is a subject at all; -1 where none is
	nearName              *nearIndex
}

func newSubjectIndex(values []string) *subjectIndex {
	x := &subjectIndex{both: map[string]int{}, name: map[string]int{}, namespace: map[string]int{}, whole: -1}
	names := make([]string, len(values))
	first := func(m map[string]int, k string, i int) {
		if _, had := m[k]; !had {
			m[k] = i
		}
	}
	for i, v := range values {
		k, ok := splitSubject(v)
		if !ok {
			continue
		}
		names[i] = k.name
		first(x.both, v, i)
		first(x.name, k.name, i)
		first(x.namespace, k.namespace, i)
		if x.whole < 0 {
			x.whole = i
		}
	}
	x.nearName = newNearIndex(names)
	return x
}

// candidates are the first of each sort of likeness, in order.
func (x *subjectIndex) candidates(want key) []int {
	out := append(x.nearName.like(want.name), 0)
	for _, at := range []struct {
		of map[string]int
		by string
	}{{x.both, want.subject()}, {x.name, want.name}, {x.namespace, want.namespace}} {
		if i, ok := at.of[at.by]; ok {
			out = append(out, i)
		}
	}
	if x.whole >= 0 {
		out = append(out, x.whole)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// roleIndex finds roles by their names, and by what nearly is their ARN.
type roleIndex struct {
	byName map[string][]int
	near   *nearIndex
}

// likeRoles are the roles whose ARN ends in the name, or is nearly the ARN, in their order.
func likeRoles(w *facts, name, arn string) []*awsstate.Role {
	x := w.index.roles.get(func() *roleIndex {
		out := &roleIndex{byName: map[string][]int{}}
		arns := make([]string, len(w.snapshot.Roles.List))
		for i, r := range w.snapshot.Roles.List {
			arns[i] = r.ARN
			last := r.ARN[strings.LastIndexByte(r.ARN, '/')+1:]
			out.byName[last] = append(out.byName[last], i)
		}
		out.near = newNearIndex(arns)
		return out
	})
	at := append(x.near.like(arn), x.byName[name]...)
	slices.Sort(at)
	var out []*awsstate.Role
	for _, i := range slices.Compact(at) {
		out = append(out, &w.snapshot.Roles.List[i])
	}
	return out
}

// providerIndex are the first providers of an ARN, of an issuer, and of an issuer where
// the ARN is not known, by their places in the snapshot.
type providerIndex struct{ arn, issuer, bare map[string]int }

func providers(w *facts) providerIndex {
	return w.index.provider.get(func() providerIndex {
		x := providerIndex{map[string]int{}, map[string]int{}, map[string]int{}}
		for i, p := range slices.Backward(w.snapshot.Providers.List) {
			x.arn[p.ARN], x.issuer[p.Issuer] = i, i
			if p.ARN == "" {
				x.bare[p.Issuer] = i
			}
		}
		return x
	})
}

// likeIssuer is the first issuer of a provider that is nearly the name; false where none is.
func likeIssuer(w *facts, name string) (issuer string, ok bool) {
	x := w.index.issuers.get(func() *nearIndex {
		issuers := make([]string, len(w.snapshot.Providers.List))
		for i, p := range w.snapshot.Providers.List {
			issuers[i] = p.Issuer
		}
		return newNearIndex(issuers)
	})
	for _, i := range x.like(name) {
		if issuer := w.snapshot.Providers.List[i].Issuer; near(issuer, name) {
			return issuer, true
		}
	}
	return "", false
}

// accountsRead are the AWS accounts of which a provider or a role was read.
func accountsRead(w *facts) map[string]bool {
	return w.index.read.get(func() map[string]bool {
		out := map[string]bool{}
		add := func(arn string) {
			for _, part := range strings.Split(arn, "::")[1:] {
				id, _, _ := strings.Cut(part, ":")
				out[id] = true
			}
		}
		for _, p := range w.snapshot.Providers.List {
			add(p.ARN)
		}
		for _, r := range w.snapshot.Roles.List {
			add(r.ARN)
		}
		return out
	})
}

// associationsOf are the associations that give a role.
func associationsOf(w *facts, arn string) []*awsstate.Association {
	return w.index.given.get(func() map[string][]*awsstate.Association {
		out := map[string][]*awsstate.Association{}
		for i := range w.snapshot.Associations.List {
			as := &w.snapshot.Associations.List[i]
			out[as.RoleARN] = append(out[as.RoleARN], as)
		}
		return out
	})[arn]
}

package render

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// unused looks at the service accounts that are added though irsa.yaml says of nothing that it
// should run as them: where nothing does, the name is misspelt, or the namespace is another
// one, and what looks like success gives no pod its role. Where it is meant, create: always
// says so.
func (s *session) unused() {
	run := &runAs{}
	for _, a := range s.idleAccounts() {
		if o := s.namesake(a); o != nil {
			s.idle(a, Message{
				Message: fmt.Sprintf("%s is of namespace %s", o, o.explicitNS),
				Hint:    fmt.Sprintf("write namespace: %s in irsa.yaml; where both are meant, create: always", o.explicitNS),
			})
			continue
		}
		if s.namedInText(a) {
			continue
		}
		names := run.in(a.namespace, s)
		if near, ok := spec.Nearest(a.Name, names); ok {
			s.idle(a, Message{
				Message: "its pods run as " + some(names),
				Hint:    fmt.Sprintf("did you mean %s; where the pods come later, write create: always", near),
			})
			continue
		}
		s.warnIdle(a, names)
	}
}

// warnIdle warns that nothing runs as a service account that is added.
func (s *session) warnIdle(a *account, names []string) {
	if s.report.Summary.Documents == 0 {
		return // it is said already that there is nothing at all
	}
	instead := ""
	if len(names) > 0 {
		instead = "; its pods run as " + some(names)
	}
	s.warnf("list under usedBy what is to run as it, and under usedByReference what only asks for its token; where pods come later, as jobs do, write create: always beside its name",
		"nothing in this release runs as service account %s (%s:%d), which irsa.yaml adds%s", a, fileOf(s.spec, a.File), a.Line, instead)
}

// idleAccounts are the service accounts that are added, that no pod runs as, and of which
// irsa.yaml does not say in so many words that they are to be made. One that an operator makes
// is an error.
func (s *session) idleAccounts() []*account {
	var added []*account
	q := &search{}
	for _, a := range s.accounts {
		if a.added && len(a.UsedBy) == 0 && len(a.UsedByReference) == 0 && a.Name != "default" {
			added = append(added, a)
			for kind := range s.kinds.Running() {
				q.add(kind, a.Name)
			}
		}
	}
	if len(added) == 0 {
		return nil
	}
	for kind := range s.kinds.Making() {
		q.add(kind, "")
	}
	s.parse(q)
	operators, seen := s.madeByOperators(), s.runAs()
	var idle []*account
	for _, a := range added {
		switch id := [2]string{a.namespace, a.Name}; {
		case operators[id] != nil:
			s.alsoMade(a, operators[id])
		case seen[id] == 0 && a.Create != "always":
			idle = append(idle, a)
		}
	}
	return idle
}

// idle says that nothing runs as a service account, and what is there instead.
func (s *session) idle(a *account, instead Message) {
	instead.Message = fmt.Sprintf("adding service account %s (%s:%d): nothing in this release runs as it, and %s", a, fileOf(s.spec, a.File), a.Line, instead.Message)
	s.faults.add(instead)
}

// madeByOperators are the objects that operators make service accounts for, by the namespace
// and name of those.
func (s *session) madeByOperators() map[[2]string]*object {
	out := map[[2]string]*object{}
	for _, o := range s.objects() {
		kind := s.kinds.Find(o.group, o.kind)
		if kind == nil {
			continue
		}
		for _, m := range kind.Makes {
			if name := cmp.Or(textAt(o, m.NameField), m.NameFor(o.name)); name != "" && textAt(o, m.Unless) == "" {
				out[[2]string{o.namespace(s.release), name}] = o
			}
		}
		for _, p := range s.places(o) {
			if p.Unnamed != "" && p.account() == p.unnamed {
				out[[2]string{o.namespace(s.release), p.unnamed}] = o
			}
		}
	}
	return out
}

// alsoMade says that an operator makes a service account which irsa.yaml adds: it would have two
// owners, who undo each other's work.
func (s *session) alsoMade(a *account, o *object) {
	s.faults.add(Message{
		Message: fmt.Sprintf("adding service account %s (%s:%d): the operator of %s makes it itself", a, fileOf(s.spec, a.File), a.Line, o),
		Hint:    fmt.Sprintf("write what it is for: usedBy: [{workload: {kind: %s, name: %s}}]", o.kind, o.name),
	})
}

// runAs numbers the service accounts that the pods which were read run as, from 1 in the
// stream's order, by namespace and name.
func (s *session) runAs() map[[2]string]int {
	seen := map[[2]string]int{}
	for _, o := range s.objects() {
		for _, p := range s.places(o) {
			name := p.account()
			if seated := s.seated[p.id()]; seated != nil {
				name = seated.Name
			}
			if id := [2]string{o.namespace(s.release), name}; seen[id] == 0 {
				seen[id] = len(seen) + 1
			}
		}
	}
	return seen
}

// namedInText reports whether a text of the stream names it as a service account, be it for
// pods that come later.
func (s *session) namedInText(a *account) bool {
	docs := s.docs
	if len(s.accounts) > manyNeedles && wordy(a.Name) {
		docs = s.shownIn(a.Name)
	}
	var named *regexp.Regexp
	for _, d := range docs {
		if d.Empty() || !bytes.Contains(d.Bytes, []byte(a.Name)) {
			continue
		}
		if named == nil {
			named = regexp.MustCompile(namesAccount(a.Name))
		}
		if named.Match(d.Bytes) {
			return true
		}
	}
	return false
}

// namesAccount matches text that names a service account: a key or a flag that is about one,
// and its name, or a mapping with it, as controllers that ask for its token have it
// (serviceAccountRef of External Secrets and cert-manager, irsaServiceAccount of Vault's operator).
func namesAccount(name string) string {
	const pair = `["']?[a-z]+["']?\s*:\s*["']?[^\s"',{}\[\]:]+["']?\s*,?\s*`
	return `(?i)service[-_.]?account[a-z_]*["']?\s*([:= ]\s*["']?|:\s*\{?\s*(` + pair + `){0,2}["']?name["']?\s*:\s*["']?)` + regexp.QuoteMeta(name) + `($|[^A-Za-z0-9.-])`
}

// namesake is a service account of the name that the chart makes in another namespace.
func (s *session) namesake(a *account) *object {
	if a.namespace == "" {
		return nil
	}
	for _, o := range s.matching("ServiceAccount", a.Name, "") {
		if o.group == "" && o.explicitNS != "" && o.explicitNS != a.namespace && !s.listed(o.explicitNS, a.Name) {
			return o
		}
	}
	return nil
}

// listed reports whether irsa.yaml has a service account.
func (s *session) listed(namespace, name string) bool {
	return slices.ContainsFunc(s.accounts, func(a *account) bool { return a.namespace == namespace && a.Name == name })
}

// mostForNames is how much of a stream is parsed to find what a service account may be called:
// most releases have less, and of a larger one that would take most of the time and memory.
const mostForNames = 8 << 20

// runAs are the service accounts that the pods of each namespace run as and irsa.yaml does not
// list, once they were looked for.
type runAs struct{ names map[string][]string }

// in gives those of a namespace, in the stream's order.
func (r *runAs) in(namespace string, s *session) []string {
	if r.names == nil {
		r.names = s.namesOfPods()
	}
	return r.names[namespace]
}

func (s *session) namesOfPods() map[string][]string {
	out := map[string][]string{}
	size := 0
	for _, d := range s.docs {
		if d.Odd || s.kinds.MayRun(d.Kind) {
			size += len(d.Bytes)
		}
	}
	if size > mostForNames {
		return out
	}
	q := &search{}
	for kind := range s.kinds.Running() {
		q.add(kind, "")
	}
	s.parse(q)
	seen := s.runAs()
	for _, a := range s.accounts {
		delete(seen, [2]string{a.namespace, a.Name})
	}
	ids := slices.SortedFunc(maps.Keys(seen), func(a, b [2]string) int { return cmp.Compare(seen[a], seen[b]) })
	for _, id := range ids {
		if id[1] != "default" {
			out[id[0]] = append(out[id[0]], id[1])
		}
	}
	return out
}

package verify

import (
	"cmp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

// index finds what a chain asks for without going through all that was read: a release
// may have as many service accounts as objects, and then each loop over all is one for each
// service account. TestNoChainGoesThroughAll holds the chains to it.
type index struct {
	byKind map[string][]*manifest.Object
	byName map[kindName][]*manifest.Object
	// placed are objects by the namespace that they themselves name, and their name.
	placed   map[key][]*manifest.Object
	podsFrom map[*manifest.Object][]*pod
	position map[*pod]int
	// written is the first pod of what has it: of the live object, where that was read.
	written map[identity]*pod
	// rendered is the same of what is not live.
	rendered map[identity]*pod
	// named are the pods of a kind, sorted by the names of what has them.
	named map[string][]*pod
	// declared are the service accounts that documents declare, by name; alone those that are
	// the only ones of their namespace, and only the one that is the only one at all.
	declared map[string][]*serviceAccount
	alone    map[string]sole[serviceAccount]
	only     sole[serviceAccount]

	runners    lazy[map[string]sole[serviceAccount]]
	chained    lazy[sole[serviceAccount]]
	owned      lazy[map[*serviceAccount][]hint]
	assumed    lazy[assumedRoles]
	sessions   lazy[map[*manifest.Object][]int]
	idle       lazy[*idlePods]
	refused    lazy[map[refusedAccount]string]
	egress     lazy[map[string]*egressPolicies]
	plugins    lazy[map[string]bool]
	scalers    lazy[map[key][]*manifest.Object]
	undeclared lazy[map[string][]*serviceAccount]
	hook       lazy[foundHook]
	settings   lazy[hookSettings]
	tokens     lazy[tokenRules]
	otherwise  lazy[map[key][]*pod]
	readers    lazy[map[identity]map[key]bool]
	holders    lazy[map[string][]*serviceAccount]
	holderOf   lazy[map[string]sole[serviceAccount]]
	failures   lazy[[]*manifest.Object]
	policies   lazy[map[string]int]

	eventOf  map[string]*manifest.Object
	subjects map[*awsstate.Role]*roleSubjects
	values   map[*string]*subjectIndex
	open     map[*awsstate.Role][]trust.Entrant
	issuers  lazy[*nearIndex]
	read     lazy[map[string]bool]
	roles    lazy[*roleIndex]
	provider lazy[providerIndex]
	given    lazy[map[string][]*awsstate.Association]
	clients  lazy[map[string]bool]
	external lazy[map[key][]*manifest.Object]
}

type kindName struct{ kind, name string }

// lazy is made when it is first asked for.
type lazy[T any] struct {
	made  bool
	value T
}

func (l *lazy[T]) get(fill func() T) T {
	if !l.made {
		l.value, l.made = fill(), true
	}
	return l.value
}

// sole is the only one of its kind; nil where there is none, or where there are several.
type sole[T any] struct {
	one     *T
	several bool
}

// with adds one more; the same one again changes nothing.
func (s sole[T]) with(v *T) sole[T] {
	switch {
	case s.several || s.one == v:
		return s
	case s.one == nil:
		return sole[T]{one: v}
	}
	return sole[T]{several: true}
}

// indexObjects arranges the objects and the service accounts that they declare, before anything
// else is made of them.
func indexObjects(w *facts) {
	x := &w.index
	x.byKind, x.byName, x.placed = map[string][]*manifest.Object{}, map[kindName][]*manifest.Object{}, map[key][]*manifest.Object{}
	for _, o := range w.objects {
		x.byKind[o.Kind] = append(x.byKind[o.Kind], o)
		x.byName[kindName{o.Kind, o.Name}] = append(x.byName[kindName{o.Kind, o.Name}], o)
		x.placed[key{o.Namespace, o.Name}] = append(x.placed[key{o.Namespace, o.Name}], o)
	}
	x.declared, x.alone = map[string][]*serviceAccount{}, map[string]sole[serviceAccount]{}
	for _, a := range w.order {
		if a.object() == nil {
			continue
		}
		x.declared[a.name] = append(x.declared[a.name], a)
		x.alone[a.namespace] = x.alone[a.namespace].with(a)
		x.only = x.only.with(a)
	}
	x.eventOf, x.subjects, x.values = map[string]*manifest.Object{}, map[*awsstate.Role]*roleSubjects{}, map[*string]*subjectIndex{}
	x.open = map[*awsstate.Role][]trust.Entrant{}
}

// indexPods arranges the pods, once it is known which of them count.
func indexPods(w *facts) {
	x := &w.index
	x.podsFrom, x.position, x.named = map[*manifest.Object][]*pod{}, map[*pod]int{}, map[string][]*pod{}
	x.written, x.rendered = map[identity]*pod{}, map[identity]*pod{}
	for i, p := range w.pods {
		x.podsFrom[p.from] = append(x.podsFrom[p.from], p)
		x.position[p] = i
		id := identityOf(w, p.from)
		if x.written[id] == nil || p.from.Live && !x.written[id].from.Live {
			x.written[id] = p
		}
		if x.rendered[id] == nil && !p.from.Live {
			x.rendered[id] = p
		}
		x.named[p.from.Kind] = append(x.named[p.from.Kind], p)
	}
	for _, pods := range x.named {
		slices.SortStableFunc(pods, func(a, b *pod) int { return strings.Compare(a.from.Name, b.from.Name) })
	}
}

// matching are the pods of what is of the kind and has a name that the shell pattern
// matches, in their order. Only names that begin as the pattern does are compared.
func (x *index) matching(kind, pattern string) []*pod {
	fixed := pattern
	if i := strings.IndexAny(pattern, `*?[\`); i >= 0 {
		fixed = pattern[:i]
	}
	pods := x.named[kind]
	from, _ := slices.BinarySearchFunc(pods, fixed, func(p *pod, name string) int { return strings.Compare(p.from.Name, name) })
	var out []*pod
	for _, p := range pods[from:] {
		if !strings.HasPrefix(p.from.Name, fixed) || fixed == pattern && p.from.Name != fixed {
			break
		}
		if shellMatch(pattern, p.from.Name) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b *pod) int { return cmp.Compare(x.position[a], x.position[b]) })
	return out
}

// runner is the service account that all workloads of a namespace run as, where there is just one.
func runner(w *facts, namespace string) *serviceAccount {
	return w.index.runners.get(func() map[string]sole[serviceAccount] {
		out := map[string]sole[serviceAccount]{}
		for _, p := range w.pods {
			if p.snippet() || p.spec == nil {
				continue
			}
			ns := p.account.namespace
			if a := w.accounts[p.account]; a != nil {
				out[ns] = out[ns].with(a)
			} else {
				out[ns] = sole[serviceAccount]{several: true}
			}
		}
		return out
	})[namespace].one
}

// chainedAccount is the service account that is the only one with a chain.
func chainedAccount(w *facts) sole[serviceAccount] {
	return w.index.chained.get(func() sole[serviceAccount] {
		var out sole[serviceAccount]
		for _, a := range w.order {
			if a.chained {
				out = out.with(a)
			}
		}
		return out
	})
}

// hintsFor are the hints that belong to a service account's chain.
func hintsFor(w *facts, a *serviceAccount) []hint {
	return w.index.owned.get(func() map[*serviceAccount][]hint {
		out := map[*serviceAccount][]hint{}
		for _, h := range w.hints {
			if by := owner(w, h); by != nil {
				out[by] = append(out[by], h)
			}
		}
		return out
	})[a]
}

// assumedRoles are the roles that something runs with already, by their ARNs.
type assumedRoles struct {
	// annotated are those of service accounts' annotations, associated those of Pod Identity,
	// injected those in the environment of pieces of pods, asked those that programs
	// get tokens for by themselves.
	annotated, associated, injected, asked map[string]bool
}

func rolesAssumed(w *facts) assumedRoles {
	return w.index.assumed.get(func() assumedRoles {
		out := assumedRoles{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
		for _, a := range w.order {
			out.annotated[manifest.Text(a.annotations(), roleKey)] = true
			if a.association != nil {
				out.associated[a.association.RoleARN] = true
			}
		}
		for _, p := range w.pods {
			if p.snippet() {
				out.injected[injectedRole(p)] = true
			}
		}
		for _, h := range w.hints {
			if h.Kind == hints.WebIdentity || h.Kind == hints.Assume {
				out.asked[h.Value] = true
			}
		}
		return out
	})
}

// sessionHints are the hints, in their order, that may say how long a session the
// service account's pods ask for: those that stand on what makes its pods, and, where the service account
// is the only one with a chain, those on what makes none.
func sessionHints(c *chain) []hint {
	byObject := sessionsByObject(c.facts)
	var at []int
	if len(byObject) == 0 {
		return nil
	}
	if chainedAccount(c.facts).one != nil {
		for from, hints := range byObject {
			if mine(c, from) {
				at = append(at, hints...)
			}
		}
	} else {
		for _, p := range c.a.pods {
			at = append(at, byObject[p.from]...)
		}
	}
	slices.Sort(at)
	var out []hint
	for _, i := range slices.Compact(at) {
		out = append(out, c.facts.hints[i])
	}
	return out
}

// sessionsByObject are the places in hints of those that speak of sessions.
func sessionsByObject(w *facts) map[*manifest.Object][]int {
	return w.index.sessions.get(func() map[*manifest.Object][]int {
		out := map[*manifest.Object][]int{}
		for i, h := range w.hints {
			if h.Kind == hints.Duration || h.Kind == hints.Profile {
				out[h.from] = append(out[h.from], i)
			}
		}
		return out
	})
}

// policyNamed is where irsa.yaml has a policy; -1 where it has none of the name.
func policyNamed(w *facts, name string) int {
	at, ok := w.index.policies.get(func() map[string]int {
		out := map[string]int{}
		for i, p := range w.in.File.Policies {
			if _, had := out[p.Name]; !had {
				out[p.Name] = i
			}
		}
		return out
	})[name]
	if !ok {
		return -1
	}
	return at
}

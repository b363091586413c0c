package verify

import "slices"

// idlePods are the pods that run as service accounts without a role: those that may have been
// meant to run as a service account with one that nothing runs as.
type idlePods struct {
	pods []*pod
	// alone is true where no pod runs as a service account with a chain.
	alone bool
	// of are the places in pods of each sort, in order.
	of map[idleSort][]int
	// elsewhere are those that name a service account outside of their pod spec.
	elsewhere map[idleSort][]int
}

// idleSort are pods of one namespace, or, as strays, pods of whatever namespace whose
// service account no document declares, by the name of that: those of one sort suit a service account
// alike, and the first of them counts.
type idleSort struct {
	stray          bool
	group          string // the namespace; the service account's name, for strays
	object         string // the name of what has the pods; empty for all but those of the service account's name
	asDefault      bool
	namedOutsideOf string // for elsewhere
}

func idle(w *facts) *idlePods {
	return w.index.idle.get(func() *idlePods {
		x := &idlePods{alone: true, of: map[idleSort][]int{}, elsewhere: map[idleSort][]int{}}
		for _, p := range w.pods {
			switch other := w.accounts[p.account]; {
			case other == nil: // the pod names none
			case other.chained:
				x.alone = false
			default:
				x.add(p, other)
			}
		}
		return x
	})
}

func (x *idlePods) add(p *pod, other *serviceAccount) {
	at := len(x.pods)
	x.pods = append(x.pods, p)
	sorts := []idleSort{{group: p.account.namespace, asDefault: p.account.name == "default"}}
	if other.object() == nil && p.account.namespace != "" {
		sorts = append(sorts, idleSort{stray: true, group: p.account.name})
	}
	for _, s := range sorts {
		x.of[s] = append(x.of[s], at)
		s.object = p.from.Name
		x.of[s] = append(x.of[s], at)
		s.object = ""
		for _, name := range misplacedNames(p) {
			s.namedOutsideOf = name
			x.elsewhere[s] = append(x.elsewhere[s], at)
		}
	}
}

// misplacedNames are the service accounts that misplaced would find.
func misplacedNames(p *pod) []string {
	var out []string
	eachMisplaced(p, func(account, _ string) {
		if !slices.Contains(out, account) {
			out = append(out, account)
		}
	})
	return out
}

// candidates are the pods that come into question for an account: the last that names it
// outside of its pod spec, else the first of each sort. Whoever goes through them in order, and
// takes what suits better than the one before, comes to the pod to which going through all
// leads. Without anyName a pod that names another service account than default comes into
// question only as a stray.
func (x *idlePods) candidates(a *serviceAccount, anyName bool) []*pod {
	var at []int
	named, objects := -1, []string{"", a.name}
	if a.object().Live {
		objects = objects[1:] // of these no other counts
	}
	x.eachSort(a, anyName, func(s idleSort) {
		s.namedOutsideOf = a.name
		for _, i := range x.elsewhere[s] {
			if x.fits(a, s, i) {
				named = max(named, i)
			}
		}
	})
	if named >= 0 {
		return []*pod{x.pods[named]}
	}
	x.eachSort(a, anyName, func(s idleSort) {
		for _, s.object = range objects {
			if i := slices.IndexFunc(x.of[s], func(i int) bool { return x.fits(a, s, i) }); i >= 0 {
				at = append(at, x.of[s][i])
			}
		}
	})
	slices.Sort(at)
	var out []*pod
	for _, i := range slices.Compact(at) {
		out = append(out, x.pods[i])
	}
	return out
}

// fits: a stray is of another namespace than the service account. For one of the cluster's
// service accounts, of which there are many, only a pod that suits it in all comes into question.
func (x *idlePods) fits(a *serviceAccount, s idleSort, i int) bool {
	return (!s.stray || x.pods[i].account.namespace != a.namespace) && (!a.object().Live || a.suits(x.pods[i]) == suitsInAll)
}

func (x *idlePods) eachSort(a *serviceAccount, anyName bool, do func(idleSort)) {
	do(idleSort{stray: true, group: a.name})
	do(idleSort{group: a.namespace, asDefault: true})
	if anyName {
		do(idleSort{group: a.namespace})
	}
}

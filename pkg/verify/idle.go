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
			other := w.accounts[p.account]
			if other != nil && other.chained {
				x.alone = false
			}
			if p.account.name == "" || other == nil || other.chained {
				continue
			}
			x.add(p, other)
		}
		return x
	})
}

func (x *idlePods) add(p *pod, other *serviceAccount) {
	at := len(x.pods)
	x.pods = append(x.pods, p)
	sorts := []idleSort{{group: p.account.namespace, asDefault: p.account.name == "default"}}
	if other.object() == nil && p.account.namespace != "" {
		sorts = append(sorts, idleSort{stray: true, group: p.account.name, asDefault: p.account.name == "default"})
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
// outside of its pod spec, and, behind that, the first of each sort. Whoever goes through
// them in order, and takes what suits better than the one before, or names the service account
// outside of its pod spec, comes to the pod to which going through all leads. Without
// anyName a pod that names another service account than default comes into question only as a stray.
func (x *idlePods) candidates(a *serviceAccount, anyName bool) []*pod {
	var at []int
	begin, objects := -1, []string{"", a.name}
	if a.object().Live {
		objects = objects[1:] // of these no other counts
	}
	x.eachSort(a, anyName, func(s idleSort) {
		s.namedOutsideOf = a.name
		for _, i := range slices.Backward(x.elsewhere[s]) {
			if i <= begin {
				break
			}
			if x.fits(a, s, i) && (!a.object().Live || a.suits(x.pods[i]) > 2) {
				begin = i
				break
			}
		}
	})
	if begin >= 0 {
		at = append(at, begin)
	}
	x.eachSort(a, anyName, func(s idleSort) {
		for _, s.object = range objects {
			from, _ := slices.BinarySearch(x.of[s], begin+1)
			for _, i := range x.of[s][from:] {
				if x.fits(a, s, i) && (!a.object().Live || a.suits(x.pods[i]) > 2) {
					at = append(at, i)
					break
				}
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

// fits: a stray is of another namespace than the service account.
func (x *idlePods) fits(a *serviceAccount, s idleSort, i int) bool {
	return !s.stray || x.pods[i].account.namespace != a.namespace
}

func (x *idlePods) eachSort(a *serviceAccount, anyName bool, do func(idleSort)) {
	for _, asDefault := range []bool{false, true} {
		if anyName || asDefault {
			do(idleSort{group: a.namespace, asDefault: asDefault})
		}
		do(idleSort{stray: true, group: a.name, asDefault: asDefault})
	}
}

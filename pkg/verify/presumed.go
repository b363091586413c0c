package verify

import (
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// guess finds what is meant where nothing in the manifests has a role: the service accounts that
// they declare get a chain, as ones that nobody says should have a role. Where somebody pasted
// them, the only role that was read is presumed to be for those that it may be for.
func guess(w *facts) {
	var web []*awsstate.Role
	for i := range w.snapshot.Roles.List {
		if r := &w.snapshot.Roles.List[i]; r.Trust != nil {
			web = append(web, r)
		}
	}
	declared := false
	for _, a := range w.order {
		if a.object() == nil {
			continue
		}
		declared = true
		a.chained, a.bare = true, true
		if w.pasted.objects && len(web) == 1 && mayMean(w, web[0], a.key) {
			a.presumed = web[0]
		}
	}
	if !declared && w.pasted.objects {
		rolesAlone(w, askedAbout(w, web))
	}
}

// askedAbout are the roles that are judged by themselves where no document declares a service
// account: all where roles were pasted, or nothing but AWS was read; of a whole AWS account those
// that speak of a service account of nearly a name that a fragment has.
func askedAbout(w *facts, web []*awsstate.Role) []*awsstate.Role {
	if w.pasted.roles || len(w.objects) == 0 {
		return web
	}
	names := namedInFragments(w)
	like := newNearIndex(names)
	return slices.DeleteFunc(web, func(r *awsstate.Role) bool {
		return !slices.ContainsFunc(subjectsIn(w, r).list, func(s string) bool {
			of, ok := splitSubject(s)
			return ok && slices.ContainsFunc(like.like(of.name), func(i int) bool { return near(of.name, names[i]) })
		})
	})
}

// namedInFragments are the names of service accounts that fragments have.
func namedInFragments(w *facts) []string {
	var out []string
	for _, p := range w.pods {
		if p.snippet() && p.account.name != "" && !p.namesNone {
			out = append(out, p.account.name)
		}
	}
	for _, h := range w.hints {
		if h.pasted() && h.account.name != "" {
			out = append(out, h.account.name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// rolesAlone makes chains for roles that were shown without a service account, of what their
// trust policies speak of.
func rolesAlone(w *facts, web []*awsstate.Role) {
	for _, r := range web {
		subjects := subjectsIn(w, r).list
		for _, s := range subjects {
			if k, ok := splitSubject(s); ok {
				a := named(w, key{k.namespace, k.name})
				a.presumed, a.chained = r, true
				break // one is enough to try the policy with
			}
		}
		if len(subjects) == 0 && len(web) == 1 {
			a := named(w, key{w.namespace, ""})
			a.presumed, a.chained = r, true
		}
	}
}

// mayMean reports whether the only role may have been made for the service account, which has
// none. Who pastes a role asks about it, and may have misspelt the service account: its trust
// policy then has its namespace or nearly its name, a pattern, or no subject that is one. In a
// whole AWS account a role that names others is theirs: there the trust policy has a pattern
// that lets the service account in, or is for pods and names none.
func mayMean(w *facts, r *awsstate.Role, k key) bool {
	subjects := subjectsIn(w, r).list
	whole := slices.ContainsFunc(subjects, func(s string) bool { _, ok := splitSubject(s); return ok })
	if !w.pasted.roles {
		return covers(subjects, k) || !whole && forPods(r)
	}
	return !whole || slices.ContainsFunc(subjects, func(s string) bool {
		of, ok := splitSubject(s)
		return ok && (of.namespace == k.namespace || near(of.name, k.name) || strings.ContainsAny(s, "*?$"))
	})
}

// covers reports whether one of the subjects, read as a pattern, lets the service account in.
func covers(subjects []string, k key) bool {
	return slices.ContainsFunc(subjects, func(s string) bool { return trust.Covers(s, k.subject()) })
}

// forPods reports whether a trust policy speaks of pods' tokens or of EKS Pod Identity.
func forPods(r *awsstate.Role) bool {
	return slices.ContainsFunc(r.Trust.Statements(), func(s trust.Statement) bool {
		actions, _ := s.Actions()
		principals, _ := s.Principals()
		return slices.Contains(actions, trust.ActionWebIdentity) ||
			slices.ContainsFunc(principals, func(p trust.Principal) bool { return p.ID == trust.PodIdentityService })
	})
}

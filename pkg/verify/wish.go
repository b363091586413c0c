package verify

import (
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

// wish finds the service accounts that have, want or should have a role.
func wish(w *facts) {
	for _, h := range w.hints {
		if a := accountOf(w, h); a != nil {
			a.hints = append(a.hints, h)
		}
	}
	for _, a := range w.order {
		a.chained = a.entry != nil || a.association != nil || speaksOfRole(a) || len(a.references) > 0 || slices.ContainsFunc(a.pods, podWantsRole)
		if _, configured := webhookTold(w).entry(a.key); configured {
			a.chained = true
		}
		a.chained = a.chained || slices.ContainsFunc(a.hints, func(h hint) bool {
			return h.Kind != hints.ServiceAccount && h.Kind != hints.Names && h.Kind != hints.Mention
		})
	}
	byTrust(w)
	// irsa.yaml says who has a role: where it names nobody, such as with a role for the
	// nodes, there is nothing to guess.
	// Of a whole cluster most service accounts need no role.
	if w.in.File == nil && !w.in.whole && !slices.ContainsFunc(w.order, func(a *serviceAccount) bool { return a.chained }) {
		guess(w)
	}
}

// accountOf is the service account that a hint is about; nil where it is not known which.
func accountOf(w *facts, h hint) *serviceAccount {
	switch h.Kind {
	case hints.OnPod:
		return onPodOf(w, h)
	case hints.Role, hints.Glued, hints.WrongKey:
		if h.account.name != "" {
			return named(w, h.account)
		}
		// A service account that is the only one of its namespace is meant.
		alone := w.index.alone[h.account.namespace]
		only := alone.one
		if alone.several {
			return nil
		}
		if only == nil && h.Kind == hints.Role && !h.pasted() {
			return named(w, key{h.account.namespace, ""})
		}
		if only == nil && h.Kind == hints.Role {
			return runner(w, h.account.namespace)
		}
		return only
	case hints.ServiceAccount, hints.Names:
		if a, ok := w.accounts[h.account]; ok {
			return a
		}
	}
	return nil
}

// onPodOf: the service account of the pods that the object makes; of one that makes none, such as
// an operator's configuration, the only service account.
func onPodOf(w *facts, h hint) *serviceAccount {
	for _, p := range w.index.podsFrom[h.from] {
		if p.account.name != "" {
			return w.accounts[p.account]
		}
	}
	return w.index.only.one
}

// speaksOfRole: a document of the service account has an annotation for a role, if wrongly.
func speaksOfRole(a *serviceAccount) bool {
	for _, o := range []*manifest.Object{a.rendered, a.live} {
		if o == nil {
			continue
		}
		if _, ok := manifest.Mapping(o.Body, "metadata", "annotations")[roleKey]; ok {
			return true
		}
		if _, _, ok := wrongRoleKey(o); ok || oddAnnotations(o) != "" {
			return true
		}
	}
	return false
}

// podWantsRole: the pod itself shows that it wants a role.
func podWantsRole(p *pod) bool {
	if p.annotation(roleKey) != "" {
		return true
	}
	for _, c := range p.containers() {
		for _, name := range []string{"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"} {
			if _, ok := c.env(name); ok {
				return true
			}
		}
	}
	return false
}

// byTrust finds service accounts of the manifests, or that pods there run as, that a role's trust
// policy names in full, and that name no role: they should. Beside a whole cluster there are the roles of other
// clusters, whose service accounts have the same names.
func byTrust(w *facts) {
	named := map[key]*awsstate.Role{}
	for i := range w.snapshot.Roles.List {
		r := &w.snapshot.Roles.List[i]
		if w.in.whole && !ofCluster(w, r) {
			continue
		}
		for _, s := range subjectsIn(w, r).list {
			k, ok := splitSubject(s)
			if ok && !strings.ContainsAny(s, "*?") && named[k] == nil {
				named[k] = r
			}
		}
	}
	w.trusting = named
	for _, a := range w.order {
		if r := named[a.key]; r != nil && (a.object() != nil || len(a.pods) > 0) && !a.chained {
			a.presumed, a.chained = r, true
		}
	}
}

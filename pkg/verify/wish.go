package verify

import (
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
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
		a.chained = a.chained || slices.ContainsFunc(a.hints, func(h hint) bool { return h.kind != hintServiceAccount && h.kind != hintNames && h.kind != hintMention })
	}
	byTrust(w)
	// irsa.yaml says who has a role: where it names nobody, such as with a role for the
	// nodes, there is nothing to guess.
	if w.in.File == nil && !slices.ContainsFunc(w.order, func(a *serviceAccount) bool { return a.chained }) {
		guess(w)
	}
}

// accountOf is the service account that a hint is about; nil where it is not known which.
func accountOf(w *facts, h hint) *serviceAccount {
	switch h.kind {
	case hintOnPod:
		return onPodOf(w, h)
	case hintRole, hintGlued, hintWrongKey:
		if h.account.name != "" {
			return named(w, h.account)
		}
		// A service account that is the only one of its namespace is meant.
		alone := w.index.alone[h.account.namespace]
		only := alone.one
		if alone.several {
			return nil
		}
		if only == nil && h.kind == hintRole && h.from.Kind != "" {
			return named(w, key{h.account.namespace, ""})
		}
		if only == nil && h.kind == hintRole {
			return runner(w, h.account.namespace)
		}
		return only
	case hintServiceAccount, hintNames:
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

// byTrust finds service accounts of the manifests that a role's trust policy names in full,
// and that name no role: they should.
func byTrust(w *facts) {
	named := map[key]*awsstate.Role{}
	for i := range w.snapshot.Roles.List {
		r := &w.snapshot.Roles.List[i]
		for _, s := range subjectsIn(w, r).list {
			k, ok := splitSubject(s)
			if ok && !strings.ContainsAny(s, "*?") && named[k] == nil {
				named[k] = r
			}
		}
	}
	w.trusting = named
	for _, a := range w.order {
		if r := named[a.key]; r != nil && a.object() != nil && !a.chained {
			a.presumed, a.chained = r, true
		}
	}
}

// guess finds what is meant where nothing in the manifests has a role.
func guess(w *facts) {
	var web []*awsstate.Role
	for i := range w.snapshot.Roles.List {
		if r := &w.snapshot.Roles.List[i]; r.Trust != nil {
			web = append(web, r)
		}
	}
	var declared []*serviceAccount
	for _, a := range w.order {
		if a.object() != nil {
			declared = append(declared, a)
		}
	}
	for _, a := range declared {
		a.chained, a.bare = true, true
		if len(web) == 1 && mayMean(subjectsIn(w, web[0]).list, a.key) {
			a.presumed = web[0]
		}
	}
	if len(declared) > 0 {
		return
	}
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

// mayMean: a trust policy that speaks of these subjects may have been written for the service
// account: it has its namespace or nearly its name, a pattern, or no subject that is one.
func mayMean(subjects []string, k key) bool {
	whole := 0
	for _, s := range subjects {
		of, ok := splitSubject(s)
		if !ok {
			continue
		}
		whole++
		if of.namespace == k.namespace || near(of.name, k.name) || strings.ContainsAny(s, "*?$") {
			return true
		}
	}
	return whole == 0
}

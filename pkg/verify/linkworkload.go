package verify

import (
	"fmt"
	"path"
	"slices"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

// checkWorkload looks at who runs as the service account, and who should.
func checkWorkload(c *chain, r *result) {
	a := c.a
	if len(a.pods) > 0 {
		r.set(OK, author(c.facts, a.pods[0]).String()+" runs as it")
	} else {
		r.set(Unknown, "nothing in what was read runs as it")
		if i := slices.IndexFunc(a.hints, func(h hint) bool { return h.Kind == hints.Names }); i >= 0 {
			r.set(OK, fmt.Sprintf("%s names it for pods that are made later, at %s", a.hints[i].from, a.hints[i].Path))
		} else if len(a.references) > 0 {
			r.set(OK, fmt.Sprintf("%s asks for its token, at %s", a.references[0].from, a.references[0].Path))
		} else if a.ended != nil {
			r.set(Unknown, "only pods that have ended ran as it, such as "+a.ended.String())
		} else {
			if len(a.unread) > 0 {
				r.set(Unknown, fmt.Sprintf("irsa.yaml says that %s asks for its token, and that is not among what was read", a.unread[0]))
			}
			unusedAccount(c, r)
			if c.trial.proof != "" && r.status == Unknown { // as with a chart that makes a service account for others
				r.set(OK, "nothing runs as it yet, and a token of it gets the role")
			}
		}
	}
	targets(c, r)
	changedAccount(c, r)
	for _, p := range otherwiseRun(c.facts)[a.key] {
		r.add(found(codeWorkloadUsesOtherServiceAccount, p.String(), fmt.Sprintf("%s runs as %s, and %s, which makes it, as %s", p, p.account.name, templateOf(c.facts, p), a.name), run{restart(c, p)}).
			because("A pod keeps the service account that it was made with: it is of before the template changed, or something changes pods on their way into the cluster.").at(p.from.Where))
	}
	mayAsk(c, r)
	otherReferences(c, r)
	checkReferences(c, r)
	checkSecretProviders(c, r)
	checkScalers(c, r)
	for _, p := range a.pods {
		for _, k := range []string{kiamKey, "iam.amazonaws.com/external-id", "iam.amazonaws.com/session-name"} {
			if v := p.annotation(k); v != "" {
				r.add(found(codeKiamAnnotationLeftover, p.String(), fmt.Sprintf("%s has annotation %s: %s", p, k, v), edit("migrate: {kiam: true, kube2iam: true}   # irsa.yaml")).at(p.from.Where))
				break
			}
		}
	}
}

// targets holds usedBy of irsa.yaml against the workloads.
func targets(c *chain, r *result) {
	if c.a.entry == nil {
		return
	}
	for _, t := range c.a.entry.UsedBy {
		if t.Workload == nil {
			continue
		}
		ns := t.Workload.Namespace
		if ns == "" {
			ns = c.a.namespace
		}
		for _, p := range c.index.matching(t.Workload.Kind, t.Workload.Name) {
			if namespaceOf(c.facts, p.from) != ns || p.account.name == "" || places(c, p) {
				continue
			}
			r.add(found(codeWorkloadUsesOtherServiceAccount, p.String(),
				fmt.Sprintf("%s has serviceAccountName %s, irsa.yaml wants %s", p, p.account.name, c.a.name),
				upgrade(c.facts)).at(p.from.Where))
		}
	}
}

// places reports whether the object of a pod names the service account, if elsewhere, or is of
// a kind of which irsa.yaml says by itself where service accounts stand, or of another group than
// the kind that is built in.
func places(c *chain, p *pod) bool {
	if podKinds[p.from.Kind] != nil && !builtIn(p.from.Group()) || slices.ContainsFunc(c.in.File.WorkloadKinds, func(k spec.WorkloadKind) bool { return k.Kind == p.from.Kind }) {
		return true
	}
	return slices.ContainsFunc(c.index.podsFrom[p.from], func(own *pod) bool { return own.account == c.a.key })
}

// shellMatch is path.Match for names, which have no slash.
func shellMatch(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

// runAs makes a pod run as the service account: by irsa.yaml where there is one, else where the pod
// is written.
func runAs(c *chain, p *pod) repair {
	if c.in.File == nil && p.from.Name != "" && podKinds[p.from.Kind] != nil && builtIn(p.from.Group()) {
		of := "the pods of "
		if p.isPod() {
			of = ""
		}
		return edit(fmt.Sprintf("serviceAccountName: %s   # in %s%s, or with usedBy in irsa.yaml", asYAML(orName(c.a.name)), of, safe.Text(p.from.String())))
	}
	kind := orForm(p.from.Kind, "Deployment")
	return edit(fmt.Sprintf("usedBy:                          # irsa.yaml, at serviceAccounts: %s\n- workload: {kind: %s, name: %s}", asYAML(orName(c.a.name)), asYAML(kind), asYAML(orForm(p.from.Name, "NAME"))))
}

// unusedAccount: a service account with a role that no pod runs as, beside pods that run as one
// without a role. Which of them should is a guess, but for what values say.
func unusedAccount(c *chain, r *result) {
	a := c.a
	if a.entry != nil && len(a.entry.UsedBy)+len(a.entry.UsedByReference) > 0 || a.presumed != nil || a.bare || a.object() == nil {
		return
	}
	if p := namesake(c); p != nil {
		r.add(inOtherNamespace(c, p).saying("; the role trusts " + p.account.String()))
		return
	}
	named := slices.IndexFunc(a.hints, func(h hint) bool { return h.Kind == hints.ServiceAccount && !oddKey(h.Path) })
	idle := idle(c.facts)
	var meant *pod
	for _, p := range idle.candidates(a, named >= 0 || idle.alone) {
		if meant == nil || a.suits(p) > a.suits(meant) {
			meant = p
		}
	}
	if meant == nil {
		return
	}
	f := found(codeWorkloadUsesOtherServiceAccount, meant.String(),
		fmt.Sprintf("%s has a role, and nothing runs as it; %s runs as %s, which has none", a, meant, meant.account.name), runAs(c, meant)).at(meant.from.Where)
	if meant.account.namespace != a.namespace {
		r.add(inOtherNamespace(c, meant).as(Warning))
		return
	}
	if at := misplaced(meant, a.name); at != "" {
		r.add(f.saying(fmt.Sprintf("; it names %s at %s, where nobody reads it, and not at %s.serviceAccountName", a.name, at, meant.path)).
			mendedBy(edit(fmt.Sprintf("serviceAccountName: %s   # at %s of %s", asYAML(a.name), safe.Text(meant.path), safe.Text(meant.String())))))
		return
	}
	if named >= 0 {
		f = f.saying(fmt.Sprintf("; %s names %s", a.hints[named].Path, a.name))
	} else {
		f = f.as(Warning)
	}
	r.add(f)
}

// inOtherNamespace: nothing runs as the service account, and a pod as one of its name elsewhere.
func inOtherNamespace(c *chain, p *pod) finding {
	return found(codeWorkloadUsesOtherServiceAccount, p.String(),
		fmt.Sprintf("%s has a role, and nothing runs as it; %s runs as %s, which no document declares: a pod's service account is of its own namespace", c.a, p, p.account),
		edit(fmt.Sprintf("metadata: {namespace: %s}   # of ServiceAccount %s", asYAML(p.account.namespace), asYAML(c.a.name)))).at(p.from.Where)
}

// namesake is a pod of a service account of the same name in another namespace, which nobody
// declares, and which the role trusts in the place of this one: so the namespace of this one is
// wrong, and not the trust policy.
func namesake(c *chain) *pod {
	if c.podIdentity || c.role == nil || c.role.Trust == nil || trusts(c, c.role) {
		return nil
	}
	for _, other := range undeclaredAccounts(c.facts)[c.a.name] {
		if subjectsIn(c.facts, c.role).has[other.subject()] {
			return other.pods[0]
		}
	}
	return nil
}

// undeclaredAccounts are the service accounts that pods run as and no document declares, by name.
func undeclaredAccounts(w *facts) map[string][]*serviceAccount {
	return w.index.undeclared.get(func() map[string][]*serviceAccount {
		out := map[string][]*serviceAccount{}
		for _, a := range w.order {
			if a.object() == nil && len(a.pods) > 0 && a.namespace != "" {
				out[a.name] = append(out[a.name], a)
			}
		}
		return out
	})
}

// misplaced is where a workload of Kubernetes' own kinds names the service account outside of its
// pod spec; empty where it does not.
func misplaced(p *pod, account string) string {
	found := ""
	eachMisplaced(p, func(name, at string) {
		if name == account && found == "" {
			found = at
		}
	})
	return found
}

// eachMisplaced calls see with the service accounts that a workload of Kubernetes' own kinds
// names outside of its pod spec, and where.
func eachMisplaced(p *pod, see func(account, at string)) {
	if podKinds[p.from.Kind] == nil || !builtIn(p.from.Group()) {
		return
	}
	var visit func(v any, path string)
	visit = func(v any, path string) {
		switch v := v.(type) {
		case map[string]any:
			if name := manifest.Text(v, "serviceAccountName"); name != "" && path != p.path {
				see(name, manifest.Join(path, "serviceAccountName"))
			}
			for _, k := range manifest.SortedKeys(v) {
				visit(v[k], manifest.Join(path, k))
			}
		case []any:
			for _, item := range v {
				visit(item, path+"[]")
			}
		}
	}
	visit(p.from.Body, "")
}

// suitsInAll is what suits gives at most.
const suitsInAll = 3

// suits is how likely a pod was meant to run as the account: most where it has the
// service account's name, then where it runs as default.
func (a *serviceAccount) suits(p *pod) int {
	out := 0
	if p.from.Name == a.name {
		out += 2
	}
	if p.account.name == "default" {
		out++
	}
	return out
}

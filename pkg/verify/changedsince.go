package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// A workload that somebody changed in the cluster is another than the release has: pods are made
// of what is there, and the mistake is in no chart. helm upgrade does not take back what the
// release never had, and that of Helm 4 does not touch what another field manager owns
// (https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts).

// settable are the kinds whose pods kubectl set serviceaccount and kubectl set env change
// (https://kubernetes.io/docs/reference/kubectl/generated/kubectl_set/).
var settable = []string{"Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "ReplicationController"}

// released is the rendered template of a live workload; nil where there is none.
func released(w *facts, p *pod) *pod {
	if !p.from.Live || p.isPod() {
		return nil
	}
	return w.index.rendered[identityOf(w, p.from)]
}

// changedAccount: workloads that run as the service account in the release, and as another one in
// the cluster.
func changedAccount(c *chain, r *result) {
	for _, p := range c.a.pods {
		live := c.index.written[identityOf(c.facts, p.from)]
		if live == nil || released(c.facts, live) != p || live.account == p.account {
			continue
		}
		var fix repair = edit("serviceAccountName: " + asYAML(c.a.name) + "   # kubectl edit " + safe.Text(strings.ToLower(p.from.Kind)+" "+p.from.Name))
		switch {
		case c.in.Release != "":
			// What kubectl wrote by hand is kubectl's, and an apply by Helm 4 stops at it. kubectl set
			// would keep it, and be in the way of the next change.
			fix = run{upgradeCommand(c.facts).Note("with Helm 4: --force-conflicts")}
		case slices.Contains(settable, p.from.Kind):
			fix = run{onNamespace(c, safe.Type("kubectl", "set", "serviceaccount")).Value(safe.ResourceType, strings.ToLower(p.from.Kind)).
				Value(safe.ObjectName, p.from.Name).Value(safe.ServiceAccount, c.a.name)}
		}
		r.add(found(codeWorkloadUsesOtherServiceAccount, p.String(),
			fmt.Sprintf("%s has serviceAccountName %s in the cluster, and %s in the release: it was changed since", p, orForm(live.account.name, "default"), c.a.name), fix).
			because("Pods are made of what is in the cluster.").at(live.from.Where))
	}
}

// changedAudience: the live service account asks for another audience than the one of the
// release. It gives how it is made that again, and what the release has, in words.
func changedAudience(c *chain) (back repair, said string, ok bool) {
	a := c.a
	if a.live == nil || a.rendered == nil {
		return nil, "", false
	}
	want := manifest.Text(a.annotations(), audienceKey)
	if want == manifest.Text(a.seen(), audienceKey) {
		return nil, "", false
	}
	key, t := annotationKey(c.facts, audienceKey), annotateServiceAccount(c)
	if want == "" {
		return run{t.With(key + "-")}, "; annotation " + audienceKey + " was written since: the release has none", true
	}
	return run{t.Pair(key+"=", safe.Audience, want).With("--overwrite")}, fmt.Sprintf("; annotation %s was changed since: the release has %q", audienceKey, want), true
}

// withoutEnv takes variables out of a container: with a command where only the live workload has
// them, and otherwise by hand.
func withoutEnv(w *facts, p *pod, ct container, byHand string, names ...string) repair {
	of := released(w, p)
	if of == nil || !slices.Contains(settable, p.from.Kind) {
		return edit(byHand)
	}
	for _, theirs := range of.containers() {
		if theirs.name == ct.name && slices.ContainsFunc(names, func(name string) bool { _, has := theirs.env(name); return has }) {
			return edit(byHand)
		}
	}
	t := inContext(w, safe.Type("kubectl", "set", "env")).Maybe("-n", safe.Namespace, namespaceOf(w, p.from)).Value(safe.ResourceType, strings.ToLower(p.from.Kind)).
		Value(safe.ObjectName, p.from.Name).Flag("-c", safe.ObjectName, ct.name)
	for _, name := range names {
		if _, has := ct.env(name); has {
			t = t.With(name + "-")
		}
	}
	return run{t}
}

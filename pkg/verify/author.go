package verify

import (
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// identity is what an object is told from others by; a rendered one and the live one of
// it have the same.
type identity struct{ kind, namespace, name string }

func identityOf(w *facts, o *manifest.Object) identity {
	return identity{o.Kind, namespaceOf(w, o), o.Name}
}

// authored leaves out templates that nobody wrote: those of a ReplicaSet whose Deployment
// was read, or of one that has no pods any more. What they said is said of the
// Deployment, and of the pods that still are as they were. What an operator makes of its
// own resource may run as another service account than that says, and stays.
func authored(w *facts, pods []*pod) []*pod {
	w.makers = map[identity]*manifest.Object{}
	written := map[identity]*pod{}
	for _, p := range pods {
		id := identityOf(w, p.from)
		w.makers[id] = p.from
		if p.spec != nil {
			written[id] = p
		}
	}
	return slices.DeleteFunc(pods, func(p *pod) bool {
		if p.isPod() || len(manifest.List(p.from.Body, "metadata", "ownerReferences")) == 0 {
			return false
		}
		all := above(w, p.from)
		by := written[all[len(all)-1]]
		replicas, set := manifest.Plain(manifest.Dig(p.from.Body, "spec", "replicas"))
		return len(all) > 1 && by != nil && by.account == p.account || p.from.Kind == "ReplicaSet" && set && replicas == "0"
	})
}

// above are an object and what made it, as far as they were read: a Pod, its ReplicaSet,
// its Deployment.
func above(w *facts, o *manifest.Object) []identity {
	out := []identity{identityOf(w, o)}
	for range 8 { // what refers to itself ends
		var next *manifest.Object
		for _, r := range manifest.List(o.Body, "metadata", "ownerReferences") {
			controls, _ := manifest.Dig(r, "controller").(bool)
			if made := w.makers[identity{manifest.Text(r, "kind"), namespaceOf(w, o), manifest.Text(r, "name")}]; made != nil && (next == nil || controls) {
				next = made
			}
		}
		if next == nil {
			break
		}
		o = next
		out = append(out, identityOf(w, o))
	}
	return out
}

// author is what a person wrote to have the pod: the topmost of what made it.
func author(w *facts, p *pod) *pod {
	all := above(w, p.from)
	top := all[len(all)-1]
	if len(all) == 1 {
		return p
	}
	if by := w.index.written[top]; by != nil {
		return by
	}
	return p
}

// templateOf is the template that a running pod was made from: that of what made it, as far as
// that was read; of a Deployment also where its ReplicaSet was not. nil where it is not known.
func templateOf(w *facts, p *pod) *pod {
	if by := author(w, p); by != p && by.spec != nil && !by.isPod() {
		return by
	}
	hash := manifest.Text(p.from.Body, "metadata", "labels", "pod-template-hash")
	for _, r := range manifest.List(p.from.Body, "metadata", "ownerReferences") {
		kind, name := manifest.Text(r, "kind"), manifest.Text(r, "name")
		if deployment, ok := strings.CutSuffix(name, "-"+hash); ok && kind == "ReplicaSet" {
			kind, name = "Deployment", deployment
		}
		if by := w.index.written[identity{kind, namespaceOf(w, p.from), name}]; by != nil && by.spec != nil && !by.isPod() {
			return by
		}
	}
	return nil
}

// otherwiseRun are the running pods whose template is of the service account, and which run as
// another one: they are of before, or something changed them on the way.
func otherwiseRun(w *facts) map[key][]*pod {
	return w.index.otherwise.get(func() map[key][]*pod {
		out := map[key][]*pod{}
		for _, p := range w.pods {
			if !p.isPod() || !p.from.Live || terminating(p) {
				continue
			}
			if t := templateOf(w, p); t != nil && t.account != p.account && t.account.name != "" {
				out[t.account] = append(out[t.account], p)
			}
		}
		return out
	})
}

// restarted are the kinds that kubectl rollout restart takes.
var restarted = restartedKinds()

// rollout is the command that makes the pods of what made this one anew; nil where that is not
// known.
func rollout(c *chain, p *pod) *safe.Typed {
	restart := func(kind, name string) *safe.Typed {
		return onNamespace(c, safe.Type("kubectl", "rollout", "restart")).Value(safe.ResourceType, strings.ToLower(kind)).Value(safe.ObjectName, name)
	}
	if by := author(c.facts, p).from; slices.Contains(restarted, by.Kind) && by.Name != "" {
		// https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies,
		// and alike for a DaemonSet: such pods are made anew by nobody but who deletes them.
		if manifest.Text(by.Body, "spec", "updateStrategy", "type") == "OnDelete" && p.isPod() && p.from.Name != "" {
			return onNamespace(c, safe.Type("kubectl", "delete", "pod")).Value(safe.ObjectName, p.from.Name)
		}
		return restart(by.Kind, by.Name)
	}
	hash := manifest.Text(p.from.Body, "metadata", "labels", "pod-template-hash")
	for _, r := range manifest.List(p.from.Body, "metadata", "ownerReferences") {
		kind, name := manifest.Text(r, "kind"), manifest.Text(r, "name")
		// A Deployment names its ReplicaSets so (k8s.io/kubernetes/pkg/controller/deployment/sync.go, generateReplicaSetName).
		if deployment, ok := strings.CutSuffix(name, "-"+hash); ok && kind == "ReplicaSet" {
			return restart("Deployment", deployment)
		}
		if slices.Contains(restarted, kind) {
			return restart(kind, name)
		}
	}
	return nil
}

// rollouts make the service account's pods anew, as far as it is known how. A workload may be
// here twice, rendered and live.
func rollouts(c *chain) []repair {
	var out []repair
	for _, p := range c.a.pods {
		if t := rollout(c, p); t != nil {
			out = append(out, run{t})
		}
	}
	return out
}

package kube

import (
	"encoding/json"
	"slices"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// choose keeps, of what was listed, the service accounts that were asked for, the pods and
// workloads that run as them, and the workloads above those.
func (r *reading) choose() {
	for namespace, names := range r.names {
		c := chooser{names: names}
		listed := func(kind resource) []object { return r.found[Scope{kind.kind, namespace}] }
		for _, o := range listed(serviceAccounts) {
			if c.wants(o.name()) {
				r.keep(serviceAccounts, o)
			}
		}
		r.keep(networkPolicies, listed(networkPolicies)...)
		for _, o := range listed(pods) {
			if c.runs(pods, o) {
				r.keep(pods, o)
				c.above(o)
			}
		}
		for again := true; again; { // a ReplicaSet says that its Deployment is wanted
			again = false
			for _, kind := range workloads {
				for _, o := range listed(kind) {
					if !c.owners[o.uid()] && !(c.runs(kind, o) && !idle(kind, o)) {
						continue
					}
					r.keep(kind, o)
					again = c.above(o) || again
				}
			}
		}
	}
}

// chooser is for one namespace.
type chooser struct {
	names  []string        // nil for all
	owners map[string]bool // by uid
}

func (c *chooser) wants(account string) bool {
	return c.names == nil || slices.Contains(c.names, account)
}

// runs reports whether its pods run as a service account that is wanted.
func (c *chooser) runs(kind resource, o object) bool {
	return slices.ContainsFunc(kind.row().PodsOf(o), func(p manifest.Pod) bool { return c.wants(first(p.ServiceAccount, "default")) })
}

// above takes the object's controller in; true where it is new.
func (c *chooser) above(o object) bool {
	uid, _ := o.controller()["uid"].(string)
	if uid == "" || c.owners[uid] {
		return false
	}
	if c.owners == nil {
		c.owners = map[string]bool{}
	}
	c.owners[uid] = true
	return true
}

// idle: a ReplicaSet of a Deployment as it was before, kept for rolling back.
func idle(kind resource, o object) bool {
	if kind != replicaSets || o.controller() == nil {
		return false
	}
	return o.dig("spec", "replicas") == json.Number("0")
}

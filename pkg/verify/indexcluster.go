package verify

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// refusedAccount is a service account of which the API server said that it does not exist; name
// is quoted, as it says it.
type refusedAccount struct{ namespace, name string }

var notFound = regexp.MustCompile(`serviceaccount ("(?:[^"\\]|\\.)*") not found`)

// refusals are what the API server said of service accounts that do not exist: in the conditions
// of a ReplicaSet or a Deployment, or in an event. The first counts.
func refusals(w *facts) map[refusedAccount]string {
	return w.index.refused.get(func() map[refusedAccount]string {
		out := map[refusedAccount]string{}
		for _, o := range w.objects {
			said := []string{manifest.Text(o.Body, "message")}
			for _, cond := range manifest.List(o.Body, "status", "conditions") {
				said = append(said, manifest.Text(cond, "message"))
			}
			for _, s := range said {
				if !strings.Contains(s, "not found") {
					continue
				}
				for _, m := range notFound.FindAllStringSubmatch(s, -1) {
					id := refusedAccount{namespaceOf(w, o), m[1]}
					if out[id] == "" {
						out[id] = fmt.Sprintf("%s says: %s", o, s)
					}
				}
			}
		}
		return out
	})
}

// foundHook is the webhook's entry and the configuration that has it, and whether any
// configuration up to it came from the cluster.
type foundHook struct {
	config *manifest.Object
	entry  any
	live   bool
}

// identityWebhook is the first entry that is the webhook's.
func identityWebhook(w *facts) foundHook {
	return w.index.hook.get(func() foundHook {
		var out foundHook
		for _, o := range w.index.byKind["MutatingWebhookConfiguration"] {
			out.live = out.live || o.Live
			if hook := identityHook(o); hook != nil {
				out.config, out.entry = o, hook
				break
			}
		}
		return out
	})
}

// eventMessage is what an event says, of the core and of events.k8s.io.
func eventMessage(e *manifest.Object) string {
	return manifest.Text(e.Body, "message") + manifest.Text(e.Body, "note")
}

// hookEvent is what an event says of a call of the webhook that failed, by any of the
// names, or parts of them.
func hookEvent(w *facts, names ...string) (message, where string) {
	failed := w.index.failures.get(func() []*manifest.Object {
		return slices.DeleteFunc(slices.Clone(w.index.byKind["Event"]), func(e *manifest.Object) bool {
			return !strings.Contains(eventMessage(e), "calling webhook")
		})
	})
	asked := strings.Join(names, "\x00")
	e, had := w.index.eventOf[asked]
	if !had {
		if i := slices.IndexFunc(failed, func(e *manifest.Object) bool {
			return slices.ContainsFunc(names, func(n string) bool { return strings.Contains(eventMessage(e), n) })
		}); i >= 0 {
			e = failed[i]
		}
		w.index.eventOf[asked] = e
	}
	if e == nil {
		return "", ""
	}
	return eventMessage(e), e.Where
}

// egressPolicies are the network policies of a namespace that restrict what its pods
// reach, those of one selector as one.
type egressPolicies struct {
	// labelled are those that want a label, by the first that they want.
	labelled map[[2]string][]*egressPolicy
	others   []*egressPolicy
	bySelect map[string]*egressPolicy
}

// egressPolicy is the last policy of a selector, and where to any of them lets pods out.
type egressPolicy struct {
	selector map[string]any
	last     *manifest.Object
	at       int
	open     [destinations]bool
}

// egressOf are the policies of a namespace; nil where it has none.
func egressOf(w *facts, namespace string) *egressPolicies {
	return w.index.egress.get(func() map[string]*egressPolicies {
		out := map[string]*egressPolicies{}
		for i, o := range w.index.byKind["NetworkPolicy"] {
			if o.Group() != "networking.k8s.io" || !restrictsEgress(o) {
				continue
			}
			ns := namespaceOf(w, o)
			if out[ns] == nil {
				out[ns] = &egressPolicies{labelled: map[[2]string][]*egressPolicy{}, bySelect: map[string]*egressPolicy{}}
			}
			out[ns].add(o, i)
		}
		return out
	})[namespace]
}

// pluginPolicies are the kinds of network plugins whose policies allow beside NetworkPolicies, by
// their groups, and whether they are of all namespaces
// (https://docs.cilium.io/en/stable/network/kubernetes/policy/;
// https://docs.tigera.io/calico/latest/reference/resources/networkpolicy).
var pluginPolicies = []struct {
	kind   string
	groups []string
	all    bool
}{
	{"CiliumNetworkPolicy", []string{"cilium.io"}, false},
	{"CiliumClusterwideNetworkPolicy", []string{"cilium.io"}, true},
	{"NetworkPolicy", []string{"crd.projectcalico.org", "projectcalico.org"}, false},
	{"GlobalNetworkPolicy", []string{"crd.projectcalico.org", "projectcalico.org"}, true},
}

// othersLetOut: policies of a network plugin speak of egress in the namespace, or in all. They are
// not evaluated, and may let out what the NetworkPolicies do not.
func othersLetOut(w *facts, namespace string) bool {
	in := w.index.plugins.get(func() map[string]bool {
		out := map[string]bool{}
		for _, p := range pluginPolicies {
			for _, o := range w.index.byKind[p.kind] {
				if !slices.Contains(p.groups, o.Group()) || manifest.Dig(o.Body, "spec", "egress") == nil && o.Body["specs"] == nil {
					continue
				}
				if p.all {
					out[""] = true
				} else {
					out[namespaceOf(w, o)] = true
				}
			}
		}
		return out
	})
	return in[""] || in[namespace]
}

func (e *egressPolicies) add(o *manifest.Object, at int) {
	selector := manifest.Mapping(o.Body, "spec", "podSelector")
	id, err := json.Marshal(selector)
	p := e.bySelect[string(id)]
	if p == nil || err != nil { // what has no JSON stands alone
		p = &egressPolicy{selector: selector}
		e.bySelect[string(id)] = p
		if want, ok := firstLabel(selector); ok {
			e.labelled[want] = append(e.labelled[want], p)
		} else {
			e.others = append(e.others, p)
		}
	}
	p.last, p.at = o, at
	for _, rule := range manifest.List(o.Body, "spec", "egress") {
		for to := range destinations {
			p.open[to] = p.open[to] || letsOut(rule, to)
		}
	}
}

// firstLabel is a label without which a selector selects nothing; false where it names none.
func firstLabel(selector map[string]any) (label [2]string, ok bool) {
	labels := manifest.Mapping(selector, "matchLabels")
	for _, k := range manifest.SortedKeys(labels) {
		if v, isText := labels[k].(string); isText {
			return [2]string{k, v}, true
		}
	}
	return label, false
}

// closed is the last policy that selects pods with these labels, where none of them lets
// the pods out there; nil else.
func (e *egressPolicies) closed(labels map[string]any, to destination) *manifest.Object {
	if e == nil {
		return nil
	}
	var last *egressPolicy
	open := false
	look := func(policies []*egressPolicy) {
		for _, p := range policies {
			if selects(p.selector, labels) {
				open = open || p.open[to]
				if last == nil || p.at > last.at {
					last = p
				}
			}
		}
	}
	look(e.others)
	for k, v := range labels {
		if s, isText := v.(string); isText {
			look(e.labelled[[2]string{k, s}])
		}
	}
	if last == nil || open {
		return nil
	}
	return last.last
}

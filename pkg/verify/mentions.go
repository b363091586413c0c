package verify

import (
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

// describes: the object's roles are not settings of an application: those of groups that
// describe AWS, the mapping of users (https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html),
// and the webhook's ConfigMap.
func describes(o *manifest.Object) bool {
	if hints.DescribesAWS(o.Group()) {
		return true
	}
	return o.Kind == "ConfigMap" && (o.Name == "aws-auth" && o.Namespace == "kube-system" || o.Name == hookName) || o.Kind == "Event" || o.Kind == "ServiceAccount"
}

// mentionsOwn: a setting names the role that the pods which read it have anyway. Whose setting
// it is: of the pods that the object makes; of a ConfigMap or a Secret, of the pods that mount it
// or take variables from it, or, of a file in one that none does, of pods of its namespace, which
// may read it from the API; of another object, of the application that its API group is named
// after; of values, of any.
func mentionsOwn(w *facts, h hint) bool {
	if describes(h.from) || refersFor(h) {
		return false
	}
	if len(w.index.podsFrom[h.from]) > 0 || h.pasted() {
		return isOwn(w, h)
	}
	reads := func(*serviceAccount) bool { return false }
	switch h.from.Kind {
	case "ConfigMap", "Secret":
		ns := namespaceOf(w, h.from)
		if by := readersOf(w, h.from); len(by) > 0 {
			reads = func(a *serviceAccount) bool { return by[a.key] }
		} else if h.Name != "" {
			reads = func(a *serviceAccount) bool { return a.namespace == ns }
		}
	default:
		words := strings.Split(h.from.Group(), ".")
		reads = func(a *serviceAccount) bool {
			return slices.ContainsFunc(words, func(word string) bool {
				return len(word) > 2 && !slices.Contains(commonWords, word) && (strings.Contains(a.name, word) || strings.Contains(a.namespace, word))
			})
		}
	}
	return slices.ContainsFunc(holders(w)[h.Value], reads)
}

// readersOf are the service accounts of the pods that mount a ConfigMap or a Secret, or take
// variables from it.
func readersOf(w *facts, o *manifest.Object) map[key]bool {
	return w.index.readers.get(func() map[identity]map[key]bool {
		out := map[identity]map[key]bool{}
		for _, p := range w.pods {
			for _, of := range referredTo(p) {
				id := identity{of.kind, namespaceOf(w, p.from), of.name}
				if out[id] == nil {
					out[id] = map[key]bool{}
				}
				out[id][p.account] = true
			}
		}
		return out
	})[identityOf(w, o)]
}

// referredTo are the ConfigMaps and Secrets that a pod has in volumes or variables.
func referredTo(p *pod) []kindName {
	var out []kindName
	add := func(kind, name string) {
		if name != "" {
			out = append(out, kindName{kind, name})
		}
	}
	for _, v := range manifest.List(p.spec, "volumes") {
		out = append(out, namesInVolume(v)...)
	}
	for _, ct := range p.containers() {
		for _, from := range manifest.List(ct.body, "envFrom") {
			add("Secret", manifest.Text(from, "secretRef", "name"))
			add("ConfigMap", manifest.Text(from, "configMapRef", "name"))
		}
		for _, e := range manifest.List(ct.body, "env") {
			add("Secret", manifest.Text(e, "valueFrom", "secretKeyRef", "name"))
			add("ConfigMap", manifest.Text(e, "valueFrom", "configMapKeyRef", "name"))
		}
	}
	return out
}

// commonWords are parts of API groups that name no application.
var commonWords = []string{"apps", "batch", "networking", "policy", "example", "sigs", "operator", "config", "core", "amazonaws", "aws", "k8s", "com", "net", "org", "dev", "app", "sys", "api", "apis"}

// holders are the service accounts that have a role, by its ARN.
func holders(w *facts) map[string][]*serviceAccount {
	return w.index.holders.get(func() map[string][]*serviceAccount {
		out := map[string][]*serviceAccount{}
		for _, a := range w.order {
			arns := []string{manifest.Text(a.annotations(), roleKey)}
			if a.association != nil {
				arns = append(arns, a.association.RoleARN)
			}
			for _, p := range a.pods {
				arns = append(arns, injectedRole(p))
			}
			slices.Sort(arns)
			for _, arn := range slices.Compact(arns) {
				if arn != "" {
					out[arn] = append(out[arn], a)
				}
			}
		}
		return out
	})
}

package verify

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// theCluster is the subject of findings that are of no object.
const theCluster = "the cluster"

// webhookThere finds the webhook among the objects. Where that is unknown the text says
// why.
func webhookThere(c *chain, r *result) (Status, string) {
	looked := c.in.Objects != nil && c.in.Objects.Complete["MutatingWebhookConfiguration"]
	hook := identityWebhook(c.facts)
	looked = looked || hook.live
	if hook.config != nil {
		return webhookWorks(c, r, hook.config, hook.entry)
	}
	if m, where := hookEvent(c.facts, "pod-identity-webhook", "iam-for-pods"); m != "" {
		r.add(found(codeWebhookFailing, theCluster, "an event says: "+m, edit("kubectl get mutatingwebhookconfigurations -o yaml   # caBundle and service of the pod identity webhook")).at(where))
		return Broken, ""
	}
	switch {
	case looked:
		r.add(found(codeWebhookMissing, theCluster, "none of the MutatingWebhookConfigurations is that of the pod identity webhook", edit("helm repo add jkroepke https://jkroepke.github.io/helm-charts && helm upgrade --install amazon-eks-pod-identity-webhook jkroepke/amazon-eks-pod-identity-webhook -n kube-system")))
		return Broken, ""
	case slices.ContainsFunc(c.a.pods, func(p *pod) bool { return p.isPod() && injectedRole(p) != "" }):
		return OK, ""
	}
	if isEKS(c) {
		return Unknown, "EKS has the webhook; whether it works is not known, its MutatingWebhookConfiguration was not read"
	}
	return Unknown, "whether the cluster has the webhook is not known"
}

// hook is the webhook's entry of the configuration that was read; nil where none was.
func hook(c *chain) any { return identityWebhook(c.facts).entry }

// identityHook is the webhook's entry of a configuration; nil where it is another's.
func identityHook(o *manifest.Object) any {
	for _, h := range manifest.List(o.Body, "webhooks") {
		if strings.Contains(manifest.Text(h, "name"), "pod-identity-webhook") || strings.Contains(manifest.Text(h, "name"), "iam-for-pods") {
			return h
		}
	}
	if hooks := manifest.List(o.Body, "webhooks"); strings.Contains(o.Name, "pod-identity-webhook") && len(hooks) > 0 {
		return hooks[0]
	}
	return nil
}

// webhookWorks looks at whether the API server can call it.
func webhookWorks(c *chain, r *result, o *manifest.Object, hook any) (Status, string) {
	fail := func(message string, fix *safe.Typed) (Status, string) {
		r.add(found(codeWebhookFailing, o.String(), o.String()+": "+message, run{fix}).at(o.Where))
		return Broken, ""
	}
	bundle := manifest.Text(hook, "clientConfig", "caBundle")
	injected := manifest.Text(o.Body, "metadata", "annotations", "cert-manager.io/inject-ca-from") != "" || manifest.Text(o.Body, "metadata", "annotations", "cert-manager.io/inject-ca-from-secret") != ""
	if service := manifest.Mapping(hook, "clientConfig", "service"); service != nil {
		if bundle == "" && (o.Live || !injected) {
			return fail("clientConfig.caBundle is empty", ofWebhooks(c.facts, "patch", o).With("--type", "json", "-p", `[{"op":"add","path":"/webhooks/0/clientConfig/caBundle","value":"BASE64-CA"}]`))
		}
		if s := dead(c, manifest.Text(service, "namespace"), manifest.Text(service, "name")); s != "" {
			return fail(s, inContext(c.facts, safe.Type("kubectl", "rollout", "status")).Flag("-n", safe.Namespace, manifest.Text(service, "namespace")).With("deployment").Value(safe.ObjectName, manifest.Text(service, "name")))
		}
	}
	if f, ok := staleCA(c, o, hook); ok {
		r.add(f)
		return Broken, ""
	}
	if s := unmatched(c, hook); s != "" {
		return fail(s, ofWebhooks(c.facts, "edit", o))
	}
	if m, _ := hookEvent(c.facts, manifest.Text(hook, "name")); m != "" {
		return fail("an event says: "+m, ofWebhooks(c.facts, "get", o).With("-o", "yaml"))
	}
	if _, known := inNamespace(c, hook); !known && !allInjected(c) {
		return Unknown, fmt.Sprintf("%s has a namespaceSelector, and the labels of namespace %s were not read", o, c.a.namespace)
	}
	if s := conditions(hook); s != "" && !allInjected(c) {
		return Unknown, o.String() + " has matchConditions, which were not evaluated: " + s
	}
	return OK, ""
}

// ofWebhooks begins a command on the configuration.
func ofWebhooks(w *facts, verb string, o *manifest.Object) *safe.Typed {
	return inContext(w, safe.Type("kubectl", verb, "mutatingwebhookconfiguration")).Value(safe.ObjectName, o.Name)
}

// conditions are what else must hold for the webhook to be asked: expressions in CEL, of
// which only the constant is understood here.
func conditions(hook any) string {
	var out []string
	for _, m := range manifest.List(hook, "matchConditions") {
		if e := manifest.Text(m, "expression"); strings.TrimSpace(e) != "true" {
			out = append(out, e)
		}
	}
	return strings.Join(out, "; ")
}

// allInjected: whatever has pods of the service account has one that got its role, and so was
// shown to the webhook.
func allInjected(c *chain) bool {
	proved := map[identity]bool{}
	for _, p := range c.a.pods {
		if p.isPod() && injectedRole(p) != "" {
			for _, o := range above(c.facts, p.from) {
				proved[o] = true
			}
		}
	}
	return len(proved) > 0 && !slices.ContainsFunc(c.a.pods, func(p *pod) bool { return !proved[identityOf(c.facts, author(c.facts, p).from)] })
}

// dead says that the webhook's Service has nobody behind it, as far as its live objects show.
func dead(c *chain, namespace, name string) string {
	for _, o := range c.index.placed[key{namespace, name}] {
		switch {
		case o.Kind == "Endpoints" && len(manifest.List(o.Body, "subsets")) == 0:
			return fmt.Sprintf("its Service %s/%s has no endpoints", namespace, name)
		case o.Kind == "Deployment" && o.Live && name == o.Name && !positiveNumber(manifest.Dig(o.Body, "status", "readyReplicas")):
			return fmt.Sprintf("Deployment %s/%s has no pod that is ready", namespace, name)
		}
	}
	return ""
}

func positiveNumber(v any) bool {
	s, ok := manifest.Plain(v)
	return ok && s != "0" && !strings.HasPrefix(s, "-")
}

// unmatched says that the webhook is not asked for the service account's pods.
func unmatched(c *chain, hook any) string {
	asked := false
	for _, r := range manifest.List(hook, "rules") {
		has := func(field, want string) bool {
			return slices.ContainsFunc(manifest.List(r, field), func(v any) bool { return v == want || v == "*" })
		}
		asked = asked || has("operations", "CREATE") && has("resources", "pods")
	}
	if !asked && len(manifest.List(hook, "rules")) > 0 {
		return "its rules do not ask for CREATE of pods"
	}
	if in, known := inNamespace(c, hook); known && !in {
		return "its namespaceSelector leaves namespace " + c.a.namespace + " out"
	}
	return ""
}

// namespaceLabel is on every Namespace, and has its name
// (https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name).
const namespaceLabel = "kubernetes.io/metadata.name"

// inNamespace: the webhook is asked for pods of the service account's namespace; known is false
// where that depends on labels that were not read.
func inNamespace(c *chain, hook any) (in, known bool) {
	selector := manifest.Mapping(hook, "namespaceSelector")
	if len(selector) == 0 || c.a.namespace == "" {
		return true, true
	}
	for _, o := range c.index.byName[kindName{"Namespace", c.a.namespace}] {
		labels := map[string]any{namespaceLabel: c.a.namespace}
		maps.Copy(labels, manifest.Mapping(o.Body, "metadata", "labels"))
		return selects(selector, labels), true
	}
	byName, others := map[string]any{}, 0
	for k, v := range manifest.Mapping(selector, "matchLabels") {
		if k == namespaceLabel {
			byName["matchLabels"] = map[string]any{k: v}
		} else {
			others++
		}
	}
	var expressions []any
	for _, e := range manifest.List(selector, "matchExpressions") {
		if manifest.Text(e, "key") == namespaceLabel {
			expressions = append(expressions, e)
		} else {
			others++
		}
	}
	byName["matchExpressions"] = expressions
	in = selects(byName, map[string]any{namespaceLabel: c.a.namespace})
	return in, !in || others == 0
}

// selects is a label selector; what it does not know it takes for a match.
func selects(selector, labels map[string]any) bool {
	for k, want := range manifest.Mapping(selector, "matchLabels") {
		if labels[k] != want {
			return false
		}
	}
	for _, e := range manifest.List(selector, "matchExpressions") {
		value, has := labels[manifest.Text(e, "key")]
		in := slices.Contains(manifest.List(e, "values"), value)
		switch manifest.Text(e, "operator") {
		case "In":
			if !has || !in {
				return false
			}
		case "NotIn":
			if has && in {
				return false
			}
		case "Exists":
			if !has {
				return false
			}
		case "DoesNotExist":
			if has {
				return false
			}
		}
	}
	return true
}

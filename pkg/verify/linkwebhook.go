package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/verify/webhook"
)

// tokenAudience is the audience of the tokens that the webhook mounts.
func (c *chain) tokenAudience() string {
	v, there := c.a.annotations()[audienceKey]
	if s, ok := plain(v); ok && there {
		return s
	}
	if c.a.object() == nil && c.a.entry != nil && c.a.entry.Token.Audience != "" {
		return c.a.entry.Token.Audience
	}
	return defaultAudience
}

// checkWebhook looks at what the webhook does to the account's pods, and at what stands
// in its way.
func (c *chain) checkWebhook() {
	c.set(LinkWebhook, Unknown, "no pod of the account was read")
	c.emptyAudience()
	c.endpoints()
	there := c.webhookThere()
	sound := true
	for _, p := range c.a.pods {
		if p.spec == nil {
			continue
		}
		before := len(c.findings)
		switch {
		case c.running(p):
			c.checkRunning(p)
		case c.roleARN != "" && c.a.object() != nil && !p.snippet():
			c.predicted(p)
		}
		c.checkPod(p)
		sound = sound && !slices.ContainsFunc(c.findings[before:], func(f Finding) bool { return f.Severity == Error })
		if sound && there == OK && c.roleARN != "" {
			c.set(LinkWebhook, OK, "it gives "+p.String()+" the role")
		}
	}
	if there == Unknown && len(c.a.pods) > 0 {
		c.set(LinkWebhook, Unknown, "whether the cluster has the webhook is not known")
	}
	if len(c.a.pods) == 0 && there == OK {
		c.set(LinkWebhook, Unknown, "the cluster has the webhook; no pod of the account was read")
	}
}

// config is how the cluster's webhook was started, as far as it is known.
func (c *chain) config() webhook.Config {
	out := webhook.Defaults()
	if c.isEKS() {
		out = webhook.EKS(c.region())
	}
	if out.PodIdentity.Identities == nil {
		out.PodIdentity.Identities = map[webhook.Identity]bool{}
	}
	if c.podIdentity {
		out.PodIdentity.Identities[webhook.Identity{Namespace: orForm(c.a.namespace, "default"), Name: c.a.name}] = true
	}
	return out
}

// isEKS: EKS runs the webhook in its control plane.
func (c *chain) isEKS() bool { return eksIssuer.MatchString(c.issuer.name) && c.issuer.known }

// predicted asks what the webhook would do, and says what it would not.
func (c *chain) predicted(p *pod) {
	account, err := webhook.NewAccount(c.a.object().body, c.a.namespace)
	if err != nil {
		return // said of the annotation
	}
	meta := map[string]any{}
	for k, v := range p.meta {
		meta[k] = v
	}
	meta["namespace"] = orForm(c.a.namespace, "default") // a template has none of its own
	account.Namespace = orForm(c.a.namespace, "default")
	object := webhook.Admitted(map[string]any{"metadata": meta, "spec": p.spec}, "")
	made, err := webhook.NewPod(object, "")
	if err != nil {
		c.set(LinkWebhook, Unknown, p.String()+": "+strings.ReplaceAll(err.Error(), "\n", "; "))
		return
	}
	in := webhook.Predict(account, made, c.config())
	if in.Reason == webhook.NotShown {
		c.add(found("webhook-missing", p.String(), fmt.Sprintf("%s: %s", p, noteOf(in.Notes, webhook.NotShown)), "remove the label from the pod template").at(p.from.Where))
	}
	c.notes(p, in)
}

func noteOf(notes []webhook.Note, code webhook.Code) string {
	for _, n := range notes {
		if n.Code == code {
			return n.Path + ": " + n.Text
		}
	}
	return ""
}

// notes makes findings of what the webhook leaves alone.
func (c *chain) notes(p *pod, in webhook.Injection) {
	for _, n := range in.Notes {
		switch n.Code {
		case webhook.VolumeOther:
			c.add(found("token-file-wrong-token", p.String(), fmt.Sprintf("%s: %s: %s", p, n.Path, n.Text), "rename or remove the volume "+in.Volume.Name).at(p.from.Where))
		case webhook.ExpirationRefused:
			c.add(found("annotation-malformed", c.a.String(), fmt.Sprintf("%s: %s", c.a, n.Text), fmt.Sprintf("kubectl annotate serviceaccount%s %s eks.amazonaws.com/token-expiration=86400 --overwrite", c.flag(), orName(c.a.name))))
		}
	}
	skipped, all := 0, 0
	for _, ct := range in.Containers {
		if strings.HasPrefix(ct.Path, "spec.containers") {
			all++
		}
		for _, n := range ct.Notes {
			switch n.Code {
			case webhook.Skipped:
				skipped++
			case webhook.MountElsewhere, webhook.MountPathTaken:
				c.add(found("token-file-wrong-token", p.String(), fmt.Sprintf("%s, %s: %s", p, n.Path, n.Text), "remove this volumeMount").at(p.from.Where))
			}
		}
	}
	if all > 0 && skipped >= all {
		c.add(found("webhook-missing", p.String(), fmt.Sprintf("%s: annotation eks.amazonaws.com/skip-containers is %q, which is all of its containers", p, p.annotation("eks.amazonaws.com/skip-containers")), "remove the annotation from the pod template").at(p.from.Where))
	}
}

// emptyAudience: the token would be for the API server.
func (c *chain) emptyAudience() {
	if c.audience == "" {
		c.add(found("token-audience-mismatch", c.a.String(), fmt.Sprintf("annotation %s is empty, and so the token is for the API server", audienceKey),
			fmt.Sprintf("kubectl annotate serviceaccount%s %s %s-", c.flag(), orName(c.a.name), audienceKey)).on(LinkWebhook).at(c.where()))
		c.audience = defaultAudience
	}
}

// webhookThere finds the webhook among the objects.
func (c *chain) webhookThere() Status {
	looked := c.in.Objects != nil && c.in.Objects.Complete["MutatingWebhookConfiguration"]
	for _, o := range c.objects {
		if o.Kind != "MutatingWebhookConfiguration" {
			continue
		}
		looked = looked || o.Live
		if hook := identityHook(o); hook != nil {
			return c.webhookWorks(o, hook)
		}
	}
	switch {
	case looked:
		c.add(found("webhook-missing", "the cluster", "none of the MutatingWebhookConfigurations is that of the pod identity webhook", "helm repo add jkroepke https://jkroepke.github.io/helm-charts && helm upgrade --install amazon-eks-pod-identity-webhook jkroepke/amazon-eks-pod-identity-webhook -n kube-system"))
		return Broken
	case c.isEKS():
		return OK
	case slices.ContainsFunc(c.a.pods, func(p *pod) bool { return p.isPod() && injectedRole(p) != "" }):
		return OK
	}
	return Unknown
}

// identityHook is the webhook's entry of a configuration; nil where it is another's.
func identityHook(o *Object) any {
	for _, h := range list(o.body, "webhooks") {
		if strings.Contains(text(h, "name"), "pod-identity-webhook") || strings.Contains(text(h, "name"), "iam-for-pods") {
			return h
		}
	}
	if hooks := list(o.body, "webhooks"); strings.Contains(o.Name, "pod-identity-webhook") && len(hooks) > 0 {
		return hooks[0]
	}
	return nil
}

// webhookWorks looks at whether the API server can call it.
func (c *chain) webhookWorks(o *Object, hook any) Status {
	fail := func(message, fix string) Status {
		c.add(found("webhook-failing", o.String(), o.String()+": "+message, fix).at(o.Where))
		return Broken
	}
	bundle := text(hook, "clientConfig", "caBundle")
	injected := text(o.body, "metadata", "annotations", "cert-manager.io/inject-ca-from") != "" || text(o.body, "metadata", "annotations", "cert-manager.io/inject-ca-from-secret") != ""
	if service := mapping(hook, "clientConfig", "service"); service != nil {
		if bundle == "" && (o.Live || !injected) {
			return fail("clientConfig.caBundle is empty", "kubectl patch mutatingwebhookconfiguration "+o.Name+` --type json -p '[{"op":"add","path":"/webhooks/0/clientConfig/caBundle","value":"BASE64-CA"}]'`)
		}
		if s := c.dead(text(service, "namespace"), text(service, "name")); s != "" {
			return fail(s, fmt.Sprintf("kubectl rollout status -n %s deployment %s", text(service, "namespace"), text(service, "name")))
		}
	}
	if s := c.unmatched(hook); s != "" {
		return fail(s, "kubectl edit mutatingwebhookconfiguration "+o.Name)
	}
	for _, e := range c.objects {
		if m := text(e.body, "message"); e.Kind == "Event" && strings.Contains(m, "calling webhook") && strings.Contains(m, text(hook, "name")) {
			return fail("an event says: "+m, "kubectl get mutatingwebhookconfiguration "+o.Name+" -o yaml")
		}
	}
	return OK
}

// dead says that the webhook's Service has nobody behind it, as far as its live objects show.
func (c *chain) dead(namespace, name string) string {
	for _, o := range c.objects {
		if o.Namespace != namespace || o.Name != name {
			continue
		}
		switch {
		case o.Kind == "Endpoints" && len(list(o.body, "subsets")) == 0:
			return fmt.Sprintf("its Service %s/%s has no endpoints", namespace, name)
		case o.Kind == "Deployment" && o.Live && name == o.Name && !positiveNumber(dig(o.body, "status", "readyReplicas")):
			return fmt.Sprintf("Deployment %s/%s has no pod that is ready", namespace, name)
		}
	}
	return ""
}

func positiveNumber(v any) bool {
	s, ok := plain(v)
	return ok && s != "0" && !strings.HasPrefix(s, "-")
}

// unmatched says that the webhook is not asked for the account's pods.
func (c *chain) unmatched(hook any) string {
	asked := false
	for _, r := range list(hook, "rules") {
		has := func(field, want string) bool {
			return slices.ContainsFunc(list(r, field), func(v any) bool { return v == want || v == "*" })
		}
		asked = asked || has("operations", "CREATE") && has("resources", "pods")
	}
	if !asked && len(list(hook, "rules")) > 0 {
		return "its rules do not ask for CREATE of pods"
	}
	for _, o := range c.objects {
		if o.Kind == "Namespace" && o.Name == c.a.namespace && !selects(mapping(hook, "namespaceSelector"), mapping(o.body, "metadata", "labels")) {
			return "its namespaceSelector leaves namespace " + c.a.namespace + " out"
		}
	}
	return ""
}

// selects is a label selector; what it does not know it takes for a match.
func selects(selector, labels map[string]any) bool {
	for k, want := range mapping(selector, "matchLabels") {
		if labels[k] != want {
			return false
		}
	}
	for _, e := range list(selector, "matchExpressions") {
		value, has := labels[text(e, "key")]
		in := slices.Contains(list(e, "values"), value)
		switch text(e, "operator") {
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

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
	switch {
	case len(c.a.pods) > 0 || there != OK:
	case c.status[LinkWorkload].Status == OK && c.status[LinkAnnotation].Status == OK:
		c.set(LinkWebhook, OK, "the cluster has the webhook, and pods that are made later get the role")
	default:
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

package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/verify/webhook"
)

// checkWebhook looks at what the webhook does to the account's pods, and at what stands
// in its way.
func (c *chain) checkWebhook() {
	c.set(LinkWebhook, Unknown, "no pod of the account was read")
	c.emptyAudience()
	c.endpoints()
	if c.podIdentity {
		checkAgent(c)
	}
	there, why := c.webhookThere()
	sound := true
	for _, p := range c.a.pods {
		if p.spec == nil || terminating(p) {
			continue
		}
		before := len(c.findings)
		var in webhook.Injection
		switch {
		case c.running(p):
			c.checkRunning(p)
		case c.roleARN != "" && c.a.object() != nil && !p.snippet():
			in = c.predicted(p)
		}
		c.shown(p)
		c.add2(notInjected(c, p))
		c.checkPod(p, in)
		sound = sound && !slices.ContainsFunc(c.findings[before:], func(f Finding) bool { return f.Severity == Error })
		if sound && there == OK && c.roleARN != "" {
			c.set(LinkWebhook, OK, "it gives "+c.author(p).String()+" the role")
		}
	}
	switch {
	case len(c.a.pods) > 0 && there == Unknown:
		c.set(LinkWebhook, Unknown, why)
	case len(c.a.pods) > 0 && there == OK && (c.roleARN == "" || c.nameless()):
		c.set(LinkWebhook, Unknown, "which role the account has is not known")
	case len(c.a.pods) > 0 && c.status[LinkWebhook].Status == Unknown && !sound:
		c.set(LinkWebhook, Unknown, "see what was found of its pods")
	}
	if c.token.by == byPod && sound {
		c.set(LinkWebhook, OK, "its pods have a token in a volume of their own, and need no webhook")
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
	if hook := c.hook(); hook != nil {
		out.SkipLabel = skipLabel(hook)
	}
	if c.podIdentity {
		out.PodIdentity.Identities[webhook.Identity{Namespace: orForm(c.a.namespace, "default"), Name: c.a.name}] = true
	}
	return out
}

// isEKS: EKS runs the webhook in its control plane.
func (c *chain) isEKS() bool { return eksIssuer.MatchString(c.issuer.name) && c.issuer.known }

// predicted asks what the webhook would do, and says what it would not.
func (c *chain) predicted(p *pod) (in webhook.Injection) {
	account, err := webhook.NewAccount(c.a.object().Body, c.a.namespace)
	if err != nil {
		return in // said of the annotation
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
		return in
	}
	in = webhook.Predict(account, made, c.config())
	if in.Reason == webhook.NotShown {
		c.add(found("webhook-missing", p.String(), fmt.Sprintf("%s: %s", p, noteOf(in.Notes, webhook.NotShown)), "remove the label from the pod template").at(p.from.Where))
	}
	c.notes(p, in)
	return in
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
			c.add(found("token-file-wrong-token", p.String(), fmt.Sprintf("%s: %s: %s", p, n.Path, n.Text), "rename or remove the volume "+safe.Text(in.Volume.Name)).at(p.from.Where))
		case webhook.ExpirationRefused:
			c.add(c.expirationRefused(p, n))
		}
	}
	for _, ct := range in.Containers {
		for _, n := range ct.Notes {
			switch n.Code {
			case webhook.MountElsewhere, webhook.MountPathTaken:
				c.add(found("token-file-wrong-token", p.String(), fmt.Sprintf("%s, %s: %s", p, n.Path, n.Text), "remove this volumeMount").at(p.from.Where))
			}
		}
	}
	c.add2(skipped(p, in))
}

// expirationRefused: the annotation of the pod goes before the account's.
func (c *chain) expirationRefused(p *pod, n webhook.Note) Finding {
	if n.Account {
		return found("annotation-malformed", c.a.String(), fmt.Sprintf("%s: %s", c.a, n.Text), c.annotateAccount().With("eks.amazonaws.com/token-expiration=86400", "--overwrite").String()).
			because(expirationWhy).at(c.where())
	}
	return found("annotation-malformed", p.String(), fmt.Sprintf("%s, %s: %s", p, n.Path, n.Text), `eks.amazonaws.com/token-expiration: "86400"   # metadata.annotations of the pod template`).
		because(expirationWhy).on(LinkWebhook).at(p.from.Where)
}

const expirationWhy = "The webhook takes any number; the API server refuses pods whose token is to live for less than 600 or more than 2^32 seconds."

// skipped: no container that stays gets anything. Init containers end, but for those
// that are restarted, which are sidecars.
func skipped(p *pod, in webhook.Injection) (Finding, bool) {
	named, left, ending := 0, 0, 0
	for i, ct := range p.containers() {
		switch {
		case i < len(in.Containers) && has(in.Containers[i].Notes, webhook.Skipped):
			named++
		case !stays(ct):
			ending++
		default:
			left++
		}
	}
	if named == 0 || left > 0 {
		return Finding{}, false
	}
	f := found("webhook-missing", p.String(), fmt.Sprintf("%s: annotation %s is %q, which is all of its containers", p, skipKey, p.annotation(skipKey)), "remove the annotation from the pod template").at(p.from.Where)
	if ending > 0 {
		f.Message += " but init containers"
		return f.as(Warning), true
	}
	return f, true
}

func has(notes []webhook.Note, code webhook.Code) bool {
	return slices.ContainsFunc(notes, func(n webhook.Note) bool { return n.Code == code })
}

// emptyAudience: the token would be for the API server.
func (c *chain) emptyAudience() {
	if c.audience == "" {
		c.add(found("token-audience-mismatch", c.a.String(), fmt.Sprintf("annotation %s is empty, and so the token is for the API server", audienceKey),
			c.annotateAccount().With(audienceKey+"-").String()).on(LinkWebhook).at(c.where()))
		c.audience = defaultAudience
	}
}

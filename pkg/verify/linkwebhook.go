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
func checkWebhook(c *chain) {
	set(c, LinkWebhook, Unknown, "no pod of the account was read")
	emptyAudience(c)
	endpoints(c)
	if c.podIdentity {
		checkAgent(c)
	}
	there, why := webhookThere(c)
	sound := true
	for _, p := range c.a.pods {
		if p.spec == nil || terminating(p) {
			continue
		}
		before := len(c.findings)
		var in webhook.Injection
		switch {
		case running(c, p):
			checkRunning(c, p)
		case c.roleARN != "" && c.a.object() != nil && !p.snippet():
			in = predicted(c, p)
		}
		shown(c, p)
		add2(c)(notInjected(c, p))
		checkPod(c, p, in)
		sound = sound && !slices.ContainsFunc(c.findings[before:], func(f Finding) bool { return f.Severity == Error })
		if sound && there == OK && c.roleARN != "" {
			set(c, LinkWebhook, OK, "it gives "+author(c.facts, p).String()+" the role")
		}
	}
	switch {
	case len(c.a.pods) > 0 && there == Unknown:
		set(c, LinkWebhook, Unknown, why)
	case len(c.a.pods) > 0 && there == OK && (c.roleARN == "" || nameless(c)):
		set(c, LinkWebhook, Unknown, "which role the account has is not known")
	case len(c.a.pods) > 0 && c.status[LinkWebhook].Status == Unknown && !sound:
		set(c, LinkWebhook, Unknown, "see what was found of its pods")
	}
	if c.token.by == byPod && sound {
		set(c, LinkWebhook, OK, "its pods have a token in a volume of their own, and need no webhook")
	}
	switch {
	case len(c.a.pods) > 0 || there != OK:
	case c.status[LinkWorkload].Status == OK && c.status[LinkAnnotation].Status == OK:
		set(c, LinkWebhook, OK, "the cluster has the webhook, and pods that are made later get the role")
	default:
		set(c, LinkWebhook, Unknown, "the cluster has the webhook; no pod of the account was read")
	}
}

// config is how the cluster's webhook was started, as far as it is known.
func config(c *chain) webhook.Config {
	out := webhook.Defaults()
	if isEKS(c) {
		out = webhook.EKS(region(c))
	}
	if out.PodIdentity.Identities == nil {
		out.PodIdentity.Identities = map[webhook.Identity]bool{}
	}
	if hook := hook(c); hook != nil {
		out.SkipLabel = skipLabel(hook)
	}
	if c.podIdentity {
		out.PodIdentity.Identities[webhook.Identity{Namespace: orForm(c.a.namespace, "default"), Name: c.a.name}] = true
	}
	return out
}

// isEKS: EKS runs the webhook in its control plane.
func isEKS(c *chain) bool { return eksIssuer.MatchString(c.issuer.name) && c.issuer.known }

// predicted asks what the webhook would do, and says what it would not.
func predicted(c *chain, p *pod) (in webhook.Injection) {
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
		set(c, LinkWebhook, Unknown, p.String()+": "+strings.ReplaceAll(err.Error(), "\n", "; "))
		return in
	}
	in = webhook.Predict(account, made, config(c))
	if in.Reason == webhook.NotShown {
		add(c, found("webhook-missing", p.String(), fmt.Sprintf("%s: %s", p, noteOf(in.Notes, webhook.NotShown)), "remove the label from the pod template").at(p.from.Where))
	}
	notes(c, p, in)
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
func notes(c *chain, p *pod, in webhook.Injection) {
	for _, n := range in.Notes {
		switch n.Code {
		case webhook.VolumeOther:
			add(c, found("token-file-wrong-token", p.String(), fmt.Sprintf("%s: %s: %s", p, n.Path, n.Text), "rename or remove the volume "+safe.Text(in.Volume.Name)).at(p.from.Where))
		case webhook.ExpirationRefused:
			add(c, expirationRefused(c, p, n))
		}
	}
	for _, ct := range in.Containers {
		for _, n := range ct.Notes {
			switch n.Code {
			case webhook.MountElsewhere, webhook.MountPathTaken:
				add(c, found("token-file-wrong-token", p.String(), fmt.Sprintf("%s, %s: %s", p, n.Path, n.Text), "remove this volumeMount").at(p.from.Where))
			}
		}
	}
	add2(c)(skipped(p, in))
}

// expirationRefused: the annotation of the pod goes before the account's.
func expirationRefused(c *chain, p *pod, n webhook.Note) Finding {
	if n.Account {
		return found("annotation-malformed", c.a.String(), fmt.Sprintf("%s: %s", c.a, n.Text), annotateAccount(c).With("eks.amazonaws.com/token-expiration=86400", "--overwrite").String()).
			because(expirationWhy).at(where(c))
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
func emptyAudience(c *chain) {
	if c.audience == "" {
		add(c, found("token-audience-mismatch", c.a.String(), fmt.Sprintf("annotation %s is empty, and so the token is for the API server", audienceKey),
			annotateAccount(c).With(audienceKey+"-").String()).on(LinkWebhook).at(where(c)))
		c.audience = defaultAudience
	}
}

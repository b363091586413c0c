package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/verify/webhook"
)

// checkWebhook looks at what the webhook does to the service account's pods, and at what stands
// in its way.
func checkWebhook(c *chain, r *result) {
	r.set(Unknown, "no pod of the service account was read")
	emptyAudience(c, r)
	endpoints(c, r)
	agent, ofAgent := OK, ""
	if c.podIdentity {
		agent, ofAgent = checkAgent(c, r)
	}
	there, why := webhookThere(c, r)
	sound, unread := true, ""
	var judged *pod
	for _, p := range c.a.pods {
		if p.spec == nil || terminating(p) {
			continue
		}
		of := &result{of: c}
		var in webhook.Injection
		switch {
		case running(p):
			checkRunning(c, of, p)
		case c.roleARN != "" && c.a.object() != nil && !p.snippet():
			in = predicted(c, of, p)
		}
		shown(c, of, p)
		of.maybe(notInjected(c.facts, p))
		checkPod(c, of, p, in)
		sound, unread = sound && !of.broken() && of.why == "", orForm(unread, of.why)
		r.findings = append(r.findings, of.findings...)
		judged = p
	}
	switch {
	case len(c.a.pods) == 0:
	case there == Unknown:
		r.set(Unknown, why)
	case there == OK && (c.roleARN == "" || nameless(c)):
		r.set(Unknown, "which role the service account has is not known")
	case !sound:
		r.set(Unknown, orForm(unread, "see what was found of its pods"))
	case there == OK && judged != nil:
		r.set(OK, "it gives "+author(c.facts, judged).String()+" the role")
	}
	if c.token.by == byPod && sound {
		r.set(OK, "its pods have a token in a volume of their own, and need no webhook")
	}
	switch {
	case len(c.a.pods) == 0 && len(c.a.references) > 0:
		r.set(OK, c.a.references[0].from.String()+" asks for its token itself, which needs no webhook")
	case len(c.a.pods) > 0 || there != OK:
	case resultOf(c, LinkWorkload).status == OK && resultOf(c, LinkAnnotation).status == OK:
		r.set(OK, "the cluster has the webhook, and pods that are made later get the role")
	default:
		r.set(Unknown, "the cluster has the webhook; no pod of the service account was read")
	}
	if agent == Unknown && r.status == OK {
		r.set(agent, ofAgent)
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
func predicted(c *chain, r *result, p *pod) (in webhook.Injection) {
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
		r.set(Unknown, p.String()+": "+strings.ReplaceAll(err.Error(), "\n", "; "))
		return in
	}
	in = webhook.Predict(account, made, config(c))
	if in.Reason == webhook.NotShown {
		r.add(found(codeWebhookMissing, p.String(), fmt.Sprintf("%s: %s", p, noteOf(in.Notes, webhook.NotShown)), edit("remove the label from the pod template")).at(p.from.Where))
	}
	notes(c, r, p, in)
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
func notes(c *chain, r *result, p *pod, in webhook.Injection) {
	for _, n := range in.Notes {
		switch n.Code {
		case webhook.VolumeOther:
			r.add(found(codeTokenFileWrongToken, p.String(), fmt.Sprintf("%s: %s: %s", p, n.Path, n.Text), edit("rename or remove the volume "+safe.Text(in.Volume.Name))).at(p.from.Where))
		case webhook.ExpirationRefused:
			r.add(expirationRefused(c, p, n))
		}
	}
	for _, ct := range in.Containers {
		for _, n := range ct.Notes {
			switch n.Code {
			case webhook.MountElsewhere, webhook.MountPathTaken:
				r.add(found(codeTokenFileWrongToken, p.String(), fmt.Sprintf("%s, %s: %s", p, n.Path, n.Text), edit("remove this volumeMount")).at(p.from.Where))
			}
		}
	}
	r.maybe(skipped(p, in))
}

// expirationRefused: the annotation of the pod goes before the service account's.
func expirationRefused(c *chain, p *pod, n webhook.Note) finding {
	if n.Account {
		return found(codeAnnotationMalformed, c.a.String(), fmt.Sprintf("%s: %s", c.a, n.Text), setting{c, "eks.amazonaws.com/token-expiration", "token: {expirationSeconds: 86400}", "86400"}).
			because(expirationWhy).at(c.a.where())
	}
	return found(codeAnnotationMalformed, p.String(), fmt.Sprintf("%s, %s: %s", p, n.Path, n.Text), edit(`eks.amazonaws.com/token-expiration: "86400"   # metadata.annotations of the pod template`)).
		because(expirationWhy).on(LinkWebhook).at(p.from.Where)
}

const expirationWhy = "The webhook takes any number; the API server refuses pods whose token is to live for less than 600 or more than 2^32 seconds."

// skipped: no container that stays gets anything. Init containers end, but for those
// that are restarted, which are sidecars.
func skipped(p *pod, in webhook.Injection) (finding, bool) {
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
		return finding{}, false
	}
	f := found(codeWebhookMissing, p.String(), fmt.Sprintf("%s: annotation %s is %q, which is all of its containers", p, skipKey, p.annotation(skipKey)), edit("remove the annotation from the pod template")).at(p.from.Where)
	if ending > 0 {
		return f.saying(" but init containers").as(Warning), true
	}
	return f, true
}

func has(notes []webhook.Note, code webhook.Code) bool {
	return slices.ContainsFunc(notes, func(n webhook.Note) bool { return n.Code == code })
}

// emptyAudience: the token would be for the API server.
func emptyAudience(c *chain, r *result) {
	if c.token.audience == "" {
		r.add(found(codeTokenAudienceMismatch, c.a.String(), fmt.Sprintf("annotation %s is empty, and so the token is for the API server", audienceKey),
			setting{c, audienceKey, "token: {audience: " + defaultAudience + "}", ""}).on(LinkWebhook))
	}
}

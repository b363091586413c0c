package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// tokenMount is where the webhook mounts its tokens.
const tokenMount = "/var/run/secrets/eks.amazonaws.com/serviceaccount"

// injectedRole is the role in a pod's environment; empty where there is none.
func injectedRole(p *pod) string {
	for _, ct := range p.containers() {
		if v, ok := ct.env("AWS_ROLE_ARN"); ok && v.value != "" {
			return v.value
		}
	}
	return ""
}

// running: a pod as the API server has it, after the webhook.
func running(p *pod) bool {
	if !p.isPod() {
		return false
	}
	if p.from.Live || manifest.Dig(p.from.Body, "status") != nil {
		return true
	}
	for _, ct := range p.containers() { // pasted without what the API server adds
		if v, ok := ct.env("AWS_WEB_IDENTITY_TOKEN_FILE"); ok && strings.HasPrefix(v.value, tokenMount) {
			return true
		}
	}
	return false
}

// checkRunning compares what the pod got with what its service account says now.
func checkRunning(c *chain, r *result, p *pod) {
	if c.podIdentity || c.a.object() == nil {
		return
	}
	want := manifest.Text(c.a.annotations(), roleKey)
	if c.a.live != nil {
		want = manifest.Text(c.a.live.Body, "metadata", "annotations", roleKey)
	}
	has := injectedRole(p)
	if want == "" || has == want {
		if want != "" && p.from.Live {
			regionOf(c, r, p)
		}
		if f, ok := olderAudience(c, p); ok {
			r.add(triedPod(c, p, f))
		}
		return
	}
	if t := templateOf(c.facts, p); t != nil && has != "" && injectedRole(t) == has {
		return // its template sets the role itself, which is told of there, and which no restart changes
	}
	message := fmt.Sprintf("%s has AWS_ROLE_ARN %s, its service account has %s", p, has, want)
	if has == "" {
		message = fmt.Sprintf("%s has no AWS_ROLE_ARN, and its service account has %s", p, want)
	}
	created, since := manifest.Text(p.from.Body, "metadata", "creationTimestamp"), annotatedSince(c)
	if created != "" && since != "" {
		message += fmt.Sprintf("; the pod is of %s, the annotation of %s", created, since)
		if has == "" && created >= since { // RFC 3339 in UTC compares as text; of one second are those of one apply
			r.add(found(codeWebhookFailing, p.String(), message, run{restart(c, p).Note("once the webhook answers: kubectl get mutatingwebhookconfigurations -o yaml")}).
				because("The pod is not older than the annotation, so the webhook was asked, or should have been, and did nothing.").at(p.from.Where))
			return
		}
	}
	r.add(triedPod(c, p, found(codePodOlderThanAnnotation, p.String(), message, run{restart(c, p)}).at(p.from.Where)))
}

// olderAudience: the webhook gave the pod a token of another audience than it would give now.
func olderAudience(c *chain, p *pod) (finding, bool) {
	has, ok := injectedAudience(p)
	if !ok || has == c.audience || c.token.by == byPod || c.token.by == byProvider {
		return finding{}, false
	}
	f := found(codePodOlderThanAnnotation, p.String(), fmt.Sprintf("%s has a token of audience %q; tokens of %s have audience %q now", p, has, c.a, c.audience), run{restart(c, p)}).
		because("The webhook writes the token's audience into a pod when it is created, and never again.").at(p.from.Where)
	if provider := provider(c); provider != nil && provider.ClientIDs.Read && slices.Contains(provider.ClientIDs.List, has) && c.role != nil && c.role.Trust != nil && letsInto(c, c.role, has) {
		return f.saying("; what was read of AWS still takes that one").as(Warning), true
	}
	return f, true
}

// letsInto: the trust policy of the role takes a token of the service account with that audience.
func letsInto(c *chain, r *awsstate.Role, audience string) bool {
	parsed, err := spec.ParseRoleARN(r.ARN)
	return err == nil && trust.Evaluate(*r.Trust, trust.WebIdentity(trust.Token{
		Issuer: c.issuer.name, ProviderARN: trust.ProviderARN(parsed.Partition, parsed.AccountID, c.issuer.name), Subject: c.a.subject(), Audiences: []string{audience},
	}).OfRole(r.ARN, r.Tags)).Verdict == trust.Allow
}

// annotatedSince is when the live service account's annotation was written; empty where its
// managedFields do not tell.
func annotatedSince(c *chain) string {
	if c.a.live == nil {
		return ""
	}
	for _, m := range manifest.List(c.a.live.Body, "metadata", "managedFields") {
		if manifest.Mapping(m, "fieldsV1", "f:metadata", "f:annotations", "f:"+roleKey) != nil {
			return manifest.Text(m, "time")
		}
	}
	return ""
}

// restart makes a pod anew.
func restart(c *chain, p *pod) *safe.Typed {
	if out := rollout(c, p); out != nil {
		return out
	}
	return onNamespace(c, safe.Type("kubectl", "delete", "pod")).Value(safe.ObjectName, p.from.Name).Note("or kubectl rollout restart of what made it")
}

// regionOf: a running pod without a region.
func regionOf(c *chain, r *result, p *pod) {
	for _, ct := range p.containers() {
		a, _ := ct.env("AWS_REGION")
		b, _ := ct.env("AWS_DEFAULT_REGION")
		if a.value+a.from+b.value+b.from != "" || len(manifest.List(ct.body, "envFrom")) > 0 {
			continue
		}
		if _, ok := ct.env("AWS_ROLE_ARN"); !ok {
			continue
		}
		r.add(noRegion(c, p, ct))
		return
	}
}

func noRegion(c *chain, p *pod, ct container) finding {
	return found(codeRegionEnvMissing, p.String(), fmt.Sprintf("%s, %s has the role and neither AWS_REGION nor AWS_DEFAULT_REGION", p, ct.label()),
		edit(fmt.Sprintf("env: [{name: AWS_REGION, value: %s}]", asYAML(orForm(region(c), "REGION"))))).at(p.from.Where)
}

package verify

import (
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// tokenIs is the audience of the tokens of a service account's pods, and who says so.
type tokenIs struct {
	audience string
	by       audienceBy
}

type audienceBy int

const (
	// byDefault: nothing says it, and it is the webhook's own default.
	byDefault audienceBy = iota
	// byPod: the pods' own volumes have it.
	byPod
	// byAnnotation: the service account's annotation, or irsa.yaml, which writes that.
	byAnnotation
	// byWebhook: the webhook's arguments or its ConfigMap.
	byWebhook
	// byReferences: what asks for the tokens says it.
	byReferences
	// byLivePod: what the webhook gave the newest pod that was read, where its arguments were not.
	byLivePod
	// byProvider: nothing says it, and the provider takes no other (kOps).
	byProvider
)

// kopsAudience is the audience of the tokens that kOps has its webhook and its own add-ons
// use, and the client ID of the provider that it makes
// (github.com/kubernetes/kops pkg/model/components/podidentitywebhook and
// pkg/model/iam/iam_builder.go; https://kops.sigs.k8s.io/cluster_spec/#service-account-issuer-discovery-and-aws-iam-roles-for-service-accounts-irsa).
const kopsAudience = "amazonaws.com"

// findAudience says which audience the tokens carry: that of the pods' own volumes, where no
// container relies on the webhook; else that of the annotation, of the webhook's ConfigMap,
// of its arguments; else its default. A provider of a cluster that is not EKS and takes
// amazonaws.com alone is kOps's, whose webhook asks for that.
func findAudience(c *chain) tokenIs {
	if own, ok := ownTokens(c); ok && !meantDefault(provider(c), own) {
		return tokenIs{own, byPod}
	}
	if asked, ok := referenceAudience(c); ok {
		return tokenIs{asked, byReferences}
	}
	v, there := c.a.seen()[audienceKey]
	if s, ok := manifest.Plain(v); ok && there {
		return tokenIs{s, byAnnotation}
	}
	if c.a.object() == nil && c.a.entry != nil && c.a.entry.Token.Audience != "" {
		return tokenIs{c.a.entry.Token.Audience, byAnnotation}
	}
	settings := webhookTold(c.facts)
	if e, ok := settings.entry(c.a.key); ok && e.Audience != "" && manifest.Text(c.a.seen(), roleKey) == "" {
		return tokenIs{e.Audience, byWebhook}
	}
	if settings.read && !eksIssuer.MatchString(c.issuer.name) {
		return tokenIs{settings.audience, byWebhook}
	}
	if live, ok := liveAudience(c); ok && !eksIssuer.MatchString(c.issuer.name) {
		return tokenIs{live, byLivePod}
	}
	if p := provider(c); p != nil && !eksIssuer.MatchString(c.issuer.name) && p.ClientIDs.Read && slices.Equal(p.ClientIDs.List, []string{kopsAudience}) {
		return tokenIs{kopsAudience, byProvider}
	}
	return tokenIs{defaultAudience, byDefault}
}

// meantDefault: the provider takes the usual audience and not that of the pods' own volume,
// which then is what is wrong.
func meantDefault(p *awsstate.Provider, own string) bool {
	return p != nil && p.ClientIDs.Read && !slices.Contains(p.ClientIDs.List, own) && slices.Contains(p.ClientIDs.List, defaultAudience)
}

// injected: the webhook gave a running container its token. A template that has the same at
// the webhook's own place is not told from it but by being read.
func injected(w *facts, p *pod, ct container) bool {
	if _, ok := injectedToken(p, ct); !ok || !running(p) {
		return false
	}
	t := templateOf(w, p)
	if t == nil {
		return true
	}
	for _, of := range t.containers() {
		if of.name == ct.name {
			_, own := injectedToken(t, of)
			return !own
		}
	}
	return true
}

// ownTokens is the audience of the tokens that the pods have from volumes of their own, where
// all have the same and no container waits for the webhook to give it one.
func ownTokens(c *chain) (audience string, ok bool) {
	_, configured := webhookTold(c.facts).entry(c.a.key)
	injects := configured || manifest.Text(c.a.seen(), roleKey) != ""
	provider := provider(c)
	for _, p := range c.a.pods {
		if p.spec == nil || terminating(p) {
			continue
		}
		for _, ct := range p.containers() {
			own, has := ownToken(p, ct)
			if injected(c.facts, p, ct) {
				return "", false // it is the webhook's
			}
			if !has && !injects && provider != nil {
				own, _, has = mountedToken(p, ct, func(audience string) bool { return slices.Contains(provider.ClientIDs.List, audience) })
			}
			switch {
			case has && own != "" && (!ok || own == audience):
				audience, ok = own, true
			case has, injects && stays(ct):
				return "", false
			}
		}
	}
	return audience, ok
}

// injectedToken is the audience of the token that the webhook mounted in a container.
func injectedToken(p *pod, ct container) (audience string, ok bool) {
	v, _ := ct.env("AWS_WEB_IDENTITY_TOKEN_FILE")
	if !strings.HasPrefix(v.value, tokenMount+"/") {
		return "", false
	}
	audience, _, ok = tokenAt(p, ct, v.value)
	return audience, ok
}

// injectedAudience is the audience of the token that the webhook gave a running pod.
func injectedAudience(p *pod) (audience string, ok bool) {
	for _, ct := range p.containers() {
		if audience, ok := injectedToken(p, ct); ok && running(p) {
			return audience, true
		}
	}
	return "", false
}

// liveAudience is that of the newest of the service account's running pods which the webhook
// gave a token.
func liveAudience(c *chain) (audience string, ok bool) {
	newest := ""
	for _, p := range c.a.pods {
		has, injected := injectedAudience(p)
		if created := manifest.Text(p.from.Body, "metadata", "creationTimestamp"); injected && !terminating(p) && created >= newest {
			audience, newest, ok = has, created, true
		}
	}
	return audience, ok
}

// ownToken is the audience of the token that a container's AWS_WEB_IDENTITY_TOKEN_FILE names,
// where a projected volume of the pod has it.
func ownToken(p *pod, ct container) (audience string, ok bool) {
	v, _ := ct.env("AWS_WEB_IDENTITY_TOKEN_FILE")
	audience, _, ok = tokenAt(p, ct, v.value)
	return audience, ok
}

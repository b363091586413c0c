package verify

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

// checkProviderItself looks at the provider's client IDs and thumbprints.
func checkProviderItself(c *chain, r *result, p *awsstate.Provider) {
	if !p.ClientIDs.Read {
		r.set(Unknown, "the client IDs of "+p.ARN+" were not looked at")
	} else if c.token.by == byProvider {
		r.set(Unknown, fmt.Sprintf("which audience the webhook asks for was not read; %s takes %s, as kOps makes it", p.ARN, quoteAll(p.ClientIDs.List)))
	} else if f, ok := wrongAudience(c, p); ok {
		r.add(f)
	}
	checkThumbprint(c, r, p)
}

// wrongAudience holds the token's audience against the client IDs.
func wrongAudience(c *chain, p *awsstate.Provider) (finding, bool) {
	subject := "OIDC provider " + p.Issuer
	if slices.Contains(p.ClientIDs.List, c.audience) {
		if c.token.by == byAnnotation && c.audience != defaultAudience && !slices.Contains(p.ClientIDs.List, defaultAudience) {
			return found(codeTokenAudienceMismatch, subjectOf(c),
				fmt.Sprintf("tokens of %s carry audience %q, which the provider takes; a program that asks for a token by itself gets %q, which it does not", c.a, c.audience, defaultAudience),
				addClient(p, defaultAudience)).as(Warning).because("Operators that request a token for a service account often ask for sts.amazonaws.com, whatever the service account says."), true
		}
		return finding{}, false
	}
	seen := quoteAll(p.ClientIDs.List)
	if back, said, ok := changedAudience(c); ok {
		return found(codeTokenAudienceMismatch, c.a.String(), fmt.Sprintf("tokens of %s carry audience %q; %s takes %s%s", c.a, c.audience, subject, seen, said), back).at(c.a.live.Where), true
	}
	if c.audience != defaultAudience {
		return found(codeTokenAudienceMismatch, subjectOf(c), fmt.Sprintf("tokens of %s carry audience %q; %s takes %s", c.a, c.audience, subject, seen), addClient(p, c.audience)), true
	}
	return found(codeOIDCProviderAudienceWrong, subject, fmt.Sprintf("%s takes %s; tokens carry audience %q%s", subject, seen, c.audience, nearClient(p, c.audience)), byApply{c, addClient(p, c.audience)}), true
}

// manyQuoted is the most values that a message lists. IAM takes no trust policy with more
// subjects (4,096 characters at most,
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html), nor a
// provider with more client IDs.
const manyQuoted = 100

func quoteAll(values []string) string {
	if len(values) == 0 {
		return "no audience"
	}
	more := ""
	if n := len(values) - manyQuoted; n > 0 {
		values, more = values[:manyQuoted], fmt.Sprintf(" and %d more", n)
	}
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fmt.Sprintf("%q", v)
	}
	return strings.Join(out, ", ") + more
}

// meantClient finds a client ID that was meant to be the audience.
func meantClient(p *awsstate.Provider, audience string) (string, bool) {
	for _, id := range p.ClientIDs.List {
		if _, close := spec.Nearest(id, []string{audience}); close || near(id, audience) || strings.Contains(hints.Visible(id), audience) {
			return id, true
		}
	}
	return "", false
}

func nearClient(p *awsstate.Provider, audience string) string {
	if id, ok := meantClient(p, audience); ok {
		return "; " + difference(id, audience)
	}
	return ""
}

func addClient(p *awsstate.Provider, audience string) repair {
	return run{onProvider("add-client-id-to-open-id-connect-provider", p).Flag("--client-id", safe.Audience, audience)}
}

// onProvider begins a command of the AWS CLI that changes a provider.
func onProvider(command string, p *awsstate.Provider) *safe.Typed {
	return safe.Type("aws", "iam", command).Flag("--open-id-connect-provider-arn", safe.ProviderARN, p.ARN)
}

var fingerprint = regexp.MustCompile(`^[0-9a-fA-F]{40}$`)

// checkThumbprint compares with what the issuer shows, where somebody looked. For EKS
// and for the large public hosts AWS trusts its own list of authorities, and thumbprints
// do not count (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html).
func checkThumbprint(c *chain, r *result, p *awsstate.Provider) {
	if !p.Thumbprints.Read {
		return
	}
	seen, looked := c.in.Observed.Thumbprints[p.Issuer]
	subject := "OIDC provider " + p.Issuer
	renew := func(print string) repair {
		return run{onProvider("update-open-id-connect-provider-thumbprint", p).Flag("--thumbprint-list", safe.Thumbprint, print)}
	}
	for _, t := range p.Thumbprints.List {
		if !fingerprint.MatchString(t) {
			r.add(found(codeThumbprintMismatch, subject, fmt.Sprintf("%s has thumbprint %q, which is no SHA-1 fingerprint: want 40 hexadecimal digits", subject, t), renew("THUMBPRINT")).as(thumbSeverity(p.Issuer)))
			return
		}
	}
	if !looked || len(seen) == 0 || len(p.Thumbprints.List) == 0 { // IAM fills in what nobody gave
		return
	}
	for _, t := range p.Thumbprints.List {
		if slices.Contains(seen, strings.ToLower(t)) {
			return
		}
	}
	r.add(found(codeThumbprintMismatch, subject, fmt.Sprintf("%s has thumbprints %s; the issuer's certificates have %s", subject, quoteAll(p.Thumbprints.List), quoteAll(seen)), renew(seen[len(seen)-1])).as(thumbSeverity(p.Issuer)))
}

func thumbSeverity(issuer string) Severity {
	if eksIssuer.MatchString(issuer) || strings.HasPrefix(issuer, "s3.") || strings.Contains(issuer, ".s3.") || strings.Contains(issuer, ".cloudfront.net") {
		return Info
	}
	return Error
}

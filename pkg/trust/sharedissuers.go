package trust

import "strings"

// sharedIssuers are issuers that give tokens to everybody who signs up with them, by the
// claim that says whose a token is: the list that IAM keeps
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html).
var sharedIssuers = map[string]string{
	"token.actions.githubusercontent.com":                "sub",
	"vstoken.actions.githubusercontent.com":              "sub",
	"oidc-configuration.audit-log.githubusercontent.com": "sub",
	"gitlab.com":              "sub",
	"app.terraform.io":        "sub",
	"agent.buildkite.com":     "sub",
	"oidc.codefresh.io":       "sub",
	"studio.datachain.ai/api": "sub",
	"scalr.io":                "sub",
	"tokens.cloud.shisho.dev": "sub",
	"proidc.upbound.io":       "sub",
	"api.pulumi.com/oidc":     "aud",
	"sandboxes.cloud":         "aud",
	"oidc.vercel.com":         "aud",
}

// openOwner gives a subject that a pattern of a shared issuer takes. Its subjects begin with
// a kind and whose it is, such as repo:OWNER/NAME or organization:NAME:project: whoever
// likes can sign up under a name that only begins so, so the name must come to its end
// before the first wildcard.
func openOwner(c Condition, pattern string) (string, bool) {
	if subject, open := openSubject(c, pattern); open {
		return subject, true
	}
	head := literalHead(pattern)
	_, owner, kind := strings.Cut(head, ":")
	return fill(pattern, "stranger"), head != pattern && !(kind && strings.ContainsAny(owner, ":/"))
}

package localaws

import (
	"net/http"
	"slices"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// The codes and the order of the checks follow
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
// (Errors) and https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html;
// the wording is that which STS's callers report.

func invalidToken(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "InvalidIdentityToken", format, args...)
}

// assumeRoleWithWebIdentity: the token must be signed by its issuer, be valid now
// and be for an audience of the provider in the role's AWS account; then the role's
// trust policy decides.
func (c *call) assumeRoleWithWebIdentity() (any, error) {
	q, err := c.sessionRequest()
	if err != nil {
		return nil, err
	}
	t, err := parseToken(c.args.get("WebIdentityToken"))
	if err != nil {
		return nil, err
	}
	p := c.providerOf(q.roleARN, t.issuer)
	if p == nil {
		return nil, invalidToken("No OpenIDConnect provider found in your account for %s", t.issuer)
	}
	if err := c.checkToken(t, p); err != nil {
		return nil, err
	}
	refused := refuse(http.StatusForbidden, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
	r := c.roleOfARN(q.roleARN)
	if r == nil {
		return nil, refused
	}
	if allowed, err := c.opts.Trust(r.Trust, c.webIdentity(t, p, q)); err != nil || !allowed {
		return nil, refused
	}
	out, err := c.session(r, q, nil)
	return struct {
		sessionXML
		SubjectFromWebIdentityToken string
		Provider                    string
		Audience                    string
	}{out, t.subject, p.ARN, t.clientID(p.ClientIDs)}, err
}

// providerOf is the issuer's provider in the role's AWS account; nil where there is none.
func (c *call) providerOf(roleARN, issuer string) *provider {
	a, _ := parseARN(roleARN) // checked by sessionRequest
	owner := c.state.Accounts[a.account]
	if owner == nil {
		return nil
	}
	return owner.Providers[trust.ProviderARN(a.partition, a.account, issuer)]
}

// checkToken holds the token against its issuer's keys, the clock and the provider.
func (c *call) checkToken(t token, p *provider) error {
	if c.keys.err != nil {
		return c.keys.err
	}
	if err := t.verify(c.keys.keys); err != nil {
		return err
	}
	switch {
	case t.expires == nil:
		return invalidToken("Missing a required claim: exp")
	case t.expired(c.time):
		return refuse(http.StatusBadRequest, "ExpiredTokenException",
			"Token expired: current date/time %d must be before the expiration date/time %d", c.time.Unix(), *t.expires)
	case t.early(c.time):
		return invalidToken("Token is not valid before %d, and it is %d", *t.notBefore, c.time.Unix())
	case t.clientID(p.ClientIDs) == "":
		return invalidToken("Incorrect token audience")
	}
	return nil
}

// clientID is the one of the provider's client IDs that the token is for; empty
// where there is none.
func (t token) clientID(ids []string) string {
	for _, audience := range append(slices.Clone(t.audiences), t.claims["azp"]...) {
		if slices.Contains(ids, audience) {
			return audience
		}
	}
	return ""
}

func (c *call) webIdentity(t token, p *provider, q sessionRequest) trust.Request {
	r := trust.WebIdentity(trust.Token{
		Issuer: t.issuer, ProviderARN: p.ARN, Subject: t.subject, Audiences: t.audiences, Claims: t.claims,
	})
	for key, values := range c.context(q) {
		r.Context[key] = values
	}
	r.Unknown = nil // here, all there is to know is known
	return r
}

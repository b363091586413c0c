package localaws

import (
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"time"
)

// provider is an OpenID Connect provider.
type provider struct {
	ARN         string
	URL         string // without https://
	ClientIDs   []string
	Thumbprints []string
	Tags        []Tag
	Created     time.Time
}

// provider is the one that the request names.
func (c *call) provider() (*provider, error) {
	arn := c.args.get("OpenIDConnectProviderArn")
	a, ok := parseARN(arn)
	if !ok || a.service != "iam" || !strings.HasPrefix(a.resource, "oidc-provider/") {
		return nil, validation("Invalid ARN:  Could not be parsed! %s", arn)
	}
	p := c.account.Providers[arn]
	if p == nil {
		return nil, noSuchEntity("OpenIDConnect Provider not found for arn %s", arn)
	}
	return p, nil
}

func (c *call) createOpenIDConnectProvider() (any, error) {
	p := &provider{Created: c.time, ClientIDs: c.args.list("ClientIDList")}
	var err error
	if p.URL, err = c.checkIssuer(); err != nil {
		return nil, err
	}
	if err := c.checkClientIDs(p.ClientIDs); err != nil {
		return nil, err
	}
	if p.Thumbprints, err = c.thumbprints(); err != nil {
		return nil, err
	}
	if p.Tags, err = c.tagged(nil); err != nil {
		return nil, err
	}
	p.ARN = c.arn("oidc-provider/" + p.URL)
	if c.account.Providers[p.ARN] != nil {
		return nil, alreadyExists("Provider with url https://%s already exists.", p.URL)
	}
	if limit := c.opts.Limits.Providers; len(c.account.Providers) >= limit {
		return nil, overQuota("OpenIdConnectProvidersPerAccount", limit)
	}
	c.account.Providers[p.ARN] = p
	return struct {
		OpenIDConnectProviderArn string
		Tags                     *members[Tag]
	}{p.ARN, optional(p.Tags)}, nil
}

// checkIssuer: "The URL must begin with https:// and should correspond to the iss
// claim …", without port number and query
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html).
// The port is allowed here, so that issuers on loopback can be tried.
func (c *call) checkIssuer() (string, error) {
	text := c.args.get("Url")
	u, err := url.Parse(text)
	switch {
	case len(text) > 255:
		return "", constraint(text, "url", "have length less than or equal to 255")
	case err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "":
		return "", validation("Invalid Open ID Connect Provider URL")
	}
	return strings.TrimPrefix(text, "https://"), nil
}

func (c *call) checkClientIDs(ids []string) error {
	for _, id := range ids {
		if id == "" || len(id) > 255 {
			return constraint(id, "clientIDList", "satisfy constraint: [Member must have length less than or equal to 255, Member must have length greater than or equal to 1]")
		}
	}
	if limit := c.opts.Limits.ClientIDs; len(ids) > limit {
		return overQuota("ClientIdsPerOpenIdConnectProvider", limit)
	}
	return nil
}

// thumbprints are those of the request. Where it has none, IAM "will retrieve and
// use the top intermediate certificate authority (CA) thumbprint"; here one is made
// up, since nothing is fetched.
func (c *call) thumbprints() ([]string, error) {
	prints := c.args.list("ThumbprintList")
	for _, p := range prints {
		if len(p) != 40 {
			return nil, constraint("["+p+"]", "thumbprintList", "satisfy constraint: [Member must have length less than or equal to 40, Member must have length greater than or equal to 40]")
		}
	}
	if len(prints) > 5 {
		return nil, invalidInput("Thumbprint list must contain fewer than 5 entries.")
	}
	if prints == nil {
		prints = []string{hex.EncodeToString(digest(0, 0))[:40]}
	}
	return prints, nil
}

func (c *call) getOpenIDConnectProvider() (any, error) {
	p, err := c.provider()
	if err != nil {
		return nil, err
	}
	return struct {
		URL            string `xml:"Url"`
		ClientIDList   members[string]
		ThumbprintList members[string]
		CreateDate     string
		Tags           *members[Tag]
	}{p.URL, list(p.ClientIDs), list(p.Thumbprints), date(p.Created), optional(p.Tags)}, nil
}

// listOpenIDConnectProviders has no pages in the API either.
func (c *call) listOpenIDConnectProviders() (any, error) {
	type entry struct{ Arn string }
	var out []entry
	for arn := range c.account.Providers {
		out = append(out, entry{arn})
	}
	slices.SortFunc(out, func(a, b entry) int { return strings.Compare(a.Arn, b.Arn) })
	return struct{ OpenIDConnectProviderList members[entry] }{list(out)}, nil
}

// addClientID: "This operation is idempotent; it does not fail or return an error if
// you add an existing client ID to the provider."
func (c *call) addClientID() (any, error) {
	p, err := c.provider()
	if err != nil {
		return nil, err
	}
	id := c.args.get("ClientID")
	if slices.Contains(p.ClientIDs, id) {
		return nil, nil
	}
	ids := append(slices.Clone(p.ClientIDs), id)
	if err := c.checkClientIDs(ids); err != nil {
		return nil, err
	}
	p.ClientIDs = ids
	return nil, nil
}

// removeClientID: "This operation is idempotent; it does not fail or return an error
// if you try to remove a client ID that does not exist."
func (c *call) removeClientID() (any, error) {
	p, err := c.provider()
	if err != nil {
		return nil, err
	}
	id := c.args.get("ClientID")
	if err := c.checkClientIDs([]string{id}); err != nil {
		return nil, err
	}
	p.ClientIDs = slices.DeleteFunc(p.ClientIDs, func(known string) bool { return known == id })
	return nil, nil
}

func (c *call) updateThumbprint() (any, error) {
	p, err := c.provider()
	if err != nil {
		return nil, err
	}
	prints, err := c.thumbprints()
	if err != nil {
		return nil, err
	}
	p.Thumbprints = prints
	return nil, nil
}

func (c *call) tagOpenIDConnectProvider() (any, error) {
	p, err := c.provider()
	if err != nil {
		return nil, err
	}
	return nil, c.retag(&p.Tags, c.tagged)
}

func (c *call) untagOpenIDConnectProvider() (any, error) {
	p, err := c.provider()
	if err != nil {
		return nil, err
	}
	return nil, c.retag(&p.Tags, c.untagged)
}

func (c *call) listOpenIDConnectProviderTags() (any, error) {
	p, err := c.provider()
	if err != nil {
		return nil, err
	}
	return c.listTags(p.Tags)
}

// deleteOpenIDConnectProvider: "This operation is idempotent; it does not fail or
// return an error if you call the operation for a provider that does not exist."
func (c *call) deleteOpenIDConnectProvider() (any, error) {
	delete(c.account.Providers, c.args.get("OpenIDConnectProviderArn"))
	return nil, nil
}

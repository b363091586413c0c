package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// defaultAudience is the webhook's, and STS's own.
const defaultAudience = "sts.amazonaws.com"

// partition is that of the role; else the region's.
func (c *chain) partition() string {
	if p := spec.PartitionOf(c.region()); p != "" {
		return p
	}
	if m := eksIssuer.FindStringSubmatch(c.issuer.name); m != nil {
		return spec.PartitionOf(m[1])
	}
	if c.parsed.Partition != "" {
		return c.parsed.Partition
	}
	return "aws"
}

// roleAccount is the role's account; else the snapshot's.
func (c *chain) roleAccount() string {
	if c.parsed.AccountID != "" {
		return c.parsed.AccountID
	}
	return c.snapshot.Account
}

// providerARN is the provider that the role must trust; empty where it cannot be told.
func (c *chain) providerARN() string {
	if c.issuer.name == "" || c.roleAccount() == "" {
		return ""
	}
	return trust.ProviderARN(c.partition(), c.roleAccount(), c.issuer.name)
}

// provider finds the provider of the issuer in the role's account.
func (c *chain) provider() *awsstate.Provider {
	i, there := c.providers().arn[c.providerARN()]
	if bare, also := c.providers().bare[c.issuer.name]; also && (!there || bare < i) {
		i, there = bare, true
	}
	if !there {
		return nil
	}
	return &c.snapshot.Providers.List[i]
}

// providerElsewhere finds a provider of the issuer in another account.
func (c *chain) providerElsewhere() *awsstate.Provider {
	if i, there := c.providers().issuer[c.issuer.name]; there && c.issuer.name != "" {
		return &c.snapshot.Providers.List[i]
	}
	return nil
}

// checkProvider looks at the OIDC provider in the role's account.
func (c *chain) checkProvider() {
	switch {
	case c.podIdentity:
		c.set(LinkProvider, OK, "EKS Pod Identity needs none")
		return
	case !c.snapshot.Providers.Read:
		c.set(LinkProvider, Unknown, "the OIDC providers were not looked at")
		return
	case c.issuer.name == "" && len(c.snapshot.Providers.List) > 0:
		c.set(LinkProvider, Unknown, "the cluster's issuer is not known")
		return
	case c.issuer.name != "" && c.roleAccount() == "" && len(c.snapshot.Providers.List) > 0:
		c.set(LinkProvider, Unknown, "the role's account is not known")
		if p := c.providerElsewhere(); p != nil {
			c.checkProviderItself(p)
		}
		return
	}
	p := c.provider()
	if other := c.providerElsewhere(); p == nil && other != nil && c.issuer.by == theOnlyProvider {
		c.set(LinkProvider, Unknown, fmt.Sprintf("the cluster's issuer is not known, and the only OIDC provider is in another account: %s", other.ARN))
		c.checkProviderItself(other)
		return
	}
	if p == nil {
		c.noProvider()
		return
	}
	c.set(LinkProvider, OK, p.ARN)
	if !c.issuer.known {
		c.set(LinkProvider, Unknown, "the cluster's issuer is not known; "+p.ARN+" is there")
	}
	c.checkProviderItself(p)
}

// noProvider: the account lacks it, or has it with a typing error.
func (c *chain) noProvider() {
	name := c.issuer.name
	if c.wrongInTrust() {
		// The provider is elsewhere, or of another partition, and the trust policy tells.
		c.set(LinkProvider, Unknown, "see the trust policy")
		return
	}
	make := c.createProvider().String()
	account := c.roleAccount()
	if name == "" {
		c.add(found("oidc-provider-missing", c.a.String(), "the account has no OIDC provider at all", make))
		return
	}
	cross := c.snapshot.Account != "" && c.parsed.AccountID != "" && c.parsed.AccountID != c.snapshot.Account
	if cross && !c.readAccount(c.parsed.AccountID) {
		c.set(LinkProvider, Unknown, "AWS account "+account+" was not read")
		c.add(found("oidc-provider-missing-cross-account", c.a.String(),
			fmt.Sprintf("role %s is in AWS account %s, which was not read; the OIDC provider for https://%s has to be there as well, and not only in the cluster's, %s", c.roleARN, account, name, c.snapshot.Account),
			c.createProvider().Note("with credentials of AWS account "+account+", where it has none").String()).as(Info))
		return
	}
	if cross {
		f := found("oidc-provider-missing-cross-account", c.a.String(),
			fmt.Sprintf("role %s is in account %s, which has no OIDC provider for https://%s; the cluster is in account %s", c.roleARN, account, name, c.snapshot.Account), c.createProvider().Note("with credentials of account "+account).String())
		c.add(f)
		return
	}
	f := found("oidc-provider-missing", c.a.String(), fmt.Sprintf("%s has no OIDC provider for https://%s", orForm(strings.TrimSuffix("account "+account, "account "), "the account"), name), make)
	if like, there := c.likeIssuer(name); there {
		f.Message += "; it has one for " + difference(like, name)
	}
	c.add(f)
}

// createProvider is the command that makes the provider of the account's tokens.
func (c *chain) createProvider() *safe.Typed {
	return safe.Type("aws", "iam", "create-open-id-connect-provider").
		With("--url").Pair("https://", safe.Issuer, c.issuer.name).Flag("--client-id-list", safe.Audience, c.audience)
}

// wrongInTrust: the provider exists under another account or partition, and that is
// what the role trusts or should.
func (c *chain) wrongInTrust() bool {
	p := c.providerElsewhere()
	if p == nil || c.role == nil || c.role.Trust == nil {
		return false
	}
	has, want := strings.SplitN(p.ARN, ":", 6), strings.SplitN(c.providerARN(), ":", 6)
	if len(has) < 6 || len(want) < 6 {
		return false
	}
	trusted := false
	for _, s := range c.role.Trust.Statements() {
		principals, _ := s.Principals()
		trusted = trusted || slices.ContainsFunc(principals, func(q trust.Principal) bool { return q.ID == c.providerARN() })
	}
	return has[1] != want[1] || !trusted || c.parsed.AccountID == c.snapshot.Account && c.snapshot.Account != ""
}

// readAccount reports whether anything of that account was read.
func (w *world) readAccount(id string) bool {
	if id == w.snapshot.Account || w.snapshot.Account == "" {
		return true
	}
	return w.accountsRead()[id]
}

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
const defaultAudience = spec.DefaultAudience

// partition is that of the role; else the region's.
func partition(c *chain) string {
	if p := spec.PartitionOf(region(c)); p != "" {
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

// roleAccount is the role's AWS account; else the snapshot's.
func roleAccount(c *chain) string {
	if c.parsed.AccountID != "" {
		return c.parsed.AccountID
	}
	return c.snapshot.Account
}

// providerARN is the provider that the role must trust; empty where it cannot be told.
func providerARN(c *chain) string {
	if c.issuer.name == "" || roleAccount(c) == "" {
		return ""
	}
	return trust.ProviderARN(partition(c), roleAccount(c), c.issuer.name)
}

// provider finds the provider of the issuer in the role's AWS account.
func provider(c *chain) *awsstate.Provider {
	i, there := providers(c.facts).arn[providerARN(c)]
	if bare, also := providers(c.facts).bare[c.issuer.name]; also && (!there || bare < i) {
		i, there = bare, true
	}
	if !there {
		return nil
	}
	return &c.snapshot.Providers.List[i]
}

// providerElsewhere finds a provider of the issuer in another AWS account.
func providerElsewhere(c *chain) *awsstate.Provider {
	if i, there := providers(c.facts).issuer[c.issuer.name]; there && c.issuer.name != "" {
		return &c.snapshot.Providers.List[i]
	}
	return nil
}

// checkProvider looks at the OIDC provider in the role's AWS account.
func checkProvider(c *chain, r *result) {
	judgeProvider(c, r)
	triedProvider(c, r)
}

func judgeProvider(c *chain, r *result) {
	switch {
	case !c.snapshot.Providers.Read:
		r.set(Unknown, "the OIDC providers were not looked at")
		return
	case c.snapshot.Accounts != nil && roleAccount(c) != "" && !c.snapshot.Accounts[roleAccount(c)].Providers:
		r.set(Unknown, "the OIDC providers of AWS account "+roleAccount(c)+" were not looked at")
		return
	case c.issuer.name == "" && len(c.snapshot.Providers.List) > 0:
		r.set(Unknown, "the cluster's issuer is not known")
		return
	case c.issuer.name != "" && roleAccount(c) == "" && len(c.snapshot.Providers.List) > 0:
		r.set(Unknown, "the role's AWS account is not known")
		if p := providerElsewhere(c); p != nil {
			checkProviderItself(c, r, p)
		}
		return
	}
	p := provider(c)
	if other := providerElsewhere(c); p == nil && other != nil && c.issuer.by == theOnlyProvider {
		r.set(Unknown, fmt.Sprintf("the cluster's issuer is not known, and the only OIDC provider is in another account: %s", other.ARN))
		checkProviderItself(c, r, other)
		return
	}
	if p == nil {
		noProvider(c, r)
		return
	}
	r.set(OK, p.ARN)
	if !c.issuer.known {
		r.set(Unknown, "the cluster's issuer is not known; "+p.ARN+" is there")
	}
	checkProviderItself(c, r, p)
}

// noProvider: the AWS account lacks it, or has it with a typing error.
func noProvider(c *chain, r *result) {
	name := c.issuer.name
	if unusable(c) != "" {
		r.set(Unknown, "AWS cannot know the cluster's issuer: see there")
		return
	}
	if wrongInTrust(c) {
		r.set(Unknown, "see the trust policy")
		return
	}
	account := roleAccount(c)
	if name == "" {
		r.add(found(codeOIDCProviderMissing, subjectOf(c), "the AWS account has no OIDC provider at all", byApply{c, run{createProvider(c)}}))
		return
	}
	cross := c.snapshot.Account != "" && c.parsed.AccountID != "" && c.parsed.AccountID != c.snapshot.Account
	if cross && !readAccount(c.facts, c.parsed.AccountID) {
		r.set(Unknown, "AWS account "+account+" was not read")
		r.add(found(codeOIDCProviderMissingCrossAccount, subjectOf(c),
			fmt.Sprintf("role %s is in AWS account %s, which was not read; the OIDC provider for https://%s has to be there as well, and not only in the cluster's, %s", c.roleARN, account, name, c.snapshot.Account),
			run{createProvider(c).Note("with credentials of AWS account " + account + ", where it has none")}).as(Info))
		return
	}
	if cross {
		f := found(codeOIDCProviderMissingCrossAccount, subjectOf(c),
			fmt.Sprintf("role %s is in AWS account %s, which has no OIDC provider for https://%s; the cluster is in AWS account %s", c.roleARN, account, name, c.snapshot.Account), run{createProvider(c).Note("with credentials of AWS account " + account)})
		r.add(f)
		return
	}
	f := found(codeOIDCProviderMissing, subjectOf(c), fmt.Sprintf("%s has no OIDC provider for https://%s", strings.TrimSuffix("AWS account "+orForm(account, "of the role"), " "), name), byApply{c, run{createProvider(c)}})
	if other := providerElsewhere(c); other != nil {
		f = f.saying("; there is " + other.ARN)
	} else if like, there := likeIssuer(c.facts, name); there {
		f = f.saying("; it has one for " + difference(like, name))
	}
	r.add(f)
}

// createProvider is the command that makes the provider of the service account's tokens.
func createProvider(c *chain) *safe.Typed {
	return safe.Type("aws", "iam", "create-open-id-connect-provider").
		With("--url").Pair("https://", safe.Issuer, c.issuer.name).Flag("--client-id-list", safe.Audience, c.audience)
}

// wrongInTrust: the provider exists under another AWS account or partition, and the role does
// not trust the one that it should, which its trust policy tells.
func wrongInTrust(c *chain) bool {
	if providerElsewhere(c) == nil || c.role == nil || c.role.Trust == nil {
		return false
	}
	return !slices.ContainsFunc(c.role.Trust.Statements(), func(s trust.Statement) bool {
		principals, _ := s.Principals()
		return slices.ContainsFunc(principals, func(p trust.Principal) bool { return p.ID == providerARN(c) })
	})
}

// allProviders reports whether the OIDC providers of all AWS accounts that matter were read.
func allProviders(w *facts) bool {
	for _, a := range w.snapshot.Accounts {
		if !a.Providers {
			return false
		}
	}
	return true
}

// readAccount reports whether the roles of that AWS account were read; where it is not said of
// which AWS accounts the lists are, whether anything of it was.
func readAccount(w *facts, id string) bool {
	if w.snapshot.Accounts != nil {
		return w.snapshot.Accounts[id].Roles
	}
	if id == w.snapshot.Account || w.snapshot.Account == "" {
		return true
	}
	return accountsRead(w)[id]
}

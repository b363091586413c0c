package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// tried holds what came of the trial against what was read. STS is right: it is what the
// pods ask.
func tried(c *chain) {
	t, ok := c.in.Observed.Assumed[Trial{Namespace: c.a.namespace, Name: c.a.name}.Key()]
	switch {
	case c.podIdentity && c.in.Observed.Assumed != nil && c.status[LinkTrust].Status == OK:
		set(c, LinkTrust, OK, c.status[LinkTrust].Why+"; not tried, since EKS Pod Identity takes the role for the pods")
	case !ok || c.podIdentity:
	case t.ARN != "" && isRole(c, t.ARN):
		proved(c, t)
	case t.ARN != "":
		otherRole(c, t)
	case t.Code != "":
		refusedBySTS(c, t)
	case t.NoAccount:
		noAccount(c)
	case t.Unreached != "":
		unreached(c, t)
	default:
		untried(c, t.Untried)
	}
}

// isRole reports whether an assumed role is the account's. Its ARN has the role's name
// without the path
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns).
func isRole(c *chain, arn string) bool {
	return strings.HasPrefix(arn, fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/", c.parsed.Partition, c.parsed.AccountID, c.parsed.Name))
}

// otherRole: whoever answered for STS gave something else than was asked for.
func otherRole(c *chain, t Assumption) {
	f := stsRefused(c, fmt.Sprintf("STS gave credentials of %s for a token of %s, and not of role %s", t.ARN, c.a, c.roleARN)).
		because("STS gives a session of the role that was asked for, so that this is no STS that knows the role.")
	f.Fix = "env | grep AWS_ENDPOINT_URL   # who answers for STS here"
	add(c, f)
}

// proved: STS gave the role. What was read and says otherwise is older than what AWS
// has, or we read it wrong.
func proved(c *chain, t Assumption) {
	c.proof = t.ARN
	for i, f := range c.findings {
		if f.Severity == Error && judgedBySTS(f) {
			f.Message += "; STS gave the role all the same: " + t.ARN
			c.findings[i] = f.as(Warning).because("What was read says that AWS refuses it, and AWS did not: it was changed since, or is more than was read.")
		}
	}
	set(c, LinkIssuer, OK, fmt.Sprintf("https://%s, from %s; STS took a token of it", c.issuer.name, c.issuer.by))
	set(c, LinkProvider, OK, providerARN(c)+"; STS took a token of it")
	before := c.status[LinkTrust]
	switch {
	case c.undecided != "": // it may be only here, and not where the pods run
		set(c, LinkTrust, Unknown, fmt.Sprintf("STS gave %s to us; whether the pods get it is %s", t.ARN, c.undecided))
	case before.Status == OK:
		set(c, LinkTrust, OK, fmt.Sprintf("STS gave %s; %s", t.ARN, before.Why))
	default:
		set(c, LinkTrust, OK, "STS gave "+t.ARN)
	}
}

// untried: without an answer there is no proof, whatever the documents say.
func untried(c *chain, why string) {
	s := c.status[LinkTrust]
	switch {
	case s.Status == OK:
		set(c, LinkTrust, Unknown, fmt.Sprintf("not tried: %s; as far as was read: %s", why, s.Why))
	case s.Status == Unknown:
		set(c, LinkTrust, Unknown, strings.TrimSuffix(fmt.Sprintf("not tried: %s; %s", why, s.Why), "; "))
	}
}

// helmHook is the annotation of what Helm makes and deletes beside the release.
const helmHook = "helm.sh/hook"

// noAccount: the cluster, which was asked for the token, has no such account.
func noAccount(c *chain) {
	if _, hook := c.a.annotations()[helmHook]; hook { // https://helm.sh/docs/topics/charts_hooks/#hook-deletion-policies
		untried(c, "the account is a hook's, and the cluster has it only while Helm works")
		return
	}
	if c.a.live == nil && !slices.ContainsFunc(c.findings, func(f Finding) bool { return f.Code == "service-account-missing" && f.Severity == Error }) {
		f := found("service-account-missing", c.a.String(), fmt.Sprintf("the cluster has no %s", c.a),
			makeAccount(c)).at(where(c))
		if c.in.Objects == nil || !c.in.Objects.Complete["ServiceAccount"] {
			f = f.as(Warning) // manifests that may not have been installed yet
			set(c, LinkAccount, Unknown, "the cluster has it not, or not yet")
		}
		add(c, f)
	}
	untried(c, "the cluster has no such account")
}

// unreached: this is not where the pods run, so that it says nothing of them.
func unreached(c *chain, t Assumption) {
	add(c, found("sts-endpoint-unreachable", "STS", fmt.Sprintf("%s did not answer from here: %s", orForm(t.Endpoint, "STS"), t.Unreached),
		askSTS(orForm(t.Endpoint, "sts.REGION.amazonaws.com"))).
		as(Warning).on(LinkTrust).because("The trial is made from here, not from a pod: whether the pods reach it is not known."))
	untried(c, "STS did not answer")
}

// askSTS is the command that asks an endpoint.
func askSTS(endpoint string) string {
	if endpoint != "sts.REGION.amazonaws.com" && !safe.Host.Takes(endpoint) {
		return safe.Type("curl").Value(safe.Host, endpoint).String()
	}
	return safe.Type("curl", "-sS", "https://"+endpoint).
		Note("from here; and from a pod: kubectl run sts --rm -it --restart=Never --image=curlimages/curl -- -sS https://" + endpoint).String()
}

// stsRefused is the finding for a refusal that nothing that was read explains.
func stsRefused(c *chain, message string) Finding {
	return found("sts-refused", c.a.String(), message,
		safe.Type("aws", "iam", "get-role").Flag("--role-name", safe.RoleName, c.parsed.Name).With("--query", "Role.AssumeRolePolicyDocument").
			Note("as it is now; after a change IAM takes seconds").String())
}

// The texts by which STS tells its refusals apart: they all have the code
// InvalidIdentityToken
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html, Errors).
// A text that is none of them is a refusal of the token as well, with STS's own words.
const (
	saysNoProvider = "No OpenIDConnect provider found"
	saysAudience   = "Incorrect token audience"
	saysThumbprint = "thumbprint"
	saysNoKey      = "retrieve verification key"
)

// undecidedCodes: STS was reached, and says nothing of the token
// (https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html).
var undecidedCodes = []string{"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "ServiceUnavailable", "InternalFailure", "InternalError"}

// refusedBySTS puts a refusal on the link that it is about.
func refusedBySTS(c *chain, t Assumption) {
	said := fmt.Sprintf("STS refuses the token: %s: %s", t.Code, t.Message)
	switch {
	case slices.Contains(undecidedCodes, t.Code):
		untried(c, fmt.Sprintf("STS answers %s: %s", t.Code, t.Message))
	case t.Code == "RegionDisabledException":
		add(c, found("sts-endpoint-unreachable", roleSubject(c), said,
			safe.Type("aws", "account", "enable-region").Flag("--region-name", safe.Region, region(c)).Note("with credentials of account "+c.parsed.AccountID).String()).
			on(LinkTrust).because("STS is not active in the cluster's region for the role's account."))
	case strings.Contains(t.Message, saysNoProvider):
		refusedProvider(c, said)
	case strings.Contains(t.Message, saysAudience):
		refusedAudience(c, said)
	case strings.Contains(t.Message, saysThumbprint):
		refusedThumbprint(c, said)
	case strings.HasPrefix(t.Code, "AccessDenied"):
		saysDenied(c, t, said)
	case strings.HasPrefix(t.Code, "InvalidIdentityToken"), strings.HasPrefix(t.Code, "IDP"), strings.HasPrefix(t.Code, "ExpiredToken"):
		saysToken(c, t, said)
	default:
		f := stsRefused(c, fmt.Sprintf("%s fails with a token of %s for role %s: %s: %s", t.Call, c.a, c.roleARN, t.Code, t.Message))
		f.Fix = onNamespace(c, safe.Type("helm", "--debug", "irsa", "verify", "RELEASE", "--live")).Note("names each call, and what came of it").String()
		add(c, f)
	}
}

// confirm lets STS confirm a finding on one of the codes; the bool is false where there
// is none. One that was not certain is now.
func confirm(c *chain, said string, codes ...string) bool {
	for i, f := range c.findings {
		if slices.Contains(codes, f.Code) && f.Link != LinkWebhook {
			f.Message += "; " + said
			c.findings[i] = f.as(Error)
			return true
		}
	}
	return false
}

// saysNoProvider: STS looks in the role's account.
func refusedProvider(c *chain, said string) {
	if confirm(c, said, "oidc-provider-missing", "oidc-provider-missing-cross-account") {
		return
	}
	if wrongInTrust(c) && confirm(c, said, "federated-account-mismatch", "partition-mismatch") {
		return
	}
	code, seen := "oidc-provider-missing", "the account's OIDC providers were not read"
	if c.snapshot.Account != "" && c.parsed.AccountID != c.snapshot.Account {
		code = "oidc-provider-missing-cross-account"
	}
	if p := provider(c); p != nil {
		seen = "what was read has " + p.ARN
	}
	add(c, found(code, c.a.String(), fmt.Sprintf("%s; %s", said, seen),
		createProvider(c).Note("with credentials of account "+c.parsed.AccountID).String()))
}

// saysAudience: the token's is none of the provider's client IDs.
func refusedAudience(c *chain, said string) {
	if confirm(c, said, "oidc-provider-audience-wrong", "token-audience-mismatch") {
		return
	}
	code, p := "oidc-provider-audience-wrong", awsstate.Provider{ARN: providerARN(c)}
	if c.audience != defaultAudience {
		code = "token-audience-mismatch"
	}
	seen := "its client IDs were not read"
	if has := provider(c); has != nil && has.ClientIDs.Read {
		seen = "what was read takes " + quoteAll(has.ClientIDs.List)
	}
	add(c, found(code, c.a.String(), fmt.Sprintf("%s; tokens of %s carry audience %q; %s", said, c.a, c.audience, seen), addClient(&p, c.audience)))
}

// saysThumbprint: of the certificate of the issuer's key set.
func refusedThumbprint(c *chain, said string) {
	if confirm(c, said, "thumbprint-mismatch") {
		return
	}
	print := ""
	if seen := c.in.Observed.Thumbprints[c.issuer.name]; len(seen) > 0 {
		print = seen[len(seen)-1]
	}
	add(c, found("thumbprint-mismatch", "OIDC provider "+c.issuer.name, said,
		onProvider("update-open-id-connect-provider-thumbprint", &awsstate.Provider{ARN: providerARN(c)}).Flag("--thumbprint-list", safe.Thumbprint, print).String()))
}

// saysDenied: the trust policy, or something above it. Where what was read says the same,
// it has the reason already.
func saysDenied(c *chain, t Assumption, said string) {
	// The wording is that of
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html.
	if _, policy, ok := strings.Cut(t.Message, "with an explicit deny in a "); ok && !strings.HasPrefix(policy, "resource-based") {
		add(c, found("denied-by-scp-or-boundary", roleSubject(c), said,
			safe.Type("aws", "organizations", "list-policies-for-target", "--filter", "RESOURCE_CONTROL_POLICY").Flag("--target-id", safe.AWSAccount, c.parsed.AccountID).Note("with credentials of the organization").String()).
			on(LinkTrust).because("A "+strings.TrimSuffix(policy, ".")+" denies it, and what denies goes before all that allow."))
		return
	}
	for i, f := range c.findings {
		if f.Severity == Error && judgedBySTS(f) && f.Link != LinkIssuer && f.Link != LinkProvider {
			c.findings[i].Message += "; " + said
			return
		}
	}
	if c.undecided != "" { // it may be only here, and not where the pods run
		set(c, LinkTrust, Unknown, fmt.Sprintf("%s; whether the pods get it is %s", said, c.undecided))
		return
	}
	add(c, stsRefused(c, said+"; "+compared(c)))
}

// compared says what the token was held against, and found to fit.
func compared(c *chain) string {
	if c.role == nil || c.role.Trust == nil {
		return fmt.Sprintf("the trust policy of %s was not read", roleSubject(c))
	}
	d := diagnosis{chain: c, subject: c.a.key}
	return fmt.Sprintf("the trust policy of %s, as it was read, lets in a token of https://%s for %s with audience %q: %s",
		roleSubject(c), c.issuer.name, c.a.subject(), c.audience, reasons(trust.Evaluate(*c.role.Trust, request(&d))))
}

// saysToken: STS could not check the token, or found that its issuer did not make it.
func saysToken(c *chain, t Assumption, said string) {
	if confirm(c, said, "issuer-changed-stale-tokens") {
		return
	}
	f := stsRefused(c, said).on(LinkIssuer).because("STS holds a token against the keys that its issuer publishes, and against the clock.")
	f.Subject = "issuer https://" + c.issuer.name
	f.Fix = "kubectl get --raw /openid/v1/jwks   # must be what the issuer publishes under its jwks_uri: " + safe.Word("https://"+c.issuer.name)
	switch {
	case strings.Contains(t.Message, saysNoKey), strings.HasPrefix(t.Code, "IDPCommunication"):
		f.Fix = safe.Type("curl", "-sS").Uses(safe.Issuer, c.issuer.name).With("https://" + c.issuer.name + "/.well-known/openid-configuration").
			Note("from the internet: it must answer, and so must its jwks_uri").String()
		f = f.because("STS reads the issuer's configuration and its keys from the internet, and could not.")
	case strings.HasPrefix(t.Code, "ExpiredToken"):
		f.Fix = "timedatectl   # on the API server's machine: the token was made for this, so that its clock is off"
	}
	add(c, f)
}

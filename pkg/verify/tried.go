package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// What a link says of the trial at STS, beside what was read.

// triedTrust says what the trial shows of the trust policy. undecided is what the policy's answer
// depends on and nobody knows; empty where it is known.
func triedTrust(c *chain, r *result, undecided string) {
	t := c.trial
	switch {
	case c.podIdentity && c.in.Observed.Assumed != nil && r.status == OK:
		r.set(OK, r.why+"; not tried, since EKS Pod Identity takes the role for the pods")
	case !t.made:
	case t.proof != "" && undecided != "": // it may be only here, and not where the pods run
		r.set(Unknown, fmt.Sprintf("STS gave %s to us; whether the pods get it is %s", t.proof, undecided))
	case t.proof != "" && r.status == OK:
		r.set(OK, fmt.Sprintf("STS gave %s; %s", t.proof, r.why))
	case t.proof != "":
		r.set(OK, "STS gave "+t.proof)
	case t.ARN != "":
		r.addSaid(otherRole(c))
	case t.said != "":
		refusedTrust(c, r, undecided)
	case t.Code != "":
		untried(r, fmt.Sprintf("STS answers %s: %s", t.Code, t.Message))
	case t.NoAccount && isHelmHook(c.a):
		untried(r, "the service account is a hook's, and the cluster has it only while Helm works")
	case t.NoAccount:
		untried(r, "the cluster has no such service account")
	case t.Unreached != "": // this is not where the pods run, so that it says nothing of them
		r.addSaid(found(codeSTSEndpointUnreachable, "STS", fmt.Sprintf("%s did not answer from here: %s", orForm(t.Endpoint, "STS"), t.Unreached),
			askSTS(orForm(t.Endpoint, "sts.REGION.amazonaws.com"))).
			as(Warning).on(LinkTrust).because("The trial is made from here, not from a pod: whether the pods reach it is not known."))
		untried(r, "STS did not answer")
	default:
		untried(r, t.Untried)
	}
}

// untried: without an answer there is no proof, whatever the documents say.
func untried(r *result, why string) {
	switch {
	case r.status == OK:
		r.set(Unknown, fmt.Sprintf("not tried: %s; as far as was read: %s", why, r.why))
	case r.status == Unknown:
		r.set(Unknown, strings.TrimSuffix(fmt.Sprintf("not tried: %s; %s", why, r.why), "; "))
	}
}

// otherRole: whoever answered for STS gave something else than was asked for.
func otherRole(c *chain) finding {
	return stsRefused(c, fmt.Sprintf("STS gave credentials of %s for a token of %s, and not of role %s", c.trial.ARN, c.a, c.roleARN),
		edit("env | grep AWS_ENDPOINT_URL   # who answers for STS here")).
		because("STS gives a session of the role that was asked for, so that this is no STS that knows the role.")
}

// helmHook is the annotation of what Helm makes and deletes beside the release
// (https://helm.sh/docs/topics/charts_hooks/#hook-deletion-policies).
const helmHook = "helm.sh/hook"

func isHelmHook(a *serviceAccount) bool {
	_, hook := a.annotations()[helmHook]
	return hook
}

// askSTS is the command that asks an endpoint.
func askSTS(endpoint string) repair {
	if endpoint != "sts.REGION.amazonaws.com" && !safe.Host.Takes(endpoint) {
		return run{safe.Type("curl").Value(safe.Host, endpoint)}
	}
	return run{safe.Type("curl", "-sS", "https://"+endpoint).
		Note("from here; and from a pod: kubectl run sts --rm -it --restart=Never --image=curlimages/curl -- -sS https://" + endpoint)}
}

// stsRefused is the finding for a refusal that nothing that was read explains.
func stsRefused(c *chain, message string, fix repair) finding {
	return found(codeSTSRefused, c.a.String(), message, fix)
}

// trustAsItIs shows the trust policy that AWS has now.
func trustAsItIs(c *chain) repair {
	return run{safe.Type("aws", "iam", "get-role").Flag("--role-name", safe.RoleName, c.parsed.Name).With("--query", "Role.AssumeRolePolicyDocument").
		Note("as it is now; after a change IAM takes seconds")}
}

// refusedTrust: the trust policy, or something above it. Where what was read says the same,
// it has the reason already.
func refusedTrust(c *chain, r *result, undecided string) {
	t := c.trial
	switch {
	case t.about != LinkTrust:
	case t.Code == regionDisabled:
		r.addSaid(found(codeSTSEndpointUnreachable, c.holder.String(), t.said,
			run{safe.Type("aws", "account", "enable-region").Flag("--region-name", safe.Region, region(c)).Note("with credentials of AWS account " + c.parsed.AccountID)}).
			on(LinkTrust).because("STS is not active in the cluster's region for the role's AWS account."))
	case t.explicit() != "":
		r.addSaid(found(codeDeniedBySCPOrBoundary, c.holder.String(), t.said,
			run{safe.Type("aws", "organizations", "list-policies-for-target", "--filter", "RESOURCE_CONTROL_POLICY").Flag("--target-id", safe.AWSAccount, c.parsed.AccountID).Note("with credentials of the organization")}).
			on(LinkTrust).because("A " + t.explicit() + " denies it, and what denies goes before all that allow."))
	case !t.denies():
		r.addSaid(stsRefused(c, fmt.Sprintf("%s fails with a token of %s for role %s: %s: %s", t.Call, c.a, c.roleARN, t.Code, t.Message),
			run{onNamespace(c, safe.Type("helm", "--debug", "irsa", "verify", "RELEASE", "--live")).Note("names each call, and what came of it")}))
	case saidBy(c, r.findings) || saidBy(c, c.naming.findings):
	case undecided != "": // it may be only here, and not where the pods run
		r.set(Unknown, fmt.Sprintf("%s; whether the pods get it is %s", t.said, undecided))
	default:
		r.addSaid(stsRefused(c, t.said+"; "+compared(c), trustAsItIs(c)))
	}
}

// saidBy: one of the findings says what STS says.
func saidBy(c *chain, all []finding) bool {
	return slices.ContainsFunc(all, func(f finding) bool { return c.trial.says(f) })
}

// compared says what the token was held against, and found to fit.
func compared(c *chain) string {
	if c.role == nil || c.role.Trust == nil {
		return fmt.Sprintf("the trust policy of %s was not read", c.holder)
	}
	d := diagnosis{chain: c, subject: c.a.key}
	return fmt.Sprintf("the trust policy of %s, as it was read, lets in a token of https://%s for %s with audience %q: %s",
		c.holder, c.issuer.name, c.a.subject(), c.audience, reasons(trust.Evaluate(*c.role.Trust, request(&d))))
}

// triedProvider says what the trial shows of the OIDC provider.
func triedProvider(c *chain, r *result) {
	t := c.trial
	switch {
	case t.proof != "":
		r.set(OK, providerARN(c)+"; STS took a token of it")
	case t.about != LinkProvider || saidBy(c, r.findings) || saidBy(c, c.naming.findings) || saidBy(c, resultOf(c, LinkTrust).findings):
	case strings.Contains(t.Message, saysNoProvider):
		r.addSaid(refusedProvider(c))
	case strings.Contains(t.Message, saysAudience):
		r.addSaid(refusedAudience(c))
	default:
		print := ""
		if seen := c.in.Observed.Thumbprints[c.issuer.name]; len(seen) > 0 {
			print = seen[len(seen)-1]
		}
		r.addSaid(found(codeThumbprintMismatch, "OIDC provider "+c.issuer.name, t.said,
			run{onProvider("update-open-id-connect-provider-thumbprint", &awsstate.Provider{ARN: providerARN(c)}).Flag("--thumbprint-list", safe.Thumbprint, print)}))
	}
}

// refusedProvider: the role's AWS account has none, says STS, and what was read does not.
func refusedProvider(c *chain) finding {
	code, seen := codeOIDCProviderMissing, "the AWS account's OIDC providers were not read"
	if c.snapshot.Account != "" && c.parsed.AccountID != c.snapshot.Account {
		code = codeOIDCProviderMissingCrossAccount
	}
	if p := provider(c); p != nil {
		seen = "what was read has " + p.ARN
	}
	create := run{createProvider(c).Note("with credentials of AWS account " + c.parsed.AccountID)}
	if code == codeOIDCProviderMissing {
		return found(code, c.a.String(), fmt.Sprintf("%s; %s", c.trial.said, seen), byApply{c, create})
	}
	return found(code, c.a.String(), fmt.Sprintf("%s; %s", c.trial.said, seen), create)
}

// refusedAudience: the token's is none of the provider's client IDs, says STS.
func refusedAudience(c *chain) finding {
	p := awsstate.Provider{ARN: providerARN(c)}
	seen := "its client IDs were not read"
	if has := provider(c); has != nil && has.ClientIDs.Read {
		seen = "what was read takes " + quoteAll(has.ClientIDs.List)
	}
	message := fmt.Sprintf("%s; tokens of %s carry audience %q; %s", c.trial.said, c.a, c.audience, seen)
	if back, said, ok := changedAudience(c); ok {
		return found(codeTokenAudienceMismatch, c.a.String(), message+said, back)
	}
	if c.audience != defaultAudience {
		return found(codeTokenAudienceMismatch, c.a.String(), message, addClient(&p, c.audience))
	}
	return found(codeOIDCProviderAudienceWrong, c.a.String(), message, byApply{c, addClient(&p, c.audience)})
}

// triedIssuer says what the trial shows of the issuer: STS took a token of it, or could not
// check one, or found that the issuer did not make it.
func triedIssuer(c *chain, r *result) {
	t := c.trial
	switch {
	case t.proof != "":
		r.set(OK, fmt.Sprintf("https://%s, from %s; STS took a token of it", c.issuer.name, c.issuer.by))
		return
	case t.about != LinkIssuer || saidBy(c, r.findings):
		return
	}
	fix := repair(edit("kubectl get --raw /openid/v1/jwks   # must be what the issuer publishes under its jwks_uri: " + safe.Word("https://"+c.issuer.name)))
	why := "STS holds a token against the keys that its issuer publishes, and against the clock."
	switch {
	case strings.Contains(t.Message, saysNoKey), strings.HasPrefix(t.Code, "IDPCommunication"):
		fix = run{safe.Type("curl", "-sS").Uses(safe.Issuer, c.issuer.name).With("https://" + c.issuer.name + "/.well-known/openid-configuration").
			Note("from the internet: it must answer, and so must its jwks_uri")}
		why = "STS reads the issuer's configuration and its keys from the internet, and could not."
	case strings.HasPrefix(t.Code, "ExpiredToken"):
		fix = edit("timedatectl   # on the API server's machine: the token was made for this, so that its clock is off")
	}
	r.addSaid(found(codeSTSRefused, "issuer https://"+c.issuer.name, t.said, fix).on(LinkIssuer).because(why))
}

// triedServiceAccount: the cluster, which was asked for the token, has no such service account.
func triedServiceAccount(c *chain, r *result) {
	if !c.trial.NoAccount || isHelmHook(c.a) || c.a.live != nil || r.has(codeServiceAccountMissing) && r.broken() {
		return
	}
	f := found(codeServiceAccountMissing, c.a.String(), fmt.Sprintf("the cluster has no %s", c.a), makeServiceAccount(c))
	if c.in.Objects == nil || !c.in.Objects.Complete["ServiceAccount"] {
		f = f.as(Warning) // manifests that may not have been installed yet
		r.set(Unknown, "the cluster has it not, or not yet")
	}
	r.add(f)
}

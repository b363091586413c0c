package verify

import (
	"fmt"
	"slices"
	"strings"
)

// verdict is what came of the trial at STS with a token of the service account. STS is right:
// it is what the pods ask.
type verdict struct {
	Assumption
	// made is true where there is an Assumption for the service account.
	made bool
	// proof is whose credentials STS gave; empty where it gave none of the role.
	proof string
	// said is STS's refusal in words; about is the link that it is about. Both are empty
	// where STS refused nothing, or its answer says nothing of the token.
	said  string
	about Link
	// confirms are the codes of the findings that the refusal is another proof of.
	confirms []string
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

// regionDisabled: STS is not active there for the role's AWS account.
const regionDisabled = "RegionDisabledException"

// verdictOf reads what came of the trial. EKS Pod Identity takes no token to STS.
func verdictOf(c *chain) verdict {
	t, ok := c.in.Observed.Assumed[Trial{Namespace: c.a.namespace, Name: c.a.name}.Key()]
	if !ok || c.podIdentity {
		return verdict{}
	}
	out := verdict{Assumption: t, made: true}
	switch {
	case t.ARN != "" && c.isRole(t.ARN):
		out.proof = t.ARN
	case t.ARN != "" || t.Code == "" || slices.Contains(undecidedCodes, t.Code):
	default:
		out.said = fmt.Sprintf("STS refuses the token: %s: %s", t.Code, t.Message)
		out.about, out.confirms = meaning(c, t)
	}
	return out
}

// meaning is the link that a refusal is about, and the findings that say the same.
func meaning(c *chain, t Assumption) (about Link, confirms []string) {
	switch {
	case t.Code == regionDisabled:
		return LinkTrust, nil
	case strings.Contains(t.Message, saysNoProvider): // STS looks in the role's AWS account
		confirms = []string{codeOIDCProviderMissing, codeOIDCProviderMissingCrossAccount}
		if wrongInTrust(c) {
			confirms = append(confirms, codeFederatedAccountMismatch, codePartitionMismatch)
		}
		return LinkProvider, confirms
	case strings.Contains(t.Message, saysAudience):
		return LinkProvider, []string{codeOIDCProviderAudienceWrong, codeTokenAudienceMismatch}
	case strings.Contains(t.Message, saysThumbprint):
		return LinkProvider, []string{codeThumbprintMismatch}
	case strings.HasPrefix(t.Code, "AccessDenied"):
		return LinkTrust, nil
	case strings.HasPrefix(t.Code, "InvalidIdentityToken"), strings.HasPrefix(t.Code, "IDP"), strings.HasPrefix(t.Code, "ExpiredToken"):
		return LinkIssuer, []string{codeIssuerChangedStaleTokens}
	}
	return LinkTrust, nil
}

// isRole reports whether an assumed role is the holder's. Its ARN has the role's name
// without the path
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns).
func (h holder) isRole(arn string) bool {
	return strings.HasPrefix(arn, fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/", h.parsed.Partition, h.parsed.AccountID, h.parsed.Name))
}

// denies: STS refuses the role itself, without a reason beside the policies that were read.
func (v verdict) denies() bool {
	return strings.HasPrefix(v.Code, "AccessDenied") && v.explicit() == ""
}

// explicit is the kind of policy that STS says denies the role; empty where it says none, or
// the role's own trust policy. The wording is that of
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html.
func (v verdict) explicit() string {
	_, policy, ok := strings.Cut(v.Message, "with an explicit deny in a ")
	if !ok || strings.HasPrefix(policy, "resource-based") {
		return ""
	}
	return strings.TrimSuffix(policy, ".")
}

// judge makes a finding as certain as the trial does.
func (v verdict) judge(f finding) finding {
	switch {
	case v.proof != "" && f.Severity == Error && judgedBySTS(f): // it is older than what AWS has, or we read it wrong
		f.Message += "; STS gave the role all the same: " + v.proof
		return f.as(Warning).because("What was read says that AWS refuses it, and AWS did not: it was changed since, or is more than was read.")
	case v.says(f):
		f.Message += "; " + v.said
		return f.as(Error)
	}
	return f
}

// says: the refusal is another proof of the finding.
func (v verdict) says(f finding) bool {
	if v.denies() {
		return f.Severity == Error && judgedBySTS(f) && f.Link != LinkIssuer && f.Link != LinkProvider
	}
	return slices.Contains(v.confirms, f.Code) && f.Link != LinkWebhook
}

// judgedBySTS: a trial shows whether the finding is so. Not how long a session the pods
// ask for: a trial asks for a short one.
func judgedBySTS(f finding) bool {
	return f.Code != codeSessionDurationTooLong && (slices.Contains(stsLinks, f.Link) || f.Code == codePartitionMismatch)
}

// stsLinks are the links that AssumeRoleWithWebIdentity goes over.
var stsLinks = []Link{LinkIssuer, LinkProvider, LinkTrust}

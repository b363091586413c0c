package trust

import "slices"

// WebIdentity is the request that a token makes with AssumeRoleWithWebIdentity.
//
// Which claim becomes which key: sub, amr and email their own; aud is the claim
// azp and, only where there is none, aud; oaud is always the claim aud. Other
// claims become no key
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif).
// A key is the issuer's name, a colon and the claim. Keys of other issuers are absent,
// and so are those that no such request has (see neverInWebIdentity); the rest of what the
// token does not tell, aws:* and sts:*, is unknown.
func WebIdentity(t Token) Request {
	prefix := ProviderName(t.Issuer) + ":"
	context := map[string][]string{}
	put := func(key string, values ...string) {
		if len(values) > 0 {
			context[prefix+key] = slices.Clone(values)
		}
	}
	put("sub", t.Subject)
	put("aud", t.Audiences...)
	put("oaud", t.Audiences...)
	put("aud", t.Claims["azp"]...)
	put("amr", t.Claims["amr"]...)
	put("email", t.Claims["email"]...)
	absent := slices.Clone(neverInWebIdentity)
	for claim, keys := range awsClaims {
		if _, has := t.Claims[claim]; !has {
			absent = append(absent, keys...)
		}
	}
	return Request{
		Action:    ActionWebIdentity,
		Principal: Principal{"Federated", t.ProviderARN},
		Context:   context,
		Unknown:   []string{"aws:*", "sts:*"},
		Absent:    absent,
	}
}

// awsClaims are the claims of a token that STS makes session tags and a source identity
// of, with the keys that are there because of them
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp,
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html).
// No API server writes them: a service account's token has the claims of
// https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/.
var awsClaims = map[string][]string{
	"https://aws.amazon.com/tags":            {"aws:RequestTag/*", "aws:TagKeys", "sts:TransitiveTagKeys"},
	"https://aws.amazon.com/source_identity": {"sts:SourceIdentity", "aws:SourceIdentity"},
}

// neverInWebIdentity are the keys that no AssumeRoleWithWebIdentity has. The call is made
// without AWS credentials
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html),
// so what AWS says of the credentials of a caller is not there; and it has no parameter
// ExternalId. When a key is there says "Availability" in
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html.
// Not among them are those that it says are always there, such as aws:PrincipalAccount,
// aws:PrincipalType and aws:userid: which value they have here is not documented.
var neverInWebIdentity = slices.Concat(byServicesOnly, []string{
	"sts:ExternalId", // a parameter of AssumeRole (reference_policies_iam-condition-keys.html#ck_externalid)
	// "included … only if the principal making the call was authenticated using MFA", and
	// "only when the principal uses temporary credentials to make the request".
	"aws:MultiFactorAuthAge", "aws:MultiFactorAuthPresent", "aws:TokenIssueTime",
	// "included in the request context for all signed requests", "only if the principal is a
	// member of an organization", of users and roles with tags, of IAM users alone.
	"aws:PrincipalArn", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:PrincipalTag/*", "aws:username",
	// Of credentials that a role session has already, from a provider or an instance.
	"aws:FederatedProvider", "aws:AssumedRoot", "aws:Ec2InstanceSourceVpc", "aws:Ec2InstanceSourcePrivateIPv4",
	// "when a service … uses the credentials of an IAM principal".
	"aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast",
})

// byServicesOnly are there "only when the call to your resource is made directly by an AWS
// service principal" (reference_policies_condition-keys.html).
var byServicesOnly = []string{
	"aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths", "aws:SourceOwner",
	"aws:PrincipalServiceName", "aws:PrincipalServiceNamesList",
}

// OfRole adds to a request what is known of the role that it asks for: its tags, where
// they were read, and its AWS account, where that is known. Nil tags were not read.
// aws:ResourceTag is among the keys of the actions on roles
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html).
func (r Request) OfRole(arn string, tags map[string]string) Request {
	out := r
	out.Context = map[string][]string{}
	for key, values := range r.Context {
		out.Context[key] = values
	}
	if a, ok := parseARN(arn); ok && a.account != "" {
		out.Context["aws:ResourceAccount"] = []string{a.account}
	}
	if tags == nil {
		return out
	}
	out.Absent = append(slices.Clone(r.Absent), "aws:ResourceTag/*", "iam:ResourceTag/*")
	for key, value := range tags {
		out.Context["aws:ResourceTag/"+key] = []string{value}
		out.Context["iam:ResourceTag/"+key] = []string{value}
	}
	return out
}

package trust

import "slices"

// Request is one call of STS, as far as a trust policy looks at it.
type Request struct {
	// Action is what is asked for, such as sts:AssumeRoleWithWebIdentity.
	Action string `json:"action"`
	// Principal is who asks. Under AWS: the ARN of a user, a role, a role session or
	// an account's root user, or an account ID for that root user.
	Principal Principal `json:"principal"`
	// Context holds the condition keys that the request has, in any case, and their
	// values. A key that is neither here nor in Unknown is known to be absent; so is
	// a key without values. Values are text as in a policy: dates in ISO 8601 or
	// epoch seconds, binary in base64.
	Context map[string][]string `json:"context,omitempty"`
	// Unknown are keys of which nobody can say whether the request has them; * at the
	// end stands for the rest of a name, such as aws:*. Context wins over it.
	Unknown []string `json:"unknown,omitempty"`
}

// Token is a web identity token, as far as it becomes condition keys.
type Token struct {
	// Issuer is the claim iss.
	Issuer string `json:"issuer"`
	// ProviderARN is the OIDC provider in the role's account that stands for the issuer.
	ProviderARN string `json:"providerARN"`
	// Subject and Audiences are the claims sub and aud.
	Subject   string   `json:"subject"`
	Audiences []string `json:"audiences"`
	// Claims are the other claims: azp, amr and email are looked at.
	Claims map[string][]string `json:"claims,omitempty"`
}

// WebIdentity is the request that a token makes with AssumeRoleWithWebIdentity.
//
// Which claim becomes which key: sub, amr and email their own; aud is the claim
// azp and, only where there is none, aud; oaud is always the claim aud. Other
// claims become no key
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif).
// A key is the issuer's name, a colon and the claim. Keys of other issuers are
// absent, and what the token does not tell, aws:* and sts:*, is unknown.
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
	return Request{
		Action:    ActionWebIdentity,
		Principal: Principal{"Federated", t.ProviderARN},
		Context:   context,
		Unknown:   []string{"aws:*", "sts:*"},
	}
}

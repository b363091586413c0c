package trust

// Request is one call of STS, as far as a trust policy looks at it.
type Request struct {
	// Action is what is asked for, such as sts:AssumeRoleWithWebIdentity.
	Action string `json:"action"`
	// Principal is who asks. Under AWS: the ARN of a user, a role, a role session or
	// an AWS account's root user, or an AWS account ID for that root user.
	Principal Principal `json:"principal"`
	// Context holds the condition keys that the request has, in any case, and their
	// values. A key that is neither here nor in Unknown is known to be absent; so is
	// a key without values. Values are text as in a policy: dates in ISO 8601 or
	// epoch seconds, binary in base64.
	Context map[string][]string `json:"context,omitempty"`
	// Perhaps holds keys that the request may have, and then with these values.
	Perhaps map[string][]string `json:"perhaps,omitempty"`
	// Unknown are keys of which nobody can say whether the request has them, with any
	// value; * at the end stands for the rest of a name, such as aws:*. Context and
	// Perhaps win over it.
	Unknown []string `json:"unknown,omitempty"`
	// Absent are keys, written as in Unknown, that the request certainly has not. Where
	// a key fits both, the longer name decides.
	Absent []string `json:"absent,omitempty"`
}

// Token is a web identity token, as far as it becomes condition keys.
type Token struct {
	// Issuer is the claim iss.
	Issuer string `json:"issuer"`
	// ProviderARN is the OIDC provider in the role's AWS account that stands for the
	// issuer.
	ProviderARN string `json:"providerARN"`
	// Subject and Audiences are the claims sub and aud.
	Subject   string   `json:"subject"`
	Audiences []string `json:"audiences"`
	// Claims are the other claims: azp, amr and email are looked at.
	Claims map[string][]string `json:"claims,omitempty"`
}

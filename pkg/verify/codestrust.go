package verify

// The codes.
const (
	codeSubServiceAccountNameMismatch       = "sub-service-account-name-mismatch"
	codeSubNamespaceMismatch                = "sub-namespace-mismatch"
	codeSubWildcardInStringEquals           = "sub-wildcard-in-string-equals"
	codeAudKeyUsedForSub                    = "aud-key-used-for-sub"
	codeAudValueWrong                       = "aud-value-wrong"
	codeConditionKeyMalformed               = "condition-key-malformed"
	codeTrustConditionNotMet                = "trust-condition-not-met"
	codeMultiIssuerConditionsAnded          = "multi-issuer-conditions-anded"
	codeTrustNoWebIdentityStatement         = "trust-no-web-identity-statement"
	codeTrustPrincipalAWSInsteadOfFederated = "trust-principal-aws-instead-of-federated"
	codeFederatedNotAnARN                   = "federated-not-an-arn"
	codeFederatedProviderARNTypo            = "federated-provider-arn-typo"
	codeFederatedAccountMismatch            = "federated-account-mismatch"
	codePartitionMismatch                   = "partition-mismatch"
	codeIssuerRegionMismatch                = "issuer-region-mismatch"
	codeIssuerMismatch                      = "issuer-mismatch"
	codeTrustTooWide                        = "trust-too-wide"
)

// trustCodes are what a trust policy can have wrong.
var trustCodes = []Code{
	{codeSubServiceAccountNameMismatch, "trust", LinkTrust, Error,
		"The trust policy names another service account",
		"The condition on :sub has system:serviceaccount:NAMESPACE:OTHER, the pods run as NAMESPACE:NAME.",
		"STS compares the token's sub claim, system:serviceaccount:NAMESPACE:NAME, with the condition letter by letter.",
		"Put the service account's own subject into the condition, or run the pods as the service account that it names.",
		[]string{codeSubWildcardInStringEquals, codeWorkloadUsesOtherServiceAccount}},
	{codeSubNamespaceMismatch, "trust", LinkTrust, Error,
		"The trust policy names another namespace",
		"The condition on :sub has system:serviceaccount:OTHER:NAME, the service account is in NAMESPACE.",
		"STS compares the token's sub claim, system:serviceaccount:NAMESPACE:NAME, with the condition letter by letter.",
		"Put the namespace of the release into the condition, or install the release where the condition says.",
		[]string{codeSubWildcardInStringEquals, codeWorkloadUsesOtherServiceAccount}},
	{codeSubWildcardInStringEquals, "trust", LinkTrust, Error,
		"A wildcard stands under StringEquals",
		"StringEquals has a value with * or ? under :sub.",
		"StringEquals takes * and ? for themselves, and no token has them in its sub claim. Only StringLike reads them as wildcards.",
		"Put the condition on :sub under StringLike.", nil},
	{codeAudKeyUsedForSub, "trust", LinkTrust, Error,
		"Subject and audience are swapped",
		"The condition on :aud has system:serviceaccount:…, or that on :sub an audience.",
		"The key :aud is the token's audience, such as sts.amazonaws.com; a subject never equals it.",
		"Put the subject under :sub and the audience under :aud.", nil},
	{codeAudValueWrong, "trust", LinkTrust, Error,
		"The trust policy wants another audience",
		"The condition on :aud has a value that the pods' tokens do not carry.",
		"STS compares the token's aud claim with the condition. The webhook asks for sts.amazonaws.com unless the service account says otherwise.",
		"Put sts.amazonaws.com into the condition on :aud.",
		[]string{codeTokenAudienceMismatch, codeAudKeyUsedForSub}},
	{codeConditionKeyMalformed, "trust", LinkTrust, Error,
		"A condition key is not ISSUER:sub or ISSUER:aud",
		"The key has https://, an ARN, a slash at its end, or another claim.",
		"The keys of a token are the issuer without https://, a colon, and sub, aud, oaud, amr or email. A key that the request does not have never matches.",
		"Write the key as ISSUER-WITHOUT-HTTPS:sub.", nil},
	{codeTrustConditionNotMet, "trust", LinkTrust, Error,
		"A condition on the request does not hold",
		"The statement asks for a key that the request never has, such as sts:ExternalId, aws:MultiFactorAuthPresent or aws:SourceAccount with a token. Or it asks for another value than the request has, such as aws:RequestTag/kubernetes-namespace of Pod Identity.",
		"Which keys a request has is fixed. AssumeRoleWithWebIdentity is called without AWS credentials, so it has none that speak of a caller; EKS Pod Identity adds the tags of the association and the cluster. A condition on a key that is not there holds only if it is negated, or with IfExists.",
		"Take the condition out of the statement, or write the value that the request has.", nil},
	{codeMultiIssuerConditionsAnded, "trust", LinkTrust, Error,
		"Conditions of several issuers stand in one statement",
		"One statement has keys of two or more issuers.",
		"All conditions of a statement must hold at once, and a token has the keys of its own issuer only.",
		"Make one statement for each issuer.", nil},
	{codeTrustNoWebIdentityStatement, "trust", LinkTrust, Error,
		"No statement lets tokens in",
		"No Allow statement has sts:AssumeRoleWithWebIdentity for an OIDC provider.",
		"A pod asks with AssumeRoleWithWebIdentity, and only a statement for the cluster's OIDC provider allows that.",
		"Add a statement with Principal.Federated and sts:AssumeRoleWithWebIdentity.", nil},
	{codeTrustPrincipalAWSInsteadOfFederated, "trust", LinkTrust, Error,
		"The trust policy names an AWS principal instead of the OIDC provider",
		"Principal has AWS where the pods need Federated.",
		"A pod comes with a token of the cluster's issuer. It is no AWS principal before it has the role.",
		"Add a statement with Principal.Federated and sts:AssumeRoleWithWebIdentity.", nil},
	{codeFederatedNotAnARN, "trust", LinkTrust, Error,
		"Principal.Federated is not the ARN of an OIDC provider",
		"Principal.Federated has the issuer's URL or host.",
		"IAM knows an OIDC provider by its ARN; only a few public providers go by their name.",
		"Write arn:aws:iam::ACCOUNT:oidc-provider/ISSUER-WITHOUT-HTTPS.", nil},
	{codeFederatedProviderARNTypo, "trust", LinkTrust, Error,
		"Principal.Federated names a provider that does not exist, but for a typing error",
		"The provider's ARN is nearly that of the cluster's provider.",
		"IAM stores the ARN of a provider that does not exist, and no token ever comes from it.",
		"Write the ARN of the cluster's provider.", nil},
	{codeFederatedAccountMismatch, "trust", LinkTrust, Error,
		"Principal.Federated names a provider of another AWS account",
		"The AWS account in the provider's ARN is not the role's.",
		"A role can be assumed only through an OIDC provider of its own AWS account.",
		"Make the provider in the role's AWS account, and name that.", nil},
	{codePartitionMismatch, "trust", LinkTrust, Error,
		"An ARN is of another partition",
		"The ARN begins with arn:aws: where the region wants arn:aws-cn: or arn:aws-us-gov:, or the other way round.",
		"Partitions are apart: no ARN of one means anything in another.",
		"Write the partition of the cluster's region.", nil},
	{codeIssuerRegionMismatch, "trust", LinkTrust, Error,
		"The issuer's region is not the cluster's",
		"The provider's ARN or the condition keys have the cluster's issuer, but for the region.",
		"The region is part of the issuer, and so of the provider's name and of the condition keys.",
		"Write the cluster's region in every place of the trust policy.", nil},
	{codeIssuerMismatch, "trust", LinkTrust, Error,
		"The trust policy is for another cluster's issuer",
		"The provider's ARN or the condition keys have another issuer than the cluster's.",
		"Every cluster has an issuer of its own; one that was made anew has a new one. The tokens come from the cluster's.",
		"Put the cluster's issuer into the provider's ARN and the condition keys.",
		[]string{codeIssuerRegionMismatch, codeFederatedProviderARNTypo, codeIssuerChangedStaleTokens}},
	{codeTrustTooWide, "trust", LinkTrust, Warning,
		"The trust policy lets in whom nobody named",
		"No condition on :sub that binds, such as none, one with IfExists on another key, or a pattern like *e*:* that fixes neither namespace nor name; Principal * or another AWS account as a whole, with no condition that says who.",
		"Whoever can make a service account of a fitting name, or has credentials of any AWS account, can assume this role. External IDs, session names and tags are the caller's own choice.",
		"Put system:serviceaccount:NAMESPACE:NAME into a condition on :sub; name roles in the place of AWS accounts, or ask for aws:PrincipalOrgID. What is meant, irsa.yaml says with allowAnySubject and allowPrincipals.", nil},
}

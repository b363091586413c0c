package verify

// The codes.
const (
	codeRoleMissing                     = "role-missing"
	codePodIdentityTargetRoleMissing    = "pod-identity-target-role-missing"
	codePodIdentityTargetRoleTrust      = "pod-identity-target-role-trust"
	codeOIDCProviderMissing             = "oidc-provider-missing"
	codeOIDCProviderMissingCrossAccount = "oidc-provider-missing-cross-account"
	codeOIDCProviderAudienceWrong       = "oidc-provider-audience-wrong"
	codeTokenAudienceMismatch           = "token-audience-mismatch"
	codeThumbprintMismatch              = "thumbprint-mismatch"
	codeRoleLacksPermissions            = "role-lacks-permissions"
	codePermissionsTooWide              = "permissions-too-wide"
	codeDeniedBySCPOrBoundary           = "denied-by-scp-or-boundary"
	codeSessionDurationTooLong          = "session-duration-too-long"
	codeSTSRefused                      = "sts-refused"
	codeIMDSHopLimit                    = "imds-hop-limit"
	codePolicySuperseded                = "policy-superseded"
)

// awsCodes are what AWS can have wrong.
var awsCodes = []Code{
	{codeRoleMissing, "AWS", LinkTrust, Error,
		"The role does not exist",
		"The annotation names a role that its AWS account has not.",
		"STS answers a role that does not exist as one that may not be assumed: AccessDenied.",
		"Make the role with `helm irsa apply`, or write the ARN of one that exists.",
		[]string{codeRoleARNMalformed, codeRoleARNIsPolicyARN, codeServiceAccountMissing}},
	{codePodIdentityTargetRoleMissing, "AWS", LinkTargetRole, Error,
		"The target role of the Pod Identity association does not exist",
		"targetRoleArn names a role that its AWS account has not.",
		"EKS assumes the association's role and, with its credentials, the target role: the pods get no credentials before both are assumed.",
		"Make the role, or write the ARN of one that exists into the association.", nil},
	{codePodIdentityTargetRoleTrust, "AWS", LinkTargetRole, Error,
		"The target role does not let the association's role assume it",
		"The target role's trust policy lacks sts:AssumeRole or sts:TagSession for the association's role, or has a condition that does not hold.",
		"EKS assumes the target role with the credentials of the association's role. Its session tags are transitive, so the target role must allow sts:TagSession too, unless session tags are disabled.",
		"Add a statement for the association's role with sts:AssumeRole and sts:TagSession.", nil},
	{codeOIDCProviderMissing, "AWS", LinkProvider, Error,
		"The AWS account has no OIDC provider for the cluster",
		"IAM has no provider for the cluster's issuer.",
		"STS answers InvalidIdentityToken: No OpenIDConnect provider found in your account.",
		"Make it with `helm irsa apply`, or `eksctl utils associate-iam-oidc-provider`.",
		[]string{codeIssuerChangedStaleTokens}},
	{codeOIDCProviderMissingCrossAccount, "AWS", LinkProvider, Error,
		"The role's AWS account has no OIDC provider for the cluster",
		"The role is in another AWS account than the cluster, and only the cluster's has the provider.",
		"STS looks for the provider in the role's AWS account.",
		"Make the provider in the role's AWS account: accounts in irsa.yaml, then `helm irsa apply`.", nil},
	{codeOIDCProviderAudienceWrong, "AWS", LinkProvider, Error,
		"The OIDC provider does not take the token's audience",
		"ClientIDList lacks sts.amazonaws.com, or has it with a typing error or an invisible character.",
		"STS answers InvalidIdentityToken: Incorrect token audience.",
		"Add the audience to the provider's client IDs.",
		[]string{codeTokenAudienceMismatch}},
	{codeTokenAudienceMismatch, "AWS", LinkProvider, Error,
		"The service account's own audience is not one that AWS takes",
		"The service account has eks.amazonaws.com/audience, and the provider or the trust policy wants another.",
		"The token's audience must be a client ID of the provider, and hold against the trust policy.",
		"Remove the annotation, or add the audience to the provider and to the trust policy.", nil},
	{codeThumbprintMismatch, "AWS", LinkProvider, Error,
		"The provider's thumbprint is not that of the issuer's certificate",
		"ThumbprintList has none that fits the certificate chain of the issuer's key set.",
		"STS answers InvalidIdentityToken: OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint.",
		"Put the thumbprint of the chain's last certificate on the provider.", nil},
	{codeRoleLacksPermissions, "AWS", LinkPermissions, Error,
		"The role may not do what it must",
		"No policy of the role allows an action that was asked for.",
		"IAM refuses what no policy allows.",
		"Attach a policy that allows it.", nil},
	{codePermissionsTooWide, "AWS", LinkPermissions, Warning,
		"The role is as good as an administrator",
		"A policy of the role allows every action, or one that leads there, such as iam:PutRolePolicy, iam:PassRole or sts:AssumeRole on every role; or its permissions boundary allows all.",
		"Whoever breaks into one of its pods can give itself every permission in the AWS account.",
		"Name the actions and the resources that the application needs.", nil},
	{codeDeniedBySCPOrBoundary, "AWS", LinkPermissions, Error,
		"A deny or the permissions boundary stands before the policies",
		"A policy of the role allows the action, its boundary or the policy of its Pod Identity association does not, or a statement denies it.",
		"What the boundary or the association's policy does not allow, or any statement denies, is refused whatever the other policies say.",
		"Widen the boundary or the association's policy, or remove the deny.", nil},
	{codeSessionDurationTooLong, "AWS", LinkTrust, Error,
		"A longer session is asked for than the role gives",
		"A setting asks for more seconds than the role's MaxSessionDuration, or more than an hour with a chained role.",
		"STS answers ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
		"Ask for less, or raise maxSessionDuration in irsa.yaml.", nil},
	{codeSTSRefused, "AWS", LinkTrust, Error,
		"STS refuses the role, and nothing that was read says why",
		"verify --live gave STS a token of the service account; STS refused it, while the documents that were read let it in.",
		"What STS goes by is not, or not yet, what was read: a change that IAM does not show everywhere, a policy of the organization, keys of the issuer that are not the cluster's.",
		"Read the role's trust policy again, then the resource control policies of the organization, then what the issuer publishes.", nil},
	{codeIMDSHopLimit, "AWS", LinkWebhook, Warning,
		"The pod needs the node's metadata, which its hop limit keeps from it",
		"The nodes have a hop limit of 1, and the pods no role of their own or an agent that asks where it runs.",
		"With a hop limit of 1 the answer of the metadata service dies before it reaches a pod with its own network.",
		"Give the service account a role of its own, or raise httpPutResponseHopLimit.",
		[]string{codeAnnotationMissing, codeAnnotationWrongKey}},
	{codePolicySuperseded, "AWS", LinkPermissions, Info,
		"The role has a policy that AWS has replaced, and asks its users to stop using",
		"A policy of AWS's own that another one has taken the place of, such as AmazonEBSCSIDriverPolicy.",
		"AWS keeps such a policy for those who have it, and no longer adds to it what the software needs.",
		"Attach the policy that took its place, then detach this one; the publisher's page says what has to come first.", nil},
}

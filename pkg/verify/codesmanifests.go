package verify

// The codes.
const (
	codeAnnotationMissing                = "annotation-missing"
	codeAnnotationMalformed              = "annotation-malformed"
	codeAnnotationWrongKey               = "annotation-wrong-key"
	codeAnnotationOnPodNotServiceAccount = "annotation-on-pod-not-serviceaccount"
	codeChartAnnotationNotRendered       = "chart-annotation-not-rendered"
	codeRoleARNMalformed                 = "role-arn-malformed"
	codeRoleARNIsPolicyARN               = "role-arn-is-policy-arn"
	codeWorkloadUsesOtherServiceAccount  = "workload-uses-other-serviceaccount"
	codeServiceAccountMissing            = "service-account-missing"
	codeStaticCredentialsOverride        = "static-credentials-override"
	codePresetEnvBlocksInjection         = "preset-env-blocks-injection"
	codeTokenFileWrongToken              = "token-file-wrong-token"
	codeTokenFileNotReadable             = "token-file-not-readable"
	codeProfileChainWithoutWebIdentity   = "profile-chain-without-web-identity"
	codeRegionEnvMissing                 = "region-env-missing"
	codeAppAssumesOwnRole                = "app-assumes-own-role"
	codeKiamAnnotationLeftover           = "kiam-annotation-leftover"
	codeContainerNotInjected             = "container-not-injected"
)

// manifestCodes are what manifests can have wrong.
var manifestCodes = []Code{
	{codeAnnotationMissing, "manifests", LinkAnnotation, Error,
		"The service account has no role",
		"The ServiceAccount lacks the annotation eks.amazonaws.com/role-arn.",
		"The webhook gives a role only to pods of a service account that carries the annotation.",
		"Annotate the ServiceAccount, or name it in irsa.yaml.",
		[]string{codeAnnotationWrongKey, codeAnnotationMalformed, codeAnnotationOnPodNotServiceAccount, codeChartAnnotationNotRendered, codeAnnotationRemovedByController, codeServiceAccountMissing}},
	{codeAnnotationMalformed, "manifests", LinkAnnotation, Error,
		"The annotation cannot be read as one",
		"The key and the value are one text, the annotations are no mapping, or the value is empty.",
		"Kubernetes takes annotations only as keys with text; the webhook leaves pods alone where the value is empty.",
		"Write key, colon, blank, value.", nil},
	{codeAnnotationWrongKey, "manifests", LinkAnnotation, Error,
		"The role stands under another annotation",
		"The ServiceAccount has iam.amazonaws.com/role, or a key that is nearly eks.amazonaws.com/role-arn.",
		"The webhook reads eks.amazonaws.com/role-arn and no other key.",
		"Rename the key to eks.amazonaws.com/role-arn.", nil},
	{codeAnnotationOnPodNotServiceAccount, "manifests", LinkAnnotation, Error,
		"The annotation stands on the pod",
		"The pod or its template has eks.amazonaws.com/role-arn, its ServiceAccount has not.",
		"The webhook reads the role from the pod's ServiceAccount only.",
		"Move the annotation to the ServiceAccount.", nil},
	{codeChartAnnotationNotRendered, "manifests", LinkAnnotation, Error,
		"The values have the role, the rendered service account has not",
		"Helm values set the annotation or the service account under a key that the chart does not read.",
		"A chart ignores values that it does not know, without a word.",
		"Find the chart's own key with `helm show values CHART`, or let helm-irsa write the annotation.", nil},
	{codeRoleARNMalformed, "manifests", LinkAnnotation, Error,
		"The role's ARN is not one",
		"The value is not arn:PARTITION:iam::ACCOUNT:role/NAME.",
		"The webhook hands the text on as it is, and STS refuses it: ValidationError, Request ARN is invalid.",
		"Write arn:aws:iam::ACCOUNT:role/NAME.", nil},
	{codeRoleARNIsPolicyARN, "manifests", LinkAnnotation, Error,
		"The ARN is that of a policy",
		"The annotation has arn:aws:iam::ACCOUNT:policy/NAME.",
		"Only a role can be assumed. STS answers ValidationError, Request ARN is invalid.",
		"Write the ARN of the role that has this policy.", nil},
	{codeWorkloadUsesOtherServiceAccount, "manifests", LinkWorkload, Error,
		"The workload runs as another service account",
		"The pods' serviceAccountName is another one, or default.",
		"A pod gets the role of the service account that it runs as.",
		"Set serviceAccountName, in the chart's values or with usedBy in irsa.yaml.", nil},
	{codeServiceAccountMissing, "manifests", LinkServiceAccount, Error,
		"The service account does not exist",
		"Workloads run as a service account that nothing makes.",
		"The API server refuses pods whose service account does not exist.",
		"Let the chart or irsa.yaml create it: create: always.", nil},
	{codeStaticCredentialsOverride, "manifests", LinkWebhook, Error,
		"Access keys go before the role",
		"A container has AWS_ACCESS_KEY_ID, or a profile with keys.",
		"Every SDK takes access keys from the environment before it looks at the token.",
		"Remove the variables from the container.", nil},
	{codePresetEnvBlocksInjection, "manifests", LinkWebhook, Error,
		"The container sets what the webhook would",
		"AWS_ROLE_ARN or AWS_WEB_IDENTITY_TOKEN_FILE stands in the template.",
		"The webhook leaves both variables alone where one of them is there already.",
		"Remove both variables from the template.",
		[]string{codeTokenFileWrongToken, codePodOlderThanAnnotation}},
	{codeTokenFileWrongToken, "manifests", LinkWebhook, Error,
		"The token file is the token for the API server",
		"AWS_WEB_IDENTITY_TOKEN_FILE is below /var/run/secrets/kubernetes.io/serviceaccount, or names a file of a volume that has no token for AWS there, or one that is never renewed.",
		"That token is for the API server: its audience is not sts.amazonaws.com, and in its old form it has none.",
		"Remove the variable: the webhook mounts the right token.", nil},
	{codeTokenFileNotReadable, "manifests", LinkWebhook, Error,
		"The container's user may not read the token",
		"The token's file is root's alone, and the container runs as another user without fsGroup.",
		"Before Kubernetes 1.19 a projected token is readable by root alone unless the pod has an fsGroup; later, a mode that the volume sets itself still counts.",
		"Set securityContext.fsGroup on the pod.", nil},
	{codeProfileChainWithoutWebIdentity, "manifests", LinkWebhook, Error,
		"The AWS profile takes its credentials from elsewhere",
		"A profile has role_arn with credential_source, with a source_profile that has no token, or with a token that nobody mounts. Or the profile that a container chooses is in none of its files.",
		"credential_source = Environment means access keys, Ec2InstanceMetadata the node's role: none of them is the pod's token.",
		"Give the source profile role_arn and web_identity_token_file.", nil},
	{codeRegionEnvMissing, "manifests", LinkWebhook, Warning,
		"Nothing tells the pod its region",
		"No AWS_REGION, neither in the container nor from the webhook.",
		"A webhook without a default region injects none. SDKs then fail with a missing region, or ask the node's metadata.",
		"Set AWS_REGION on the container.", nil},
	{codeAppAssumesOwnRole, "manifests", LinkWebhook, Warning,
		"The application assumes the role that it already has",
		"A setting of the application has the ARN of the pod's own role.",
		"It leads to a second AssumeRole, from the role to itself, which the trust policy must allow by name.",
		"Remove the setting, or let the role assume itself: trust.also in irsa.yaml.", nil},
	{codeKiamAnnotationLeftover, "manifests", LinkWorkload, Warning,
		"Annotations of kiam or kube2iam are left over",
		"The pods have iam.amazonaws.com/role.",
		"It has no effect on the webhook; where kiam or kube2iam still runs, the pod has two identities.",
		"Remove it, or set migrate.kiam: true in irsa.yaml.",
		[]string{codeChartAnnotationNotRendered, codeAnnotationWrongKey}},
	{codeContainerNotInjected, "manifests", LinkWebhook, Warning,
		"A container of the pod has no role, the others have",
		"The running pod has AWS_ROLE_ARN in some of its containers only.",
		"Webhooks run one after the other: a container that another one adds after the pod identity webhook gets no token, unless that is asked again (reinvocationPolicy).",
		"Let the pod identity webhook be asked again, or leave the container out with skip-containers where it needs no role.", nil},
}

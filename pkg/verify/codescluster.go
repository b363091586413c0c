package verify

// The codes.
const (
	codePodOlderThanAnnotation        = "pod-older-than-annotation"
	codeWebhookMissing                = "webhook-missing"
	codeWebhookFailing                = "webhook-failing"
	codeWebhookCAStale                = "webhook-ca-stale"
	codeTokenRequestForbidden         = "token-request-forbidden"
	codeHelmOwnershipConflict         = "helm-ownership-conflict"
	codeAnnotationRemovedByController = "annotation-removed-by-controller"
	codeControllerRevertsInjection    = "controller-reverts-injection"
	codeIssuerChangedStaleTokens      = "issuer-changed-stale-tokens"
	codeSTSEndpointUnreachable        = "sts-endpoint-unreachable"
	codePodIdentityOverridesIRSA      = "pod-identity-overrides-irsa"
	codePodIdentityAgentMissing       = "pod-identity-agent-missing"
	codePodIdentityUnsupported        = "pod-identity-unsupported"
	codePodIdentityProxy              = "pod-identity-proxy"
	codePodOlderThanAssociation       = "pod-older-than-association"
)

// clusterCodes are what a cluster can have wrong.
var clusterCodes = []Code{
	{codePodOlderThanAnnotation, "cluster", LinkWebhook, Error,
		"The pod is older than the annotation",
		"The running pod has no role in its environment, or another one than the service account.",
		"The webhook writes the role into a pod when it is created, and never again.",
		"Restart the workload: kubectl rollout restart.",
		[]string{codeWebhookMissing, codeWebhookFailing, codeAnnotationRemovedByController}},
	{codeWebhookMissing, "cluster", LinkWebhook, Error,
		"Nothing injects the role",
		"The cluster has no pod identity webhook, or the pod opts out of it.",
		"Without the webhook nobody mounts a token and names the role.",
		"Install amazon-eks-pod-identity-webhook; on EKS it is always there.", nil},
	{codeWebhookFailing, "cluster", LinkWebhook, Error,
		"The webhook is there, and does not work",
		"Its certificate is not trusted, its Service has no pods, or it does not match pods.",
		"Its failurePolicy is Ignore: where the API server cannot call it, pods go on without a role.",
		"Mend the caBundle, the Service or the selectors of its MutatingWebhookConfiguration; then restart the pods that it missed.",
		[]string{codeWebhookMissing}},
	{codeWebhookCAStale, "cluster", LinkWebhook, Error,
		"The webhook's configuration has a certificate authority that is no longer the cluster's",
		"clientConfig.caBundle of the pod identity webhook lacks the first certificate of the cluster's bundle, in kube-root-ca.crt or as EKS tells it.",
		"After the certificate authority of a cluster was rotated EKS gives its webhook a new certificate, and leaves the old authority in the configuration. The API server then does not trust the webhook, whose failurePolicy is Ignore: pods start, without a role.",
		"Put the cluster's bundle into caBundle; then restart the pods that have no role.", nil},
	{codeTokenRequestForbidden, "cluster", LinkWorkload, Error,
		"A controller may not ask for the service account's token",
		"An Issuer, a SecretStore or the like refers to the service account, and the API server refuses the token, or no Role allows serviceaccounts/token for it.",
		"Who asks for a token of a service account needs the verb create on serviceaccounts/token.",
		"Make a Role for it, and bind it to the controller's service account.", nil},
	{codeHelmOwnershipConflict, "cluster", LinkServiceAccount, Error,
		"The service account belongs to another tool",
		"The service account exists without Helm's ownership label and annotations, and the release makes it too.",
		"Helm stops: invalid ownership metadata.",
		"Let the chart not create it, or hand it over: --irsa-adopt.", nil},
	{codeAnnotationRemovedByController, "cluster", LinkAnnotation, Error,
		"Something takes the annotation away again",
		"The release has the annotation, the live service account has not.",
		"A controller that owns the service account writes its own version of it.",
		"Set the annotation where that controller takes it from.", nil},
	{codeControllerRevertsInjection, "cluster", LinkWebhook, Warning,
		"A controller takes the injected parts for a difference",
		"The pods are made by a controller that compares them with its own template.",
		"It sees the variables and the volume that the webhook added as drift, and makes the pods anew.",
		"Use a version that compares its template only, or write the injected parts into the template.", nil},
	{codeIssuerChangedStaleTokens, "cluster", LinkIssuer, Error,
		"Tokens come from another issuer than the cluster's",
		"The API server issues tokens under one name. AWS trusts another name, which the API server only still accepts.",
		"A token carries the first --service-account-issuer as iss; it changes for new tokens only.",
		"Make provider and trust policy for the issuer that tokens carry, and restart the pods.", nil},
	{codeSTSEndpointUnreachable, "cluster", LinkWebhook, Error,
		"The pod cannot reach what gives it credentials",
		"The pod uses an STS endpoint that its network or its partition does not have, or a NetworkPolicy keeps it from STS or from the Pod Identity agent.",
		"The global endpoint sts.amazonaws.com is in the partition aws only, and a VPC's own endpoint for STS does not serve it.",
		"Set sts-regional-endpoints to true on the service account, and let the pod reach sts.REGION; with EKS Pod Identity 169.254.170.23 at port 80.", nil},
	{codePodIdentityOverridesIRSA, "cluster", LinkAnnotation, Error,
		"EKS Pod Identity goes before the annotation",
		"The service account has a Pod Identity association beside the annotation, with another role.",
		"Where there is an association, the webhook injects its credentials and not the token for the annotation.",
		"Delete the association, or the annotation.", nil},
	{codePodIdentityAgentMissing, "Pod Identity", LinkWebhook, Error,
		"The cluster has no Pod Identity agent",
		"kube-system has no DaemonSet eks-pod-identity-agent, or none of its pods is ready.",
		"The SDK in a pod asks the agent of its node for credentials; nobody else answers there.",
		"Install the add-on eks-pod-identity-agent. EKS Auto Mode has it built in.", nil},
	{codePodIdentityUnsupported, "Pod Identity", LinkWebhook, Error,
		"EKS Pod Identity does not work where the pod runs",
		"The pod runs on Fargate or on Windows.",
		"The agent is a DaemonSet of Linux nodes.",
		"Use IRSA for the service account: mode: irsa.", nil},
	{codePodIdentityProxy, "Pod Identity", LinkWebhook, Error,
		"The pod asks a proxy for the agent",
		"The container has HTTP_PROXY, and NO_PROXY without the agent's address.",
		"The agent has a link-local address, which a proxy cannot reach.",
		"Add 169.254.170.23 and [fd00:ec2::23] to NO_PROXY and no_proxy.", nil},
	{codePodOlderThanAssociation, "Pod Identity", LinkWebhook, Error,
		"The pod is older than the association",
		"The running pod has no AWS_CONTAINER_CREDENTIALS_FULL_URI.",
		"EKS writes the agent's address into a pod when it is created, and never again.",
		"Restart the workload: kubectl rollout restart.", nil},
}

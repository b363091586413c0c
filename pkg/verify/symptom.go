package verify

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Symptom is something that a pod, an agent or Helm says, and what that tells of the chain. The table
// is the source of docs/troubleshooting.md.
type Symptom struct {
	// Title is one line: what was said, in few words.
	Title string
	// Says are the words, as each library has them.
	Says []Said
	// Means is what it tells. Codes are the findings that verify gives for it, the likely ones
	// first. Next is what to do where verify cannot see it: what is wrong is in the program, or in
	// the network.
	Means string
	Codes []string
	Next  string

	patterns []string // regular expressions, of which a line has one
	// unless is true for a line that has a pattern and means something else.
	unless func(line string) bool
}

// Said are the words of somebody.
type Said struct{ By, Text string }

// Heard is a symptom, and the line that has it.
type Heard struct {
	Symptom *Symptom
	Line    string
}

// Hear finds the symptoms in a text, such as a pod's log, in the order in which they are first said.
// Of a line the table's first counts, which is the one that says most.
func Hear(text string) []Heard {
	all, patterns := symptoms(), hearing()
	var out []Heard
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if len(line) > maxLine {
			line = line[:maxLine]
		}
		for i := range all {
			s := &all[i]
			if !patterns[i].MatchString(line) || s.unless != nil && s.unless(line) {
				continue
			}
			if !slices.ContainsFunc(out, func(h Heard) bool { return h.Symptom == s }) {
				out = append(out, Heard{s, line})
			}
			break
		}
	}
	return out
}

// maxLine is as much of a line as is searched.
const maxLine = 64 << 10

// hearing are the patterns of each symptom, compiled when they are first needed.
var hearing = sync.OnceValue(func() []*regexp.Regexp {
	out := make([]*regexp.Regexp, len(symptoms()))
	for i, s := range symptoms() {
		out[i] = regexp.MustCompile("(?i)" + strings.Join(s.patterns, "|"))
	}
	return out
})

// itself matches a role that is refused sts:AssumeRole on a role.
var itself = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`assumed-role/([^/\s]+)/\S* is not authorized to perform: sts:AssumeRole on resource: \S*role/(?:\S*/)?([^/\s"',]+)`)
})

func notItself(line string) bool {
	m := itself().FindStringSubmatch(line)
	return m == nil || m[1] != m[2]
}

// noRole are the findings for a pod that has no role of its own at all.
var noRole = []string{
	"annotation-missing", "service-account-missing", "workload-uses-other-serviceaccount", "pod-older-than-annotation", "annotation-wrong-key",
	"annotation-on-pod-not-serviceaccount", "chart-annotation-not-rendered", "webhook-missing", "webhook-failing", "container-not-injected",
	"preset-env-blocks-injection", "pod-older-than-association", "profile-chain-without-web-identity",
}

// Symptoms are all, the one that says most first. They are not to be changed.
func Symptoms() []Symptom { return symptoms() }

var symptoms = sync.OnceValue(func() []Symptom {
	return []Symptom{
		// What the library lacks comes before what it says of that.
		{
			Title: "Java: the sts module is not on the class path",
			Says: []Said{ // https://github.com/slackhq/astra/pull/17, https://github.com/awslabs/amazon-kinesis-client-ruby/issues/86
				{"AWS SDK for Java 2", "WebIdentityTokenCredentialsProvider(): To use web identity tokens, the 'sts' service module must be on the class path."},
				{"AWS SDK for Java 1", "WebIdentityTokenCredentialsProvider: To use assume role profiles the aws-java-sdk-sts module must be on the class path."},
			},
			Means:    "The pod has its token and its role, and the program cannot use them: the part of the SDK that talks with STS is not in it.",
			Next:     "Add `software.amazon.awssdk:sts` (Java 2) or `com.amazonaws:aws-java-sdk-sts` (Java 1) to the program's dependencies.",
			patterns: []string{`'sts' service module must be on the class ?path`, `aws-java-sdk-sts module must be on the class ?path`},
		},
		{
			Title: ".NET: AWSSDK.SecurityToken is missing",
			Says: []Said{ // https://github.com/aws/aws-sdk-net/issues/2473
				{"AWS SDK for .NET", "System.InvalidOperationException: Assembly AWSSDK.SecurityToken could not be found or loaded. This assembly must be available at runtime to use Amazon.Runtime.AssumeRoleAWSCredentials."},
			},
			Means:    "The pod has its token and its role, and the program cannot use them: the part of the SDK that talks with STS is not in it.",
			Next:     "Add the package AWSSDK.SecurityToken, in the major version of the other AWSSDK packages.",
			patterns: []string{`AWSSDK\.SecurityToken could not be found or loaded`},
		},
		{
			Title: "the SDK is too old for EKS Pod Identity",
			Says: []Said{ // https://github.com/kubernetes-sigs/external-dns/issues/4353
				{"AWS SDK for Go 1", `Ignoring, HTTP credential provider invalid endpoint host, "169.254.170.23", only loopback hosts are allowed.`},
			},
			Means:    "The pod was given EKS Pod Identity, and its SDK takes credentials from this machine alone.",
			Codes:    []string{"pod-identity-unsupported"},
			Next:     "Take a version of the program with a newer SDK, or `mode: irsa` in irsa.yaml, which older SDKs know.",
			patterns: []string{`invalid endpoint host, "?169\.254\.170\.23"?`},
		},
		// What STS says.
		{
			Title: "STS refuses the token: Not authorized to perform sts:AssumeRoleWithWebIdentity",
			Says: []Said{ // https://github.com/external-secrets/kubernetes-external-secrets/issues/287, https://github.com/aws/aws-sdk-java-v2/issues/1470
				{"AWS CLI, boto3", "An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not authorized to perform sts:AssumeRoleWithWebIdentity"},
				{"AWS SDK for Go 1", "WebIdentityErr: failed to retrieve credentials caused by: AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"},
				{"AWS SDK for Go 2", "operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 403, RequestID: …, api error AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"},
				{"AWS SDK for Java 2", "software.amazon.awssdk.services.sts.model.StsException: Not authorized to perform sts:AssumeRoleWithWebIdentity (Service: Sts, Status Code: 403, Request ID: …)"},
				{"AWS SDK for JavaScript", "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"},
			},
			Means: "The token is good, and no statement of the role's trust policy lets it in. STS says the same of a role that does not exist.",
			Codes: []string{
				"sub-service-account-name-mismatch", "sub-namespace-mismatch", "workload-uses-other-serviceaccount", "sub-wildcard-in-string-equals",
				"issuer-mismatch", "issuer-region-mismatch", "role-missing", "trust-principal-aws-instead-of-federated", "trust-no-web-identity-statement",
				"federated-account-mismatch", "federated-provider-arn-typo", "federated-not-an-arn", "aud-key-used-for-sub", "aud-value-wrong",
				"condition-key-malformed", "trust-condition-not-met", "multi-issuer-conditions-anded", "partition-mismatch", "denied-by-scp-or-boundary",
			},
			patterns: []string{`not authorized to perform:? sts:AssumeRoleWithWebIdentity`, `AccessDenied.*AssumeRoleWithWebIdentity`},
		},
		{
			Title: "No OpenIDConnect provider found in your account",
			Says: []Said{
				{"AWS CLI, boto3", "An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: No OpenIDConnect provider found in your account for https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"},
				{"AWS SDK for Go 1", "WebIdentityErr: failed to retrieve credentials caused by: InvalidIdentityToken: No OpenIDConnect provider found in your account for https://…"},
			},
			Means:    "The role's AWS account has no IAM OIDC provider of the issuer that signed the token.",
			Codes:    []string{"oidc-provider-missing", "oidc-provider-missing-cross-account", "issuer-changed-stale-tokens", "federated-account-mismatch"},
			patterns: []string{`No OpenIDConnect provider found`},
		},
		{
			Title:    "Incorrect token audience",
			Says:     []Said{{"AWS CLI, boto3", "An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: Incorrect token audience"}},
			Means:    "The audience of the token is none of those that the IAM OIDC provider has in its client IDs.",
			Codes:    []string{"oidc-provider-audience-wrong", "token-audience-mismatch", "token-file-wrong-token"},
			patterns: []string{`Incorrect token audience`},
		},
		{
			Title:    "Missing a required claim: aud",
			Says:     []Said{{"AWS SDK for Ruby", "Aws::STS::Errors::InvalidIdentityToken: Missing a required claim: aud"}},
			Means:    "The program sends a token that is not for STS: the old token of the service account, in place of the one that the webhook mounts.",
			Codes:    []string{"token-file-wrong-token", "preset-env-blocks-injection"},
			patterns: []string{`Missing a required claim`},
		},
		{
			Title:    "the certificate of the OIDC provider doesn't match its thumbprint",
			Says:     []Said{{"AWS CLI, boto3", "An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"}},
			Means:    "The issuer's host shows another certificate than the IAM OIDC provider knows. AWS looks at thumbprints only where no public certificate authority vouches for the host.",
			Codes:    []string{"thumbprint-mismatch"},
			patterns: []string{`doesn.?t match configured thumbprint`},
		},
		{
			Title: "Couldn't retrieve verification key from your identity provider",
			Says: []Said{ // https://github.com/awslabs/aws-sdk-rust/issues/827
				{"AWS SDK for Rust", "service error: InvalidIdentityTokenException: Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements"},
			},
			Means:    "STS cannot read the issuer's keys. It fetches /.well-known/openid-configuration and the keys that this names, from the internet.",
			Codes:    []string{"thumbprint-mismatch", "issuer-changed-stale-tokens"},
			Next:     "On EKS it passes: try again. Elsewhere, open both URLs from outside of your network; `helm irsa verify RELEASE` shows the issuer.",
			patterns: []string{`Couldn.?t retrieve verification key`},
		},
		{
			Title: "the token has expired",
			Says: []Said{ // https://github.com/awslabs/aws-orbit-workbench/issues/771, https://github.com/boto/botocore/issues/3117
				{"boto3", "An error occurred (ExpiredTokenException) when calling the AssumeRoleWithWebIdentity operation: Token expired: current date/time 1626271164 must be before the expiration date/time1626191469"},
				{"boto3 with EKS Pod Identity", "(ExpiredTokenException): The token included in the request is expired: current date/time 2024-02-10T08:38:55Z must be before the expiration date/time 2024-02-09T10:47:44Z., fault: client"},
			},
			Means:    "The program read the token once and kept it. The kubelet renews the file before the token ends; the SDK has to read it each time.",
			Codes:    []string{"token-file-wrong-token"},
			Next:     "Take a newer SDK, or a program that leaves credentials to it. Until then, restart the pods more often than the token lasts (`token.expirationSeconds` in irsa.yaml).",
			patterns: []string{`Token expired: current date/time`, `token included in the request is expired`, `ExpiredTokenException`},
		},
		{
			Title:    "Request ARN is invalid",
			Says:     []Said{{"AWS SDK for Go 1", "WebIdentityErr: failed to retrieve credentials caused by: ValidationError: Request ARN is invalid"}},
			Means:    "What the annotation names is no ARN of a role: a name, the ARN of a policy, blanks or a typing error in it.",
			Codes:    []string{"role-arn-malformed", "role-arn-is-policy-arn", "annotation-malformed", "partition-mismatch"},
			patterns: []string{`Request ARN is invalid`},
		},
		{
			Title:    "the requested DurationSeconds exceeds the MaxSessionDuration",
			Says:     []Said{{"AWS CLI, boto3", "An error occurred (ValidationError) when calling the AssumeRoleWithWebIdentity operation: The requested DurationSeconds exceeds the MaxSessionDuration set for this role."}},
			Means:    "The program asks for a longer session than the role allows.",
			Codes:    []string{"session-duration-too-long"},
			patterns: []string{`exceeds the MaxSessionDuration`},
		},
		{
			Title:    "STS answers 405, or what answers is no STS",
			Says:     []Said{{"AWS SDK for Go 1", "WebIdentityErr: failed to retrieve credentials caused by: SerializationError: failed to unmarshal error message status code: 405"}},
			Means:    "An endpoint that was set for another service, such as S3, is used for STS as well.",
			Next:     "Set the endpoint of that service alone: AWS_ENDPOINT_URL_S3 in place of AWS_ENDPOINT_URL, or the program's own setting.",
			patterns: []string{`(WebIdentity|STS).*SerializationError`, `SerializationError.*status code: 405`},
		},
		{
			Title: "STS cannot be reached",
			Says: []Said{
				{"AWS SDK for Go 1", "WebIdentityErr: failed to retrieve credentials caused by: RequestError: send request failed caused by: Post https://sts.amazonaws.com/: dial tcp 54.239.29.25:443: i/o timeout"},
				{"AWS CLI, boto3", `Could not connect to the endpoint URL: "https://sts.eu-west-3.amazonaws.com/"`},
				{"boto3", `Connect timeout on endpoint URL: "https://sts.amazonaws.com/"`},
			},
			Means:    "The pod has no way to STS: no route to the internet and no VPC endpoint, a NetworkPolicy, or a proxy. A VPC's own endpoint for STS does not serve sts.amazonaws.com.",
			Codes:    []string{"sts-endpoint-unreachable", "region-env-missing"},
			patterns: []string{`(connect to the endpoint URL|timeout on endpoint URL)[^\n]*\bsts\.`, `https://sts[.-][^\s"]*"?: (dial|context deadline|EOF|net/http|x509)`, `lookup sts\.\S+`},
		},
		// The token's file.
		{
			Title:    "the token's file cannot be read",
			Says:     []Said{{"AWS SDK for Go 1", "WebIdentityErr: unable to read file at /var/run/secrets/eks.amazonaws.com/serviceaccount/token caused by: open …: permission denied"}},
			Means:    "The program runs as a user that may not read the token.",
			Codes:    []string{"token-file-not-readable"},
			patterns: []string{`amazonaws\.com/serviceaccount/\S*\s.*permission denied`, `permission denied.*amazonaws\.com/serviceaccount/`},
		},
		{
			Title:    "the token's file is not there",
			Says:     []Said{{"AWS SDK for Go 2", "failed to retrieve jwt from provide source, unable to read file at /var/run/secrets/eks.amazonaws.com/serviceaccount/token: open …: no such file or directory"}},
			Means:    "The variables say that there is a token, and nothing is mounted there: somebody else wrote them, or took the volume away.",
			Codes:    []string{"preset-env-blocks-injection", "controller-reverts-injection", "container-not-injected", "token-file-wrong-token"},
			patterns: []string{`amazonaws\.com/serviceaccount/.*(no such file|cannot find the)`, `(no such file|ENOENT).*amazonaws\.com/serviceaccount/`},
		},
		// EKS Pod Identity.
		{
			Title: "EKS does not have permissions to assume the associated role",
			Says: []Said{ // https://github.com/aws/eks-pod-identity-agent/issues/139
				{"AWS SDK for Go 2", "failed to refresh cached credentials, failed to load credentials, Unauthorized Exception! EKS does not have permissions to assume the associated role., fault: client"},
			},
			Means:    "The association is there, and its role does not let EKS Pod Identity in: the trust policy needs pods.eks.amazonaws.com with sts:AssumeRole and sts:TagSession, and what its conditions ask for.",
			Codes:    []string{"trust-condition-not-met", "role-missing", "pod-identity-target-role-trust", "pod-identity-target-role-missing"},
			patterns: []string{`EKS does not have permissions to assume the associated role`},
		},
		{
			Title: "the agent of EKS Pod Identity does not answer",
			Says: []Said{ // https://github.com/aws/secrets-store-csi-driver-provider-aws/issues/465
				{"AWS Secrets Store CSI provider", `HTTP request to pod identity agent failed: Get "http://169.254.170.23/v1/credentials": context deadline exceeded`},
				{"AWS SDK for Go 2", `failed to load credentials, request send failed, Get "http://169.254.170.23/v1/credentials": dial tcp 169.254.170.23:80: connect: connection refused`},
			},
			Means:    "No agent runs on the pod's node, something keeps the pod from it, or a proxy is asked in its place.",
			Codes:    []string{"pod-identity-agent-missing", "pod-identity-proxy"},
			patterns: []string{`169\.254\.170\.23.*(refused|deadline|timeout|timed out|unreachable|no route)`, `(refused|deadline|timeout|timed out).*169\.254\.170\.23`},
		},
		// AWS lets the caller in, and refuses the action.
		{
			Title: "the role assumes itself",
			Says: []Said{
				{"any", "User: arn:aws:sts::111122223333:assumed-role/orders/… is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/orders"},
			},
			Means:    "The pod has its role, and the program is configured to assume the same role once more.",
			Codes:    []string{"app-assumes-own-role"},
			patterns: []string{`is not authorized to perform: sts:AssumeRole on resource: `},
			unless:   notItself,
		},
		{
			Title: "refused by an explicit deny, a service control policy or a permissions boundary",
			Says: []Said{ // https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
				{"any", "User: arn:aws:sts::111122223333:assumed-role/orders/… is not authorized to perform: s3:GetObject on resource: … with an explicit deny in a service control policy"},
				{"any", "… because no permissions boundary allows the s3:GetObject action"},
			},
			Means:    "The pod has its role, and something above the role's own policies refuses.",
			Codes:    []string{"denied-by-scp-or-boundary"},
			patterns: []string{`with an explicit deny in`, `because no (permissions boundary|service control policy|resource control policy|session policy|VPC endpoint policy) allows`},
		},
		{
			Title: "the pod uses the role of its node",
			Says: []Said{ // https://github.com/hashicorp/aws-sdk-go-base/pull/15, https://github.com/aws/aws-sdk-php/issues/2565
				{"any", "User: arn:aws:sts::111122223333:assumed-role/eks-nodes/i-076b0f0634d5abdbf is not authorized to perform: secretsmanager:GetSecretValue on resource: …"},
			},
			Means:    "A session whose name is an instance's, i-…, is the node's: the pod has no role of its own, or its SDK does not know of it.",
			Codes:    append(slices.Clone(noRole), "static-credentials-override"),
			Next:     "Where verify finds nothing, the program's SDK is too old for web identities, or the program was told to use the instance's role.",
			patterns: []string{`assumed-role/\S+/i-([0-9a-f]{8}|[0-9a-f]{17})\b`},
		},
		{
			Title: "the pod's role may not do that",
			Says: []Said{
				{"any", "User: arn:aws:sts::111122223333:assumed-role/orders/botocore-session-1700000000 is not authorized to perform: s3:GetObject on resource: … because no identity-based policy allows the s3:GetObject action"},
			},
			Means:    "The pod has its role. The action, on this resource, is in none of the role's policies.",
			Codes:    []string{"role-lacks-permissions", "denied-by-scp-or-boundary"},
			Next:     "Add the action to the role's policy in irsa.yaml. `helm irsa catalog` has those of well-known charts.",
			patterns: []string{`assumed-role/\S+ is not authorized to perform: `, `because no identity-based policy allows`},
		},
		// No credentials at all.
		{
			Title: "no credentials",
			Says: []Said{ // https://github.com/aws/aws-sdk-go/issues/5138, https://github.com/aws/aws-sdk-net/issues/1699, https://github.com/aws/aws-sdk-php/issues/2323, https://github.com/aws/aws-sdk-ruby/issues/2981, https://github.com/awslabs/aws-sdk-rust/issues/606
				{"AWS CLI, boto3", "Unable to locate credentials"},
				{"AWS SDK for Go 1", "NoCredentialProviders: no valid providers in chain. Deprecated."},
				{"AWS SDK for Go 2", "failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, …"},
				{"AWS SDK for Java 1", "Unable to load AWS credentials from any provider in the chain"},
				{"AWS SDK for Java 2", "Unable to load credentials from any of the providers in the chain AwsCredentialsProviderChain(…)"},
				{"AWS SDK for JavaScript 2", "CredentialsError: Missing credentials in config"},
				{"AWS SDK for JavaScript 3", "CredentialsProviderError: Could not load credentials from any providers"},
				{"AWS SDK for .NET", "Unable to get IAM security credentials from EC2 Instance Metadata Service."},
				{"AWS SDK for PHP", "Error retrieving credentials from the instance profile metadata service."},
				{"AWS SDK for Ruby", "Aws::Errors::MissingCredentialsError"},
				{"AWS SDK for Rust", "ConstructionFailure(MissingCredentials)"},
			},
			Means: "The pod has neither a token nor anything else, and cannot reach the role of its node either.",
			Codes: append(slices.Clone(noRole), "imds-hop-limit"),
			Next:  "Where verify finds nothing, the program's SDK is too old for web identities.",
			patterns: []string{
				`Unable to locate credentials`, `NoCredentialProviders`, `no EC2 IMDS role found`, `Unable to load (AWS )?credentials from any`, `Missing credentials in config`,
				`Could not load credentials from any providers`, `Unable to get IAM security credentials from EC2`, `Error retrieving credentials from the instance profile`,
				`MissingCredentials`, `no providers in chain provided credentials`,
			},
		},
		// Before a pod runs.
		{
			Title:    "the pod identity webhook fails",
			Says:     []Said{{"the API server", "Failed calling webhook, failing open pod-identity-webhook.amazonaws.com: … x509: certificate signed by unknown authority"}},
			Means:    "The webhook does not answer, or its certificate is not trusted. It fails open: pods are made without token and role.",
			Codes:    []string{"webhook-failing", "webhook-ca-stale", "webhook-missing"},
			patterns: []string{`fail(ed|ing) (calling|open).*pod-identity-webhook`, `fail(ed|ing) (calling|open).*iam-for-pods`},
		},
		{
			Title:    "Helm refuses a service account that is there already",
			Says:     []Said{{"Helm", `Unable to continue with install: ServiceAccount "orders" in namespace "shop" exists and cannot be imported into the current release: invalid ownership metadata`}},
			Means:    "Somebody else made the service account, such as eksctl. Helm wants it to be its own.",
			Codes:    []string{"helm-ownership-conflict"},
			Next:     "`helm irsa upgrade RELEASE CHART --irsa-adopt` gives it to Helm, once it has shown whose it is.",
			patterns: []string{`exists and cannot be imported into the current release`},
		},
		{
			Title:    "Helm 4: conflict over a service account",
			Says:     []Said{{"Helm 4", `conflict occurred while applying object shop/orders /v1, Kind=ServiceAccount: Apply failed with 1 conflict: conflict with "kubectl-annotate"`}},
			Means:    "Somebody else wrote the role annotation last, and to another role.",
			Codes:    []string{"annotation-removed-by-controller"},
			Next:     "`helm irsa upgrade RELEASE CHART --force-conflicts` takes it back. Where that other writer goes on, such as a controller, change it there.",
			patterns: []string{`conflict occurred while applying object .*Kind=ServiceAccount`},
		},
	}
})

package safe

import (
	"regexp"
	"strings"
	"sync"
)

// Kind is what a word of a command is, and what whoever gets the command takes for it.
type Kind struct {
	// what is the kind in words, by who takes it, form what stands for one that is not known.
	what, by, form string
	takes          func() *regexp.Regexp // compiled when it is first asked: a start of the program takes few
	most           int
}

// Takes reports whether the value is one of the kind.
func (k Kind) Takes(value string) bool {
	return value != "" && len(value) <= k.most && k.takes().MatchString(value) && !hasHidden(value, "") && !isParameterFile(value)
}

// isParameterFile: the AWS CLI reads the file in place of such a value
// (https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-parameters-file.html).
func isParameterFile(value string) bool {
	return strings.HasPrefix(value, "file://") || strings.HasPrefix(value, "fileb://")
}

const (
	// label and subdomain are those of
	// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/.
	label     = `[a-z0-9]([-a-z0-9]*[a-z0-9])?`
	subdomain = label + `(\.` + label + `)*`
	// iamName and iamPath are those of
	// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html.
	iamName   = `[\w+=,.@-]+`
	iamPath   = `/([!-~]+/)?`
	arnOfIAM  = `arn:aws[a-z-]*:iam::`
	partyForm = `([0-9]{12}|ACCOUNT)` // ours where the AWS account is not known
	// issuer is of a URL, less than RFC 3986 would allow: hosts, ports, and paths as issuers have them.
	issuer = `[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]+)?(/[A-Za-z0-9._~%-]+)*/?`
)

func kind(what, by, form, pattern string, most int) Kind {
	return Kind{what, by, form, sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:` + pattern + `)$`) }), most}
}

// The kinds. Where the two differ, AWS's own form goes before the words of its
// documentation.
var (
	Namespace      = kind("name of a namespace", "Kubernetes", "NAMESPACE", label, 63)
	ObjectName     = kind("name of an object", "Kubernetes", "NAME", subdomain, 253)
	ServiceAccount = kind("name of a service account", "Kubernetes", "NAME", subdomain, 253)
	// ResourceType is a kind as it is typed, in lower case.
	ResourceType = kind("kind of object", "Kubernetes", "KIND", `[a-z][a-z0-9.]*`, 253)
	// Workload is KIND/NAME, as kubectl takes it.
	Workload = kind("workload", "kubectl", "KIND/NAME", `[A-Za-z][A-Za-z0-9.]*/`+subdomain, 320)
	// Release: https://github.com/helm/helm/blob/v3.18.0/pkg/chartutil/validate_name.go.
	Release = kind("name of a release", "Helm", "RELEASE", subdomain, 53)

	RoleName = kind("name of a role", "IAM", "ROLE", iamName, 64)
	// PolicyName is that of an inline policy.
	PolicyName = kind("name of a policy", "IAM", "POLICY", iamName, 128)
	IAMPath    = kind("path", "IAM", "/", iamPath, 512)
	RoleARN    = kind("ARN of a role", "IAM", "ROLE-ARN", arnOfIAM+partyForm+`:role`+iamPath+iamName, 640)
	PolicyARN  = kind("ARN of a policy", "IAM", "POLICY-ARN", arnOfIAM+`(aws|[0-9]{12}):policy`+iamPath+iamName, 704)
	// Issuer is without https://.
	Issuer      = kind("issuer", "IAM", "ISSUER", issuer, 255)
	ProviderARN = kind("ARN of an OIDC provider", "IAM", "ARN", arnOfIAM+`[0-9]{12}:oidc-provider/`+issuer, 2048)
	// Audience is a client ID of a provider. IAM takes any text; this is what tokens have:
	// a name, or a URI.
	Audience = kind("audience", "STS", "sts.amazonaws.com", `[A-Za-z0-9][A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*`, 255)
	// Thumbprint: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateOpenIDConnectProviderThumbprint.html.
	Thumbprint = kind("thumbprint", "IAM", "THUMBPRINT", `[0-9a-fA-F]{40}`, 40)
	// Cluster: https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html.
	Cluster     = kind("name of a cluster", "EKS", "CLUSTER", `[0-9A-Za-z][0-9A-Za-z_-]*`, 100)
	Association = kind("ID of a Pod Identity association", "EKS", "ID", `a-[0-9a-z]+`, 64)
	Region      = kind("region", "AWS", "REGION", `[a-z]+(-[a-z0-9]+)+-[0-9]+`, 32)
	AWSAccount  = kind("AWS account", "AWS", "ACCOUNT", `[0-9]{12}`, 12)
	Host        = kind("host", "DNS", "HOST", label+`(\.`+label+`)*(:[0-9]+)?`, 253)
)

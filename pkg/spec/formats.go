package spec

// Where AWS and Kubernetes say what these hold:
//
//	IAM names and sizes   https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
//	IAM ARNs              https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
//	roles                 https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
//	OIDC issuers          https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
//	IAM tags              https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html
//	EKS cluster names     https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
//	token lifetimes       https://github.com/aws/amazon-eks-pod-identity-webhook/pull/207 (600 at least; older ones raise it to 3600)
//	Kubernetes names      https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
//	labels                https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
const (
	maxRoleName   = 64
	maxPolicyName = 128
	maxIAMPath    = 512

	defaultPath = DefaultPath
	nameChars   = "use letters, digits and _+=,.@- only"
	tagChars    = "use letters, digits, spaces and _.:/=+-@"
)

// Patterns that more than one rule uses. ARNs bound their parts themselves: a path of at
// most 512 characters, of which two are its slashes, and a name.
const (
	accountPattern  = `^[0-9]{12}$`
	roleNamePattern = `^[A-Za-z0-9_+=,.@-]+$`
	iamPathPattern  = `^/(?:[!-~]+/)?$`
	// policyPathPattern is narrower
	// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html, Path).
	policyPathPattern = `^/(?:[A-Za-z0-9.,+@=_-]+/)*$`
	iamPartitions     = `aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b|aws-iso-e|aws-iso-f|aws-eusc`
	roleARNPattern    = `^arn:(?:` + iamPartitions + `):iam::[0-9]{12}:role/(?:[!-~]{1,510}/)?[A-Za-z0-9_+=,.@-]{1,64}$`
	policyARNPattern  = `^arn:(?:` + iamPartitions + `):iam::(?:aws|[0-9]{12}):policy/(?:[!-~]{1,510}/)?[A-Za-z0-9_+=,.@-]{1,128}$`
	// awsPolicyPattern is a policy of AWS without the beginning of its ARN.
	awsPolicyPattern = `^(?:(?:service-role|job-function)/)?[A-Za-z0-9_+=,.@-]{1,128}$`
	tagPattern       = `^[\p{L}\p{Zs}\p{N}_.:/=+@-]`
	// reservedTags are AWS's and ours. "Tag keys … are not case sensitive" in IAM
	// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html): ours in another case
	// would take the place of ours. The long s is a small one of S.
	reservedTags = `^(?:[aA][wW][sSſ]:|[hH][eE][lL][mM]-[iI][rR][sSſ][aA]\.[dD][eE][vV]/)`
	// principalARN is what IAM takes under AWS beside an AWS account's ID
	// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
	principalARN = `arn:(?:` + iamPartitions + `):(?:iam::[0-9]{12}:(?:root|(?:user|role)/[!-~]+)|sts::[0-9]{12}:(?:assumed-role|federated-user)/[!-~]+)`
	dnsLabel     = `[a-z0-9](?:[a-z0-9-]*[a-z0-9])?`
	dnsSubdomain = dnsLabel + `(?:\.` + dnsLabel + `)*`
)

// MaxPolicyDescription is how long the user's part of a policy's description may be: IAM
// takes 1000 characters
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html), and
// helm-irsa writes behind it whose policy it is, in PolicyMarkRoom characters.
const (
	MaxPolicyDescription = 1000 - PolicyMarkRoom
	PolicyMarkRoom       = 250
)

// sharerPattern is [[ACCOUNT/REGION/]CLUSTER:]NAMESPACE/RELEASE, where the release may be *.
// A cluster that has no name is known by its issuer without https://.
const sharerPattern = `^(?:(?:[0-9]{12}/[a-z0-9-]+/)?[0-9A-Za-z][0-9A-Za-z_./:-]*:)?` + dnsLabel + `/(?:\*|` + dnsSubdomain + `)$`

// subjectPattern is a pattern for one namespace and one service account, or one that ends
// in a * which covers both.
const subjectPattern = `^(?:\*|system:\*|` + SubjectPrefix + `(?:[a-z0-9*?-]+:[a-z0-9.*?-]+|[a-z0-9*?-]*\*))$`

// anySubjectPattern matches the subjects in which neither the namespace nor the service
// account's name is fixed, nor begins with something fixed, such as *:* and
// *e*:*-*. A * or ? in front of everything else may take both, unless a colon stands
// behind it.
const anySubjectPattern = `^(?:\*|system:\*|` + SubjectPrefix + `[*?](?:[^:]*|[^:]*:[*?].*))$`

// hidden are the characters that no text of irsa.yaml may hold, for the inside of a character
// class: control characters, those that show nothing or turn the direction of writing, and
// line and paragraph separators. A terminal obeys them, and what a plan says could be hidden.
const hidden = `\p{Cc}\p{Cf}\p{Zl}\p{Zp}`

// latinLine is one line of what IAM takes in a description, without the soft hyphen, which is
// hidden (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html).
const latinLine = "^[ -~¡-¬®-ÿ]*$"

// sessionPattern is 1h to 12h in hours, in minutes or in seconds, with the smaller units
// behind, each below 60: IAM takes 3600 to 43200 seconds.
const sessionPattern = `^(?:(?:[1-9]|1[01])h(?:[0-5]?[0-9]m)?(?:[0-5]?[0-9]s)?|12h(?:0?0m)?(?:0?0s)?` +
	`|(?:[6-9][0-9]|[1-6][0-9]{2}|7[01][0-9])m(?:[0-5]?[0-9]s)?|720m(?:0?0s)?` +
	`|(?:3[6-9][0-9]{2}|[4-9][0-9]{3}|[1-3][0-9]{4}|4[0-2][0-9]{3}|43[01][0-9]{2}|43200)s)$`

var formats = map[string]format{
	"accountID": {
		what: "an AWS account ID", write: `write its 12 digits in quotes, such as "111122223333"`,
		pattern: accountPattern,
	},
	"clusterName": {
		what: "a cluster name", write: "use letters, digits, - and _, a letter or digit first",
		pattern: `^[0-9A-Za-z][A-Za-z0-9_-]*$`, max: 100,
	},
	"region": {
		what: "an AWS region", write: "write a region such as eu-west-3",
		pattern: `^[a-z]{2,}(?:-[a-z]+)+-[0-9]+$`,
	},
	"issuer": {
		// IAM takes any 255 characters as the Url, RFC 3986 (section 3.3) for a path also
		// !$&'()*;. They are left out: the issuer stands in ARNs, in condition keys and in
		// commands, where * and $ mean something else.
		what: "an https URL of an issuer", write: "write https://HOST/PATH without user, query or fragment; the path of letters, digits and -._~:@+=,/ and %XX",
		pattern: `^https://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/(?:[A-Za-z0-9._~:@+=,/-]|%[0-9A-Fa-f]{2})*)?$`, max: 255,
	},
	"iamPath": {
		what: "an IAM path", write: "begin and end it with a slash, such as " + defaultPath,
		pattern: iamPathPattern, max: maxIAMPath,
	},
	"policyPath": {
		what: "an IAM path of policies", write: "begin and end it with a slash; between slashes, use letters, digits and .,+@=_- only",
		pattern: policyPathPattern, max: maxIAMPath,
	},
	"roleName": {
		what: "a role name", write: nameChars,
		pattern: roleNamePattern, max: maxRoleName, check: checkRoleName,
	},
	"policyName": {
		what: "a policy name", write: nameChars,
		pattern: roleNamePattern, max: maxPolicyName,
	},
	"roleARN": {
		what:    "a role ARN",
		pattern: roleARNPattern, check: checkRoleARN,
	},
	"assumeRoleARN": {
		what:    "a role ARN",
		pattern: roleARNPattern, check: checkAssumeRoleARN,
	},
	"managedPolicy": {
		what: "a policy ARN, or the name of a policy of AWS", write: "such as AmazonS3ReadOnlyAccess, or service-role/AmazonEBSCSIDriverPolicy",
		pattern: policyARNPattern + `|` + awsPolicyPattern, check: checkManagedPolicy,
	},
	"policyARN": {
		what:    "a policy ARN",
		pattern: policyARNPattern, check: checkPolicyARN,
	},
	"description": {
		what: "text that IAM takes as a description", write: "write one line of Latin letters",
		pattern: latinLine, takesEmpty: true, max: 1000,
	},
	"policyDescription": {
		what: "the description of a policy", write: "write one line of Latin letters",
		pattern: latinLine, takesEmpty: true, max: MaxPolicyDescription,
	},
	"sharer": {
		what: "a release to share with", write: "write NAMESPACE/RELEASE, NAMESPACE/* or CLUSTER:NAMESPACE/RELEASE",
		pattern: sharerPattern, max: 256,
	},
	"policyFile": {
		what: "a file beside irsa.yaml", write: "write a path relative to irsa.yaml",
		pattern: `^[^` + hidden + `]+$`, reject: `^/|^[A-Za-z]:|\\`, rejectWhy: "is no path relative to irsa.yaml",
	},
	"tagKey": {
		what: "a tag key", write: tagChars,
		pattern: tagPattern + `+$`, max: 128, reject: reservedTags, rejectWhy: "is reserved", rejectWrite: "use another key",
	},
	"tagValue": {
		what: "a tag value", write: tagChars,
		pattern: tagPattern + `*$`, takesEmpty: true, max: 256,
	},
	"labelKey": {
		what: "a label key", write: "write PREFIX/NAME or NAME",
		pattern: `^(?:` + dnsSubdomain + `/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$`, max: 317,
	},
	"labelValue": {
		what: "a label value", write: "use letters, digits, _, . and -, a letter or digit at both ends",
		pattern: `^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?)?$`, takesEmpty: true, max: 63,
	},
	"namespace": {
		what: "a namespace", write: "use lower-case letters, digits and -",
		pattern: `^` + dnsLabel + `$`, max: 63,
	},
	"apiGroup": {
		what: "an API group", write: "write the group without its version, such as example.com",
		pattern: `^` + dnsSubdomain + `$`, max: 253,
	},
	"kind": {
		what: "a kind", write: "write a kind such as Deployment",
		pattern: `^[A-Za-z][A-Za-z0-9]*$`, max: 63,
	},
	"objectName": {
		what: "an object name", write: "write a name; * and ? match as in a shell",
		pattern: `^[^\s/` + hidden + `]+$`, max: 253,
	},
	"envName": {
		what: "a variable name", write: "use letters, digits, _, . and -, no digit first",
		pattern: `^[A-Za-z_.-][A-Za-z0-9_.-]*$`,
	},
	"fieldPath": {
		what:    "a field path",
		pattern: pathPattern, check: checkFieldPath,
		reject: "[" + hidden + "]", rejectWhy: "holds a character that shows nothing", rejectWrite: "write it without",
	},
	"pattern": {
		what:    "a pattern",
		pattern: `[^\\]\(|^\(`, check: checkPattern,
	},
	"helmValue": {
		what: "a Helm value", write: "write its path as for --set, such as server.serviceAccount",
		pattern: `^[^\s,={}` + hidden + `]+$`,
	},
	"audience": {
		what: "an audience", write: "write it without spaces, such as sts.amazonaws.com",
		pattern: `^[^\s` + hidden + `]+$`, max: 255,
	},
	"action": {
		what: "an action", write: "write SERVICE:ACTION, such as s3:GetObject",
		pattern: `^[A-Za-z0-9-]+:[A-Za-z0-9*?]+$`,
	},
	"resource": {
		what: "a resource", write: "write its ARN, or *",
		pattern: `^(?:\*|arn:[^:\s` + hidden + `]+:[^:\s` + hidden + `]+:[^:\s` + hidden + `]*:[^:\s` + hidden + `]*:[^\s` + hidden + `]+)$`,
	},
	"subject": {
		what: "a token subject", write: "write " + SubjectPrefix + "NAMESPACE:ACCOUNT",
		pattern: subjectPattern,
	},
	"tokenSeconds": {
		what: "a token lifetime", write: "write 0, or 600 to 86400",
		low: 600, high: 86400, orZero: true,
	},
	"preset": {
		what: "a preset", write: "write a preset such as epinio-staging",
		pattern: `^[^\s` + hidden + `]+$`,
	},
	"principal": {
		what: "a principal", write: "write an ARN, an AWS account, a service, or self",
		pattern: `^[!-~]+$`,
	},
	"allowedPrincipal": {
		what: "an AWS account or the ARN of a principal", write: `write 12 digits in quotes, an ARN such as arn:aws:iam::999999999999:role/ci, or "*" for everybody`,
		pattern: `^(?:\*|[0-9]{12}|` + principalARN + `)$`,
	},
	"plainText": {
		what: "plain text", write: "write a value",
		pattern: `^[^` + hidden + `]+$`,
	},
	"serviceAccountName": {
		what: "a service account name", write: "use lower-case letters, digits, - and .",
		pattern: `^` + dnsSubdomain + `$`, max: 253,
	},
	"sessionDuration": {
		what: "a session duration", write: "write 1h to 12h, such as 1h, 90m or 3600s",
		pattern: sessionPattern, low: 3600, high: 43200,
	},
}

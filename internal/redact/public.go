package redact

import (
	"regexp"
	"strings"
	"sync"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

var (
	accountID = regexp.MustCompile(`^[0-9]{12}$`)
	// number is too short to be an AWS account ID, or a date.
	number = regexp.MustCompile(`^(?:[0-9]{1,6}s?|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2})?|[0-9]{2}Z|v[0-9]+(?:(?:alpha|beta)[0-9]+)?)$`)
	region = regexp.MustCompile(`^[a-z]{2}(?:-[a-z]+)+-[0-9][a-z]?$`)
)

func isRegion(w string) bool { return region.MatchString(w) }

// wellKnown are names that every cluster and AWS account has: they say nothing of anybody.
var wellKnown = set(`default kube-system kube-public kube-node-lease eks aws root system`)

// resourceTypes are the words in an ARN that say what it is of, and the class of that
// (https://docs.aws.amazon.com/service-authorization/latest/reference/).
var resourceTypes = map[string]string{
	"role": classRole, "policy": classPolicy, "cluster": classCluster, "assumed-role": classRole, "aws-service-role": classRole,
	"user": "", "group": "", "root": "", "instance-profile": "", "federated-user": "", "podidentityassociation": "",
	"key": "", "alias": "", "secret": "", "table": "", "index": "", "parameter": "", "log-group": "", "log-stream": "",
	"function": "", "topic": "", "queue": "", "hostedzone": "", "repository": "", "certificate": "",
}

// vocabulary are words of AWS, Kubernetes and this program which its reports have whatever
// they are of, and which inputs have as well.
const vocabulary = `
 a an and are as at be been but by do does for from has have if in into is it its no not of on one only or other since so than that
 the their them then there these they this to until was were what when where which while who why will with without yes
 arn aws aws-cn aws-us-gov iam sts s3 eks ec2 oidc id amazonaws com cn org io net svc local cluster https http
 system serviceaccount serviceaccounts aud sub amr assumed-role oidc-provider web-identity
 Version Statement Sid Effect Allow Deny Principal NotPrincipal Federated Service AWS Action NotAction Resource NotResource Condition
 StringEquals StringNotEquals StringLike StringNotLike ArnLike ArnEquals Null Bool ForAnyValue ForAllValues IfExists
 AssumeRole AssumeRoleWithWebIdentity AssumeRoleForPodIdentity TagSession GetCallerIdentity
 apiVersion kind metadata name namespace annotations labels spec status template containers env value valueFrom volumes
 projected sources serviceAccountToken audience expirationSeconds serviceAccountName serviceAccount automountServiceAccountToken
 role-arn sts-regional-endpoints token-expiration skip-containers pod-identity-webhook amazonaws-com eks-auth pods
 AWS_ROLE_ARN AWS_WEB_IDENTITY_TOKEN_FILE AWS_REGION AWS_DEFAULT_REGION AWS_STS_REGIONAL_ENDPOINTS AWS_ROLE_SESSION_NAME
 AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_PROFILE
 AWS_EC2_METADATA_DISABLED HTTP_PROXY HTTPS_PROXY NO_PROXY
 var run secrets token aws-iam-token eks-pod-identity-token kubernetes io k8s app app.kubernetes.io managed-by helm Helm
 helm-irsa dev irsa irsa-yaml yaml yml json manifest manifests snapshot hooks get stdin release
 true false null none unknown error warning info
`

var known = sync.OnceValue(func() map[string]bool {
	out := set(strings.ToLower(vocabulary))
	add := func(text string) {
		for _, w := range word.FindAllString(text, -1) {
			out[strings.ToLower(w)] = true
		}
	}
	for _, c := range verify.Codes() {
		for _, text := range []string{c.Code, c.Title, c.Looks, c.Why, c.Repair, c.Group} {
			add(text)
		}
	}
	for _, l := range verify.Links() {
		add(string(l))
	}
	for k := range manifest.Kinds().All() {
		add(k.Name)
		for _, g := range k.Groups {
			add(g)
		}
	}
	return out
})

// public reports whether a word is nobody's: one of this program, of Kubernetes or of AWS.
func public(w string) bool {
	return known()[strings.ToLower(w)] || wellKnown[w] || number.MatchString(w) || isRegion(w)
}

func set(words string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		out[w] = true
	}
	return out
}

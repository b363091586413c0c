package spec

import (
	"fmt"
	"strconv"
)

// Annotations of a ServiceAccount that the EKS webhook reads
// (https://github.com/aws/amazon-eks-pod-identity-webhook#eks-walkthrough).
const (
	RoleAnnotation       = "eks.amazonaws.com/role-arn"
	AudienceAnnotation   = "eks.amazonaws.com/audience"
	ExpirationAnnotation = "eks.amazonaws.com/token-expiration"
	RegionalAnnotation   = "eks.amazonaws.com/sts-regional-endpoints"
)

// Tags of what helm-irsa makes in AWS, by which it says whose that is. Cluster, namespace and
// release are the contract.
const (
	// TagPrefix begins them, and all further ones that pkg/awsiam keeps its books with.
	TagPrefix    = "helm-irsa.dev/"
	TagCluster   = TagPrefix + "cluster"
	TagNamespace = TagPrefix + "namespace"
	TagRelease   = TagPrefix + "release"
	// TagScope is ACCOUNT/REGION of the cluster: two clusters of one name, in two
	// regions or AWS accounts, may have roles in one AWS account. Of a cluster that has
	// no name but its issuer's, it is the AWS account alone.
	TagScope = TagPrefix + "scope"
	// TagAttached and a hash: a policy that a release put on a role of the nodes. Of a policy
	// of the release's own the value is the role, else the policy's ARN.
	TagAttached = TagPrefix + "attached."
	// TagSharedWith is the first of the tags that carry role.sharedWith: see SharedWithTag.
	TagSharedWith = TagPrefix + "shared-with"
	// TagID is a hash over the owner and the role's ARN. Roles of the first version have none.
	TagID = TagPrefix + "id"
)

// SharedWithTag is the n-th of the tags that carry role.sharedWith, counted from 1: a value holds
// as many entries as fit, with spaces between, and @ stands for *, which values do not take.
func SharedWithTag(n int) string {
	if n == 1 {
		return TagSharedWith
	}
	return fmt.Sprintf("%s.%d", TagSharedWith, n)
}

// DefaultPath is defaults.path where irsa.yaml says none.
const DefaultPath = "/helm-irsa/"

// DefaultAudience is the audience that the EKS webhook asks tokens for, and that roles trust
// unless they are told otherwise (https://github.com/aws/amazon-eks-pod-identity-webhook, --token-audience).
const DefaultAudience = "sts.amazonaws.com"

// SubjectPrefix begins the sub claim of every service account's token
// (https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/).
const SubjectPrefix = "system:serviceaccount:"

// Subject is the sub claim of a service account's token.
func Subject(namespace, name string) string { return SubjectPrefix + namespace + ":" + name }

// Annotation is one annotation of a service account.
type Annotation struct{ Key, Value string }

// Annotations are what the EKS webhook must find on the service account, for a role with this
// ARN: none where Pod Identity alone gives the role, since the webhook is not asked then.
func (sa ServiceAccount) Annotations(arn string) []Annotation {
	if sa.Mode == ModePodIdentity {
		return nil
	}
	out := []Annotation{{RoleAnnotation, arn}}
	if sa.Token.Audience != "" {
		out = append(out, Annotation{AudienceAnnotation, sa.Token.Audience})
	}
	if sa.Token.ExpirationSeconds != 0 {
		out = append(out, Annotation{ExpirationAnnotation, strconv.Itoa(sa.Token.ExpirationSeconds)})
	}
	if sa.Token.StsRegionalEndpoints != nil {
		out = append(out, Annotation{RegionalAnnotation, strconv.FormatBool(*sa.Token.StsRegionalEndpoints)})
	}
	return out
}

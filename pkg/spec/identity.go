package spec

// Annotations of a ServiceAccount that the EKS webhook reads
// (https://github.com/aws/amazon-eks-pod-identity-webhook#eks-walkthrough).
const (
	RoleAnnotation       = "eks.amazonaws.com/role-arn"
	AudienceAnnotation   = "eks.amazonaws.com/audience"
	ExpirationAnnotation = "eks.amazonaws.com/token-expiration"
	RegionalAnnotation   = "eks.amazonaws.com/sts-regional-endpoints"
)

// SubjectPrefix begins the sub claim of every service account's token
// (https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/).
const SubjectPrefix = "system:serviceaccount:"

// Subject is the sub claim of a service account's token.
func Subject(namespace, name string) string { return SubjectPrefix + namespace + ":" + name }

package awsstate

import "github.com/helm-irsa/helm-irsa/pkg/trust"

// State is what is known of AWS. A list that is not Known was not looked at; one that
// is, is complete. What is absent of an object was not looked at either.
type State struct {
	Account, Region string
	Cluster         Cluster
	Roles           Known[Role]
	Policies        Known[Policy]
	Providers       Known[Provider]
	Associations    Known[Association]
}

// Known is a list that was read, or was not.
type Known[T any] struct {
	Read bool
	List []T
}

// Cluster is the cluster as EKS tells of it; what is empty is unknown.
type Cluster struct {
	Name, Issuer, Version string
	// CertificateAuthority is a bundle of PEM certificates in base64, the active one first.
	CertificateAuthority string
}

// Role is a role.
type Role struct {
	ARN, Name string
	// Trust is nil where it was not looked at.
	Trust *trust.Document
	// MaxSession is in seconds; 0 where it is unknown.
	MaxSession int
	Inline     Known[NamedDocument]
	Attached   Known[string] // ARNs of policies
	// Boundary is the ARN of the permissions boundary; empty where there is none, as long
	// as Attached was read.
	Boundary string
	// Tags are nil where they were not looked at.
	Tags map[string]string
}

// NamedDocument is a permission policy under a name.
type NamedDocument struct {
	Name     string
	Document trust.Document
}

// Policy is a managed policy with its default version; Document is nil where it was not
// looked at.
type Policy struct {
	ARN      string
	Document *trust.Document
}

// Provider is an OIDC provider. Issuer has no https://.
type Provider struct {
	ARN, Issuer string
	ClientIDs   Known[string]
	Thumbprints Known[string]
}

// Association is an association of EKS Pod Identity; RoleARN is empty where it was not
// looked at.
type Association struct {
	Namespace, ServiceAccount, RoleARN, TargetRoleARN, ARN, ID string
	// ExternalID is what EKS gives to the target role's trust policy.
	ExternalID string
	// NoSessionTags: its session tags are disabled. EKS has them on unless told otherwise.
	NoSessionTags bool
}

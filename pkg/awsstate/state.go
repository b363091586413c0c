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
	// Accounts are the AWS accounts that the lists are of, where those are several, and which
	// of the lists have all of them. Nil: those of which a list has something.
	Accounts map[string]Coverage
	// Summary are the AWS account's numbers and quotas, as get-account-summary has them
	// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html); nil
	// where they were not looked at.
	Summary map[string]int
	// Clusters are the clusters of EKS in the AWS account, as far as regions were asked.
	Clusters Known[Cluster]
}

// Coverage says which lists have all that an AWS account has.
type Coverage struct{ Roles, Providers bool }

// Known is a list that was read, or was not.
type Known[T any] struct {
	Read bool
	List []T
}

// Cluster is the cluster as EKS tells of it; what is empty is unknown.
type Cluster struct {
	Name, Issuer, Version string
	// Region is where it is, where that is not the state's.
	Region string
	// CertificateAuthority is a bundle of PEM certificates in base64, the active one first.
	CertificateAuthority string
	// AutoMode: EKS Auto Mode makes nodes for it, whichever others there are.
	AutoMode bool
}

// Role is a role.
type Role struct {
	ARN, Name, Path string
	// ID is another one for a role that is deleted and made again. Created is a time as the
	// AWS CLI prints it.
	ID, Created string
	// Description is empty where there is none, or it was not looked at.
	Description string
	// LastUsed is when the role was last used; nil where that is not known, or it never was.
	LastUsed *LastUse
	// Trust is nil where it was not looked at.
	Trust *trust.Document
	// MaxSession is in seconds; 0 where it is unknown.
	MaxSession int
	Inline     Known[NamedDocument]
	Attached   Known[string] // ARNs of policies
	// Boundary is the ARN of the permissions boundary; empty where there is none, as long
	// as Attached was read.
	Boundary string
	// InstanceProfiles are the names of the instance profiles that hold the role.
	InstanceProfiles Known[string]
	// Tags are nil where they were not looked at.
	Tags map[string]string
	// Services are the AWS services that its policies let it use, and when it last tried to.
	Services Known[ServiceUse]
}

// ServiceUse is one service of a role's service last accessed information
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ServiceLastAccessed.html): when the
// role last tried to use it, in the time that AWS tracks; empty where it did not.
type ServiceUse struct{ Name, Namespace, Last string }

// LastUse is when and where a role was last used. Date is as the AWS CLI prints it.
type LastUse struct{ Date, Region string }

// NamedDocument is a permission policy under a name.
type NamedDocument struct {
	Name     string
	Document trust.Document
}

// Policy is a managed policy with its default version; Document is nil where it was not
// looked at.
type Policy struct {
	ARN, Name, Path, ID, Description string
	// Version is the ID of the default version, and VersionCreated when it was made.
	Version, VersionCreated string
	Document                *trust.Document
	// Tags are nil where they were not looked at.
	Tags map[string]string
}

// Provider is an OIDC provider. Issuer has no https://.
type Provider struct {
	ARN, Issuer, Created string
	ClientIDs            Known[string]
	Thumbprints          Known[string]
	// Tags are nil where they were not looked at.
	Tags map[string]string
}

// Association is an association of EKS Pod Identity; RoleARN is empty where it was not
// looked at.
type Association struct {
	Namespace, ServiceAccount, RoleARN, TargetRoleARN, ARN, ID string
	// Cluster is the cluster's name. Owner is the ARN of what made it, such as an add-on.
	Cluster, Owner string
	// ExternalID is what EKS gives to the target role's trust policy.
	ExternalID string
	// NoSessionTags: its session tags are disabled. EKS has them on unless told otherwise.
	NoSessionTags bool
	// Policy is the JSON of the session policy; empty where there is none.
	Policy string
	// Created and Modified are times as the AWS CLI prints them.
	Created, Modified string
	// Tags are nil where they were not looked at.
	Tags map[string]string
}

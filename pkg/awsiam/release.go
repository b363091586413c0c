package awsiam

import (
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Release is the release that identities are for, and what its irsa.yaml wants.
type Release struct {
	File *spec.File
	// Namespace is the release's, for service accounts that name none.
	Namespace string
	// Name may be empty: then it is the one release of cluster and namespace that AWS
	// knows of, or a release without a name.
	Name string
	// Adopt names what helm-irsa did not make for this release and shall be taken over:
	// role/NAME, policy/NAME, provider/ISSUER, association/NAMESPACE/SERVICEACCOUNT.
	Adopt []string
	// Typed is what was typed of irsa.yaml and its cluster, for the commands that hints tell to
	// type.
	Typed safe.Source
}

// Identity is a service account and the role that it gets.
type Identity struct {
	Namespace      string `json:"namespace"`
	ServiceAccount string `json:"serviceAccount"`
	RoleARN        string `json:"roleARN"`
}

// Facts are what provisioning knows of AWS, from irsa.yaml or by asking.
type Facts struct {
	// Caller is the ARN of whose credentials are used, CallerAccount its AWS account.
	Caller, CallerAccount string
	// Partition is aws, aws-cn or aws-us-gov; Region the cluster's.
	Partition, Region string
	// Account is the cluster's AWS account.
	Account string
	// Cluster is its name; empty where only the issuer is known.
	Cluster string
	// Issuers are the issuers of the cluster and of additional ones; empty where no
	// role of the file needs any.
	Issuers []string
	// Clusters are the names of the clusters in words, by their issuer.
	Clusters map[string]string
	// NodeRoles are the names of the nodes' roles, where the file has a nodeRole.
	NodeRoles []string
}

package fleet

import (
	"time"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// Facts are what was read.
type Facts struct {
	Clusters []ClusterFacts
	// Accounts are the AWS accounts, each once.
	Accounts []*awsstate.State
	// Missing is what could not be read, as whoever read it knows.
	Missing []Missing
	// Now is the time that ages are counted to; the zero time counts none.
	Now time.Time
}

// ClusterFacts are one cluster.
type ClusterFacts struct {
	// Name is how the user calls it: a context, or a file.
	Name string
	// Context is the kubeconfig's name for it; empty where it was read from files.
	Context string
	// Issuer is that of its tokens; empty where it is not known. EKSName, Region and AWSAccount are
	// what a kubeconfig says of a cluster of EKS; what is empty is not known.
	Issuer, EKSName, Region, AWSAccount string
	Objects                             *manifest.Objects
	// Unread are things that could not be read, by the link that is unknown for it.
	Unread map[verify.Link]string
}

// Missing is something that could not be read.
type Missing struct {
	// What is such as "context prod" or "AWS account 111122223333".
	What string `json:"what"`
	Why  string `json:"why"`
	// Hint is what to type or to change; it may be empty.
	Hint string `json:"hint,omitempty"`
}

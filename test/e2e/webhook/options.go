package webhook

import (
	"context"
	"math/rand/v2"

	corev1 "k8s.io/api/core/v1"
)

// Accounts looks a ServiceAccount up. It gives nil, and no error, where there is none.
type Accounts func(ctx context.Context, namespace, name string) (*corev1.ServiceAccount, error)

// Associations says whether a ServiceAccount has an EKS Pod Identity association. The
// role of it does not matter here: the agent on the node finds it. The control plane
// of EKS hands its webhook a file of namespaces and service accounts
// (--watch-container-credentials-config), so the service account need not exist.
type Associations func(ctx context.Context, namespace, account string) (bool, error)

// Options are the settings of a webhook. The zero value has the defaults of the real
// one's flags.
type Options struct {
	// Region is the value of AWS_REGION and AWS_DEFAULT_REGION; neither is set where it is empty.
	Region string
	// RegionalSTS sets AWS_STS_REGIONAL_ENDPOINTS=regional for service accounts whose
	// annotation does not say.
	RegionalSTS bool
	// Audience of tokens for service accounts whose annotation does not say;
	// sts.amazonaws.com where empty.
	Audience string
	// Associations of EKS Pod Identity; nil: there are none.
	Associations Associations
	// Jitter gives a number from 0 to below n. Tokens for EKS Pod Identity that would
	// live the default time get up to two hours less, so that the pods of a cluster do
	// not renew theirs at once. At random where nil.
	Jitter func(n int64) int64
}

// EKS are the options with which EKS runs the webhook for clusters of a region: it
// sets the region, and regional endpoints since Kubernetes 1.22
// (https://docs.aws.amazon.com/eks/latest/userguide/configure-sts-endpoint.html,
// https://github.com/aws/amazon-eks-pod-identity-webhook/pull/148).
func EKS(region string) Options {
	return Options{Region: region, RegionalSTS: true}
}

func (o Options) audience() string {
	if o.Audience == "" {
		return "sts.amazonaws.com"
	}
	return o.Audience
}

func (o Options) jitter(n int64) int64 {
	if o.Jitter == nil {
		return rand.Int64N(n)
	}
	return o.Jitter(n)
}

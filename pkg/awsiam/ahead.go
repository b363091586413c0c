package awsiam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
)

// ahead is a cluster that is looked up while AWS is still asked whose the credentials
// are: one round trip less before a plan. It is used only where they turn out to be of
// the cluster's AWS account, and where it succeeded.
type ahead struct {
	stop context.CancelFunc
	done chan struct{} // closed when out and err are there
	out  *eks.DescribeClusterOutput
	err  error
}

// lookAhead begins, where Plan will ask EKS for the issuer, or State for the cluster, with
// the credentials that are at hand. nil where they will not.
func (s *Session) lookAhead(ctx context.Context) *ahead {
	f := s.release.File
	_, elsewhere := f.Accounts[f.Cluster.AccountID]
	asks := needsIssuer(f) && f.Cluster.Issuer == "" || s.opts.WillVerify
	if !s.opts.WillPlan || elsewhere || s.base.Credentials == nil || !asks || f.Cluster.Name == "" {
		return nil
	}
	ctx, stop := context.WithCancel(ctx)
	a := &ahead{stop: stop, done: make(chan struct{})}
	go func() {
		defer close(a.done)
		defer stop()
		client := eks.NewFromConfig(s.base, func(o *eks.Options) { o.RetryMaxAttempts = 1 })
		a.out, a.err = client.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: aws.String(f.Cluster.Name)})
	}()
	return a
}

// giveUp ends what has begun, and waits for its end.
func (a *ahead) giveUp() {
	if a != nil {
		a.stop()
		<-a.done
	}
}

// describeCluster asks EKS, unless the answer is here or on its way already.
func (s *Session) describeCluster(ctx context.Context, client *eks.Client, account, region, name string) (*eks.DescribeClusterOutput, error) {
	arn := clusterARN(s, account, region, name)
	if known, ok := s.described.Load(arn); ok {
		return known.(*eks.DescribeClusterOutput), nil
	}
	out, err := s.askForCluster(ctx, client, account, region, name)
	if err == nil {
		s.described.Store(arn, out)
	}
	return out, err
}

func (s *Session) askForCluster(ctx context.Context, client *eks.Client, account, region, name string) (*eks.DescribeClusterOutput, error) {
	if s.ahead != nil && account == s.facts.CallerAccount && region == s.base.Region && name == s.release.File.Cluster.Name {
		select {
		case <-s.ahead.done:
			if s.ahead.err == nil {
				return s.ahead.out, nil
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return client.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: &name})
}

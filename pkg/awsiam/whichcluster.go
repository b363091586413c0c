package awsiam

import (
	"cmp"
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// WrittenClusters are the clusters as irsa.yaml writes them: the release's own, then the
// additional ones.
func WrittenClusters(f *spec.File) []whichcluster.ID {
	c := f.Cluster
	out := []whichcluster.ID{{Name: c.Name, Region: c.Region, Account: c.AccountID, Issuer: c.Issuer}}
	for _, a := range c.Additional {
		out = append(out, whichcluster.ID{Name: a.Name, Region: cmp.Or(a.Region, c.Region), Account: cmp.Or(a.AccountID, c.AccountID), Issuer: a.Issuer})
	}
	return out
}

// Clusters are WrittenClusters with what AWS knows of them. It asks EKS for those of which
// need says so, and reads only.
func (s *Session) Clusters(ctx context.Context, need func(whichcluster.ID) bool) []whichcluster.ID {
	out := WrittenClusters(s.release.File)
	for i := range out {
		c := &out[i]
		c.Region, c.Account = cmp.Or(c.Region, s.facts.Region), cmp.Or(c.Account, s.facts.Account)
		if c.Name != "" && need(*c) {
			identify(s, ctx, c)
		}
	}
	return out
}

// identify asks EKS. Its answer may be here already.
func identify(s *Session, ctx context.Context, c *whichcluster.ID) {
	client, err := s.eksIn(ctx, c.Account, c.Region)
	if err != nil {
		c.Unread = err
		return
	}
	out, err := s.describeCluster(ctx, client, c.Account, c.Region, c.Name)
	if err != nil {
		c.Unread = explain(err, subject{"looking up cluster " + c.Name, c.Account, clusterARN(s, c.Account, c.Region, c.Name)})
		return
	}
	c.Endpoint = aws.ToString(out.Cluster.Endpoint)
	c.Issuer = cmp.Or(c.Issuer, issuerIn(out))
}

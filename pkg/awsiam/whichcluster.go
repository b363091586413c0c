package awsiam

import (
	"cmp"
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// ClusterID is what tells a cluster from others. What is not known is empty.
type ClusterID struct {
	Name, Region, Account string
	// Issuer is what irsa.yaml says, else EKS.
	Issuer string
	// Endpoint is the API server's address. Only EKS says it.
	Endpoint string
	// Unread is why EKS was asked in vain; nil where it answered or was not asked.
	Unread error
}

// WrittenClusters are the clusters as irsa.yaml writes them: the release's own, then the
// additional ones.
func WrittenClusters(f *spec.File) []ClusterID {
	c := f.Cluster
	out := []ClusterID{{Name: c.Name, Region: c.Region, Account: c.AccountID, Issuer: c.Issuer}}
	for _, a := range c.Additional {
		out = append(out, ClusterID{Name: a.Name, Region: cmp.Or(a.Region, c.Region), Account: cmp.Or(a.AccountID, c.AccountID), Issuer: a.Issuer})
	}
	return out
}

// Clusters are WrittenClusters with what AWS knows of them. It asks EKS for those of which
// need says so, and reads only.
func (s *Session) Clusters(ctx context.Context, need func(ClusterID) bool) []ClusterID {
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
func identify(s *Session, ctx context.Context, c *ClusterID) {
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
	if identity := out.Cluster.Identity; identity != nil && identity.Oidc != nil {
		c.Issuer = cmp.Or(c.Issuer, aws.ToString(identity.Oidc.Issuer))
	}
}

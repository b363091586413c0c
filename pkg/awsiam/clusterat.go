package awsiam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// ClustersAt are the clusters of EKS whose API server has that address, in its region of the
// AWS account of the current credentials. It reads only, and needs eks:ListClusters and
// eks:DescribeCluster. Errors are a *Fault.
func ClustersAt(ctx context.Context, o Options, host whichcluster.Host) ([]whichcluster.ID, error) {
	s, err := Open(ctx, Release{File: &spec.File{Cluster: spec.Cluster{Region: host.Region}}}, o)
	if err != nil {
		return nil, err
	}
	account := s.facts.CallerAccount
	client, err := s.eksIn(ctx, account, host.Region)
	if err != nil {
		return nil, err
	}
	names, err := clusterNames(ctx, client)
	if err != nil {
		return nil, explain(err, subject{"listing the EKS clusters in " + host.Region, account, "*"})
	}
	all := make([]whichcluster.ID, len(names))
	err = first(each(ctx, s, indexes(names), func(i int) error {
		out, err := s.describeCluster(ctx, client, account, host.Region, names[i])
		if isMissing(err) { // it has gone since
			return nil
		}
		if err != nil {
			return explain(err, subject{"looking up cluster " + names[i], account, clusterARN(s, account, host.Region, names[i])})
		}
		all[i] = whichcluster.ID{Name: names[i], Region: host.Region, Account: account, Endpoint: aws.ToString(out.Cluster.Endpoint), Issuer: issuerIn(out)}
		return nil
	}))
	if err != nil {
		return nil, err
	}
	var found []whichcluster.ID
	for _, c := range all {
		if host.Is(c.Endpoint) {
			found = append(found, c)
		}
	}
	return found, nil
}

// clusterNames are the names of all clusters of a region.
func clusterNames(ctx context.Context, client *eks.Client) ([]string, error) {
	var names []string
	pages := eks.NewListClustersPaginator(client, &eks.ListClustersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		names = append(names, page.Clusters...)
	}
	return names, nil
}

// issuerIn is the issuer of a cluster's tokens; empty where EKS says none.
func issuerIn(out *eks.DescribeClusterOutput) string {
	if out.Cluster.Identity == nil || out.Cluster.Identity.Oidc == nil {
		return ""
	}
	return aws.ToString(out.Cluster.Identity.Oidc.Issuer)
}

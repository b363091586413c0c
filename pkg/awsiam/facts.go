package awsiam

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// findCaller asks whose credentials these are, and so which AWS account.
func findCaller(s *Session, ctx context.Context) error {
	f := s.release.File
	who, err := s.caller(ctx, s.base, "asking AWS whose credentials these are")
	if err != nil {
		return err
	}
	s.facts = Facts{
		Caller: aws.ToString(who.Arn), CallerAccount: aws.ToString(who.Account),
		Region: s.base.Region, Partition: spec.PartitionOf(s.base.Region), Account: f.Cluster.AccountID, Cluster: f.Cluster.Name,
	}
	s.remember(s.facts.CallerAccount, s.facts.Caller, s.base)
	if s.facts.Account == "" {
		s.facts.Account = s.facts.CallerAccount
	}
	if partition := partitionOfARN(s.facts.Caller); partition != "" && partition != s.facts.Partition {
		return fault("use credentials of that partition, or correct cluster.region",
			"region %s is of partition %s, and the credentials (%s) are of %s", s.facts.Region, s.facts.Partition, s.facts.Caller, partition).
			or("use credentials of that partition, or correct --cluster-region", "")
	}
	return nil
}

// findCluster asks EKS for what irsa.yaml leaves to it: issuers, and the roles of node
// groups. It does so once.
func findCluster(s *Session, ctx context.Context) error {
	if s.facts.Issuers == nil && needsIssuer(s.release.File) {
		if err := findIssuers(s, ctx); err != nil {
			return err
		}
	}
	if s.facts.NodeRoles == nil {
		return findNodeRoles(s, ctx)
	}
	return nil
}

func partitionOfARN(arn string) string {
	parts := strings.SplitN(arn, ":", 3)
	if len(parts) < 3 {
		return ""
	}
	return parts[1]
}

// LacksCluster reports whether an irsa.yaml wants roles for tokens of a cluster that nothing
// names.
func LacksCluster(f *spec.File) bool {
	return needsIssuer(f) && f.Cluster.Name == "" && f.Cluster.Issuer == ""
}

// Makes reports whether something of irsa.yaml is to be made or kept in AWS: a role that it names by
// its ARN is somebody else's.
func Makes(f *spec.File) bool {
	for _, sa := range f.ServiceAccounts {
		if sa.Role.ARN == "" || sa.Mode != spec.ModeIRSA {
			return true
		}
	}
	return len(f.Policies) > 0 || f.NodeRole != nil
}

// needsIssuer: a role that is made here and trusts tokens.
func needsIssuer(f *spec.File) bool {
	return slices.ContainsFunc(f.ServiceAccounts, func(sa spec.ServiceAccount) bool {
		return sa.Role.ARN == "" && sa.Mode != spec.ModePodIdentity
	})
}

// findIssuers gives the issuer of the cluster, then those of additional ones.
func findIssuers(s *Session, ctx context.Context) error {
	c := s.release.File.Cluster
	if c.Issuer == "" && c.Name == "" {
		return fault("add to irsa.yaml: cluster.name: my-cluster (for EKS), or cluster.issuer: https://…",
			"the issuer of the cluster's tokens cannot be found without cluster.name or cluster.issuer").
			or("add --cluster-name NAME (for EKS), or --cluster-issuer https://…", "the issuer of the cluster's tokens cannot be found without the cluster's name")
	}
	clusters := append([]spec.AdditionalCluster{{Name: c.Name, Region: s.facts.Region, AccountID: s.facts.Account, Issuer: c.Issuer}}, c.Additional...)
	issuers := make([]string, len(clusters))
	err := first(each(ctx, s, indexes(clusters), func(i int) (err error) {
		issuers[i], err = issuerOf(s, ctx, clusters[i])
		return err
	}))
	if err != nil {
		return err
	}
	s.facts.Clusters = map[string]string{}
	for i, issuer := range issuers { // a cluster may be named twice, as after a rename
		if !slices.Contains(s.facts.Issuers, issuer) {
			s.facts.Issuers = append(s.facts.Issuers, issuer)
			s.facts.Clusters[issuer] = placeOf(clusters[i], i > 0, issuer)
		}
	}
	return nil
}

func indexes[T any](items []T) []int {
	out := make([]int, len(items))
	for i := range out {
		out[i] = i
	}
	return out
}

func issuerOf(s *Session, ctx context.Context, c spec.AdditionalCluster) (string, error) {
	if c.Issuer != "" {
		return c.Issuer, nil
	}
	region, account := c.Region, c.AccountID
	if region == "" {
		region = s.facts.Region
	}
	if account == "" {
		account = s.facts.Account
	}
	client, err := s.eksIn(ctx, account, region)
	if err != nil {
		return "", err
	}
	out, err := s.describeCluster(ctx, client, account, region, c.Name)
	if isMissing(err) {
		return "", noCluster(s, ctx, client, c.Name, account, region)
	}
	if err != nil {
		return "", explain(err, subject{"looking up cluster " + c.Name, account, clusterARN(s, account, region, c.Name)})
	}
	issuer := issuerIn(out)
	if issuer == "" {
		return "", fault("is it still being created? else write cluster.issuer into irsa.yaml", "cluster %s in %s has no token issuer", c.Name, region).
			or("is it still being created? else add --cluster-issuer https://…", "")
	}
	return issuer, nil
}

func clusterARN(s *Session, account, region, name string) string {
	return eksARN(account, region, "cluster/"+name)
}

// noCluster names the clusters that there are.
func noCluster(s *Session, ctx context.Context, client *eks.Client, name, account, region string) error {
	f := fault("correct cluster.name or cluster.region in irsa.yaml; of a cluster that is gone, write cluster.issuer", "there is no EKS cluster %q in %s of AWS account %s", name, region, account)
	bare := "use credentials of the cluster's AWS account; of a cluster that is gone, add --cluster-issuer https://…"
	names, err := clusterNames(ctx, client)
	if err != nil {
		return f.or(bare, "") // what is wrong is known; the list is only help
	}
	if near, ok := spec.Nearest(name, names); ok {
		f.hint = fmt.Sprintf("did you mean %q?", near)
		bare = f.hint
	}
	if len(names) == 0 {
		f.Message += ", and no other either"
		return f.or(bare, "")
	}
	f.Message += "; there are: " + strings.Join(names, ", ")
	return f.or(bare, "")
}

// findNodeRoles gives the roles that nodeRole means.
func findNodeRoles(s *Session, ctx context.Context) error {
	node := s.release.File.NodeRole
	if node == nil {
		return nil
	}
	if !node.FromNodegroups {
		s.facts.NodeRoles = []string{node.Name}
		return nil
	}
	name := s.facts.Cluster
	if name == "" {
		return fault("add to irsa.yaml: cluster.name: my-cluster, or name the role: nodeRole.name", "nodeRole.fromNodegroups needs cluster.name")
	}
	arns, err := nodegroupRoles(s, ctx)
	if err != nil {
		return err
	}
	if len(arns) == 0 {
		return fault("name the nodes' role: nodeRole.name", "cluster %s has no managed node group", name)
	}
	roles := make([]string, len(arns))
	for i, arn := range arns {
		role, err := spec.ParseRoleARN(arn)
		if err != nil {
			return err
		}
		roles[i] = role.Name
	}
	slices.Sort(roles)
	s.facts.NodeRoles = slices.Compact(roles)
	return nil
}

// nodegroupRoles are the ARNs of the roles of the cluster's managed node groups. They are
// asked for once.
func nodegroupRoles(s *Session, ctx context.Context) ([]string, error) {
	if s.nodegroups != nil {
		return s.nodegroups, nil
	}
	name := s.facts.Cluster
	client, err := s.eksIn(ctx, s.facts.Account, s.facts.Region)
	if err != nil {
		return nil, err
	}
	var groups []string
	pages := eks.NewListNodegroupsPaginator(client, &eks.ListNodegroupsInput{ClusterName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if isMissing(err) {
			return nil, noCluster(s, ctx, client, name, s.facts.Account, s.facts.Region)
		}
		if err != nil {
			return nil, explain(err, subject{"listing the node groups of cluster " + name, s.facts.Account, clusterARN(s, s.facts.Account, s.facts.Region, name)})
		}
		groups = append(groups, page.Nodegroups...)
	}
	roles := make([]string, len(groups))
	err = first(each(ctx, s, indexes(groups), func(i int) error {
		out, err := client.DescribeNodegroup(ctx, &eks.DescribeNodegroupInput{ClusterName: &name, NodegroupName: &groups[i]})
		if err != nil {
			return explain(err, subject{"looking up node group " + groups[i], s.facts.Account, "its ARN"})
		}
		roles[i] = aws.ToString(out.Nodegroup.NodeRole)
		return nil
	}))
	if err != nil {
		return nil, err
	}
	slices.Sort(roles)
	s.nodegroups = slices.Compact(roles)
	return s.nodegroups, nil
}

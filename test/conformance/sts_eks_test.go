package conformance

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func sessions(t *testing.T, e *env) {
	me := must(e.sts.GetCallerIdentity(t.Context(), nil))(t)
	e.equal(t, "", "account", *me.Account, e.id)

	other := e.env(t) // another AWS account, which trusts this one
	trust := strings.Replace(trustEC2, `"Service": "ec2.amazonaws.com"`, `"AWS": "arn:aws:iam::`+e.id+`:root"`, 1)
	r := must(other.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: ptr("provisioner"), AssumeRolePolicyDocument: &trust, Path: ptr("/a/b/")}))(t).Role
	got := must(e.sts.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: r.Arn, RoleSessionName: ptr("session")}))(t)
	session := "arn:aws:sts::" + other.id + ":assumed-role/provisioner/session"
	e.equal(t, "", "session", *got.AssumedRoleUser.Arn, session)
	e.equal(t, "", "session's ID", *got.AssumedRoleUser.AssumedRoleId, *r.RoleId+":session")
	e.equal(t, "", "access key ID", strings.HasPrefix(*got.Credentials.AccessKeyId, "ASIA"), true)
	e.equal(t, "", "expiration is missing", got.Credentials.Expiration == nil, false)

	c := got.Credentials
	cfg := e.config(t, other.id, credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken))
	they := must(sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), nil))(t)
	e.equal(t, "", "session's account", *they.Account, other.id)
	e.equal(t, "", "session's ARN", *they.Arn, session)
	must(iam.NewFromConfig(cfg).CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: ptr("made"), AssumeRolePolicyDocument: ptr(trustEC2)}))(t)
	must(other.iam.GetRole(t.Context(), &iam.GetRoleInput{RoleName: ptr("made")}))(t)

	_, err := e.sts.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: ptr("arn:aws:iam::" + other.id + ":role/none"), RoleSessionName: ptr("session")})
	e.refused(t, "assume-any", "a role that is none", err, "AccessDenied")
	_, err = other.sts.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: r.Arn, RoleSessionName: ptr("session")})
	e.refused(t, "assume-any", "a role that trusts another account", err, "AccessDenied")
	_, err = e.sts.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: r.Arn, RoleSessionName: ptr(strings.Repeat("a", 65))})
	e.refused(t, "", "a long session name", err, "ValidationError")

	nobody := sts.NewFromConfig(e.config(t, e.id, aws.AnonymousCredentials{}))
	_, err = nobody.GetCallerIdentity(t.Context(), nil)
	e.refused(t, "unsigned", "a call without credentials", err, "MissingAuthenticationToken")
}

func webIdentity(t *testing.T, e *env) {
	r := e.createRole(t, "server")
	_, err := e.sts.AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: r.Arn, RoleSessionName: ptr("session"), WebIdentityToken: ptr("no token"),
	})
	e.refused(t, "web-identity", "no token", err, "InvalidIdentityToken")
}

func clusters(t *testing.T, e *env) {
	role := "arn:aws:iam::" + e.id + ":role/nodes"
	e.cluster(t, e, "prod-cluster", "workers", role)
	got := must(e.eks.DescribeCluster(t.Context(), &eks.DescribeClusterInput{Name: ptr("prod-cluster")}))(t).Cluster
	e.equal(t, "", "name", *got.Name, "prod-cluster")
	e.equal(t, "", "ARN", *got.Arn, "arn:aws:eks:"+region+":"+e.id+":cluster/prod-cluster")
	e.equal(t, "", "status", string(got.Status), "ACTIVE")
	e.equal(t, "", "version", *got.Version, "1.31")
	e.equal(t, "", "issuer", strings.HasPrefix(*got.Identity.Oidc.Issuer, "https://oidc.eks."+region+".amazonaws.com/id/"), true)
	e.equal(t, "", "date is missing", got.CreatedAt == nil, false)
	e.equal(t, "", "clusters", must(e.eks.ListClusters(t.Context(), nil))(t).Clusters, []string{"prod-cluster"})
	groups := must(e.eks.ListNodegroups(t.Context(), &eks.ListNodegroupsInput{ClusterName: ptr("prod-cluster")}))(t).Nodegroups
	e.equal(t, "", "node groups", groups, []string{"workers"})
	group := must(e.eks.DescribeNodegroup(t.Context(), &eks.DescribeNodegroupInput{ClusterName: ptr("prod-cluster"), NodegroupName: ptr("workers")}))(t).Nodegroup
	e.equal(t, "", "node role", *group.NodeRole, role)
	e.equal(t, "", "node group's ARN", strings.HasPrefix(*group.NodegroupArn, "arn:aws:eks:"+region+":"+e.id+":nodegroup/prod-cluster/workers/"), true)
	e.equal(t, "", "node group's name", *group.NodegroupName+" "+*group.ClusterName, "workers prod-cluster")

	_, err := e.eks.DescribeCluster(t.Context(), &eks.DescribeClusterInput{Name: ptr("none")})
	e.refused(t, "", "a cluster that is none", err, "ResourceNotFoundException")
	e.equal(t, "", "what it says", strings.Contains(err.Error(), "No cluster found for name: none."), true)
	e.cluster(t, e, "test-cluster", "workers", role)
	var names []string
	for p := eks.NewListClustersPaginator(e.eks, &eks.ListClustersInput{MaxResults: ptr(int32(1))}); p.HasMorePages(); {
		page := must(p.NextPage(t.Context()))(t)
		e.equal(t, "", "clusters on a page", len(page.Clusters), 1)
		names = append(names, page.Clusters...)
	}
	e.equal(t, "", "clusters of all pages", names, []string{"prod-cluster", "test-cluster"})
	_, err = e.eks.ListNodegroups(t.Context(), &eks.ListNodegroupsInput{ClusterName: ptr("none")})
	e.refused(t, "groups-of-none", "node groups of a cluster that is none", err, "ResourceNotFoundException")
	_, err = e.eks.DescribeNodegroup(t.Context(), &eks.DescribeNodegroupInput{ClusterName: ptr("prod-cluster"), NodegroupName: ptr("none")})
	e.refused(t, "", "a node group that is none", err, "ResourceNotFoundException")
}

func podIdentity(t *testing.T, e *env) {
	e.cluster(t, e, "prod", "workers", "arn:aws:iam::"+e.id+":role/nodes")
	_, err := e.eks.ListPodIdentityAssociations(t.Context(), &eks.ListPodIdentityAssociationsInput{ClusterName: ptr("prod")})
	e.refused(t, "pod-identity", "associations", err, "")
}

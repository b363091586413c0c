// Package howtos is what the how-tos in docs/ promise: for the tests that run them, in the
// tests' own cluster (test/howto) and in a real one (test/e2e).
package howtos

import (
	"fmt"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
)

// Home is the AWS account of every how-to's cluster, Away the other one of Giant Swarm's.
const (
	Home = "111122223333"
	Away = "444455556666"
)

// HowTo is one of them: a release, and what must hold once it is there.
type HowTo struct {
	Name string
	// Example is the folder in docs/examples, Chart the chart from the root.
	Example, Chart     string
	Release, Namespace string
	Region, Cluster    string
	Issuer             string
	// Set are values for the chart.
	Set []string
	// Others are AWS accounts beside the cluster's.
	Others []string
	// Accounts are the ServiceAccounts that the release has then, NAMESPACE/NAME, and
	// the ARNs of their roles.
	Accounts map[string]string
	// Refused are service accounts whose tokens none of the roles takes.
	Refused []string
	// Policies are the ARNs of the policies that are made.
	Policies []string
	// Warned are the codes that verify warns of: the policies are those that the chart's
	// makers publish.
	Warned []string
}

// All are the how-tos. What is wanted is written out here, and not taken from
// irsa.yaml: the pages promise it.
func All() []HowTo {
	eks := func(id string) string { return "https://oidc.eks.eu-west-3.amazonaws.com/id/" + id }
	return []HowTo{
		{
			Name: "epinio", Example: "epinio", Chart: "testdata/charts/epinio-1.13", Release: "epinio", Namespace: "epinio",
			Region: "eu-west-3", Cluster: "prod_cluster", Issuer: eks("E0"),
			Accounts: map[string]string{
				"epinio/epinio-server":  Role(Home, "epinio-server-role"),
				"epinio/epinio-staging": Role(Home, "epinio-staging-role"),
			},
			Refused:  []string{"epinio/default", "workspace/epinio-server"},
			Policies: []string{Policy(Home, "EpinioECEKSClusterPolicy")},
			Warned:   []string{"permissions-too-wide"}, // it has sts:AssumeRole on *
		},
		{
			Name: "epinio node role", Example: "epinio-node-role", Chart: "testdata/charts/epinio-1.13", Release: "epinio", Namespace: "epinio",
			Region: "eu-west-3", Cluster: "prod_cluster", Issuer: eks("E1"),
			Policies: []string{Policy(Home, "EpinioECEKSClusterPolicy")},
		},
		{
			Name: "qovery namespace", Example: "qovery", Chart: "charts/qovery-sa-helper", Release: "my-app-identity", Namespace: "z0a1b2c3d-production",
			Region: "eu-west-3", Cluster: "qovery-z0000aaaa", Issuer: eks("EXAMPLE"), Set: []string{"serviceAccount.name=my-app-sa"},
			Accounts: map[string]string{"z0a1b2c3d-production/my-app-sa": Role(Home, "my-s3-role")},
			Refused:  []string{"z0a1b2c3d-production/default", "z4e5f6a7b-preview/my-app-sa"},
		},
		{
			Name: "qovery cluster", Example: "qovery-cluster", Chart: "charts/qovery-sa-helper", Release: "my-app-identity", Namespace: "z0a1b2c3d-production",
			Region: "eu-west-3", Cluster: "qovery-z0000aaaa", Issuer: eks("EXAMPLE"), Set: []string{"serviceAccount.name=my-app-sa"},
			Accounts: map[string]string{"z0a1b2c3d-production/my-app-sa": Role(Home, "my-s3-role")},
			Refused:  []string{"z0a1b2c3d-production/default", "kube-system/my-app-sa"},
		},
		{
			Name: "cinchy", Example: "cinchy", Chart: "testdata/charts/cinchy", Release: "cinchy", Namespace: "cinchy",
			Region: "ca-central-1", Cluster: "cinchy_prod_1", Issuer: "https://oidc.eks.ca-central-1.amazonaws.com/id/C0",
			Accounts: map[string]string{"cinchy/cinchy-connections": Role(Home, "cinchy-connections-role")},
			Refused:  []string{"cinchy/default", "cinchy/cinchy-web"},
		},
		{
			Name: "giantswarm", Example: "giantswarm", Chart: "testdata/charts/kiam-app", Release: "app", Namespace: "data",
			Region: "eu-west-3", Cluster: "abc12", Issuer: "https://s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity",
			Others: []string{Away},
			Accounts: map[string]string{
				"data/uploader": Role(Home, "uploader"), "data/sweeper": Role(Away, "sweeper"), "data/agent": Role(Home, "node-agent"),
			},
			Refused:  []string{"data/default", "kube-system/uploader"},
			Policies: []string{Policy(Home, "data-bucket"), Policy(Away, "data-bucket")},
		},
	}
}

// Role is the ARN of a role without a path.
func Role(account, name string) string { return fmt.Sprintf("arn:aws:iam::%s:role/%s", account, name) }

// Policy is the ARN of a policy without a path.
func Policy(account, name string) string {
	return fmt.Sprintf("arn:aws:iam::%s:policy/%s", account, name)
}

// NodeRole is the role of the nodes, which every cluster has before helm-irsa comes.
var NodeRole = localaws.Role{
	Name:     "eks-nodes",
	Trust:    `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
	Policies: []string{"arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"},
}

// File is the how-to's irsa.yaml, from the root.
func (h HowTo) File() string { return "docs/examples/" + h.Example + "/irsa.yaml" }

// Upgrade is what comes behind `helm irsa upgrade` or `template`, run in the root.
func (h HowTo) Upgrade(namespace string, more ...string) []string {
	args := append([]string{h.Release, h.Chart, "--namespace", namespace}, more...)
	for _, value := range h.Set {
		args = append(args, "--set", value)
	}
	return args
}

// Named is one of them. It panics where there is none of that name.
func Named(name string) HowTo {
	for _, h := range All() {
		if h.Name == name {
			return h
		}
	}
	panic("no how-to is called " + name)
}

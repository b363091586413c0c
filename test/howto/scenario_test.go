package howto

import (
	"fmt"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
)

// home is the account of every scenario's cluster, away the other one of Giant Swarm's.
const (
	home = "111122223333"
	away = "444455556666"
)

// scenario is one how-to: a release, and what must hold once it is there.
type scenario struct {
	name string
	// example is the folder in docs/examples, chart the chart from the root.
	example, chart     string
	release, namespace string
	region, cluster    string
	issuer             string
	// set are values for the chart.
	set []string
	// others are accounts beside the cluster's.
	others []string
	// accounts are the ServiceAccounts that the release has then, and their roles.
	accounts map[string]string
	// refused are accounts whose tokens none of the roles takes.
	refused []string
	// policies are the ARNs of the policies that are made.
	policies []string
}

// scenarios are the how-tos. What is wanted is written out here, and not taken from
// irsa.yaml: the pages promise it.
func scenarios() []scenario {
	eks := func(id string) string { return "https://oidc.eks.eu-west-3.amazonaws.com/id/" + id }
	return []scenario{
		{
			name: "epinio", example: "epinio", chart: "testdata/charts/epinio-1.13", release: "epinio", namespace: "epinio",
			region: "eu-west-3", cluster: "prod_cluster", issuer: eks("E0"),
			accounts: map[string]string{
				"epinio/epinio-server":  role(home, "epinio-server-role"),
				"epinio/epinio-staging": role(home, "epinio-staging-role"),
			},
			refused:  []string{"epinio/default", "workspace/epinio-server"},
			policies: []string{policy(home, "EpinioECEKSClusterPolicy")},
		},
		{
			name: "epinio node role", example: "epinio-node-role", chart: "testdata/charts/epinio-1.13", release: "epinio", namespace: "epinio",
			region: "eu-west-3", cluster: "prod_cluster", issuer: eks("E1"),
			policies: []string{policy(home, "EpinioECEKSClusterPolicy")},
		},
		{
			name: "qovery namespace", example: "qovery", chart: "charts/qovery-sa-helper", release: "my-app-identity", namespace: "z0a1b2c3d-production",
			region: "eu-west-3", cluster: "qovery-z0000aaaa", issuer: eks("EXAMPLE"), set: []string{"serviceAccount.name=my-app-sa"},
			accounts: map[string]string{"z0a1b2c3d-production/my-app-sa": role(home, "my-s3-role")},
			refused:  []string{"z0a1b2c3d-production/default", "z4e5f6a7b-preview/my-app-sa"},
		},
		{
			name: "qovery cluster", example: "qovery-cluster", chart: "charts/qovery-sa-helper", release: "my-app-identity", namespace: "z0a1b2c3d-production",
			region: "eu-west-3", cluster: "qovery-z0000aaaa", issuer: eks("EXAMPLE"), set: []string{"serviceAccount.name=my-app-sa"},
			accounts: map[string]string{"z0a1b2c3d-production/my-app-sa": role(home, "my-s3-role")},
			refused:  []string{"z0a1b2c3d-production/default", "kube-system/my-app-sa"},
		},
		{
			name: "cinchy", example: "cinchy", chart: "testdata/charts/cinchy", release: "cinchy", namespace: "cinchy",
			region: "ca-central-1", cluster: "cinchy_prod_1", issuer: "https://oidc.eks.ca-central-1.amazonaws.com/id/C0",
			accounts: map[string]string{"cinchy/cinchy-connections": role(home, "cinchy-connections-role")},
			refused:  []string{"cinchy/default", "cinchy/cinchy-web"},
		},
		{
			name: "giantswarm", example: "giantswarm", chart: "testdata/charts/kiam-app", release: "app", namespace: "data",
			region: "eu-west-3", cluster: "abc12", issuer: "https://s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity",
			others: []string{away},
			accounts: map[string]string{
				"data/uploader": role(home, "uploader"), "data/sweeper": role(away, "sweeper"), "data/agent": role(home, "node-agent"),
			},
			refused:  []string{"data/default", "kube-system/uploader"},
			policies: []string{policy(home, "data-bucket"), policy(away, "data-bucket")},
		},
	}
}

// named is one of the scenarios.
func named(t *testing.T, name string) scenario {
	t.Helper()
	for _, s := range scenarios() {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("there is no scenario %q", name)
	return scenario{}
}

func role(account, name string) string { return fmt.Sprintf("arn:aws:iam::%s:role/%s", account, name) }
func policy(account, name string) string {
	return fmt.Sprintf("arn:aws:iam::%s:policy/%s", account, name)
}

// nodeRole is the role of the nodes, which every cluster has before helm-irsa comes.
var nodeRole = localaws.Role{
	Name:     "eks-nodes",
	Trust:    `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
	Policies: []string{"arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"},
}

func (s scenario) file() string { return "docs/examples/" + s.example + "/irsa.yaml" }

// upgrade is what comes behind `helm irsa upgrade` or `template`.
func (s scenario) upgrade(namespace string, more ...string) []string {
	args := append([]string{s.release, s.chart, "--namespace", namespace}, more...)
	for _, value := range s.set {
		args = append(args, "--set", value)
	}
	return args
}

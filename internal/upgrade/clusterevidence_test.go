package upgrade

import (
	"errors"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// TestCompareClusters: each evidence, and which of them counts where they differ.
func TestCompareClusters(t *testing.T) {
	t.Parallel()
	const (
		prodIssuer = "https://oidc.eks.eu-west-3.amazonaws.com/id/AAAA"
		devIssuer  = "https://oidc.eks.eu-west-3.amazonaws.com/id/BBBB"
		prodHost   = "https://AAAA1111.gr7.eu-west-3.eks.amazonaws.com"
		devHost    = "https://bbbb2222.sk1.eu-west-3.eks.amazonaws.com"
	)
	prod := awsiam.ClusterID{Name: "prod", Region: "eu-west-3", Account: "111122223333", Issuer: prodIssuer, Endpoint: prodHost}
	bare := awsiam.ClusterID{Name: "prod", Region: "eu-west-3", Account: "111122223333"}
	arn := func(region, account, name string) []kube.EKSName {
		return []kube.EKSName{{Partition: "aws", Region: region, Account: account, Name: name, Where: "the name of context x"}}
	}
	own := func(issuer string) awsiam.ClusterID { return awsiam.ClusterID{Issuer: issuer} }
	for name, c := range map[string]struct {
		ours awsiam.ClusterID
		live helmsCluster
		want match
		by   string
	}{
		"same issuer":                  {prod, helmsCluster{issuer: prodIssuer}, sameCluster, "issuer"},
		"other issuer":                 {prod, helmsCluster{issuer: devIssuer}, otherCluster, "issuer"},
		"issuer with a slash":          {prod, helmsCluster{issuer: prodIssuer + "/"}, sameCluster, "issuer"},
		"host in other letters":        {own("https://Issuer.example.COM/a"), helmsCluster{issuer: "https://issuer.example.com:443/a"}, sameCluster, "issuer"},
		"path in other letters":        {own("https://issuer.example.com/a"), helmsCluster{issuer: "https://issuer.example.com/A"}, otherCluster, "issuer"},
		"another port":                 {own("https://issuer.example.com"), helmsCluster{issuer: "https://issuer.example.com:8443"}, otherCluster, "issuer"},
		"kind's issuer":                {prod, helmsCluster{issuer: "https://kubernetes.default.svc.cluster.local"}, otherCluster, "issuer"},
		"same endpoint":                {prod, helmsCluster{server: "https://aaaa1111.gr7.eu-west-3.eks.amazonaws.com:443/"}, sameCluster, "EKS endpoint"},
		"other endpoint":               {prod, helmsCluster{server: devHost}, otherCluster, "EKS endpoint"},
		"dual-stack endpoint":          {prod, helmsCluster{server: "https://aaaa1111.eks-cluster.eu-west-3.api.aws"}, sameCluster, "EKS endpoint"},
		"endpoint in China":            {prod, helmsCluster{server: "https://CCCC.yl4.cn-north-1.eks.amazonaws.com.cn"}, otherCluster, "EKS endpoint"},
		"a tunnel":                     {prod, helmsCluster{server: "https://127.0.0.1:6443"}, notCompared, ""},
		"a proxy's host":               {prod, helmsCluster{server: "https://dev.eu-west-3.eks.corp.example"}, notCompared, ""},
		"a tunnel with its name":       {prod, helmsCluster{server: "https://127.0.0.1:6443", certified: strings.TrimPrefix(devHost, "https://")}, otherCluster, "EKS endpoint"},
		"a tunnel with the right name": {prod, helmsCluster{server: "https://127.0.0.1:6443", certified: "AAAA1111.gr7.eu-west-3.eks.amazonaws.com"}, sameCluster, "EKS endpoint"},
		"same issuer, other endpoint":  {prod, helmsCluster{issuer: prodIssuer, server: devHost}, otherCluster, "EKS endpoint"},
		"same issuer, odd name":        {prod, helmsCluster{issuer: prodIssuer, names: arn("eu-west-3", "111122223333", "dev")}, sameCluster, "issuer"},
		"same ARN":                     {bare, helmsCluster{server: devHost, names: arn("eu-west-3", "111122223333", "prod")}, sameCluster, "the name of context x"},
		"ARN of another name":          {bare, helmsCluster{names: arn("eu-west-3", "111122223333", "prod-eu")}, otherCluster, "the name of context x"},
		"ARN of another region":        {bare, helmsCluster{names: arn("us-east-1", "111122223333", "prod")}, otherCluster, "the name of context x"},
		"ARN of another AWS account":   {bare, helmsCluster{names: arn("eu-west-3", "444455556666", "prod")}, otherCluster, "the name of context x"},
		"one name of two is another": {bare, helmsCluster{names: append(arn("eu-west-3", "111122223333", "prod"),
			kube.EKSName{Name: "dev", Where: "how user u gets a token"})}, otherCluster, "how user u gets a token"},
		"names, and no name in irsa.yaml": {own(prodIssuer), helmsCluster{names: arn("eu-west-3", "111122223333", "dev")}, notCompared, ""},
		"nothing":                         {prod, helmsCluster{unread: errors.New("forbidden")}, notCompared, ""},
		"no cluster in irsa.yaml":         {awsiam.ClusterID{}, helmsCluster{issuer: prodIssuer, server: prodHost}, notCompared, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := compareClusters([]awsiam.ClusterID{c.ours}, c.live)
			if got.match != c.want || got.by != c.by {
				t.Errorf("got %d by %q, want %d by %q", got.match, got.by, c.want, c.by)
			}
			if got.match == notCompared && got.reason == "" && c.live.server == "" && c.live.unread != nil {
				t.Error("it does not say why")
			}
		})
	}
}

// TestCompareAdditional: an additional cluster is not the release's own.
func TestCompareAdditional(t *testing.T) {
	t.Parallel()
	ours := []awsiam.ClusterID{{Name: "prod", Issuer: "https://issuer.example.com/prod"}, {Name: "standby", Issuer: "https://issuer.example.com/standby"}}
	for issuer, want := range map[string]match{"prod": sameCluster, "standby": additionalCluster, "dev": otherCluster} {
		if got := compareClusters(ours, helmsCluster{issuer: "https://issuer.example.com/" + issuer}); got.match != want || got.name != "prod" {
			t.Errorf("%s: got %+v", issuer, got)
		}
	}
}

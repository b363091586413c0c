package whichcluster

import (
	"errors"
	"strings"
	"testing"
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
	prod := ID{Name: "prod", Region: "eu-west-3", Account: "111122223333", Issuer: prodIssuer, Endpoint: prodHost}
	bare := ID{Name: "prod", Region: "eu-west-3", Account: "111122223333"}
	arn := func(region, account, name string) Kubeconfig {
		return Kubeconfig{Cluster: "arn:aws:eks:" + region + ":" + account + ":cluster/" + name}
	}
	// where is how such a name is told.
	where := func(region, account, name string) string {
		return "the name of its cluster, " + arn(region, account, name).Cluster
	}
	both := arn("eu-west-3", "111122223333", "prod")
	both.User, both.Exec = "u", &Exec{Command: "aws", Args: []string{"eks", "get-token", "--cluster-name", "dev"}}
	atDev := arn("eu-west-3", "111122223333", "prod")
	atDev.Server = devHost
	own := func(issuer string) ID { return ID{Issuer: issuer} }
	for name, c := range map[string]struct {
		ours ID
		live Live
		want Match
		by   string
	}{
		"same issuer":                     {prod, Live{Issuer: prodIssuer}, Same, "issuer"},
		"other issuer":                    {prod, Live{Issuer: devIssuer}, Other, "issuer"},
		"issuer with a slash":             {prod, Live{Issuer: prodIssuer + "/"}, Same, "issuer"},
		"host in other letters":           {own("https://Issuer.example.COM/a"), Live{Issuer: "https://issuer.example.com:443/a"}, Same, "issuer"},
		"path in other letters":           {own("https://issuer.example.com/a"), Live{Issuer: "https://issuer.example.com/A"}, Other, "issuer"},
		"another port":                    {own("https://issuer.example.com"), Live{Issuer: "https://issuer.example.com:8443"}, Other, "issuer"},
		"kind's issuer":                   {prod, Live{Issuer: "https://kubernetes.default.svc.cluster.local"}, Other, "issuer"},
		"same endpoint":                   {prod, Live{Kubeconfig: Kubeconfig{Server: "https://aaaa1111.gr7.eu-west-3.eks.amazonaws.com:443/"}}, Same, "EKS endpoint"},
		"other endpoint":                  {prod, Live{Kubeconfig: Kubeconfig{Server: devHost}}, Other, "EKS endpoint"},
		"dual-stack endpoint":             {prod, Live{Kubeconfig: Kubeconfig{Server: "https://aaaa1111.eks-cluster.eu-west-3.api.aws"}}, Same, "EKS endpoint"},
		"endpoint in China":               {prod, Live{Kubeconfig: Kubeconfig{Server: "https://CCCC.yl4.cn-north-1.eks.amazonaws.com.cn"}}, Other, "EKS endpoint"},
		"a tunnel":                        {prod, Live{Kubeconfig: Kubeconfig{Server: "https://127.0.0.1:6443"}}, NotCompared, ""},
		"a proxy's host":                  {prod, Live{Kubeconfig: Kubeconfig{Server: "https://dev.eu-west-3.eks.corp.example"}}, NotCompared, ""},
		"a tunnel with its name":          {prod, Live{Kubeconfig: Kubeconfig{Server: "https://127.0.0.1:6443", CertifiedName: strings.TrimPrefix(devHost, "https://")}}, Other, "EKS endpoint"},
		"a tunnel with the right name":    {prod, Live{Kubeconfig: Kubeconfig{Server: "https://127.0.0.1:6443", CertifiedName: "AAAA1111.gr7.eu-west-3.eks.amazonaws.com"}}, Same, "EKS endpoint"},
		"same issuer, other endpoint":     {prod, Live{Issuer: prodIssuer, Kubeconfig: Kubeconfig{Server: devHost}}, Other, "EKS endpoint"},
		"same issuer, odd name":           {prod, Live{Issuer: prodIssuer, Kubeconfig: arn("eu-west-3", "111122223333", "dev")}, Same, "issuer"},
		"same ARN":                        {bare, Live{Kubeconfig: atDev}, Same, where("eu-west-3", "111122223333", "prod")},
		"ARN of another name":             {bare, Live{Kubeconfig: arn("eu-west-3", "111122223333", "prod-eu")}, Other, where("eu-west-3", "111122223333", "prod-eu")},
		"ARN of another region":           {bare, Live{Kubeconfig: arn("us-east-1", "111122223333", "prod")}, Other, where("us-east-1", "111122223333", "prod")},
		"ARN of another AWS account":      {bare, Live{Kubeconfig: arn("eu-west-3", "444455556666", "prod")}, Other, where("eu-west-3", "444455556666", "prod")},
		"one name of two is another":      {bare, Live{Kubeconfig: both}, Other, "how user u gets a token"},
		"names, and no name in irsa.yaml": {own(prodIssuer), Live{Kubeconfig: arn("eu-west-3", "111122223333", "dev")}, NotCompared, ""},
		"nothing":                         {prod, Live{Unread: errors.New("forbidden")}, NotCompared, ""},
		"no cluster in irsa.yaml":         {ID{}, Live{Issuer: prodIssuer, Kubeconfig: Kubeconfig{Server: prodHost}}, NotCompared, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Compare([]ID{c.ours}, c.live)
			if got.Match != c.want || got.By != c.by {
				t.Errorf("got %d by %q, want %d by %q", got.Match, got.By, c.want, c.by)
			}
			if got.Match == NotCompared && got.Reason == "" && c.live.Server == "" && c.live.Unread != nil {
				t.Error("it does not say why")
			}
		})
	}
}

// TestCompareAdditional: an additional cluster is not the release's own.
func TestCompareAdditional(t *testing.T) {
	t.Parallel()
	ours := []ID{{Name: "prod", Issuer: "https://issuer.example.com/prod"}, {Name: "standby", Issuer: "https://issuer.example.com/standby"}}
	for issuer, want := range map[string]Match{"prod": Same, "standby": Additional, "dev": Other} {
		if got := Compare(ours, Live{Issuer: "https://issuer.example.com/" + issuer}); got.Match != want || got.Name != "prod" {
			t.Errorf("%s: got %+v", issuer, got)
		}
	}
}

package whichcluster

import "testing"

// TestProgram: what a program that gets tokens is asked for, in the forms in which kubeconfigs
// of `aws eks update-kubeconfig`, eksctl, Terraform modules, aws-vault, Teleport, Rancher, kOps
// and Google's clusters have it.
func TestProgram(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		exec    Exec
		want    string
		profile string
	}{
		"update-kubeconfig":        {Exec{"aws", []string{"--region", "eu-west-3", "eks", "get-token", "--cluster-name", "prod", "--output", "json"}, map[string]string{"AWS_PROFILE": "p"}}, "prod in eu-west-3", "p"},
		"a role":                   {Exec{"aws", []string{"eks", "get-token", "--cluster-name", "prod", "--role-arn", "arn:aws:iam::111122223333:role/x"}, nil}, "prod", ""},
		"equals signs":             {Exec{"/usr/local/bin/aws", []string{"eks", "get-token", "--cluster-name=prod", "--region=us-east-1", "--profile=p"}, nil}, "prod in us-east-1", "p"},
		"a region in env":          {Exec{"aws", []string{"eks", "get-token", "--cluster-name", "prod"}, map[string]string{"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-west-2"}}, "prod in us-east-1", ""},
		"eksctl":                   {Exec{"aws-iam-authenticator", []string{"token", "-i", "prod"}, map[string]string{"AWS_STS_REGIONAL_ENDPOINTS": "regional", "AWS_DEFAULT_REGION": "us-west-2"}}, "prod in us-west-2", ""},
		"the long flag":            {Exec{`C:\bin\aws-iam-authenticator.exe`, []string{"token", "--cluster-id", "prod", "-r", "arn:aws:iam::111122223333:role/x"}, nil}, "prod", ""},
		"its old name":             {Exec{"heptio-authenticator-aws", []string{"token", "-i", "prod"}, nil}, "prod", ""},
		"aws-vault":                {Exec{"aws-vault", []string{"exec", "p", "--", "aws", "eks", "get-token", "--cluster-name", "prod"}, nil}, "prod", ""},
		"a wrapped authenticator":  {Exec{"saml2aws", []string{"exec", "--", "aws-iam-authenticator", "token", "-i", "prod"}, nil}, "prod", ""},
		"a shell":                  {Exec{"sh", []string{"-c", `aws --region eu-west-3 eks get-token --cluster-name "prod"`}, nil}, "prod in eu-west-3", ""},
		"a shell's variable":       {Exec{"sh", []string{"-c", `aws --region $AWS_REGION eks get-token --cluster-name prod`}, nil}, "prod", ""},
		"a local cluster's ID":     {Exec{"aws", []string{"eks", "get-token", "--cluster-id", "1a2b"}, nil}, "", ""},
		"a template that is empty": {Exec{"aws", []string{"eks", "get-token", "--cluster-name", "${name}"}, nil}, "", ""},
		"Teleport":                 {Exec{"/usr/local/bin/tsh", []string{"kube", "credentials", "--kube-cluster=prod", "--teleport-cluster=teleport.example.com", "--proxy=teleport.example.com:443"}, nil}, "", ""},
		"Rancher":                  {Exec{"rancher", []string{"token", "--server=rancher.example.com", "--user=u-1", "--cluster=c-m-1"}, nil}, "", ""},
		"kOps":                     {Exec{"kops", []string{"helpers", "kubectl-auth", "--cluster=prod.example.com", "--state=s3://state"}, nil}, "", ""},
		"kOps, the authenticator":  {Exec{"aws-iam-authenticator", []string{"token", "-i", "prod.k8s.local"}, nil}, "", ""},
		"GKE":                      {Exec{"gke-gcloud-auth-plugin", []string{"--cluster-name", "prod"}, nil}, "", ""},
		"AKS":                      {Exec{"kubelogin", []string{"get-token", "--server-id", "6dae", "--login", "azurecli"}, nil}, "", ""},
		"kubelogin of OIDC":        {Exec{"kubectl", []string{"oidc-login", "get-token", "--oidc-issuer-url=https://issuer.example.com"}, nil}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := Kubeconfig{Context: "x", User: "me", Exec: &c.exec}
			got := ""
			for _, n := range k.Names() {
				got += n.String()
			}
			if got != c.want || k.Profile() != c.profile {
				t.Errorf("got %q, profile %q", got, k.Profile())
			}
		})
	}
}

// TestHosts: the addresses of API servers that are of EKS, and those that only seem so.
func TestHosts(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://A1B2.gr7.eu-west-3.eks.amazonaws.com":              "a1b2 eu-west-3",
		"https://A1B2.eu-west-3.eks.amazonaws.com":                  "a1b2 eu-west-3",
		"https://a1b2.eks-cluster.us-gov-west-1.api.aws":            "a1b2 us-gov-west-1",
		"https://A1B2.yl4.cn-north-1.eks.amazonaws.com.cn:443":      "a1b2 cn-north-1",
		"https://api.prod.example.com":                              " ",
		"https://rancher.example.com/k8s/clusters/c-m-1":            " ",
		"https://127.0.0.1:6443":                                    " ",
		"https://A1B2.gr7.eu-west-3.eks.amazonaws.com.evil.example": " ",
		"https://oidc.eks.eu-west-3.amazonaws.com/id/A1B2":          " ",
		"A1B2.gr7.eu-west-3.eks.amazonaws.com":                      " ",
		"https://A1B2.gr7.eu-west-3.eks.amazonaws.com:8443":         " ",
		"https://%zz": " ",
		"https://A1B2.gr7.eu-west-3.eks.amazonaws.com./a?b#c":         "a1b2 eu-west-3",
		"https://user:secret@A1B2.gr7.eu-west-3.eks.amazonaws.com":    "a1b2 eu-west-3",
		"https://eks.eu-west-3.amazonaws.com":                         " ",
		"https://teleport.example.com:443/v1/teleport/a1b2/eu-west-3": " ",
	} {
		h, _ := HostOf(address)
		if got := h.ID + " " + h.Region; got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}

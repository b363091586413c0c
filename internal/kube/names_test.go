package kube

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// oddKubeconfig has a context for each way in which a cluster of EKS is named, and for
// those in which it only seems to be.
const oddKubeconfig = `apiVersion: v1
kind: Config
current-context: plain
clusters:
- {name: plain, cluster: {server: "https://127.0.0.1:6443"}}
- {name: "arn:aws-cn:eks:cn-north-1:111122223333:cluster/prod_cn", cluster: {server: "https://cn.example"}}
- {name: prod.eu-west-3.eksctl.io, cluster: {server: "https://eksctl.example"}}
contexts:
- {name: plain, context: {cluster: plain, user: plain}}
- {name: "arn:aws:eks:eu-west-3:111122223333:cluster/prod", context: {cluster: plain, user: plain}}
- {name: alias, context: {cluster: "arn:aws-cn:eks:cn-north-1:111122223333:cluster/prod_cn", user: plain}}
- {name: me@prod.eu-west-3.eksctl.io, context: {cluster: prod.eu-west-3.eksctl.io, user: plain}}
- {name: token, context: {cluster: plain, user: token}}
- {name: equals, context: {cluster: plain, user: equals}}
- {name: authenticator, context: {cluster: plain, user: authenticator}}
- {name: vault, context: {cluster: plain, user: vault}}
- {name: outpost, context: {cluster: plain, user: outpost}}
- {name: gke, context: {cluster: plain, user: gke}}
- {name: "arn:aws:eks:eu-west-3:1:cluster/x", context: {cluster: plain, user: plain}}
- {name: "prod.eksctl.io", context: {cluster: plain, user: plain}}
users:
- {name: plain, user: {token: x}}
- {name: token, user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws, args: [--region, eu-west-3, eks, get-token, --cluster-name, prod, --output, json], env: [{name: AWS_PROFILE, value: prod}]}}}
- {name: equals, user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: "/usr/local/bin/aws", args: [eks, get-token, --cluster-name=prod], env: [{name: AWS_REGION, value: us-east-1}]}}}
- {name: authenticator, user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: 'C:\bin\aws-iam-authenticator.exe', args: [token, -i, prod]}}}
- {name: vault, user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws-vault, args: [exec, p, --, aws, eks, get-token, --cluster-name, prod]}}}
- {name: outpost, user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws, args: [eks, get-token, --cluster-id, 1a2b]}}}
- {name: gke, user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: gke-gcloud-auth-plugin, args: [--cluster-name, prod]}}}
`

func TestEKSNames(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, []byte(oddKubeconfig), 0o600); err != nil {
		t.Fatal(err)
	}
	for context, want := range map[string]string{
		"plain": "",
		"arn:aws:eks:eu-west-3:111122223333:cluster/prod": "arn:aws:eks:eu-west-3:111122223333:cluster/prod",
		"alias":                             "arn:aws-cn:eks:cn-north-1:111122223333:cluster/prod_cn",
		"me@prod.eu-west-3.eksctl.io":       "prod in eu-west-3, prod in eu-west-3",
		"token":                             "prod in eu-west-3",
		"equals":                            "prod in us-east-1",
		"authenticator":                     "prod",
		"vault":                             "prod",
		"outpost":                           "",
		"gke":                               "",
		"arn:aws:eks:eu-west-3:1:cluster/x": "",
		"prod.eksctl.io":                    "",
	} {
		t.Run(context, func(t *testing.T) {
			t.Parallel()
			for _, o := range []Options{
				{Kubeconfig: file, Context: context},
				{Getenv: env("KUBECONFIG", file, "HELM_KUBECONTEXT", context)},
			} {
				c, err := Open(o)
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, n := range c.Described().Names() {
					got = append(got, n.String())
				}
				if strings.Join(got, ", ") != want {
					t.Errorf("got %q, want %q", got, want)
				}
			}
		})
	}
	// Names say nothing of a server that the kubeconfig does not have for them, nor of whose
	// token was given beside it.
	const arn = "arn:aws:eks:eu-west-3:111122223333:cluster/prod"
	for name, o := range map[string]Options{
		"another server":       {Kubeconfig: file, Context: arn, Getenv: env("HELM_KUBEAPISERVER", "https://other.example")},
		"another token":        {Kubeconfig: file, Context: "token", Getenv: env("HELM_KUBETOKEN", "t")},
		"a server and no more": {Getenv: env("HELM_KUBEAPISERVER", "https://other.example")},
	} {
		if c, err := Open(o); err != nil || len(c.Described().Names()) != 0 {
			t.Errorf("%s: got %v, %v", name, c.Described().Names(), err)
		}
	}
	if c, err := Open(Options{Kubeconfig: file, Context: arn, Getenv: env("HELM_KUBEAPISERVER", "https://127.0.0.1:6443")}); err != nil || len(c.Described().Names()) != 1 {
		t.Errorf("the same server: %v, %v", c.Described().Names(), err)
	}
}

// TestReadContext: what Find needs of a kubeconfig, without credentials and without a client.
func TestReadContext(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, []byte(oddKubeconfig), 0o600); err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(t.TempDir(), "none")
	for name, c := range map[string]struct {
		o           Options
		want, fault string
	}{
		"current":            {Options{Kubeconfig: file}, "plain https://127.0.0.1:6443", ""},
		"HELM_KUBECONTEXT":   {Options{Getenv: env("KUBECONFIG", file, "HELM_KUBECONTEXT", "alias")}, "alias https://cn.example", ""},
		"a list":             {Options{Getenv: env("KUBECONFIG", none+string(os.PathListSeparator)+file)}, "plain https://127.0.0.1:6443", ""},
		"none":               {Options{Getenv: env("KUBECONFIG", none)}, " ", ""},
		"none, and a server": {Options{Getenv: env("KUBECONFIG", none, "HELM_KUBEAPISERVER", "https://user:secret@AAAA.gr7.eu-west-3.eks.amazonaws.com")}, " https://AAAA.gr7.eu-west-3.eks.amazonaws.com", ""},
		"no such context":    {Options{Kubeconfig: file, Context: "prod"}, "", `has no context "prod"; it has: alias, arn:aws:eks:eu-west-3:111122223333:cluster/prod, arn:aws:eks:eu-west-3:1:cluster/x, authenticator, equals, gke, me@prod.eu-west-3.eksctl.io, outpost, …`},
		"no such file":       {Options{Kubeconfig: none}, "", "no such file"},
	} {
		k, err := ReadContext(c.o)
		if err != nil || c.fault != "" {
			if err == nil || c.fault == "" || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if got := k.Context + " " + k.Server; got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

package whichcluster

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

const prodARN = "arn:aws:eks:eu-west-3:111122223333:cluster/prod"

// TestSources: each fact comes from the first source that has it, and says which.
func TestSources(t *testing.T) {
	t.Parallel()
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	token := Kubeconfig{Context: "prod", User: "me", Server: "https://AAAA.gr7.eu-west-3.eks.amazonaws.com",
		Exec: &Exec{Command: "aws", Args: []string{"eks", "get-token", "--cluster-name", "prod", "--profile", "p"}}}
	for name, c := range map[string]struct {
		s    Sources
		want string
	}{
		"nothing":              {Sources{}, ""},
		"irsa.yaml before all": {Sources{File: spec.Cluster{Name: "prod"}, Typed: Flags{Name: "flag"}, Getenv: env("HELM_IRSA_CLUSTER_NAME", "env")}, "prod (irsa.yaml)"},
		"a flag before a variable": {Sources{Typed: Flags{Name: "flag", Region: "eu-west-1"}, Getenv: env("HELM_IRSA_CLUSTER_NAME", "env", "HELM_IRSA_CLUSTER_ACCOUNT_ID", "444455556666")},
			"flag, region eu-west-1 (--cluster-name, --cluster-region), AWS account 444455556666 ($HELM_IRSA_CLUSTER_ACCOUNT_ID)"},
		"a variable before the kubeconfig": {Sources{Getenv: env("HELM_IRSA_CLUSTER_REGION", "eu-west-3"), Kubeconfig: Kubeconfig{Context: prodARN}},
			"prod, AWS account 111122223333 (kubeconfig, the name of context " + prodARN + "), region eu-west-3 ($HELM_IRSA_CLUSTER_REGION)"},
		"an issuer":                     {Sources{Getenv: env("HELM_IRSA_CLUSTER_ISSUER", "https://issuer.example.com/prod")}, "issuer https://issuer.example.com/prod ($HELM_IRSA_CLUSTER_ISSUER)"},
		"an ARN":                        {Sources{Kubeconfig: Kubeconfig{Context: prodARN}}, "prod, region eu-west-3, AWS account 111122223333 (kubeconfig, the name of context " + prodARN + ")"},
		"an alias for an ARN":           {Sources{Kubeconfig: Kubeconfig{Context: "live", Cluster: prodARN}}, "prod, region eu-west-3, AWS account 111122223333 (kubeconfig, the name of its cluster, " + prodARN + ")"},
		"eksctl":                        {Sources{Kubeconfig: Kubeconfig{Context: "me@prod.eu-west-3.eksctl.io"}}, "prod, region eu-west-3 (kubeconfig, the name of context me@prod.eu-west-3.eksctl.io)"},
		"a program, and the host":       {Sources{Kubeconfig: token}, "prod (kubeconfig, how user me gets a token), region eu-west-3 (kubeconfig, the API server's host)"},
		"a host alone":                  {Sources{Kubeconfig: Kubeconfig{Server: "https://AAAA.yl4.us-east-2.eks.amazonaws.com"}}, "region us-east-2 (kubeconfig, the API server's host)"},
		"a name and its kubeconfig":     {Sources{File: spec.Cluster{Name: "prod"}, Kubeconfig: Kubeconfig{Context: prodARN}}, "prod (irsa.yaml), region eu-west-3, AWS account 111122223333 (kubeconfig, the name of context " + prodARN + ")"},
		"another name's kubeconfig":     {Sources{File: spec.Cluster{Name: "dev"}, Kubeconfig: Kubeconfig{Context: prodARN}}, "dev (irsa.yaml)"},
		"another region's kubeconfig":   {Sources{File: spec.Cluster{Region: "eu-west-1"}, Kubeconfig: Kubeconfig{Context: prodARN}}, "region eu-west-1 (irsa.yaml)"},
		"another region's host":         {Sources{File: spec.Cluster{Region: "eu-west-1"}, Kubeconfig: Kubeconfig{Server: token.Server}}, "region eu-west-1 (irsa.yaml)"},
		"another AWS account's":         {Sources{File: spec.Cluster{AccountID: "444455556666"}, Kubeconfig: Kubeconfig{Context: prodARN}}, "AWS account 444455556666 (irsa.yaml)"},
		"two names, and one in the way": {Sources{File: spec.Cluster{Name: "prod"}, Kubeconfig: Kubeconfig{Context: prodARN, Cluster: "dev.eu-west-3.eksctl.io"}}, "prod (irsa.yaml)"},
		"a server beside":               {Sources{Kubeconfig: Kubeconfig{Context: prodARN, Server: "https://127.0.0.1:6443", Beside: true}}, ""},
		"k3s":                           {Sources{Kubeconfig: Kubeconfig{Context: "default", Cluster: "default", User: "default", Server: "https://127.0.0.1:6443"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.s.Prefix = "--cluster-"
			got, err := Find(c.s)
			if heading := got.words(); err != nil || !same(heading, c.want) {
				t.Errorf("got %q, %v, want %q", heading, err, c.want)
			}
		})
	}
}

// same compares headings, in which a name and a region of two flags stand apart.
func same(got, want string) bool {
	return got == want || got == strings.Replace(want, "flag, region eu-west-1 (--cluster-name, --cluster-region)", "flag (--cluster-name), region eu-west-1 (--cluster-region)", 1)
}

// TestProfile: the region of a profile is taken where nothing else says it.
func TestProfile(t *testing.T) {
	t.Parallel()
	k := Kubeconfig{Context: "x", User: "me", Exec: &Exec{Command: "aws", Args: []string{"eks", "get-token", "--cluster-name", "prod"}, Env: map[string]string{"AWS_PROFILE": "p"}}}
	c, err := Find(Sources{Kubeconfig: k, RegionOf: func(p string) string { return map[string]string{"p": "eu-west-3"}[p] }})
	if err != nil || c.Region != (Value{"eu-west-3", "AWS configuration of the kubeconfig's profile p"}) {
		t.Errorf("%+v, %v", c.Region, err)
	}
}

// TestFindFaults: what is malformed or says two things is an error that says what to type.
func TestFindFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		s          Sources
		want, hint string
	}{
		"a malformed flag":     {Sources{Typed: Flags{AccountID: "12"}}, `--cluster-account-id: "12" is not an AWS account ID`, "12 digits"},
		"a malformed variable": {Sources{Getenv: func(n string) string { return map[string]string{"HELM_IRSA_CLUSTER_ISSUER": "oidc.example.com"}[n] }}, `$HELM_IRSA_CLUSTER_ISSUER: "oidc.example.com" is not an https URL of an issuer`, "https://HOST/PATH"},
		"two clusters":         {Sources{Kubeconfig: Kubeconfig{Context: prodARN, Cluster: "dev.eu-west-3.eksctl.io"}}, "names two clusters: " + prodARN + " by the name of context", "--cluster-name NAME"},
		"a host elsewhere":     {Sources{Kubeconfig: Kubeconfig{Context: prodARN, Server: "https://AAAA.gr7.us-east-1.eks.amazonaws.com"}}, "one in us-east-1 by the API server's host", "--cluster-name NAME"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.s.Prefix = "--cluster-"
			_, err := Find(c.s)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(hintOf(err), c.hint) {
				t.Errorf("got %v; hint %q", err, hintOf(err))
			}
		})
	}
}

func hintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

// TestUnused: a flag that irsa.yaml overrules is told.
func TestUnused(t *testing.T) {
	t.Parallel()
	c, err := Find(Sources{Prefix: "--irsa-cluster-", File: spec.Cluster{Name: "prod", Region: "eu-west-3"}, Typed: Flags{Name: "dev", Region: "eu-west-3"}})
	if err != nil || len(c.Unused) != 1 || c.Unused[0] != "--irsa-cluster-name dev is not used: irsa.yaml says cluster.name: prod" {
		t.Errorf("%q, %v", c.Unused, err)
	}
}

// TestLookUp: a cluster that is known by its host alone is asked for, and must be one.
func TestLookUp(t *testing.T) {
	t.Parallel()
	at := func(file spec.Cluster) Cluster {
		c, err := Find(Sources{Prefix: "--cluster-", File: file, Kubeconfig: Kubeconfig{Context: "x", Server: "https://AAAA.gr7.eu-west-3.eks.amazonaws.com"}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	one := ID{Name: "prod", Region: "eu-west-3", Account: "111122223333", Issuer: "https://oidc.eks.eu-west-3.amazonaws.com/id/AAAA"}
	answer := func(err error, ids ...ID) Lookup {
		return func(_ context.Context, h Host) ([]ID, error) {
			if h.Region != "eu-west-3" || h.ID != "aaaa" {
				t.Errorf("asked for %+v", h)
			}
			return ids, err
		}
	}
	got, err := at(spec.Cluster{}).LookUp(t.Context(), answer(nil, one))
	if want := "prod, AWS account 111122223333, issuer " + one.Issuer + " (EKS, by the API server's host), region eu-west-3 (kubeconfig, the API server's host)"; err != nil || got.words() != want {
		t.Errorf("got %q, %v", got.words(), err)
	}
	for name, ask := range map[string]Lookup{"no EKS cluster": answer(nil), "several: prod, blue": answer(nil, one, ID{Name: "blue"}), "denied": answer(errors.New("denied"))} {
		if _, err := at(spec.Cluster{}).LookUp(t.Context(), ask); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(hintOf(err), "--cluster-name") {
			t.Errorf("%s: %v; %q", name, err, hintOf(err))
		}
	}
	never := func(context.Context, Host) ([]ID, error) { t.Error("asked"); return nil, nil }
	for _, file := range []spec.Cluster{{Name: "prod"}, {Region: "us-east-1"}} {
		if _, err := at(file).LookUp(t.Context(), never); err != nil {
			t.Error(err)
		}
	}
}

// TestMissing: what is not known is told with why, and with what to type.
func TestMissing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		s          Sources
		want, hint string
	}{
		"none":       {Sources{}, "there is no kubeconfig", "add --cluster-name NAME, or write cluster.name into irsa.yaml; of EKS: aws eks update-kubeconfig"},
		"kind":       {Sources{Kubeconfig: Kubeconfig{Context: "kind-dev", Server: "https://127.0.0.1:40001"}}, "context kind-dev (https://127.0.0.1:40001) names no EKS cluster", "--cluster-name NAME"},
		"unreadable": {Sources{Unread: errors.New("cluster: no such context")}, "of the kubeconfig: cluster: no such context", "--cluster-name"},
		"another":    {Sources{File: spec.Cluster{Region: "us-east-1"}, Kubeconfig: Kubeconfig{Context: prodARN}}, "the kubeconfig is for another cluster, " + prodARN, "--kube-context CONTEXT"},
	} {
		c.s.Prefix = "--cluster-"
		got, err := Find(c.s)
		if err != nil {
			t.Fatal(err)
		}
		err = got.Missing("cluster.name")
		if !strings.Contains(err.Error(), c.want) || !strings.Contains(hintOf(err), c.hint) {
			t.Errorf("%s: %v; %q", name, err, hintOf(err))
		}
	}
}

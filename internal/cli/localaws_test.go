package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/internal/voice"
)

// awsCalls stands in for any program that uses AWS: it takes its endpoint,
// credentials and region from where AWS's SDKs do. It prints who it is, and what it
// was asked for: roles, clusters, node-role CLUSTER, create-role NAME. --profile and
// --assume change who it is.
func awsCalls(args []string) int {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := awsCall(ctx, args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func awsCall(ctx context.Context, args []string) error {
	var options []func(*config.LoadOptions) error
	if len(args) > 1 && args[0] == "--profile" {
		options = append(options, config.WithSharedConfigProfile(args[1]))
		args = args[2:]
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return err
	}
	if len(args) > 1 && args[0] == "--assume" {
		cfg.Credentials = stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), args[1])
		args = args[2:]
	}
	me, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	if err != nil {
		return err
	}
	fmt.Println("I am", *me.Arn)
	return awsAsk(ctx, iam.NewFromConfig(cfg), eks.NewFromConfig(cfg), append(args, "", ""))
}

func awsAsk(ctx context.Context, i *iam.Client, k *eks.Client, args []string) error {
	switch name := &args[1]; args[0] {
	case "roles":
		out, err := i.ListRoles(ctx, nil)
		if err != nil {
			return err
		}
		for _, r := range out.Roles {
			fmt.Println(*r.Arn)
		}
	case "foreign-role": // somebody else's, for a service account that is not there
		issuer := strings.TrimPrefix(eksIssuer("111122223333", localRegion, "demo"), "https://")
		_, err := i.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: new(fmt.Sprintf(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/%[1]s"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"%[1]s:sub":"system:serviceaccount:a:b"}}}]}`, issuer))})
		return err
	case "clusters":
		out, err := k.ListClusters(ctx, nil)
		if err != nil {
			return err
		}
		for _, name := range out.Clusters {
			c, err := k.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: &name})
			if err != nil {
				return err
			}
			fmt.Println(name, *c.Cluster.Identity.Oidc.Issuer)
		}
	case "node-role":
		group := "workers"
		out, err := k.DescribeNodegroup(ctx, &eks.DescribeNodegroupInput{ClusterName: name, NodegroupName: &group})
		if err != nil {
			return err
		}
		fmt.Println(*out.Nodegroup.NodeRole)
	case "create-role":
		trust := localTrust(`{"Service":"ec2.amazonaws.com"}`)
		_, err := i.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: &trust})
		return err
	}
	return nil
}

func TestReadCluster(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		c         localCluster
		err, hint string
	}{
		"demo":                          {c: localCluster{name: "demo"}},
		"prod_cluster,region=eu-west-1": {c: localCluster{name: "prod_cluster", region: "eu-west-1"}},
		"a,nodeRole=n,issuer=https://s3.eu-west-3.amazonaws.com/b,region=us-gov-west-1": {
			c: localCluster{name: "a", region: "us-gov-west-1", issuer: "https://s3.eu-west-3.amazonaws.com/b", nodeRole: "n"},
		},
		"":                         {err: "--cluster : the name is not letters, digits, - and _", hint: "--cluster demo,region=eu-west-3"},
		"-a":                       {err: "--cluster -a: the name is not letters, digits, - and _", hint: "--cluster demo,region=eu-west-3"},
		"a,regoin=eu-west-3":       {err: `--cluster a,regoin=eu-west-3: unknown setting "regoin"`, hint: "did you mean region=?"},
		"a,":                       {err: `--cluster a,: unknown setting ""`, hint: "settings are region=, issuer=, nodeRole= and keys="},
		"a,region=paris":           {err: "--cluster a,region=paris: region=paris is not one", hint: "region=eu-west-3"},
		"a,issuer=http://x":        {err: "--cluster a,issuer=http://x: issuer=http://x is not one", hint: "issuer=https://s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity"},
		"a,nodeRole=b/c":           {err: "--cluster a,nodeRole=b/c: nodeRole=b/c is not one", hint: "nodeRole=eks-nodes"},
		strings.Repeat("a", 101):   {err: "--cluster " + strings.Repeat("a", 101) + ": the name is not letters, digits, - and _", hint: "--cluster demo,region=eu-west-3"},
		"a,issuer=https://x?y":     {err: "--cluster a,issuer=https://x?y: issuer=https://x?y is not one", hint: "issuer=https://s3.eu-west-3.amazonaws.com/111122223333-g8s-abc12-oidc-pod-identity"},
		"a,region=eu-west-3,other": {err: `--cluster a,region=eu-west-3,other: unknown setting "other"`, hint: "settings are region=, issuer=, nodeRole= and keys="},
	} {
		c, err := readCluster(text)
		switch {
		case want.err == "" && (err != nil || c != want.c):
			t.Errorf("%q: got %+v, %v", text, c, err)
		case want.err != "":
			checkFailure(t, text, err, want.err, want.hint)
		}
	}
}

// checkFailure holds an error against what a person would be told.
func checkFailure(t *testing.T, what string, err error, message, hint string) {
	t.Helper()
	if err == nil {
		t.Errorf("%q: no error", what)
		return
	}
	var said strings.Builder
	voice.To(&said).Failure(err)
	if want := "helm-irsa: error: " + message + "\nhelm-irsa: hint: " + hint + "\n"; said.String() != want {
		t.Errorf("%q: got\n%swant\n%s", what, said.String(), want)
	}
}

func TestLocalWorldRefuses(t *testing.T) {
	t.Parallel()
	for message, c := range map[string]struct {
		o    localAWSOptions
		hint string
	}{
		"--account 12: not 12 digits": {localAWSOptions{account: "12"}, "--account 111122223333"},
		"--other-account prod: its ID is not 12 digits": {
			localAWSOptions{others: []string{"prod"}}, "--other-account 444455556666=shared-iam",
		},
		"--other-account 444455556666=a]: its profile is not letters, digits and .@+_-": {
			localAWSOptions{others: []string{"444455556666=a]"}}, "--other-account 444455556666=shared-iam",
		},
		"--other-account 111122223333: AWS account and profile must not come twice": {
			localAWSOptions{others: []string{"111122223333"}}, "--account is the clusters' AWS account, --other-account any other",
		},
		"--other-account 444455556667=a: AWS account and profile must not come twice": {
			localAWSOptions{others: []string{"444455556666=a", "444455556667=a"}}, "--account is the clusters' AWS account, --other-account any other",
		},
		"--cluster a,region=eu-west-3: it comes twice": {
			localAWSOptions{clusters: []string{"a", "a,region=eu-west-1", "a,region=eu-west-3"}}, "give another name, or another region with region=",
		},
	} {
		if c.o.account == "" {
			c.o.account = localaws.DefaultAccount
		}
		_, err := c.o.world()
		checkFailure(t, message, err, message, c.hint)
	}
}

func TestLocalEnv(t *testing.T) {
	t.Parallel()
	e := localEnv{{"AWS_ENDPOINT_URL", "http://127.0.0.1:1"}, {"AWS_CONFIG_FILE", "/tmp/it's here/config"}}
	got := e.apply([]string{"PATH=/bin", "AWS_PROFILE=prod", "AWS_ENDPOINT_URL=https://x", "AWSOME=1", "HOME=/root"})
	want := []string{"PATH=/bin", "AWSOME=1", "HOME=/root", "AWS_ENDPOINT_URL=http://127.0.0.1:1", "AWS_CONFIG_FILE=/tmp/it's here/config"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	lines := strings.Split(e.shell(), "\n")
	if len(lines) != 4 || lines[1] != "export AWS_ENDPOINT_URL=http://127.0.0.1:1" || lines[2] != `export AWS_CONFIG_FILE='/tmp/it'\''s here/config'` {
		t.Errorf("got %q", lines)
	}
	for _, name := range overriding {
		if !strings.Contains(" "+lines[0]+" ", " "+name+" ") {
			t.Errorf("%s is not unset", name)
		}
	}
}

func TestEKSIssuer(t *testing.T) {
	t.Parallel()
	one := eksIssuer("111122223333", "eu-west-3", "demo")
	if !strings.HasPrefix(one, "https://oidc.eks.eu-west-3.amazonaws.com/id/") || len(one) != len("https://oidc.eks.eu-west-3.amazonaws.com/id/")+32 {
		t.Errorf("got %s", one)
	}
	if one == eksIssuer("111122223333", "eu-west-3", "prod") || one == eksIssuer("444455556666", "eu-west-3", "demo") {
		t.Error("two clusters have one issuer")
	}
	if got := eksIssuer("111122223333", "cn-north-1", "demo"); !strings.HasPrefix(got, "https://oidc.eks.cn-north-1.amazonaws.com.cn/id/") {
		t.Errorf("got %s", got)
	}
}

// Every way to write on stdout can fail, and then nothing is left running.
func TestLocalAWSWithoutStdout(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	sys := &System{Stdout: brokenWriter{}, Stderr: &said, Environ: func() []string { return nil }}
	err := runLocalAWS(&localAWSOptions{sys: sys, listen: "127.0.0.1:0", account: localaws.DefaultAccount})
	if err == nil || !strings.Contains(err.Error(), "printing the environment") {
		t.Errorf("got %v", err)
	}
	_, endpoint, _ := strings.Cut(strings.SplitN(said.String(), "\n", 2)[0], " on ")
	if answer, err := http.Get(endpoint); err == nil {
		answer.Body.Close()
		t.Errorf("%s still answers", endpoint)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

package conformance

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/test/moto"
)

const region = "eu-west-3"

// TestMain gives the SDK an environment of its own: nothing of the user's is read.
func TestMain(m *testing.M) {
	os.Exit(func() int {
		home, err := os.MkdirTemp("", "conformance")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(home)
		motoEnv = append(moto.WithoutAWS(os.Environ()), moto.WithPolicies)
		for _, pair := range os.Environ() {
			if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") {
				os.Unsetenv(name)
			}
		}
		os.Setenv("HOME", home)
		os.Setenv("AWS_EC2_METADATA_DISABLED", "true")
		return m.Run()
	}())
}

// motoEnv is what moto_server runs with: the user's own environment, which may be
// how it is found, without what is meant for AWS.
var motoEnv []string

// backend is one of the two that must answer alike.
type backend struct {
	url  string
	moto bool
	// account makes the access key ID of an AWS account of its own for a scenario.
	account func(id string) (accessKeyID string)
	// cluster puts an EKS cluster with one node group into the AWS account.
	cluster func(t *testing.T, e *env, name, nodegroup, nodeRole string)

	mu   sync.Mutex
	used map[string]bool // the differences that showed
}

// env is what a scenario gets: clients of an AWS account that nobody else uses.
type env struct {
	*backend
	id  string // the AWS account's
	iam *iam.Client
	sts *sts.Client
	eks *eks.Client
}

var accounts atomic.Int64

func (b *backend) env(t *testing.T) *env {
	id := fmt.Sprintf("%012d", 200000000000+accounts.Add(1))
	cfg := b.config(t, id, credentials.NewStaticCredentialsProvider(b.account(id), "secret", ""))
	return &env{b, id, iam.NewFromConfig(cfg), sts.NewFromConfig(cfg), eks.NewFromConfig(cfg)}
}

func (b *backend) config(t *testing.T, account string, c aws.CredentialsProvider) aws.Config {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion(region), config.WithBaseEndpoint(b.url),
		config.WithCredentialsProvider(c), config.WithHTTPClient(inAccount{account, b.moto}),
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// inAccount tells moto which AWS account a call is in; local AWS goes by the credentials
// (https://docs.getmoto.org/en/latest/docs/multi_account.html).
type inAccount struct {
	id   string
	moto bool
}

func (a inAccount) Do(r *http.Request) (*http.Response, error) {
	if a.moto {
		r.Header.Set("x-moto-account-id", a.id)
	}
	return http.DefaultClient.Do(r)
}

func startLocal(t *testing.T) *backend {
	t.Helper()
	s, err := localaws.New(localaws.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &backend{
		url: s.URL(),
		account: func(id string) string {
			s.AddCredential("AKIATEST"+id, localaws.Credential{Account: id})
			return "AKIATEST" + id
		},
		cluster: func(_ *testing.T, e *env, name, nodegroup, nodeRole string) {
			s.AddCluster(localaws.Cluster{
				Account: e.id, Region: region, Name: name, Version: "1.31", Issuer: "https://oidc.eks." + region + ".amazonaws.com/id/EXAMPLE",
				RoleARN: nodeRole, Nodegroups: map[string]localaws.Nodegroup{nodegroup: {RoleARN: nodeRole}},
			})
		},
	}
}

// startMoto starts moto_server for the length of the test, and skips the test where
// there is none. One that does not come up fails it.
func startMoto(t *testing.T) *backend {
	t.Helper()
	server, err := moto.Start(motoEnv)
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("moto_server is not on PATH: only local AWS runs the scenarios")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	return &backend{url: server.URL, moto: true, account: func(string) string { return "AKIATEST" }, cluster: motoCluster}
}

func motoCluster(t *testing.T, e *env, name, nodegroup, nodeRole string) {
	t.Helper()
	_, err := e.eks.CreateCluster(t.Context(), &eks.CreateClusterInput{
		Name: &name, RoleArn: &nodeRole, ResourcesVpcConfig: vpc, Version: aws.String("1.31"),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.eks.CreateNodegroup(t.Context(), &eks.CreateNodegroupInput{
		ClusterName: &name, NodegroupName: &nodegroup, NodeRole: &nodeRole, Subnets: []string{"subnet-1"},
	})
	if err != nil {
		t.Fatal(err)
	}
}

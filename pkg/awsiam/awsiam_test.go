package awsiam_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// TestMain gives the SDK an environment of its own: nothing of the user's is read.
func TestMain(m *testing.M) {
	os.Exit(func() int {
		home, err := os.MkdirTemp("", "awsiam")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(home)
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

const (
	account = localaws.DefaultAccount
	region  = "eu-west-3"
	issuer  = "https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"
)

// world is a local AWS with a cluster, and irsa.yaml files.
type world struct {
	*testing.T
	aws *localaws.Server
	dir string
}

func newWorld(t *testing.T, o localaws.Options) *world {
	t.Helper()
	s, err := localaws.New(o)
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
	s.AddCluster(localaws.Cluster{Region: region, Name: "prod_cluster", Version: "1.31", Issuer: issuer})
	return &world{t, s, t.TempDir()}
}

// file loads an irsa.yaml with the usual head.
func (w *world) file(body string) *spec.File {
	w.Helper()
	const head = `apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: prod_cluster, region: eu-west-3}
`
	path := filepath.Join(w.dir, "irsa.yaml")
	if !strings.HasPrefix(body, "apiVersion") {
		body = head + body
	}
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		w.Fatal(err)
	}
	f, err := spec.Load(path)
	if err != nil {
		w.Fatal(err)
	}
	return f
}

func (w *world) options() awsiam.Options {
	return awsiam.Options{Load: []func(*config.LoadOptions) error{
		config.WithBaseEndpoint(w.aws.URL()),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("AKIATEST", "secret", "")),
	}}
}

// client calls the local AWS's IAM by hand.
func (w *world) client() *iam.Client {
	w.Helper()
	cfg, err := config.LoadDefaultConfig(w.Context(), append(w.options().Load, config.WithRegion(region))...)
	if err != nil {
		w.Fatal(err)
	}
	return iam.NewFromConfig(cfg)
}

func (w *world) open(r awsiam.Release) *awsiam.Session {
	w.Helper()
	if r.Namespace == "" {
		r.Namespace = "apps"
	}
	s, err := awsiam.Open(context.Background(), r, w.options())
	if err != nil {
		w.Fatal(err)
	}
	return s
}

func (w *world) plan(r awsiam.Release) (*awsiam.Session, *awsiam.Plan) {
	w.Helper()
	s := w.open(r)
	p, err := s.Plan(context.Background())
	if err != nil {
		w.Fatal(err)
	}
	return s, p
}

func (w *world) apply(r awsiam.Release) *awsiam.Plan {
	w.Helper()
	s, p := w.plan(r)
	if err := s.Apply(context.Background(), p, nil); err != nil {
		w.Fatal(err)
	}
	return p
}

func (w *world) destroy(r awsiam.Release, o awsiam.DestroyOptions) *awsiam.Plan {
	w.Helper()
	s := w.open(r)
	p, err := s.PlanDestroy(context.Background(), o)
	if err != nil {
		w.Fatal(err)
	}
	if err := s.Apply(context.Background(), p, nil); err != nil {
		w.Fatal(err)
	}
	return p
}

const twoAccounts = `
policies:
- name: ReadBucket
  document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*"}]}
serviceAccounts:
- name: web
  role:
    policies: [ReadBucket]
    policyARNs: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
- name: sync
  mode: both
  role:
    name: sync-role
    inlinePolicies: {extra: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:ListBucket", Resource: "*"}]}}
    trust:
      also: [{principals: {AWS: [self], Service: [s3.amazonaws.com]}, actions: ["sts:AssumeRole"]}]
`

func TestApplyAndDestroy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localaws.Options{})
	r := awsiam.Release{File: w.file(twoAccounts), Name: "web"}
	p := w.apply(r)
	for _, c := range p.Changes {
		t.Log(c.Action, c.Type, c.Name, "\n"+c.Diff)
	}
	_, again := w.plan(r)
	if !again.Empty() {
		t.Errorf("a second plan has %v", again.Changes)
	}
	d := w.destroy(r, awsiam.DestroyOptions{Provider: true})
	for _, c := range d.Changes {
		t.Log(c.Action, c.Type, c.Name)
	}
	for _, c := range d.Warnings {
		t.Log(c)
	}
}

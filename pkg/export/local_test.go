package export_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/export"
	"github.com/helm-irsa/helm-irsa/test/moto"
)

// local is a local AWS, which has EKS Pod Identity.
type local struct {
	*localaws.Server
	home, region string
}

func startLocal(t *testing.T, c testCase) *local {
	t.Helper()
	if *update {
		t.Skip("golden files are rewritten: nothing is applied")
	}
	server, err := localaws.New(localaws.Options{Account: c.wanted.Account})
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	server.AddCluster(localaws.Cluster{Name: c.wanted.Cluster, Region: c.wanted.Region, Account: c.wanted.Account, Issuer: "https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"})
	return &local{server, c.wanted.Account, c.wanted.Region}
}

func (l *local) options() []func(*config.LoadOptions) error {
	return []func(*config.LoadOptions) error{
		config.WithRegion(l.region), config.WithBaseEndpoint(l.URL()), config.WithSharedConfigFiles([]string{}), config.WithSharedCredentialsFiles([]string{}),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("AKIATEST", "x", "")),
	}
}

func (l *local) config(t *testing.T) aws.Config {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context(), l.options()...)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// script runs the script of the cluster's AWS account, and gives what it says where it fails.
func (l *local) script(t *testing.T, c testCase, o export.Options) string {
	t.Helper()
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("aws, the AWS CLI, is not on PATH: what is exported for it is not run")
	}
	dir := t.TempDir()
	e := c.export(t, "aws-cli", o)
	if len(e.Files) != 1 {
		t.Fatalf("%d scripts", len(e.Files))
	}
	write(t, dir, "apply.sh", string(e.Files[0].Text))
	cmd := exec.Command("sh", filepath.Join(dir, "apply.sh"))
	cmd.Env = append(moto.WithoutAWS(cmd.Environ()), "AWS_ENDPOINT_URL="+l.URL(), "AWS_ACCESS_KEY_ID=AKIATEST", "AWS_SECRET_ACCESS_KEY=x",
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_EC2_METADATA_DISABLED=true")
	said, err := cmd.CombinedOutput()
	if err == nil {
		return ""
	}
	return err.Error() + "\n" + string(said)
}

func (l *local) plan(t *testing.T, c testCase) []awsiam.Change {
	t.Helper()
	s, err := awsiam.Open(t.Context(), awsiam.Release{File: c.file, Namespace: "apps", Name: "shop"}, awsiam.Options{Load: l.options()})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := s.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return plan.Changes
}

// TestScriptOfAssociations: after the script, helm irsa has nothing to do, associations
// included; and after it is run again on associations that somebody changed.
func TestScriptOfAssociations(t *testing.T) {
	t.Parallel()
	c := someCases(t, "pod-identity")[0]
	l := startLocal(t, c)
	client := eks.NewFromConfig(l.config(t))
	for round := range 2 {
		if said := l.script(t, c, export.Options{}); said != "" {
			t.Fatal(said)
		}
		for _, change := range l.plan(t, c) {
			t.Errorf("round %d: helm irsa would still %s %s %s:\n%s", round, change.Action, change.Type, change.Name, change.Diff)
		}
		if round > 0 {
			return
		}
		all, err := client.ListPodIdentityAssociations(t.Context(), &eks.ListPodIdentityAssociationsInput{ClusterName: &c.wanted.Cluster})
		if err != nil || len(all.Associations) != len(c.wanted.Associations) {
			t.Fatal(all, err)
		}
		for _, a := range all.Associations {
			_, err := client.UpdatePodIdentityAssociation(t.Context(), &eks.UpdatePodIdentityAssociationInput{
				ClusterName: &c.wanted.Cluster, AssociationId: a.AssociationId, RoleArn: &c.wanted.Roles[0].ARN,
				TargetRoleArn: aws.String(""), Policy: aws.String(""), DisableSessionTags: aws.Bool(false),
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if len(l.plan(t, c)) == 0 {
			t.Fatal("nothing was changed")
		}
	}
}

// TestScriptStops: what is somebody else's stays as it is, unless it is adopted.
func TestScriptStops(t *testing.T) {
	t.Parallel()
	c := someCases(t, "new-roles")[0]
	l := startLocal(t, c)
	client := iam.NewFromConfig(l.config(t))
	theirs := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	role := c.wanted.Roles[0]
	if _, err := client.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &role.Name, Path: &role.Path, AssumeRolePolicyDocument: &theirs}); err != nil {
		t.Fatal(err)
	}
	said := l.script(t, c, export.Options{})
	if !strings.Contains(said, "error: role "+role.Name+" exists and was not made for this release; export again with --adopt-existing to take it over") {
		t.Errorf("it says %q", said)
	}
	if said := l.script(t, c, export.Options{AdoptExisting: true}); said != "" {
		t.Fatal(said)
	}
	for _, change := range l.plan(t, c) {
		t.Errorf("helm irsa would still %s %s %s:\n%s", change.Action, change.Type, change.Name, change.Diff)
	}
}

package export_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/export"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
	"github.com/helm-irsa/helm-irsa/test/moto"
)

// someCases are the cases of these names: every call of the AWS CLI takes half a second.
func someCases(t *testing.T, names ...string) []testCase {
	t.Helper()
	all := slices.DeleteFunc(readCases(t), func(c testCase) bool { return !slices.Contains(names, c.Name) })
	if len(all) != len(names) {
		t.Fatalf("of %v there are %d cases", names, len(all))
	}
	return all
}

// world is a moto and the AWS CLI that looks into it.
type world struct {
	*moto.Server
	cli  string
	keys map[string]string // by AWS account
}

// startWorld skips the test where moto_server or aws is not there.
func startWorld(t *testing.T) *world {
	t.Helper()
	if *update {
		t.Skip("golden files are rewritten: nothing is applied")
	}
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("aws, the AWS CLI, is not on PATH: what is exported for it is not run")
	}
	server, err := moto.Start(append(moto.WithoutAWS(os.Environ()), moto.WithPolicies))
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("moto_server is not on PATH: what is exported is not applied")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	return &world{server, cli, nil}
}

// inAccount tells moto which AWS account a call is in
// (https://docs.getmoto.org/en/latest/docs/multi_account.html).
type inAccount string

func (a inAccount) Do(r *http.Request) (*http.Response, error) {
	r.Header.Set("x-moto-account-id", string(a))
	return http.DefaultClient.Do(r)
}

// options are the SDK's, without anything of the user's.
func (w *world) options(account, region string) []func(*config.LoadOptions) error {
	return []func(*config.LoadOptions) error{
		config.WithRegion(region), config.WithBaseEndpoint(w.URL), config.WithSharedConfigFiles([]string{}), config.WithSharedCredentialsFiles([]string{}),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("AKIATEST", "x", "")), config.WithHTTPClient(inAccount(account)),
	}
}

func (w *world) config(t *testing.T, account, region string) aws.Config {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context(), w.options(account, region)...)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// furnish empties moto, and makes what a case needs: a key for each AWS account, the role of
// the nodes, the cluster, and policies of others that are boundaries.
func (w *world) furnish(t *testing.T, c testCase, accounts []string) {
	t.Helper()
	if err := w.Reset(); err != nil {
		t.Fatal(err)
	}
	w.keys = map[string]string{}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, account := range accounts {
		client := iam.NewFromConfig(w.config(t, account, c.wanted.Region))
		_, err := client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("me")})
		must(err)
		key, err := client.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("me")})
		must(err)
		w.keys[account] = *key.AccessKey.AccessKeyId
		if slices.ContainsFunc(c.file.ServiceAccounts, func(sa spec.ServiceAccount) bool {
			return sa.Role.PermissionsBoundary == "arn:aws:iam::"+account+":policy/boundary"
		}) {
			_, err = client.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("boundary"), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)})
			must(err)
		}
	}
	home := w.config(t, c.wanted.Account, c.wanted.Region)
	for _, n := range c.wanted.NodeRoles {
		_, err := iam.NewFromConfig(home).CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &n.Role,
			AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)})
		must(err)
	}
	if len(c.wanted.Associations) > 0 {
		_, err := eks.NewFromConfig(home).CreateCluster(t.Context(), &eks.CreateClusterInput{
			Name: &c.wanted.Cluster, RoleArn: aws.String("arn:aws:iam::" + c.wanted.Account + ":role/eks"), ResourcesVpcConfig: &ekstypes.VpcConfigRequest{SubnetIds: []string{"subnet-1"}},
		})
		must(err)
	}
}

// run runs a program with an AWS account's credentials.
func (w *world) run(t *testing.T, account, region string, words ...string) string {
	t.Helper()
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env = append(moto.WithoutAWS(os.Environ()), "AWS_ENDPOINT_URL="+w.URL, "AWS_ACCESS_KEY_ID="+w.keys[account], "AWS_SECRET_ACCESS_KEY=x", "AWS_REGION="+region, "AWS_DEFAULT_REGION="+region,
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=")
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(words, " "), err, said.String())
	}
	return string(out)
}

type seenTag struct{ Key, Value string }

// seen is what get-account-authorization-details tells.
type seen struct {
	RoleDetailList []struct {
		RoleName, Path           string
		AssumeRolePolicyDocument json.RawMessage
		AttachedManagedPolicies  []struct{ PolicyArn string }
		RolePolicyList           []struct {
			PolicyName     string
			PolicyDocument json.RawMessage
		}
		PermissionsBoundary struct{ PermissionsBoundaryArn string }
		Tags                []seenTag
	}
	Policies []struct {
		Arn, DefaultVersionId string
		PolicyVersionList     []struct {
			VersionId string
			Document  json.RawMessage
		}
	}
}

func sameDocument(t *testing.T, what string, got json.RawMessage, want trust.Document) {
	t.Helper()
	parse := trust.Parse
	if slices.ContainsFunc(want.Statements(), func(s trust.Statement) bool { r, _ := s.Resources(); return len(r) > 0 }) {
		parse = trust.ParsePermissions
	}
	doc, err := parse(string(got))
	if err != nil || !trust.Equal(doc, want) {
		t.Errorf("%s is %s (%v), want %s", what, got, err, want.Text())
	}
}

// look holds what the AWS CLI sees in an AWS account against what is wanted there; attachments
// and providers only where it is told to.
func (w *world) look(t *testing.T, c testCase, account string, attachments bool) {
	t.Helper()
	var s seen
	if err := json.Unmarshal([]byte(w.run(t, account, c.wanted.Region, w.cli, "iam", "get-account-authorization-details", "--filter", "Role", "LocalManagedPolicy", "--output", "json")), &s); err != nil {
		t.Fatal(err)
	}
	for _, want := range c.wanted.Policies {
		if want.Account != account {
			continue
		}
		found := false
		for _, p := range s.Policies {
			for _, v := range p.PolicyVersionList {
				if p.Arn == want.ARN && v.VersionId == p.DefaultVersionId {
					found = true
					sameDocument(t, "policy "+want.ARN, v.Document, want.Document)
				}
			}
		}
		if !found {
			t.Errorf("there is no policy %s", want.ARN)
		}
	}
	attached := map[string][]string{}
	found := map[string]bool{}
	for _, r := range s.RoleDetailList {
		for _, p := range r.AttachedManagedPolicies {
			attached[r.RoleName] = append(attached[r.RoleName], p.PolicyArn)
		}
		slices.Sort(attached[r.RoleName])
		for _, want := range c.wanted.Roles {
			if want.Account != account || want.Name != r.RoleName {
				continue
			}
			found[want.Name] = true
			sameDocument(t, "the trust of "+want.Name, r.AssumeRolePolicyDocument, want.Trust)
			inline := map[string]json.RawMessage{}
			for _, p := range r.RolePolicyList {
				inline[p.PolicyName] = p.PolicyDocument
			}
			for name, doc := range want.Inline {
				sameDocument(t, "inline policy "+name+" of "+want.Name, inline[name], doc)
			}
			tags := map[string]string{}
			for _, tag := range r.Tags {
				if !strings.HasPrefix(tag.Key, "aws:") {
					tags[tag.Key] = tag.Value
				}
			}
			if len(inline) != len(want.Inline) || r.Path != want.Path || !maps.Equal(tags, want.Tags) || r.PermissionsBoundary.PermissionsBoundaryArn != want.Boundary {
				t.Errorf("role %+v, want %+v", r, want)
			}
			if attachments && !slices.Equal(attached[r.RoleName], want.Attached) {
				t.Errorf("role %s has %v, want %v", r.RoleName, attached[r.RoleName], want.Attached)
			}
		}
	}
	for _, want := range c.wanted.Roles {
		if want.Account == account && !found[want.Name] {
			t.Errorf("there is no role %s", want.Name)
		}
	}
	for _, n := range c.wanted.NodeRoles {
		for _, arn := range n.Attached {
			if attachments && n.Account == account && !slices.Contains(attached[n.Role], arn) {
				t.Errorf("role %s lacks %s", n.Role, arn)
			}
		}
	}
	providers := w.run(t, account, c.wanted.Region, w.cli, "iam", "list-open-id-connect-providers", "--output", "json")
	for _, p := range c.wanted.Providers {
		if attachments && p.Account == account && !strings.Contains(providers, `"`+p.ARN+`"`) {
			t.Errorf("there is no provider %s: %s", p.ARN, providers)
		}
	}
}

// accounts are the AWS accounts of a case.
func (c testCase) accounts() []string {
	set := map[string]bool{c.wanted.Account: true}
	for _, r := range c.wanted.Roles {
		set[r.Account] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// TestScriptInMoto: after the scripts, the AWS CLI sees what is wanted, and helm irsa has
// nothing to do; they may be run again, and bring back what somebody changed.
func TestScriptInMoto(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	t.Log("not against moto: EKS Pod Identity, which it does not have")
	for _, c := range someCases(t, "giantswarm", "escapes", "epinio-node-role") { // one after the other: there is one moto
		t.Run(c.Name, func(t *testing.T) {
			w.furnish(t, c, c.accounts())
			e := c.export(t, "aws-cli", export.Options{})
			dir := t.TempDir()
			for round := range 2 {
				for _, f := range e.Files {
					path := filepath.Join(dir, f.Name)
					write(t, dir, f.Name, string(f.Text))
					account := strings.TrimSuffix(strings.TrimPrefix(f.Name, "apply-"), ".sh")
					w.run(t, account, c.wanted.Region, "sh", path)
					if round > 0 {
						w.look(t, c, account, true)
					} else {
						w.disturb(t, c, account)
					}
				}
			}
			w.nothingToDo(t, c)
		})
	}
}

// disturb changes what the script made.
func (w *world) disturb(t *testing.T, c testCase, account string) {
	t.Helper()
	client := iam.NewFromConfig(w.config(t, account, c.wanted.Region))
	for _, r := range c.wanted.Roles {
		if r.Account != account {
			continue
		}
		_, err := client.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: &r.Name, PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")})
		other := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
		if err == nil {
			_, err = client.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: &r.Name, PolicyName: aws.String("more"), PolicyDocument: &other})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range c.wanted.Policies {
		if p.Account != account {
			continue
		}
		for range 4 { // as many as there may be
			_, err := client.CreatePolicyVersion(t.Context(), &iam.CreatePolicyVersionInput{PolicyArn: &p.ARN, SetAsDefault: true,
				PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`)})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// nothingToDo: a plan of helm irsa is empty, where moto can tell all that it asks for.
func (w *world) nothingToDo(t *testing.T, c testCase) {
	t.Helper()
	if len(c.accounts()) > 1 { // which credentials reach the other is the environment's
		return
	}
	s, err := awsiam.Open(t.Context(), awsiam.Release{File: c.file, Namespace: "apps", Name: "shop"}, awsiam.Options{Load: w.options(c.wanted.Account, c.wanted.Region)})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := s.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range plan.Changes {
		t.Errorf("helm irsa would still %s %s %s:\n%s", change.Action, change.Type, change.Name, change.Diff)
	}
}

// TestCloudFormationInMoto: after the stacks, the AWS CLI sees what is wanted.
func TestCloudFormationInMoto(t *testing.T) {
	t.Parallel()
	w := startWorld(t)
	t.Log("not against moto: OIDC providers, which its CloudFormation does not make, and attachments, which it leaves out")
	for _, c := range someCases(t, "giantswarm", "new-roles") {
		t.Run(c.Name, func(t *testing.T) {
			w.furnish(t, c, c.accounts())
			dir := t.TempDir()
			for _, f := range c.export(t, "cloudformation", export.Options{}).Files {
				write(t, dir, f.Name, string(f.Text))
				account := strings.TrimSuffix(strings.TrimPrefix(f.Name, "stack-"), ".yaml")
				w.run(t, account, c.wanted.Region, w.cli, "cloudformation", "create-stack", "--stack-name", "shop", "--capabilities", "CAPABILITY_NAMED_IAM", "--template-body", "file://"+filepath.Join(dir, f.Name))
				var stacks struct {
					Stacks []struct{ StackStatus string }
				}
				if err := json.Unmarshal([]byte(w.run(t, account, c.wanted.Region, w.cli, "cloudformation", "describe-stacks", "--output", "json")), &stacks); err != nil {
					t.Fatal(err)
				}
				if len(stacks.Stacks) != 1 || stacks.Stacks[0].StackStatus != "CREATE_COMPLETE" {
					t.Errorf("the stacks are %+v", stacks)
				}
				w.look(t, c, account, false)
			}
		})
	}
}

// TestMain gives this process's own calls of AWS an environment without the user's.
func TestMain(m *testing.M) {
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") {
			os.Unsetenv(name)
		}
	}
	os.Setenv("AWS_CONFIG_FILE", os.DevNull)
	os.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	os.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	os.Exit(m.Run())
}

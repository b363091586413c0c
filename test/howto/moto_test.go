package howto

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/test/howtos"
	"github.com/helm-irsa/helm-irsa/test/moto"
)

// motoServer is one moto for all scenarios, and the AWS CLI that looks into it.
type motoServer struct {
	*moto.Server
	cli string
}

// startMoto skips the test where moto_server or aws is not there; a moto that does not
// come up fails it.
func startMoto(t *testing.T) *motoServer {
	t.Helper()
	cli, err := exec.LookPath("aws")
	if err != nil {
		t.Skip("aws, the AWS CLI, is not on PATH: nobody could look into moto")
	}
	server, err := moto.Start(append(slices.Clone(users), moto.WithPolicies))
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("moto_server is not on PATH: the how-tos run against the local AWS only")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	return &motoServer{server, cli}
}

// motoStage is one scenario in moto, emptied for it.
type motoStage struct {
	howtos.HowTo
	*host
	*motoServer
	cliEnv []string
}

// set empties moto and makes what an AWS account with a cluster has: the nodes' role, and
// the cluster in EKS where irsa.yaml leaves its issuer to that.
func (m *motoServer) set(t *testing.T, s howtos.HowTo) *motoStage {
	t.Helper()
	if err := m.Reset(); err != nil {
		t.Fatal(err)
	}
	st := &motoStage{HowTo: s, motoServer: m}
	keys := map[string]string{}
	for _, id := range []string{howtos.Home, howtos.Away} {
		keys[id] = st.key(t, id)
	}
	config := write(t, filepath.Join(t.TempDir(), "config"), fmt.Sprintf(
		"[profile %s]\nregion = %s\naws_access_key_id = %s\naws_secret_access_key = x\n", awayProfile, s.Region, keys[howtos.Away]))
	env := []string{
		"AWS_ENDPOINT_URL=" + m.URL, "AWS_ACCESS_KEY_ID=" + keys[howtos.Home], "AWS_SECRET_ACCESS_KEY=x", "AWS_REGION=" + s.Region, "AWS_DEFAULT_REGION=" + s.Region,
		"AWS_CONFIG_FILE=" + config, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=",
	}
	st.host, st.cliEnv = newHost(t, "", env...), append(slices.Clone(users), env...)
	account := iam.NewFromConfig(st.config(t, howtos.Home))
	_, err := account.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &howtos.NodeRole.Name, AssumeRolePolicyDocument: &howtos.NodeRole.Trust})
	if err == nil {
		_, err = account.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: &howtos.NodeRole.Name, PolicyArn: &howtos.NodeRole.Policies[0]})
	}
	file, failed := spec.Load(filepath.Join(root, s.File()))
	if failed != nil {
		t.Fatal(failed)
	}
	if err == nil && file.Cluster.Issuer == "" { // moto would contradict it
		_, err = eks.NewFromConfig(st.config(t, howtos.Home)).CreateCluster(t.Context(), &eks.CreateClusterInput{
			Name: &s.Cluster, RoleArn: aws.String(howtos.Role(howtos.Home, "eks-cluster")), ResourcesVpcConfig: &ekstypes.VpcConfigRequest{SubnetIds: []string{"subnet-1"}},
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// key is an access key of an AWS account: moto knows from it which one calls.
func (st *motoStage) key(t *testing.T, account string) string {
	t.Helper()
	client := iam.NewFromConfig(st.config(t, account))
	if _, err := client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("me")}); err != nil {
		t.Fatal(err)
	}
	made, err := client.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("me")})
	if err != nil {
		t.Fatal(err)
	}
	return *made.AccessKey.AccessKeyId
}

// config is the SDK's, for what no how-to does: to furnish an AWS account and to look
// whether it is empty.
func (st *motoStage) config(t *testing.T, account string) aws.Config {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion(st.Region), config.WithBaseEndpoint(st.URL),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("AKIATEST", "x", "")), config.WithHTTPClient(inAccount(account)))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// inAccount tells moto which AWS account a call is in
// (https://docs.getmoto.org/en/latest/docs/multi_account.html).
type inAccount string

func (a inAccount) Do(r *http.Request) (*http.Response, error) {
	r.Header.Set("x-moto-account-id", string(a))
	return http.DefaultClient.Do(r)
}

// cliIn runs the AWS CLI in an AWS account, and gives what it prints.
func (st *motoStage) cliIn(t *testing.T, account string, args ...string) map[string]any {
	t.Helper()
	if account != howtos.Home {
		args = append(args, "--profile", awayProfile)
	}
	r := run(t, st.cliEnv, st.cli, append(args, "--output", "json")...)
	if r.code != 0 {
		t.Errorf("aws %s: exit %d\n%s", strings.Join(args, " "), r.code, r.stderr)
		runtime.Goexit() // as t.Fatal, which is for the test's own goroutine
	}
	var out map[string]any
	if err := json.Unmarshal([]byte(r.stdout), &out); err != nil {
		t.Errorf("aws %s: %v\n%s", strings.Join(args, " "), err, r.stdout)
		runtime.Goexit()
	}
	return out
}

// TestHowToInMoto: what `helm irsa plan` says it will make is what the AWS CLI sees
// after apply, and destroy takes it away.
func TestHowToInMoto(t *testing.T) {
	t.Parallel()
	m := startMoto(t)
	t.Log("not against moto: AssumeRoleWithWebIdentity, whose token moto does not read; refused AssumeRole, which moto never refuses")
	for _, s := range howtos.All() { // one after the other: there is one moto
		t.Run(s.Name, func(t *testing.T) {
			st := m.set(t, s)
			bare := st.found(t)
			planned := st.planned(t, s, s.Namespace).created(t)
			st.must(t, "apply", s.Release, "-n", s.Namespace, "-f", s.File(), "--yes")
			st.there(t, planned, bare)
			if again := st.planned(t, s, s.Namespace); len(again.Changes) > 0 {
				t.Errorf("a second plan is not empty: %+v", again.Changes)
			}
			st.must(t, "destroy", s.Release, "-n", s.Namespace, "-f", s.File(), "--oidc-provider", "--yes")
			if left := st.found(t); !slices.Equal(left, bare) {
				t.Errorf("after destroy there is %q, before there was %q", left, bare)
			}
			if want := planned[howtos.Role(howtos.Home, howtos.NodeRole.Name)]; len(want.Attached) > 0 {
				if got := st.lookRole(t, howtos.Home, howtos.NodeRole.Name); text(got) != text(withNodeRole(thing{})) {
					t.Errorf("after destroy the nodes' role is %s", text(got))
				}
			}
		})
	}
}

// there: each thing of the plan is as it was planned, and there is nothing else.
func (st *motoStage) there(t *testing.T, planned map[string]thing, bare []string) {
	t.Helper()
	var wait sync.WaitGroup
	for arn, want := range planned {
		if isNodeRole(arn) { // somebody else's: only what is put on it is in the plan
			want = withNodeRole(want)
		}
		wait.Go(func() { // the AWS CLI takes a second to start
			if got := st.look(t, arn); text(got) != text(want) {
				t.Errorf("the AWS CLI sees %s\n%s\nthe plan said\n%s", arn, text(got), text(want))
			}
		})
	}
	wait.Wait()
	want := slices.Concat(bare, slices.Collect(maps.Keys(planned)))
	slices.Sort(want)
	if got := st.found(t); !slices.Equal(got, slices.Compact(want)) {
		t.Errorf("there is %q, the plan and what was before are %q", got, want)
	}
}

// withNodeRole is the nodes' role with what the plan puts on it.
func withNodeRole(more thing) thing {
	var doc any
	if err := json.Unmarshal([]byte(howtos.NodeRole.Trust), &doc); err != nil {
		panic(err) // it stands in this package
	}
	attached := slices.Concat(howtos.NodeRole.Policies, more.Attached)
	slices.Sort(attached)
	return thing{Settings: []string{"path: /", "longest session: 1h"}, Tags: map[string]string{}, Document: doc, Attached: attached}
}

// found are the ARNs of all roles, policies and providers.
func (st *motoStage) found(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, id := range append([]string{howtos.Home}, st.Others...) {
		client := iam.NewFromConfig(st.config(t, id))
		roles, err := client.ListRoles(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		policies, err := client.ListPolicies(t.Context(), &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal})
		if err != nil {
			t.Fatal(err)
		}
		providers, err := client.ListOpenIDConnectProviders(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range roles.Roles {
			out = append(out, *r.Arn)
		}
		for _, p := range policies.Policies {
			out = append(out, *p.Arn)
		}
		for _, p := range providers.OpenIDConnectProviderList {
			out = append(out, *p.Arn)
		}
	}
	slices.Sort(out)
	return out
}

// look asks the AWS CLI for one thing, and says it as a plan does.
func (st *motoStage) look(t *testing.T, arn string) thing {
	t.Helper()
	parts := strings.SplitN(arn, ":", 6)
	account, name := parts[4], path.Base(arn)
	switch kind, _, _ := strings.Cut(parts[5], "/"); kind {
	case "role":
		return st.lookRole(t, account, name)
	case "policy":
		got := st.cliIn(t, account, "iam", "get-policy", "--policy-arn", arn)["Policy"].(map[string]any)
		version := st.cliIn(t, account, "iam", "get-policy-version", "--policy-arn", arn, "--version-id", got["DefaultVersionId"].(string))
		tags := st.cliIn(t, account, "iam", "list-policy-tags", "--policy-arn", arn)
		return thing{
			Settings: []string{"path: " + got["Path"].(string), "description: " + got["Description"].(string)}, Tags: tagsOf(tags),
			Document: unordered(version["PolicyVersion"].(map[string]any)["Document"]),
		}
	default:
		got := st.cliIn(t, account, "iam", "get-open-id-connect-provider", "--open-id-connect-provider-arn", arn)
		one := thing{Settings: []string{"url https://" + strings.TrimPrefix(got["Url"].(string), "https://")}, Tags: tagsOf(got)}
		for _, audience := range got["ClientIDList"].([]any) {
			one.Settings = append(one.Settings, "audience "+audience.(string))
		}
		return one
	}
}

func (st *motoStage) lookRole(t *testing.T, account, name string) thing {
	t.Helper()
	got := st.cliIn(t, account, "iam", "get-role", "--role-name", name)["Role"].(map[string]any)
	one := thing{
		Settings: []string{"path: " + got["Path"].(string)}, Document: unordered(got["AssumeRolePolicyDocument"]),
		Tags: tagsOf(st.cliIn(t, account, "iam", "list-role-tags", "--role-name", name)),
	}
	for account, arn := range st.Accounts { // which AWS account a role is for is not written down in AWS
		if arn == got["Arn"] {
			one.Settings = append(one.Settings, "for: service account "+account)
		}
	}
	one.Settings = append(one.Settings, fmt.Sprintf("longest session: %gh", got["MaxSessionDuration"].(float64)/3600))
	if description, ok := got["Description"].(string); ok && description != "" {
		one.Settings = append(one.Settings, "description: "+description)
	}
	for _, p := range st.cliIn(t, account, "iam", "list-attached-role-policies", "--role-name", name)["AttachedPolicies"].([]any) {
		one.Attached = append(one.Attached, p.(map[string]any)["PolicyArn"].(string))
	}
	slices.Sort(one.Attached)
	return one
}

// tagsOf reads the tags in an answer of the AWS CLI.
func tagsOf(answer map[string]any) map[string]string {
	out := map[string]string{}
	tags, _ := answer["Tags"].([]any)
	for _, tag := range tags {
		pair := tag.(map[string]any)
		out[pair["Key"].(string)] = pair["Value"].(string)
	}
	return out
}

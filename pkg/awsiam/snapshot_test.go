package awsiam_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
)

const webTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/other.example"},"Action":"sts:AssumeRoleWithWebIdentity"}]}`

// snapshotWorld is the first file of the permission scenarios, applied, beside roles of
// others.
func snapshotWorld(t *testing.T) (*world, awsiam.Release) {
	w := permissionWorld(t)
	for _, r := range []localaws.Role{
		{Name: "others", Trust: ec2Trust, Policies: []string{"arn:aws:iam::aws:policy/AdministratorAccess"}},
		{Name: "others-web", Trust: webTrust, Policies: []string{"arn:aws:iam::aws:policy/AdministratorAccess"}},
	} {
		if _, err := w.aws.AddRole(r); err != nil {
			t.Fatal(err)
		}
	}
	r := awsiam.Release{File: w.file(permissionScenarios()[0].files[0]), Name: "web", Namespace: "apps"}
	w.apply(r)
	return w, r
}

func (w *world) snapshot(r awsiam.Release) *awsiam.Snapshot {
	w.Helper()
	out, err := w.open(r).Snapshot(context.Background())
	if err != nil {
		w.Fatal(err)
	}
	return out
}

// plainSnapshot is the snapshot as anybody reads it.
func plainSnapshot(t *testing.T, s *awsiam.Snapshot) map[string]any {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func objectWith(t *testing.T, list any, key, value string) map[string]any {
	t.Helper()
	items, _ := list.([]any)
	for _, item := range items {
		if o, _ := item.(map[string]any); o[key] == value {
			return o
		}
	}
	t.Fatalf("nothing has %s %s", key, value)
	return nil
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	w, r := snapshotWorld(t)
	w.aws.ResetCalls()
	taken := w.snapshot(r)
	if len(taken.Unread) > 0 {
		t.Errorf("not read: %v", taken.Unread)
	}
	if len(writes(w.aws.Calls())) > 0 {
		t.Errorf("a snapshot writes: %v", writes(w.aws.Calls()))
	}
	got := plainSnapshot(t, taken)
	if keys, want := sortedKeysOf(got), "OpenIDConnectProviders Policies RoleDetailList account cluster podIdentityAssociations region"; keys != want {
		t.Errorf("got keys %s, want %s", keys, want)
	}
	cluster := map[string]any{"name": "prod_cluster", "issuer": issuer, "version": "1.31", "certificateAuthority": base64.StdEncoding.EncodeToString([]byte("no certificate"))}
	if got["account"] != account || got["region"] != region || !reflect.DeepEqual(got["cluster"], cluster) {
		t.Errorf("got %v, %v, %v", got["account"], got["region"], got["cluster"])
	}
	roles := got["RoleDetailList"]
	for name, keys := range map[string]string{
		"prod_cluster-apps-web-wr43acdwpokqa": "Arn AssumeRolePolicyDocument AttachedManagedPolicies CreateDate Description InstanceProfileList MaxSessionDuration Path PermissionsBoundary RoleId RoleName RolePolicyList Tags",
		"prod_cluster-apps-far-bplnctuz2zzq2": "Arn AssumeRolePolicyDocument AttachedManagedPolicies CreateDate InstanceProfileList MaxSessionDuration Path RoleId RoleName RolePolicyList Tags",
		"borrowed":                            "Arn AssumeRolePolicyDocument AttachedManagedPolicies CreateDate InstanceProfileList MaxSessionDuration Path RoleId RoleName RolePolicyList Tags",
		"eks-nodes":                           "Arn AssumeRolePolicyDocument AttachedManagedPolicies CreateDate InstanceProfileList MaxSessionDuration Path RoleId RoleName RolePolicyList Tags",
		"others":                              "Arn Path RoleName",
		"others-web":                          "Arn AssumeRolePolicyDocument Path RoleName",
	} {
		if got := sortedKeysOf(objectWith(t, roles, "RoleName", name)); got != keys {
			t.Errorf("%s has keys %s, want %s", name, got, keys)
		}
	}
	document := objectWith(t, roles, "RoleName", "prod_cluster-apps-web-wr43acdwpokqa")["AssumeRolePolicyDocument"]
	if _, ok := document.(map[string]any); !ok {
		t.Errorf("the trust is %T", document)
	}
	for _, arn := range []string{"arn:aws:iam::111122223333:policy/helm-irsa/Reader", "arn:aws:iam::444455556666:policy/helm-irsa/Reader",
		"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "arn:aws:iam::aws:policy/ReadOnlyAccess"} {
		versions, _ := objectWith(t, got["Policies"], "Arn", arn)["PolicyVersionList"].([]any)
		if len(versions) != 1 || objectWith(t, versions, "VersionId", "v1")["Document"] == nil {
			t.Errorf("%s has versions %v", arn, versions)
		}
	}
	for _, p := range taken.Policies.List {
		if strings.HasSuffix(p.ARN, "AdministratorAccess") {
			t.Error("a policy that only others have is in it")
		}
	}
	for _, id := range []string{account, reachedAccount} {
		provider := objectWith(t, got["OpenIDConnectProviders"], "Arn", "arn:aws:iam::"+id+":oidc-provider/"+strings.TrimPrefix(issuer, "https://"))
		if provider["Url"] != strings.TrimPrefix(issuer, "https://") || !reflect.DeepEqual(provider["ClientIDList"], []any{"sts.amazonaws.com"}) {
			t.Errorf("got %v", provider)
		}
	}
	association := objectWith(t, got["podIdentityAssociations"], "serviceAccount", "borrowed")
	if association["roleArn"] != "arn:aws:iam::111122223333:role/borrowed" || association["namespace"] != "apps" {
		t.Errorf("got %v", association)
	}
}

func sortedKeysOf(m map[string]any) string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return strings.Join(keys, " ")
}

// What may not be read is absent, and what is needed to read it is said; all else is
// there.
func TestSnapshotDenied(t *testing.T) {
	t.Parallel()
	w, r := snapshotWorld(t)
	for action, want := range map[string]struct{ absent, hint string }{
		"iam:GetAccountAuthorizationDetails": {"Policies RoleDetailList", "allow iam:GetAccountAuthorizationDetails on *"},
		"iam:ListOpenIDConnectProviders":     {"OpenIDConnectProviders", "allow iam:ListOpenIDConnectProviders on *"},
		"eks:ListPodIdentityAssociations":    {"podIdentityAssociations", "allow eks:ListPodIdentityAssociations on arn:aws:eks:eu-west-3:111122223333:cluster/prod_cluster"},
		"eks:DescribeCluster":                {"", "allow eks:DescribeCluster on arn:aws:eks:eu-west-3:111122223333:cluster/prod_cluster"},
		"sts:AssumeRole":                     {"", "allow sts:AssumeRole"},
		"iam:ListRoles":                      {"", "allow iam:ListRoles on *"},
	} {
		w.aws.SetFaults(localaws.Faults{Deny: []string{action}})
		taken := w.snapshot(r)
		got := plainSnapshot(t, taken)
		var absent []string
		for _, key := range []string{"OpenIDConnectProviders", "Policies", "RoleDetailList", "podIdentityAssociations"} {
			if _, ok := got[key]; !ok {
				absent = append(absent, key)
			}
		}
		if strings.Join(absent, " ") != want.absent {
			t.Errorf("%s: absent are %q, want %q", action, absent, want.absent)
		}
		if len(taken.Unread) == 0 {
			t.Errorf("%s: nothing is said", action)
			continue
		}
		if hint := taken.Unread[0].Hint(); !strings.HasPrefix(hint, want.hint) || !strings.HasSuffix(hint, "helm irsa permissions --verify prints the whole policy that is needed") {
			t.Errorf("%s: %v; hint %q", action, taken.Unread[0], hint)
		}
		if action == "eks:DescribeCluster" && !reflect.DeepEqual(got["cluster"], map[string]any{"name": "prod_cluster"}) {
			t.Errorf("got cluster %v", got["cluster"])
		}
	}
}

// A role in an AWS account that nobody can reach: its roles are not known to be missing, and those of
// the own AWS account are told all the same.
func TestSnapshotUnreachable(t *testing.T) {
	t.Parallel()
	w := permissionWorld(t)
	r := awsiam.Release{File: w.file(`serviceAccounts: [{name: web, role: {arn: "arn:aws:iam::999988887777:role/theirs"}}]` + "\n")}
	taken := w.snapshot(r)
	want := map[string]awsstate.Coverage{"111122223333": {Roles: true, Providers: true}, "999988887777": {}}
	if !taken.Roles.Read || !taken.Policies.Read || !taken.Providers.Read || !taken.Associations.Read || !reflect.DeepEqual(taken.Accounts, want) {
		t.Errorf("got %+v", taken)
	}
	text, err := json.Marshal(taken)
	if err != nil {
		t.Fatal(err)
	}
	if read, err := awsstate.Read("aws.json", bytes.NewReader(text)); err != nil || !reflect.DeepEqual(read.Accounts, want) || len(read.Roles.List) == 0 {
		t.Errorf("read again: %+v, %v", read, err)
	}
	if len(taken.Unread) != 1 || !strings.Contains(taken.Unread[0].Hint(), `accounts: {"999988887777"`) {
		t.Errorf("not read: %v", taken.Unread)
	}
}

// A cluster that EKS does not know has no associations; the issuer is the file's.
func TestSnapshotOfAnotherCluster(t *testing.T) {
	t.Parallel()
	w := permissionWorld(t)
	r := awsiam.Release{File: w.file(`apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: own, region: eu-west-3, issuer: "https://s3.eu-west-3.amazonaws.com/own"}
serviceAccounts: [{name: web}]
`)}
	got := plainSnapshot(t, w.snapshot(r))
	if !reflect.DeepEqual(got["cluster"], map[string]any{"name": "own", "issuer": "https://s3.eu-west-3.amazonaws.com/own"}) {
		t.Errorf("got %v", got["cluster"])
	}
	for _, key := range []string{"Policies", "OpenIDConnectProviders", "podIdentityAssociations"} {
		if list, ok := got[key].([]any); !ok || len(list) > 0 {
			t.Errorf("%s is %v", key, got[key])
		}
	}
}

// TestSnapshotAsTheCLIPrints holds the names and values against those of the AWS CLI.
func TestSnapshotAsTheCLIPrints(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("there is no aws on PATH to compare with")
	}
	w, r := snapshotWorld(t)
	got := plainSnapshot(t, w.snapshot(r))
	details := w.cli("iam", "get-account-authorization-details", "--filter", "Role", "LocalManagedPolicy", "AWSManagedPolicy")
	for _, role := range got["RoleDetailList"].([]any) {
		role := role.(map[string]any)
		if strings.Contains(role["Arn"].(string), reachedAccount) {
			continue
		}
		delete(role, "MaxSessionDuration") // these two are of list-roles
		delete(role, "Description")
		sameAsCLI(t, role, objectWith(t, details["RoleDetailList"], "Arn", role["Arn"].(string)))
	}
	for _, policy := range got["Policies"].([]any) {
		policy := policy.(map[string]any)
		if strings.Contains(policy["Arn"].(string), reachedAccount) {
			continue
		}
		sameAsCLI(t, policy, objectWith(t, details["Policies"], "Arn", policy["Arn"].(string)))
	}
	provider := objectWith(t, got["OpenIDConnectProviders"], "Arn", "arn:aws:iam::"+account+":oidc-provider/"+strings.TrimPrefix(issuer, "https://"))
	arn := provider["Arn"].(string)
	delete(provider, "Arn")
	sameAsCLI(t, provider, w.cli("iam", "get-open-id-connect-provider", "--open-id-connect-provider-arn", arn))
	association := objectWith(t, got["podIdentityAssociations"], "serviceAccount", "borrowed")
	shown := w.cli("eks", "describe-pod-identity-association", "--cluster-name", "prod_cluster", "--association-id", association["associationId"].(string))
	sameAsCLI(t, association, shown["association"].(map[string]any))
}

// sameAsCLI: each of our names is one of the CLI's, with its value.
func sameAsCLI(t *testing.T, ours, clis map[string]any) {
	t.Helper()
	for name, value := range ours {
		switch got, ok := clis[name]; {
		case name == "Tags" && !ok && len(value.([]any)) == 0: // left out by the CLI where there is none
		case !ok:
			t.Errorf("the CLI has no %s: it prints %v", name, clis)
		case strings.HasSuffix(name, "Date") || strings.HasSuffix(name, "At"):
			if value != got && !strings.HasPrefix(value.(string), strings.TrimSuffix(strings.Split(got.(string), ".")[0], "Z")[:19]) {
				t.Errorf("%s: got %v, and the CLI prints %v", name, value, got)
			}
		case name == "AttachedManagedPolicies":
			if fmt.Sprint(byARN(value)) != fmt.Sprint(byARN(got)) {
				t.Errorf("%s: got %v, and the CLI prints %v", name, value, got)
			}
		case name == "PolicyVersionList":
			sameAsCLI(t, value.([]any)[0].(map[string]any), objectWith(t, got, "VersionId", "v1"))
		case !reflect.DeepEqual(value, got):
			t.Errorf("%s: got %v, and the CLI prints %v", name, value, got)
		}
	}
}

func byARN(list any) []any {
	items := slices.Clone(list.([]any))
	slices.SortFunc(items, func(a, b any) int {
		return strings.Compare(fmt.Sprint(a.(map[string]any)["PolicyArn"]), fmt.Sprint(b.(map[string]any)["PolicyArn"]))
	})
	return items
}

func (w *world) cli(args ...string) map[string]any {
	w.Helper()
	cmd := exec.CommandContext(w.Context(), "aws", append(args, "--output", "json", "--no-cli-pager")...)
	if !strings.Contains(versionOfCLI(w.T), "aws-cli/2") {
		cmd.Args = cmd.Args[:len(cmd.Args)-1] // the first version has no pager
	}
	config := filepath.Join(w.dir, "config")
	if err := os.WriteFile(config, []byte("[default]\ncli_timestamp_format = iso8601\n"), 0o600); err != nil {
		w.Fatal(err)
	}
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+w.aws.URL(), "AWS_ACCESS_KEY_ID=AKIATEST", "AWS_SECRET_ACCESS_KEY=secret",
		"AWS_REGION="+region, "AWS_DEFAULT_REGION="+region, "AWS_CONFIG_FILE="+config, "TZ=UTC")
	var said bytes.Buffer
	cmd.Stderr = &said
	text, err := cmd.Output()
	if err != nil {
		w.Skipf("the aws of this machine does not work: %v: %s", err, said.String())
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		w.Fatal(err)
	}
	return out
}

func versionOfCLI(t *testing.T) string {
	out, _ := exec.CommandContext(t.Context(), "aws", "--version").CombinedOutput() // what does not work is found out later
	return string(out)
}

// An association that somebody else made in another namespace is listed, not looked into.
func TestSnapshotListsAllAssociations(t *testing.T) {
	t.Parallel()
	w, r := snapshotWorld(t)
	w.apply(awsiam.Release{Namespace: "elsewhere", Name: "theirs", File: w.file(`
serviceAccounts: [{name: x, mode: podIdentity, role: {arn: "arn:aws:iam::111122223333:role/borrowed-too"}}]
`)})
	got := plainSnapshot(t, w.snapshot(r))
	if a := objectWith(t, got["podIdentityAssociations"], "namespace", "elsewhere"); a["roleArn"] != nil || a["serviceAccount"] != "x" {
		t.Errorf("got %v", a)
	}
}

// A target role is told of whole, also in an AWS account that only it is in, where irsa.yaml
// says how that is reached.
func TestSnapshotTargetRoles(t *testing.T) {
	t.Parallel()
	w, _ := snapshotWorld(t)
	for _, c := range []struct{ file, keys string }{
		{`accounts: {"444455556666": {assumeRoleARN: "` + accessRole + `"}}
`, "Arn AssumeRolePolicyDocument AttachedManagedPolicies CreateDate InstanceProfileList MaxSessionDuration Path RoleId RoleName RolePolicyList Tags"},
		{"", ""},
	} {
		if c.keys != "" {
			if _, err := w.aws.AddRole(localaws.Role{Account: reachedAccount, Name: "target", Trust: ec2Trust}); err != nil {
				t.Fatal(err)
			}
		}
		r := awsiam.Release{Namespace: "chained", Name: "chained", File: w.file(c.file + `
serviceAccounts: [{name: x, mode: podIdentity, podIdentity: {targetRoleARN: "arn:aws:iam::444455556666:role/target"}, role: {arn: "arn:aws:iam::111122223333:role/borrowed-too"}}]
`)}
		w.apply(r)
		got := plainSnapshot(t, w.snapshot(r))
		association := objectWith(t, got["podIdentityAssociations"], "namespace", "chained")
		if association["targetRoleArn"] != "arn:aws:iam::444455556666:role/target" || association["externalId"] != "eu-west-3/111122223333/prod_cluster/chained/x" {
			t.Errorf("got %v", association)
		}
		keys := ""
		for _, role := range got["RoleDetailList"].([]any) {
			if role := role.(map[string]any); role["RoleName"] == "target" {
				keys = sortedKeysOf(role)
			}
		}
		if keys != c.keys {
			t.Errorf("the target role has keys %q, want %q", keys, c.keys)
		}
	}
}

// TestSnapshotAutoMode: a snapshot says that EKS Auto Mode makes nodes, and is read so.
func TestSnapshotAutoMode(t *testing.T) {
	t.Parallel()
	for _, auto := range []bool{true, false} {
		w := newWorld(t, localaws.Options{})
		w.aws.AddCluster(localaws.Cluster{Region: region, Name: "prod_cluster", Version: "1.31", Issuer: issuer, AutoMode: auto})
		var text bytes.Buffer
		if err := json.NewEncoder(&text).Encode(w.snapshot(awsiam.Release{File: w.file("serviceAccounts: [{name: app}]\n")})); err != nil {
			t.Fatal(err)
		}
		got, err := awsstate.Read("snapshot", &text)
		if err != nil || got.Cluster.AutoMode != auto || got.Cluster.Version != "1.31" || got.Cluster.Issuer != issuer {
			t.Errorf("%v: %+v, %v", auto, got.Cluster, err)
		}
	}
}

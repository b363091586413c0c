package howto

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/internal/localaws/issuer"
	"github.com/helm-irsa/helm-irsa/test/cluster"
	"github.com/helm-irsa/helm-irsa/test/howtos"
)

// stage is one scenario on the local AWS: its AWS accounts, its cluster, and a host.
type stage struct {
	howtos.HowTo
	*host
	aws    *localaws.Server
	issuer *issuer.Issuer
	kube   *cluster.Cluster
}

// awayProfile is the profile that reaches the other AWS account, as irsa.yaml says.
const awayProfile = "shared-data"

func set(t *testing.T, s howtos.HowTo) *stage {
	t.Helper()
	st := &stage{HowTo: s, kube: &cluster.Cluster{Issuer: s.Issuer}, aws: bare(t, s)}
	var err error
	if st.issuer, err = issuer.New(s.Issuer); err != nil {
		t.Fatal(err)
	}
	st.aws.AddIssuerKeys(s.Issuer, st.issuer.Keys())
	kubeconfig, stop := st.kube.Start()
	t.Cleanup(stop)
	st.host = newHost(t, kubeconfig, "AWS_ENDPOINT_URL="+st.aws.URL(), "AWS_ACCESS_KEY_ID="+key(howtos.Home), "AWS_SECRET_ACCESS_KEY=x",
		"AWS_REGION="+s.Region, "AWS_CONFIG_FILE="+write(t, filepath.Join(t.TempDir(), "config"), profiles(s)))
	return st
}

// bare is the local AWS with what the how-to's AWS accounts have before: the cluster, its
// nodes, and the keys of its user.
func bare(t *testing.T, s howtos.HowTo) *localaws.Server {
	t.Helper()
	server, err := localaws.New(localaws.Options{Account: howtos.Home})
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := server.AddRole(howtos.NodeRole)
	if err != nil {
		t.Fatal(err)
	}
	server.AddCluster(localaws.Cluster{
		Account: howtos.Home, Region: s.Region, Name: s.Cluster, Version: "1.33", Issuer: s.Issuer,
		Nodegroups: map[string]localaws.Nodegroup{"workers": {RoleARN: nodes}},
	})
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, id := range append([]string{howtos.Home}, s.Others...) {
		server.AddCredential(key(id), localaws.Credential{Account: id})
	}
	return server
}

// profiles is the user's AWS configuration: how to get to the other AWS account.
func profiles(s howtos.HowTo) string {
	var b strings.Builder
	for _, id := range s.Others {
		fmt.Fprintf(&b, "[profile %s]\nregion = %s\naws_access_key_id = %s\naws_secret_access_key = x\n", awayProfile, s.Region, key(id))
	}
	return b.String()
}

func key(account string) string { return "TESTTEST" + account }

// config is the SDK's, with an access key of local AWS.
func (st *stage) config(t *testing.T, accessKey string) aws.Config {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion(st.Region), config.WithBaseEndpoint(st.aws.URL()),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(accessKey, "x", "")))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// found is all of IAM in the scenario's AWS accounts, for a comparison.
func (st *stage) found(t *testing.T) string {
	t.Helper()
	var out []any
	for _, id := range append([]string{howtos.Home}, st.Others...) {
		client := iam.NewFromConfig(st.config(t, key(id)))
		details, err := client.GetAccountAuthorizationDetails(t.Context(), &iam.GetAccountAuthorizationDetailsInput{
			Filter: []types.EntityType{types.EntityTypeRole, types.EntityTypeLocalManagedPolicy}, MaxItems: aws.Int32(1000),
		})
		if err != nil {
			t.Fatal(err)
		}
		providers, err := client.ListOpenIDConnectProviders(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range details.RoleDetailList {
			details.RoleDetailList[i].RoleLastUsed = nil // by the sessions that a test had
		}
		out = append(out, id, details.RoleDetailList, details.Policies, providers.OpenIDConnectProviderList)
	}
	return text(out)
}

// assume gives a token of a service account to STS, and the ARN and key of the session.
func (st *stage) assume(t *testing.T, account, role string) (session, accessKey string, err error) {
	t.Helper()
	namespace, name, _ := strings.Cut(account, "/")
	token, err := st.issuer.ServiceAccount(namespace, name, "sts.amazonaws.com", time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	out, err := sts.NewFromConfig(st.config(t, key(howtos.Home))).AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: &role, RoleSessionName: aws.String("pod"), WebIdentityToken: &token,
	})
	if err != nil {
		return "", "", err
	}
	return *out.AssumedRoleUser.Arn, *out.Credentials.AccessKeyId, nil
}

// sessionOf is the ARN that a session of a role has.
func sessionOf(role string) string {
	account := strings.Split(role, ":")[4]
	return fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/pod", account, path.Base(role))
}

// TestHowTo runs each how-to from a bare AWS account to a release and back.
func TestHowTo(t *testing.T) {
	t.Parallel()
	for _, s := range howtos.All() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			st := set(t, s)
			bare := st.found(t)
			planned := st.planned(t, s, s.Namespace)
			if now := st.found(t); now != bare {
				t.Fatalf("plan changed the account:\n%s", now)
			}
			st.must(t, append([]string{"upgrade", "--install"}, s.Upgrade(s.Namespace, "--irsa-file", s.File(), "--irsa-yes")...)...)

			st.made(t, planned)
			st.annotated(t, s.Namespace)
			st.trusted(t)
			st.settled(t, s.Namespace)
			st.gone(t, bare, len(s.Accounts) > 0)
		})
	}
}

// made: what the plan said is what there is, and what the page promises.
func (st *stage) made(t *testing.T, planned plan) {
	t.Helper()
	want := planned.created(t)
	var roles []string
	for _, arn := range st.Accounts {
		roles = append(roles, arn)
	}
	slices.Sort(roles)
	if got := slices.DeleteFunc(arns(want, "role"), isNodeRole); !slices.Equal(got, roles) {
		t.Errorf("the plan makes the roles %q, the page says %q", got, roles)
	}
	if got := arns(want, "policy"); !slices.Equal(got, st.Policies) {
		t.Errorf("the plan makes the policies %q, the page says %q", got, st.Policies)
	}
	var providers []string
	for _, id := range append([]string{howtos.Home}, st.Others...) {
		if len(st.Accounts) > 0 {
			providers = append(providers, fmt.Sprintf("arn:aws:iam::%s:oidc-provider/%s", id, strings.TrimPrefix(st.issuer.URL, "https://")))
		}
	}
	if got := arns(want, "oidc-provider"); !slices.Equal(got, providers) {
		t.Errorf("the plan makes the providers %q, want %q", got, providers)
	}
}

func isNodeRole(arn string) bool { return arn == howtos.Role(howtos.Home, howtos.NodeRole.Name) }

// annotated: the service accounts in the cluster name their roles, and no other service
// account does; each of these roles is there.
func (st *stage) annotated(t *testing.T, namespace string) {
	t.Helper()
	got := map[string]string{}
	for _, p := range st.kube.Paths() {
		if path.Base(path.Dir(p)) != "serviceaccounts" {
			continue
		}
		metadata := st.kube.Get(p)["metadata"].(map[string]any)
		annotations, _ := metadata["annotations"].(map[string]any)
		if arn, ok := annotations["eks.amazonaws.com/role-arn"].(string); ok {
			got[strings.Split(p, "/")[4]+"/"+path.Base(p)] = arn
		}
	}
	if text(got) != text(nonNil(st.Accounts)) {
		t.Errorf("the service accounts in the cluster have the roles\n%s\nwant\n%s", text(got), text(st.Accounts))
	}
	for account, arn := range got {
		client := iam.NewFromConfig(st.config(t, key(strings.Split(arn, ":")[4])))
		there, err := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String(path.Base(arn))})
		if err != nil || *there.Role.Arn != arn {
			t.Errorf("%s names %s, which is not there: %v", account, arn, err)
		}
	}
	rendered := st.must(t, append([]string{"template"}, st.Upgrade(namespace, "--irsa-file", st.File())...)...).stdout
	if n := strings.Count(rendered, "eks.amazonaws.com/role-arn"); n != len(st.Accounts) {
		t.Errorf("helm irsa template annotates %d service accounts, want %d", n, len(st.Accounts))
	}
}

func nonNil(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// trusted: STS gives each service account its role, and none of the others; nobody else
// any.
func (st *stage) trusted(t *testing.T) {
	t.Helper()
	for account, want := range st.Accounts {
		for _, arn := range st.Accounts {
			session, _, err := st.assume(t, account, arn)
			switch {
			case arn == want && session != sessionOf(arn):
				t.Errorf("%s does not get %s: %q, %v", account, arn, session, err)
			case arn != want && err == nil:
				t.Errorf("%s gets %s, which is another's", account, arn)
			}
		}
		for _, other := range st.Refused {
			if session, _, err := st.assume(t, other, want); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
				t.Errorf("%s is not refused %s: %q, %v", other, want, session, err)
			}
		}
	}
}

// settled: status says ok, and a second upgrade finds nothing to do and writes nothing.
func (st *stage) settled(t *testing.T, namespace string) {
	t.Helper()
	status := st.must(t, "status", st.Release, "-n", namespace, "-f", st.File()).stdout
	if n := strings.Count(status, "  ok "); n != len(st.Accounts) {
		t.Errorf("helm irsa status says ok %d times, want %d:\n%s", n, len(st.Accounts), status)
	}
	// The cluster here has no webhook that could be read and starts no pod, so that some
	// of it is unknown; nothing may be broken.
	if r := st.irsa(t, "verify", st.Release, "-n", namespace, "-f", st.File()); r.code != 0 && r.code != 3 || strings.Contains(r.stdout, "error ") {
		t.Errorf("helm irsa verify: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if p := st.planned(t, st.HowTo, namespace); len(p.Changes) > 0 {
		t.Errorf("a second plan is not empty: %+v", p.Changes)
	}
	st.must(t, "plan", st.Release, "-n", namespace, "-f", st.File(), "--exit-code")
	st.aws.ResetCalls()
	st.must(t, append([]string{"upgrade", "--install"}, st.Upgrade(namespace, "--irsa-file", st.File())...)...)
	st.must(t, "apply", st.Release, "-n", namespace, "-f", st.File())
	for _, call := range st.aws.Calls() {
		if !reads(call.Operation) {
			t.Errorf("a second upgrade or apply makes the call %s:%s", call.Service, call.Operation)
		}
	}
}

func reads(operation string) bool {
	for _, prefix := range []string{"Get", "List", "Describe", "AssumeRole"} {
		if strings.HasPrefix(operation, prefix) {
			return true
		}
	}
	return false
}

// gone: uninstall leaves nothing but the provider, and destroy takes that too.
func (st *stage) gone(t *testing.T, bare string, provider bool) {
	t.Helper()
	st.must(t, "uninstall", st.Release, "-n", st.Namespace, "--irsa-file", st.File(), "--irsa-yes")
	for _, p := range st.kube.Paths() {
		if path.Base(path.Dir(p)) != "namespaces" {
			t.Errorf("uninstall leaves %s in the cluster", p)
		}
	}
	left := st.found(t)
	if provider == (left == bare) {
		t.Errorf("after uninstall there is\n%s\nbefore, there was\n%s", left, bare)
	}
	if provider {
		st.must(t, "destroy", st.Release, "-n", st.Namespace, "-f", st.File(), "--oidc-provider", "--yes")
	}
	if left = st.found(t); left != bare {
		t.Errorf("after destroy --oidc-provider there is\n%s\nbefore, there was\n%s", left, bare)
	}
}

package awsiam_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/helm-irsa/helm-irsa/internal/golden"
	"github.com/helm-irsa/helm-irsa/internal/localaws"
	issuing "github.com/helm-irsa/helm-irsa/internal/localaws/issuer"
	"github.com/helm-irsa/helm-irsa/internal/localaws/podagent"
)

// TestPodsGetTheirRoles: what is provisioned for EKS Pod Identity is what EKS lets the pods
// have: with their token, by the agent, as the role or the target role, and nobody else.
func TestPodsGetTheirRoles(t *testing.T) {
	t.Parallel()
	const (
		refused = "Unauthorized Exception! EKS does not have permissions to assume the associated role."
		none    = "No association found"
		target  = `
accounts: {"444455556666": {profile: shared-iam}}
serviceAccounts:
- name: web
  mode: MODE
  podIdentity: {targetRoleARN: "arn:aws:iam::444455556666:role/helm-irsa/buckets"TAGS}
  role: {name: web-role}
- {name: holder, create: never, role: {name: buckets, accountID: "444455556666"}}
`
	)
	for name, c := range map[string]struct {
		irsa string
		want map[string]string // by NAMESPACE/NAME, the account and the role, or what is said
	}{
		"plain": {"\nserviceAccounts: [{name: web, mode: podIdentity, role: {name: web-role}}]\n",
			map[string]string{"apps/web": "111122223333 web-role", "apps/other": refused, "elsewhere/web": refused, "apps/nobody": none}},
		"subjects": {"\nserviceAccounts: [{name: web, mode: both, role: {name: web-role, trust: {subjects: [\"system:serviceaccount:else*:web\"]}}}]\n",
			map[string]string{"apps/web": "111122223333 web-role", "elsewhere/web": "111122223333 web-role", "apps/other": refused}},
		"one role": {`
serviceAccounts:
- {name: web, mode: podIdentity, role: {name: web-role}}
- {name: sync, namespace: jobs, mode: podIdentity, role: {arn: "arn:aws:iam::111122223333:role/helm-irsa/web-role"}}
`, map[string]string{"apps/web": "111122223333 web-role", "jobs/sync": "111122223333 web-role", "elsewhere/web": refused}},
		"no tags": {"\nserviceAccounts: [{name: web, mode: podIdentity, podIdentity: {disableSessionTags: true}, role: {name: web-role}}]\n",
			map[string]string{"apps/web": "111122223333 web-role"}},
		"target": {strings.NewReplacer("MODE", "podIdentity", "TAGS", "").Replace(target),
			map[string]string{"apps/web": "444455556666 buckets", "elsewhere/web": refused}},
		"target, no tags": {strings.NewReplacer("MODE", "both", "TAGS", ", disableSessionTags: true").Replace(target),
			map[string]string{"apps/web": "444455556666 buckets"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newStage(t, localaws.Limits{})
			signer, err := issuing.New(issuer)
			if err != nil {
				t.Fatal(err)
			}
			w.aws.AddIssuerKeys(issuer, signer.Keys())
			w.file(c.irsa)
			if _, err := w.command(&goldenCase{Case: &golden.Case{Dir: w.dir}}, goldenArgs{}); err != nil {
				t.Fatal(err)
			}
			for _, other := range []string{"apps/other", "elsewhere/web"} { // associations that others make with the role
				namespace, account, _ := strings.Cut(other, "/")
				if err := w.associate([]byte(`{"Cluster":"prod_cluster","Namespace":"`+namespace+`","ServiceAccount":"`+account+`","RoleArn":"arn:aws:iam::111122223333:role/helm-irsa/web-role"}`), false); err != nil {
					t.Fatal(err)
				}
			}
			agent := httptest.NewServer(&podagent.Agent{Cluster: "prod_cluster", Region: region, Endpoint: w.url, Node: aws.Credentials{AccessKeyID: "AKIATEST", SecretAccessKey: "x"}})
			defer agent.Close()
			for who, want := range c.want {
				namespace, account, _ := strings.Cut(who, "/")
				token, err := signer.Pod(issuing.Pod{Namespace: namespace, ServiceAccount: account, Name: "pod", UID: "uid"}, "pods.eks.amazonaws.com", time.Now(), time.Hour)
				if err != nil {
					t.Fatal(err)
				}
				got, err := endpointcreds.New(agent.URL+"/v1/credentials", func(o *endpointcreds.Options) {
					o.AuthorizationToken, o.Retryer = token, aws.NopRetryer{}
				}).Retrieve(t.Context())
				if err != nil {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("%s is told %v, want %s", who, err, want)
					}
					continue
				}
				client := sts.New(sts.Options{Region: region, BaseEndpoint: &w.url, Credentials: credentials.StaticCredentialsProvider{Value: got}})
				me, err := client.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
				if err != nil {
					t.Fatal(err)
				}
				if parts := strings.Split(*me.Arn, "/"); *me.Account+" "+parts[1] != want {
					t.Errorf("%s is %s, want %s", who, *me.Arn, want)
				}
			}
		})
	}
}

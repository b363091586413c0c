package verify_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// thousand is a release of n service accounts, each with a Deployment and a role of its
// own.
func thousand(n int) (manifests, snapshot string) {
	var m, s strings.Builder
	fmt.Fprintf(&s, `{"account":"111122223333","region":"eu-west-3","cluster":{"name":"prod","issuer":%q,"version":"1.31"},"OpenIDConnectProviders":[{"Arn":"arn:aws:iam::111122223333:oidc-provider/%s","Url":"%[2]s","ClientIDList":["sts.amazonaws.com"],"ThumbprintList":[]}],"Policies":[],"podIdentityAssociations":[],"RoleDetailList":[`,
		healthyIssuer, strings.TrimPrefix(healthyIssuer, "https://"))
	for i := range n {
		fmt.Fprintf(&m, "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: app-%d\n  namespace: ns1\n  annotations:\n    eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/app-%[1]d\n", i)
		fmt.Fprintf(&m, "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-%d\n  namespace: ns1\nspec:\n  selector: {matchLabels: {app: app-%[1]d}}\n  template:\n    metadata: {labels: {app: app-%[1]d}}\n    spec:\n      serviceAccountName: app-%[1]d\n      containers:\n      - name: main\n        image: example/app:1\n        env:\n        - {name: LOG_LEVEL, value: info}\n", i)
		comma := ","
		if i == 0 {
			comma = ""
		}
		issuer := strings.TrimPrefix(healthyIssuer, "https://")
		fmt.Fprintf(&s, `%s{"Arn":"arn:aws:iam::111122223333:role/app-%d","RoleName":"app-%[2]d","Path":"/","MaxSessionDuration":3600,"AttachedManagedPolicies":[],"RolePolicyList":[{"PolicyName":"own","PolicyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}}],"AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/%[3]s"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"%[3]s:aud":"sts.amazonaws.com","%[3]s:sub":"system:serviceaccount:ns1:app-%[2]d"}}}]}}`, comma, i, issuer)
	}
	s.WriteString("]}")
	return m.String(), s.String()
}

// TestThousand: 1,000 service accounts and 1,000 roles. How long that takes is the benchmark's
// affair.
func TestThousand(t *testing.T) {
	manifests, snapshot := thousand(1000)
	r := readAndVerify(t, manifests, snapshot)
	if len(r.ServiceAccounts) != 1000 || len(r.Findings) != 0 || r.Status != verify.Unknown { // the webhook was not read
		t.Errorf("%d accounts, %d findings, %s", len(r.ServiceAccounts), len(r.Findings), r.Status)
	}
}

// TestThousandMissing: none of the roles that the service accounts name is there, and a
// thousand others are.
func TestThousandMissing(t *testing.T) {
	manifests, snapshot := thousand(1000)
	r := readAndVerify(t, strings.ReplaceAll(manifests, ":role/app-", ":role/service-of-"), strings.ReplaceAll(snapshot, "ns1:app-", "ns2:app-"))
	if len(r.Findings) != 1000 || r.Findings[0].Code != "role-missing" {
		t.Errorf("%d findings: %+v", len(r.Findings), r.Findings[0])
	}
}

func readAndVerify(t testing.TB, manifests, snapshot string) *verify.Report {
	t.Helper()
	objects, err := manifest.Read("manifests.yaml", strings.NewReader(manifests))
	if err != nil {
		t.Fatal(err)
	}
	return verify.Verify(verify.Input{Objects: objects, Snapshot: stateOf(t, snapshot)})
}

func stateOf(t testing.TB, snapshot string) *awsstate.State {
	t.Helper()
	s, err := awsstate.Read("snapshot.json", strings.NewReader(snapshot))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func BenchmarkThousand(b *testing.B) {
	manifests, snapshot := thousand(1000)
	for b.Loop() {
		readAndVerify(b, manifests, snapshot)
	}
}

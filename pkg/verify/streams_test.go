package verify_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

const healthyIssuer = "https://oidc.eks.eu-west-3.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"

// streams are the real streams that IRSA_MANIFESTS has; none where it is not set.
func streams(t testing.TB) []string {
	folder := os.Getenv("IRSA_MANIFESTS")
	if folder == "" {
		t.Skip("IRSA_MANIFESTS is not set: the real streams were skipped")
	}
	index, err := os.Open(filepath.Join(folder, "INDEX.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer index.Close()
	var out []string
	for s := bufio.NewScanner(index); s.Scan(); {
		if file, _, _ := strings.Cut(s.Text(), "\t"); strings.HasSuffix(file, ".yaml") {
			out = append(out, filepath.Join(folder, file))
		}
	}
	if len(out) < 50 {
		t.Fatalf("only %d streams", len(out))
	}
	return out
}

// TestStreams: no real stream, with the AWS that fits to it, has an error, nor has it
// with an AWS that has nothing of it but the cluster.
func TestStreams(t *testing.T) {
	t.Parallel()
	for _, path := range streams(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			read := func(text string) *manifest.Objects {
				objects, err := manifest.Read(filepath.Base(path), strings.NewReader(text))
				if err != nil {
					t.Fatal(err)
				}
				return objects
			}
			objects := read(string(data))
			first := verify.Verify(verify.Input{Objects: objects, Namespace: "ns1"})
			roles := map[string][]string{}
			for _, a := range first.ServiceAccounts {
				if a.RoleARN != "" {
					roles[a.RoleARN] = append(roles[a.RoleARN], "system:serviceaccount:"+a.Namespace+":"+a.Name)
				}
			}
			for name, in := range map[string]verify.Input{
				"alone":   {Objects: objects, Namespace: "ns1"},
				"healthy": {Objects: objects, Namespace: "ns1", Snapshot: healthy(t, roles)},
			} {
				for _, f := range verify.Verify(in).Findings {
					if f.Severity == verify.Error {
						t.Errorf("%s: %s: %s: %s", name, f.Code, f.Subject, f.Message)
					}
				}
			}
		})
	}
}

// healthy is an AWS in which these roles let these subjects in.
func healthy(t testing.TB, roles map[string][]string) *awsstate.State {
	t.Helper()
	accounts := map[string]bool{"111122223333": true}
	list := []any{}
	for arn, subjects := range roles {
		role, err := spec.ParseRoleARN(arn)
		if err != nil {
			continue
		}
		accounts[role.AccountID] = true
		s, err := trust.WebIdentityStatement(trust.Issuer{URL: healthyIssuer, ProviderARN: trust.ProviderARN("aws", role.AccountID, healthyIssuer)}, "sts.amazonaws.com", subjects)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, map[string]any{
			"Arn": arn, "RoleName": role.Name, "MaxSessionDuration": 3600,
			"AssumeRolePolicyDocument": `{"Version":"2012-10-17","Statement":[` + s.Text() + `]}`,
			"AttachedManagedPolicies":  []any{map[string]any{"PolicyName": "p", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}},
			"RolePolicyList":           []any{},
		})
	}
	providers := []any{}
	for account := range accounts {
		providers = append(providers, map[string]any{"Arn": trust.ProviderARN("aws", account, healthyIssuer), "Url": trust.ProviderName(healthyIssuer), "ClientIDList": []string{"sts.amazonaws.com"}, "ThumbprintList": []string{}})
	}
	text, err := json.Marshal(map[string]any{
		"account": "111122223333", "region": "eu-west-3", "cluster": map[string]any{"name": "prod", "issuer": healthyIssuer, "version": "1.31"},
		"RoleDetailList": list, "Policies": []any{}, "OpenIDConnectProviders": providers, "podIdentityAssociations": []any{},
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := awsstate.Read("healthy.json", strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", text, err))
	}
	return s
}

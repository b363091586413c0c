package verify_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// TestCodes: the table has the codes that the design names, each once and whole, and
// sts-refused for what only a trial shows.
func TestCodes(t *testing.T) {
	t.Parallel()
	design := strings.Fields(`
sub-service-account-name-mismatch sub-namespace-mismatch sub-wildcard-in-string-equals aud-key-used-for-sub
aud-value-wrong condition-key-malformed trust-condition-not-met multi-issuer-conditions-anded trust-no-web-identity-statement
trust-principal-aws-instead-of-federated federated-not-an-arn federated-provider-arn-typo federated-account-mismatch
partition-mismatch issuer-region-mismatch issuer-mismatch trust-too-wide
annotation-missing annotation-malformed annotation-wrong-key annotation-on-pod-not-serviceaccount
chart-annotation-not-rendered role-arn-malformed role-arn-is-policy-arn workload-uses-other-serviceaccount
service-account-missing static-credentials-override preset-env-blocks-injection token-file-wrong-token
token-file-not-readable profile-chain-without-web-identity region-env-missing app-assumes-own-role kiam-annotation-leftover container-not-injected
role-missing pod-identity-target-role-missing pod-identity-target-role-trust oidc-provider-missing oidc-provider-missing-cross-account oidc-provider-audience-wrong
token-audience-mismatch thumbprint-mismatch role-lacks-permissions permissions-too-wide denied-by-scp-or-boundary session-duration-too-long sts-refused imds-hop-limit policy-superseded
pod-older-than-annotation webhook-missing webhook-failing webhook-ca-stale token-request-forbidden helm-ownership-conflict annotation-removed-by-controller
controller-reverts-injection issuer-changed-stale-tokens sts-endpoint-unreachable pod-identity-overrides-irsa
pod-identity-agent-missing pod-identity-unsupported pod-identity-proxy pod-older-than-association`)
	var have []string
	for _, c := range verify.Codes() {
		have = append(have, c.Code)
		if c.Title == "" || c.Looks == "" || c.Why == "" || c.Repair == "" || !slices.Contains(verify.Links(), c.Link) || strings.HasSuffix(c.Title, ".") || !strings.HasSuffix(c.Why, ".") {
			t.Errorf("%s is not whole: %+v", c.Code, c)
		}
	}
	if !slices.Equal(have, design) {
		t.Errorf("the table has\n%v, the design\n%v", have, design)
	}
}

// TestReadSnapshotFaults: every fault is one line with what and where.
func TestReadSnapshotFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"empty":            {"", "s: empty: want a snapshot, such as `helm irsa snapshot` writes"},
		"a list":           {"[]", "s: want an object, has a list"},
		"another kind":     {"kind: ReleaseIdentity\ncluster: {}\n", "s: not a snapshot: it is an object of the kind ReleaseIdentity"},
		"something else":   {"kinds: Deployment\n", "s: not a snapshot: it has none of account, region, cluster, RoleDetailList, Policies, OpenIDConnectProviders, podIdentityAssociations, SummaryMap, accounts, clusters"},
		"two documents":    {"account: \"1\"\n---\naccount: \"2\"\n", "s:2: more than one document: want one snapshot"},
		"two values":       {"{\"account\":\"1\"}\n{}", "s:2: more than one value: want one object"},
		"broken YAML":      {"account: \"1\"\nregion: [\n", "s:2: not YAML: did not find expected node content"},
		"role without ARN": {"RoleDetailList: [{RoleName: a}]", "s: RoleDetailList[0]: the role has no Arn"},
		"role as text":     {"RoleDetailList: [a]", `s: RoleDetailList[0]: want an object, has the text "a"`},
		"document":         {"RoleDetailList: [{Arn: a/b, AssumeRolePolicyDocument: 3}]", "s: RoleDetailList[0] (b).AssumeRolePolicyDocument: want a policy, an object or text, has 3"},
		"session tags":     {"podIdentityAssociations: [{disableSessionTags: \"no\"}]", `s: podIdentityAssociations[0].disableSessionTags: want true or false, has the text "no"`},
		"client IDs":       {"OpenIDConnectProviders: [{Arn: a, ClientIDList: sts}]", `s: OpenIDConnectProviders[0].ClientIDList: want a list of texts, has the text "sts"`},
		"client ID":        {"OpenIDConnectProviders: [{Arn: a, ClientIDList: [1]}]", "s: OpenIDConnectProviders[0].ClientIDList[0]: want text, has 1"},
		"provider":         {"OpenIDConnectProviders: [{}]", "s: OpenIDConnectProviders[0]: the provider has neither Arn nor Url"},
		"session":          {"RoleDetailList: [{Arn: a, MaxSessionDuration: long}]", `s: RoleDetailList[0].MaxSessionDuration: want a number of seconds, has the text "long"`},
		"cluster":          {"cluster: prod", `s: cluster: want an object, has the text "prod"`},
		"policy":           {"Policies: [{}]", "s: Policies[0]: the policy has no Arn"},
		"misspelt":         {"roleDetailList: []", "s: roleDetailList: no key of a snapshot: want RoleDetailList"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := awsstate.Read("s", strings.NewReader(tt.text))
			if err == nil || err.Error() != tt.want {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}

// TestReadSnapshotForms: JSON, YAML, documents as object or text, encoded or not.
func TestReadSnapshotForms(t *testing.T) {
	t.Parallel()
	const document = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*"}]}`
	for name, text := range map[string]string{
		"JSON":    `{"RoleDetailList":[{"Arn":"a","AssumeRolePolicyDocument":` + document + `}]}`,
		"YAML":    "RoleDetailList:\n- Arn: a\n  AssumeRolePolicyDocument:\n    Version: \"2012-10-17\"\n    Statement: [{Effect: Deny, Principal: '*', Action: '*'}]\n",
		"text":    "RoleDetailList:\n- Arn: a\n  AssumeRolePolicyDocument: '" + document + "'\n",
		"encoded": "RoleDetailList:\n- Arn: a\n  AssumeRolePolicyDocument: '%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Deny%22%2C%22Principal%22%3A%22%2A%22%2C%22Action%22%3A%22%2A%22%7D%5D%7D'\n",
		"tabs":    "{\n\t\"RoleDetailList\": [\n\t\t{\"Arn\": \"a\", \"AssumeRolePolicyDocument\": " + document + "}]}",
	} {
		s, err := awsstate.Read("s", strings.NewReader(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !s.Roles.Read || s.Providers.Read || s.Policies.Read || s.Associations.Read || len(s.Roles.List) != 1 || s.Roles.List[0].Trust == nil || len(s.Roles.List[0].Trust.Statements()) != 1 {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestReadObjects(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"nothing":              {"", nil},
		"comments":             {"# a\n---\n# b\n---\n", nil},
		"kinds":                {"kind: A\nmetadata: {name: a}\n---\nkind: B\nmetadata: {name: b, namespace: n}\n", []string{"A a", "B n/b"}},
		"a list":               {"kind: List\nitems: [{kind: A, metadata: {name: a}}, {kind: B, metadata: {name: 1}}]\n", []string{"A a", "B 1"}},
		"JSON":                 {`{"kind":"A","metadata":{"name":"a"}}`, []string{"A a"}},
		"directives":           {"%YAML 1.1\n---\nkind: A\n...\n%YAML 1.1\n---\nkind: B\n", []string{"A without a name", "B without a name"}},
		"dashes in text":       {"kind: A\nx: |\n  ---\n  kind: B\n", []string{"A without a name"}},
		"a key twice":          {"kind: A\nmetadata: {name: a}\nmetadata: {name: b}\n", []string{"A b"}},
		"anchors":              {"kind: A\nb: &b {name: x}\nmetadata: {<<: *b}\n", []string{"A x"}},
		"definitions":          {"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\n", nil},
		"CRLF, BOM":            {"\ufeffkind: A\r\nmetadata:\r\n  name: a\r\n---\r\nkind: B\r\n", []string{"A a", "B without a name"}},
		"generateName":         {"kind: A\nmetadata: {generateName: a-}\n", []string{"A a-"}},
		"values":               {"# x\na: 1\n", []string{"the document at m:2"}},
		"two pieces in one":    {"spec: {a: 1}\nspec: {b: 2}\n", []string{"the document at m:1", "the document at m:2"}},
		"a plain equals sign":  {"kind: A\nx: =\n", []string{"A without a name"}},
		"binary and timestamp": {"kind: A\nx: !!binary aGk=\ny: 2001-01-01\n", []string{"A without a name"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, err := manifest.Read("m", strings.NewReader(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, x := range o.List {
				got = append(got, x.String())
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestReadObjectsFaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a: [1\nb: 2\n":             "m:2: not YAML: did not find expected ',' or ']'",
		"kind: A\n---\njust text\n": "m:3: not a manifest: want a mapping with apiVersion and kind",
		"? {a: b}\n: c\n":           "m:1: a key is no text",
	} {
		_, err := manifest.Read("m", strings.NewReader(text))
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestOrder: root causes first, the worst first, the earliest link first.
func TestOrder(t *testing.T) {
	t.Parallel()
	r := readAndVerify(t, `
apiVersion: v1
kind: ServiceAccount
metadata: {name: b, namespace: n, annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/b"}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: a, namespace: n, annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/a"}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, namespace: n}
spec: {template: {metadata: {annotations: {iam.amazonaws.com/role: a}}, spec: {serviceAccountName: a, containers: [{name: a, env: [{name: AWS_ACCESS_KEY_ID, value: a}]}]}}}
`, `{"RoleDetailList":[],"OpenIDConnectProviders":[],"cluster":{"issuer":"https://example.com"}}`)
	var got []string
	for _, f := range r.Findings {
		got = append(got, string(f.Severity)+" "+f.Code)
	}
	want := []string{
		"error static-credentials-override", "error oidc-provider-missing",
		"error role-missing", "error role-missing", "warning kiam-annotation-leftover",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	if r.ServiceAccounts[0].Name != "a" || r.ServiceAccounts[1].Name != "b" {
		t.Error("the accounts are not sorted")
	}
}

// TestNothing: nothing read is unknown.
func TestNothing(t *testing.T) {
	t.Parallel()
	if r := verify.Verify(verify.Input{}); r.Status != verify.Unknown || len(r.Findings) != 0 || r.ServiceAccounts == nil || r.Findings == nil {
		t.Errorf("%+v", r)
	}
}

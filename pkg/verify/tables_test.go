package verify

import (
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// value is what a YAML text in flow style holds, as manifests are read.
func value[T any](t *testing.T, text string) T {
	t.Helper()
	objects, err := manifest.Read("value", strings.NewReader("{kind: Value, metadata: {name: a}, value: "+text+"}"))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	out, ok := objects.List[0].Body["value"].(T)
	if !ok {
		t.Fatalf("%s is a %T", text, objects.List[0].Body["value"])
	}
	return out
}

// factsOf are those of manifests and a snapshot.
func factsOf(t *testing.T, manifests, snapshot string) *facts {
	t.Helper()
	objects, err := manifest.Read("manifests.yaml", strings.NewReader(manifests))
	if err != nil {
		t.Fatal(err)
	}
	in := Input{Objects: objects}
	if snapshot != "" {
		if in.Snapshot, err = awsstate.Read("snapshot.yaml", strings.NewReader(snapshot)); err != nil {
			t.Fatal(err)
		}
	}
	return newFacts(in)
}

// chainOf is the chain of service account apps/web.
func chainOf(t *testing.T, manifests, snapshot string) *chain {
	t.Helper()
	w := factsOf(t, manifests, snapshot)
	return newChain(w, named(w, key{"apps", "web"}))
}

// podOf is a pod of service account apps/web with that pod spec, in flow style.
func podOf(t *testing.T, spec string) *pod {
	t.Helper()
	c := chainOf(t, "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: apps}, spec: {serviceAccountName: web, "+spec+"}}", "")
	if len(c.a.pods) != 1 {
		t.Fatalf("%d pods of %s", len(c.a.pods), spec)
	}
	return c.a.pods[0]
}

// TestSelects: label selectors, as Kubernetes evaluates them.
func TestSelects(t *testing.T) {
	t.Parallel()
	for selector, want := range map[string]bool{
		`{}`:                    true,
		`{matchLabels: {a: x}}`: true,
		`{matchLabels: {a: y}}`: false,
		`{matchLabels: {b: x}}`: false,
		`{matchExpressions: [{key: a, operator: In, values: [x, y]}]}`:                true,
		`{matchExpressions: [{key: a, operator: In, values: [y]}]}`:                   false,
		`{matchExpressions: [{key: b, operator: In, values: [x]}]}`:                   false,
		`{matchExpressions: [{key: b, operator: In, values: [null]}]}`:                false,
		`{matchExpressions: [{key: a, operator: NotIn, values: [x]}]}`:                false,
		`{matchExpressions: [{key: a, operator: NotIn, values: [y]}]}`:                true,
		`{matchExpressions: [{key: b, operator: NotIn, values: [x]}]}`:                true,
		`{matchExpressions: [{key: a, operator: Exists}]}`:                            true,
		`{matchExpressions: [{key: b, operator: Exists}]}`:                            false,
		`{matchExpressions: [{key: a, operator: DoesNotExist}]}`:                      false,
		`{matchExpressions: [{key: b, operator: DoesNotExist}]}`:                      true,
		`{matchExpressions: [{key: a, operator: SomethingNew}]}`:                      true,
		`{matchLabels: {a: x}, matchExpressions: [{key: a, operator: DoesNotExist}]}`: false,
	} {
		if got := selects(value[map[string]any](t, selector), map[string]any{"a": "x"}); got != want {
			t.Errorf("%s: %t, want %t", selector, got, want)
		}
	}
}

// TestInNamespace: a webhook's namespaceSelector, of a Namespace that was read and of one of
// which only the name is known.
func TestInNamespace(t *testing.T) {
	t.Parallel()
	const byName = "kubernetes.io/metadata.name"
	for _, tt := range []struct {
		selector  string
		namespace string // its labels; empty where it was not read
		in, known bool
	}{
		{`{}`, "", true, true},
		{`{matchLabels: {team: a}}`, "{team: a}", true, true},
		{`{matchLabels: {team: a}}`, "{team: b}", false, true},
		{`{matchLabels: {team: a}}`, "", true, false},
		{`{matchLabels: {` + byName + `: apps}}`, "{}", true, true},
		{`{matchLabels: {` + byName + `: apps}}`, "", true, true},
		{`{matchLabels: {` + byName + `: kube-system}}`, "", false, true},
		{`{matchLabels: {` + byName + `: kube-system, team: a}}`, "", false, true},
		{`{matchLabels: {` + byName + `: apps, team: a}}`, "", true, false},
		{`{matchExpressions: [{key: ` + byName + `, operator: In, values: [apps]}]}`, "", true, true},
		{`{matchExpressions: [{key: ` + byName + `, operator: NotIn, values: [apps]}]}`, "", false, true},
		{`{matchExpressions: [{key: ` + byName + `, operator: In, values: [apps]}, {key: team, operator: Exists}]}`, "", true, false},
		{`{matchExpressions: [{key: team, operator: Exists}]}`, "", true, false},
	} {
		manifests := "{apiVersion: v1, kind: ServiceAccount, metadata: {name: web, namespace: apps}}\n"
		if tt.namespace != "" {
			manifests += "---\n{apiVersion: v1, kind: Namespace, metadata: {name: apps, labels: " + tt.namespace + "}}\n"
		}
		hook := map[string]any{"namespaceSelector": value[map[string]any](t, tt.selector)}
		if in, known := inNamespace(chainOf(t, manifests, ""), hook); in != tt.in || known != tt.known {
			t.Errorf("%s of %q: %t, known %t; want %t, known %t", tt.selector, tt.namespace, in, known, tt.in, tt.known)
		}
	}
	unknown := &chain{facts: factsOf(t, "", ""), a: &serviceAccount{}}
	if in, known := inNamespace(unknown, map[string]any{"namespaceSelector": map[string]any{"matchLabels": map[string]any{byName: "x"}}}); !in || !known {
		t.Errorf("a service account of an unknown namespace: %t, known %t", in, known)
	}
}

// TestIdentityHook: the webhook is known by the name of its entry, or of its configuration.
func TestIdentityHook(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{metadata: {name: a}, webhooks: [{name: x.example.com}, {name: pod-identity-webhook.amazonaws.com}]}`: "pod-identity-webhook.amazonaws.com",
		`{metadata: {name: a}, webhooks: [{name: x.example.com}, {name: iam-for-pods.amazonaws.com}]}`:         "iam-for-pods.amazonaws.com",
		`{metadata: {name: a}, webhooks: [{name: x.example.com}]}`:                                             "",
		`{metadata: {name: pod-identity-webhook}, webhooks: [{name: x.example.com}, {name: y.example.com}]}`:   "x.example.com",
		`{metadata: {name: pod-identity-webhook}, webhooks: []}`:                                               "",
		`{metadata: {name: pod-identity-webhook}}`:                                                             "",
	} {
		b := value[map[string]any](t, body)
		o := &manifest.Object{Kind: "MutatingWebhookConfiguration", Name: manifest.Text(b, "metadata", "name"), Body: b}
		if got := manifest.Text(identityHook(o), "name"); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

// TestDead: the webhook's Service has nobody behind it.
func TestDead(t *testing.T) {
	t.Parallel()
	const deployment = `{apiVersion: apps/v1, kind: Deployment, metadata: {name: NAME, namespace: kube-system, UID}, spec: {template: {spec: {containers: [{name: a}]}}}, status: {READY}}`
	deploymentOf := func(name, uid, ready string) string {
		return strings.NewReplacer("NAME", name, "UID", uid, "READY", ready).Replace(deployment)
	}
	const live = `uid: "1", resourceVersion: "1"`
	for manifests, want := range map[string]string{
		`{apiVersion: v1, kind: Endpoints, metadata: {name: hook, namespace: kube-system}, subsets: []}`:                               "its Service kube-system/hook has no endpoints",
		`{apiVersion: v1, kind: Endpoints, metadata: {name: hook, namespace: kube-system}}`:                                            "its Service kube-system/hook has no endpoints",
		`{apiVersion: v1, kind: Endpoints, metadata: {name: hook, namespace: kube-system}, subsets: [{addresses: [{ip: 192.0.2.1}]}]}`: "",
		`{apiVersion: v1, kind: Endpoints, metadata: {name: hook, namespace: other}}`:                                                  "",
		`{apiVersion: v1, kind: Service, metadata: {name: hook, namespace: kube-system}}`:                                              "",
		deploymentOf("hook", live, "readyReplicas: 0"):                                                                                 "Deployment kube-system/hook has no pod that is ready",
		deploymentOf("hook", live, "replicas: 1"):                                                                                      "Deployment kube-system/hook has no pod that is ready",
		deploymentOf("hook", live, "readyReplicas: 2"):                                                                                 "",
		deploymentOf("hook", "labels: {}", "replicas: 1"):                                                                              "",
		deploymentOf("other", live, "readyReplicas: 0"):                                                                                "",
	} {
		if got := dead(chainOf(t, manifests, ""), "kube-system", "hook"); got != want {
			t.Errorf("%s: %q, want %q", manifests, got, want)
		}
	}
}

// TestPositiveNumber: a number above zero, as YAML and JSON have it.
func TestPositiveNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"0": false, "1": true, "12": true, "-1": false, "[]": false} {
		if got := positiveNumber(value[any](t, text)); got != want {
			t.Errorf("%s: %t, want %t", text, got, want)
		}
	}
}

// TestSkipLabel: the label with which pods opt out; the webhook's own goes before another.
func TestSkipLabel(t *testing.T) {
	t.Parallel()
	const own = "eks.amazonaws.com/skip-pod-identity-webhook"
	for expressions, want := range map[string]string{
		`[]`:                                 "",
		`[{key: a, operator: Exists}]`:       "",
		`[{key: a, operator: DoesNotExist}]`: "a",
		`[{key: a, operator: DoesNotExist}, {key: b, operator: DoesNotExist}]`:           "a",
		`[{key: a, operator: DoesNotExist}, {key: ` + own + `, operator: DoesNotExist}]`: own,
		`[{key: ` + own + `, operator: DoesNotExist}, {key: b, operator: DoesNotExist}]`: own,
		`[{key: ` + own + `, operator: In, values: [x]}]`:                                "",
	} {
		hook := map[string]any{"objectSelector": map[string]any{"matchExpressions": value[[]any](t, expressions)}}
		if got := skipLabel(hook); got != want {
			t.Errorf("%s: %q, want %q", expressions, got, want)
		}
	}
}

// TestLabelFor: a label that a selector wants, and the selector in words.
func TestLabelFor(t *testing.T) {
	t.Parallel()
	for selector, want := range map[string][2]string{
		`{}`:                          {"LABEL: VALUE", ""},
		`{matchLabels: {b: x, a: y}}`: {`a: "y"`, "a=y,b=x"},
		`{matchExpressions: [{key: a, operator: In, values: [x, y]}]}`:                                      {`a: "x"`, "a in (x,y)"},
		`{matchExpressions: [{key: a, operator: In, values: []}]}`:                                          {"LABEL: VALUE", "a in ()"},
		`{matchExpressions: [{key: a, operator: NotIn, values: [x]}, {key: b, operator: In, values: [z]}]}`: {`b: "z"`, "a notin (x),b in (z)"},
		`{matchExpressions: [{key: a, operator: Exists}, {key: b, operator: DoesNotExist}]}`:                {"LABEL: VALUE", "a,!b"},
		`{matchLabels: {b: x}, matchExpressions: [{key: a, operator: In, values: [y]}]}`:                    {`b: "x"`, "b=x,a in (y)"},
	} {
		s := value[map[string]any](t, selector)
		if label, words := labelFor(s), wants(s); label != want[0] || words != want[1] {
			t.Errorf("%s: %s and %s, want %s and %s", selector, label, words, want[0], want[1])
		}
	}
}

// TestEgressRules: which network policies restrict what pods reach, and which of their rules
// lets pods reach an address outside at port 443, and the Pod Identity agent
// (https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/).
func TestEgressRules(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]bool{
		`{policyTypes: [Egress]}`:              true,
		`{policyTypes: [Ingress, Egress]}`:     true,
		`{policyTypes: [Ingress]}`:             false,
		`{policyTypes: [Ingress], egress: []}`: false,
		`{egress: []}`:                         true,
		`{ingress: []}`:                        false,
		`{}`:                                   false,
	} {
		if got := restrictsEgress(&manifest.Object{Body: map[string]any{"spec": value[map[string]any](t, spec)}}); got != want {
			t.Errorf("%s: %t, want %t", spec, got, want)
		}
	}
	for rule, want := range map[string]bool{
		`{}`:                                                         true,
		`{ports: [{port: 443}]}`:                                     true,
		`{ports: [{port: 443, protocol: TCP}]}`:                      true,
		`{ports: [{port: 443, protocol: UDP}]}`:                      false,
		`{ports: [{port: https}]}`:                                   true,
		`{ports: [{port: 53}]}`:                                      false,
		`{ports: [{port: 53}, {port: 443}]}`:                         true,
		`{ports: [{port: 443}, {port: 53}]}`:                         true,
		`{ports: [{protocol: TCP}]}`:                                 true,
		`{ports: [{protocol: UDP}]}`:                                 false,
		`{ports: [{port: 53, endPort: 1024}]}`:                       true,
		`{ports: [{port: 443}], to: [{ipBlock: {cidr: 0.0.0.0/0}}]}`: true,
		`{ports: [{port: 53}], to: [{ipBlock: {cidr: 0.0.0.0/0}}]}`:  false,
		`{ports: [{port: 443}], to: [{podSelector: {}}]}`:            false,
		`{to: [{podSelector: {}}, {ipBlock: {cidr: 0.0.0.0/0}}]}`:    true,
		`{to: [{ipBlock: {cidr: 0.0.0.0/0}}, {podSelector: {}}]}`:    true,
		`{to: [{namespaceSelector: {}}]}`:                            false,
		`{ports: [{port: 400, endPort: 442}]}`:                       false,
		`{ports: [{port: 443, endPort: 443}]}`:                       true,
	} {
		if got := letsOut(value[any](t, rule), toSTS); got != want {
			t.Errorf("%s: %t, want %t", rule, got, want)
		}
	}
	for rule, want := range map[string]bool{
		`{}`:                                                                  true,
		`{ports: [{port: 443}]}`:                                              false,
		`{ports: [{port: 80}]}`:                                               true,
		`{ports: [{port: 80, protocol: UDP}]}`:                                false,
		`{ports: [{port: proxy}]}`:                                            true,
		`{ports: [{port: 1, endPort: 100}]}`:                                  true,
		`{ports: [{port: 100, endPort: 200}]}`:                                false,
		`{to: [{ipBlock: {cidr: 169.254.170.23/32}}]}`:                        true,
		`{to: [{ipBlock: {cidr: "fd00:ec2::23/128"}}]}`:                       true,
		`{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}`:                               false,
		`{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16]}}]}`:      false,
		`{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}]}`:  true,
		`{to: [{ipBlock: {cidr: 10.0.0.0/8}}, {namespaceSelector: {}}]}`:      true,
		`{to: [{ipBlock: {cidr: 169.254.170.23/32}}], ports: [{port: 2703}]}`: false,
		`{to: [{ipBlock: {cidr: nonsense}}]}`:                                 false,
	} {
		if got := letsOut(value[any](t, rule), toAgent); got != want {
			t.Errorf("to the agent, %s: %t, want %t", rule, got, want)
		}
	}
}

// TestLeavesOut: what of NO_PROXY is for the agent's address.
func TestLeavesOut(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]bool{
		"":                           false,
		"localhost, 169.254.170.23":  true,
		"169.254.170.24":             false,
		"*":                          true,
		"a*":                         false,
		"169.254.170.23:80":          true,
		"169.254.170.23:443":         false,
		"169.254.170.24:80":          false,
		"169.254.0.0/16":             true,
		"10.0.0.0/8":                 false,
		"169.254.170.23.example.com": false,
		"[fd00:ec2::23]":             false,
	} {
		if got := leavesOut(list, agentAddress); got != want {
			t.Errorf("%q: %t, want %t", list, got, want)
		}
	}
	for list, want := range map[string]bool{"[fd00:ec2::23]": true, "fd00:ec2::23": true, "[fd00:ec2::23]:80": true, "fd00:ec2::/32": true, "169.254.170.23": false} {
		if got := leavesOut(list, agentAddress6); got != want {
			t.Errorf("%q over IPv6: %t, want %t", list, got, want)
		}
	}
}

// TestSplitKey: condition keys of tokens, of AWS, and what people write in their place.
func TestSplitKey(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		issuer, claim string
		ok            bool
	}{
		"oidc.example.com/id/A:sub":         {"oidc.example.com/id/A", "sub", true},
		"oidc.example.com:8443/id:aud":      {"oidc.example.com:8443/id", "aud", true},
		"aws:SourceIp":                      {"aws", "SourceIp", false},
		"AWS:SourceIp":                      {"AWS", "SourceIp", false},
		"sts:ExternalId":                    {"sts", "ExternalId", false},
		"sub":                               {"", "sub", true},
		"SUB":                               {"", "SUB", true},
		"sum":                               {"sum", "", false},
		"oidc.example.com/id/A":             {"oidc.example.com/id/A", "", true},
		":sub":                              {"", "sub", true},
		":x":                                {"", "x", false},
		"https://oidc.example.com/id/A":     {"https://oidc.example.com/id/A", "", true},
		"https://oidc.example.com/id/A:sub": {"https://oidc.example.com/id/A", "sub", true},
		"arn:aws:iam::111122223333:oidc-provider/a.b/id/A": {"arn:aws:iam::111122223333:oidc-provider/a.b/id/A", "", true},
		"oidc.example.com:8443/id":                         {"oidc.example.com", "8443/id", true},
		"saml:aud":                                         {"saml", "aud", true},
		"saml:doc":                                         {"saml", "doc", false},
		"a/b:doc":                                          {"a/b", "doc", true},
	} {
		if issuer, claim, ok := splitKey(text); issuer != want.issuer || claim != want.claim || ok != want.ok {
			t.Errorf("%s: %q, %q, %t; want %q, %q, %t", text, issuer, claim, ok, want.issuer, want.claim, want.ok)
		}
	}
}

// TestClusterInternal: issuers that nobody outside of the cluster finds.
func TestClusterInternal(t *testing.T) {
	t.Parallel()
	for issuer, want := range map[string]bool{
		"kubernetes.default.svc": true, "kubernetes.default.svc.cluster.local:443/x": true, "a.local": true, "a.internal": true,
		"kubernetes": true, "kubernetes/x": true, "localhost:6443": true, "oidc.example.com/kubernetes": false, "svc.example.com": false, "": false, "/x": false,
	} {
		if got := clusterInternal(issuer); got != want {
			t.Errorf("%q: %t, want %t", issuer, got, want)
		}
	}
}

// TestIssuersOfEKS: what has EKS's form but for the region, and what speaks of EKS and has not.
func TestIssuersOfEKS(t *testing.T) {
	t.Parallel()
	const a = "oidc.eks.eu-west-3.amazonaws.com/id/A"
	for other, want := range map[string]bool{
		"oidc.eks.us-east-1.amazonaws.com/id/A": true, "oidc.eks.us-east-1.amazonaws.com/id/B": false, a: false, "oidc.example.com/id/A": false,
		"oidc.eks.cn-north-1.amazonaws.com.cn/id/A": true,
	} {
		if otherRegion(a, other) != want || otherRegion(other, a) != want {
			t.Errorf("%s: want %t", other, want)
		}
	}
	for name, want := range map[string]bool{
		a: false, "oidc.eks.cn-north-1.amazonaws.com.cn/id/A": false, "oidc.eks.cn-north-1.amazonaws.com/id/A": true,
		"oidc.eks.eu-west-3.amazonaws.com.cn/id/A": true, "oidc.eks.eu-west-3.amazonaws.com": true, "eks.example.com": false, "oidc.example.com": false,
		"oidc.eks.us-iso-east-1.c2s.ic.gov/id/A": false,
	} {
		if got := malformedEKS(name); got != want {
			t.Errorf("%s: %t, want %t", name, got, want)
		}
	}
}

// TestSplitARN: an ARN has six parts, and the last of them may have colons.
func TestSplitARN(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]arnParts{
		"arn:aws:iam::111122223333:oidc-provider/a:8443/b": {"aws", "iam", "", "111122223333", "oidc-provider/a:8443/b"},
		"arn:aws:eks:eu-west-3:1:":                         {"aws", "eks", "eu-west-3", "1", ""},
		"arn:aws:iam::111122223333":                        {}, "am:aws:iam::1:x": {}, "": {},
	} {
		got, ok := splitARN(text)
		if got != want || ok != (want != arnParts{}) {
			t.Errorf("%q: %+v, %t; want %+v", text, got, ok, want)
		}
	}
}

// TestProfiles: the sections of an AWS configuration file.
func TestProfiles(t *testing.T) {
	t.Parallel()
	got := profiles("# comment\nbefore = lost\n[default]\nrole_arn = a=b\n # c = d\n[half\nRegion=eu-west-3\nhalf]\n\n[profile other ]\nx=\n[profile third]\n")
	want := []profile{
		{"default", map[string]string{"role_arn": "a=b", "region": "eu-west-3"}},
		{"other", map[string]string{"x": ""}},
		{"third", map[string]string{}},
	}
	if len(got) != len(want) {
		t.Fatalf("%q", got)
	}
	for i := range want {
		if got[i].name != want[i].name || len(got[i].fields) != len(want[i].fields) {
			t.Errorf("%q, want %q", got[i], want[i])
		}
		for k, v := range want[i].fields {
			if got[i].fields[k] != v {
				t.Errorf("%q, want %q", got[i], want[i])
			}
		}
	}
}

// TestWithoutToken: profiles that assume a role by other credentials than the pod's token.
func TestWithoutToken(t *testing.T) {
	t.Parallel()
	const role = "[profile app]\nrole_arn = arn:aws:iam::111122223333:role/app\n"
	for _, tt := range []struct {
		text  string
		agent bool
		why   string
	}{
		{role, false, ""},
		{role + "credential_source = Ec2InstanceMetadata\n", false, "credential_source = Ec2InstanceMetadata"},
		{role + "credential_source = EcsContainer\n", false, "credential_source = EcsContainer"},
		{role + "credential_source = EcsContainer\n", true, ""},
		{role + "credential_source = Environment\n", true, "credential_source = Environment"},
		{"[profile app]\ncredential_source = Environment\n", false, ""},
		{role + "credential_source = Environment\nweb_identity_token_file = /t\n", false, ""},
		{role + "source_profile = base\n", false, ""},
		{role + "source_profile = base\n[profile base]\naws_access_key_id = A\n", false, "source_profile = base, which has no web_identity_token_file"},
		{role + "source_profile = base\n[profile base]\nweb_identity_token_file = /t\n", false, ""},
		{role + "source_profile = base\n[profile base]\nrole_arn = x\n", false, ""},
		{role + "source_profile = base\n[profile base]\ncredential_process = x\n", false, ""},
		{role + "source_profile = app\n", false, ""},
		{role + "web_identity_token_file = /absent\n", true, "web_identity_token_file = /absent, which nobody mounts: the service account has a Pod Identity association"},
		{"[profile app]\nweb_identity_token_file = /absent\n", true, ""},
	} {
		out, why := withoutToken(profiles(tt.text), tt.agent, func(file string) bool { return file == "/absent" })
		if got := strings.Join(why, "; "); got != tt.why || len(out) != len(why) {
			t.Errorf("%s (agent %t): %q, want %q", tt.text, tt.agent, got, tt.why)
		}
	}
}

// TestParseSeconds: numbers and durations.
func TestParseSeconds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"3600": 3600, " 900 ": 900, "1h": 3600, "90s": 90, "soon": 0, "": 0} {
		if got := parseSeconds(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// TestMinorVersion: the cluster's, as EKS and kubectl write it.
func TestMinorVersion(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]int{"1.31": 31, "v1.18.9-eks-d1db3c": 18, "1.19+": 19, "1": -1, "": -1, "1.x": -1} {
		got, known := minorVersion(&chain{facts: &facts{snapshot: &awsstate.State{Cluster: awsstate.Cluster{Version: version}}}})
		if known != (want >= 0) || known && got != want {
			t.Errorf("%q: %d, %t; want %d", version, got, known, want)
		}
	}
}

// TestUsers: as whom the containers of a pod run, and whether the token's volume is for all.
func TestUsers(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]struct {
		common  string
		same    bool
		nonRoot string
	}{
		`containers: [{name: a}]`: {"", true, ""},
		`securityContext: {runAsUser: 1000}, containers: [{name: a}, {name: b}]`:                                     {"1000", true, "user 1000"},
		`securityContext: {runAsUser: 1000}, containers: [{name: a}, {name: b, securityContext: {runAsUser: 1000}}]`: {"1000", true, "user 1000"},
		`securityContext: {runAsUser: 1000}, containers: [{name: a}, {name: b, securityContext: {runAsUser: 0}}]`:    {"", false, "user 1000"},
		`containers: [{name: a, securityContext: {runAsUser: 1}}, {name: b}]`:                                        {"", false, "user 1"},
		`containers: [{name: a, securityContext: {runAsUser: 0}}]`:                                                   {"0", true, ""},
		`containers: [{name: a, securityContext: {runAsUser: 0}}, {name: b, securityContext: {runAsNonRoot: true}}]`: {"", false, "another user than root"},
		`securityContext: {runAsNonRoot: false}, containers: [{name: a}]`:                                            {"", true, ""},
		`containers: []`: {"", true, ""},
	} {
		p := podOf(t, spec)
		common, same := commonUser(p)
		if common != want.common || same != want.same || nonRoot(p) != want.nonRoot {
			t.Errorf("%s: %q, %t, %q; want %q, %t, %q", spec, common, same, nonRoot(p), want.common, want.same, want.nonRoot)
		}
	}
	for volume, want := range map[string]string{
		`{defaultMode: 0o600, sources: [{serviceAccountToken: {audience: sts.amazonaws.com}}]}`:                                         "0o600",
		`{defaultMode: 384, sources: [{serviceAccountToken: {audience: sts.amazonaws.com}}]}`:                                           "384",
		`{defaultMode: 420, sources: [{serviceAccountToken: {audience: sts.amazonaws.com}}]}`:                                           "",
		`{defaultMode: 388, sources: [{serviceAccountToken: {audience: sts.amazonaws.com}}]}`:                                           "",
		`{defaultMode: 385, sources: [{serviceAccountToken: {audience: sts.amazonaws.com}}]}`:                                           "385",
		`{defaultMode: 387, sources: [{serviceAccountToken: {audience: sts.amazonaws.com}}]}`:                                           "387",
		`{defaultMode: x, sources: [{serviceAccountToken: {audience: sts.amazonaws.com}}]}`:                                             "",
		`{defaultMode: 384, sources: [{serviceAccountToken: {audience: vault}}]}`:                                                       "",
		`{sources: [{serviceAccountToken: {audience: sts.amazonaws.com}}]}`:                                                             "",
		`{defaultMode: 384, sources: [{serviceAccountToken: {audience: vault}}, {serviceAccountToken: {audience: sts.amazonaws.com}}]}`: "384",
	} {
		got, ok := ownMode(podOf(t, `volumes: [{name: t, projected: `+volume+`}], containers: [{name: a}]`))
		if got != want || ok != (want != "") {
			t.Errorf("%s: %q, %t; want %q", volume, got, ok, want)
		}
	}
}

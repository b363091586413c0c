package verify

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// TestMendARN: what is certain of an ARN that is none is put right, else the form stands.
func TestMendARN(t *testing.T) {
	t.Parallel()
	const role, form = "arn:aws:iam::111122223333:role/web", "arn:aws:iam::444455556666:role/NAME"
	for arn, want := range map[string]string{
		role:                                      role,
		" " + role + "\n":                         role,
		"role: " + role:                           role,
		"am:aws:iam::111122223333:role/web":       role,
		"rn:aws-cn:iam::111122223333:role/web":    "arn:aws-cn:iam::111122223333:role/web",
		"x arn:aws-cn:iam::111122223333:role/web": "arn:aws-cn:iam::111122223333:role/web",
		"arn:aws-cn:sts::111122223333:assumed-role/web/session": "arn:aws-cn:iam::111122223333:role/web",
		"arn:aws-cn:iam:111122223333:role/a/web":                "arn:aws-cn:iam::111122223333:role/a/web",
		"111122223333:role/web":                                 role,
		"arn:aws:iam::111122223333:role:web":                    role,
		`"arn:aws:iam::111122223333:role/web"`:                  role,
		"arn:aws:iam::${ACCOUNT}:role/team/web":                 "arn:aws:iam::444455556666:role/team/web",
		"arn:aws:iam::${ACCOUNT}:role/${NAME}":                  form,
		"arn:aws:iam::111122223333:instance-profile/web":        form,
		"web": form,
		"":    form,
	} {
		if got := mendARN(arn, form); got != want {
			t.Errorf("%q: %q, want %q", arn, got, want)
		}
	}
	if got := mendARN("arn:aws:iam::${ACCOUNT}:role/web", role); got != role {
		t.Errorf("beside a role: %q", got)
	}
	if got := mendARN("arn:aws:iam::111122223333:role/web/", form); got != form {
		t.Errorf("with nothing behind the last slash: %q", got)
	}
}

// TestIsAudience: what stands for an audience, and what for a subject.
func TestIsAudience(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"sts.amazonaws.com": true, "sts.amazonaws.com ": true, "https://vault.example.com": true, "sts.amazonaws.con": true, "eks.amazonaws.com": true,
		"amazonaws.com.example": false, "repo:example/app": false, "http://x": false, "": false,
	} {
		if got := isAudience(text); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	}
}

// TestLikeness: a name that is right counts more than a namespace, and both more than what is
// nearly right.
func TestLikeness(t *testing.T) {
	t.Parallel()
	want := key{"apps", "server"}
	for _, lines := range [][]string{
		{"system:serviceaccount:apps:server"},
		{"system:serviceaccount:other:server"},
		{"system:serviceaccount:apps:servre"},
		{"system:serviceaccount:apps:x"},
		{"system:serviceaccount:other:servre"},
		{"system:serviceaccount:other:x"},
		{"sts.amazonaws.com", "system:serviceaccount:apps", ""},
	} {
		for _, v := range lines {
			if a, b := likeness(v, want), likeness(lines[0], want); a != b {
				t.Errorf("%q counts %d, %q %d", v, a, lines[0], b)
			}
		}
	}
	ranks := []int{
		likeness("system:serviceaccount:apps:server", want), likeness("system:serviceaccount:other:server", want),
		likeness("system:serviceaccount:apps:servre", want), likeness("system:serviceaccount:apps:x", want),
		likeness("system:serviceaccount:other:servre", want), likeness("system:serviceaccount:other:x", want), likeness("x", want),
	}
	if got, want := fmt.Sprint(ranks), "[6 4 4 3 2 1 0]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestClosestOfMany: of equal values the first, and of as many as are gone through without an
// index, and more.
func TestClosestOfMany(t *testing.T) {
	t.Parallel()
	w := &facts{}
	indexObjects(w)
	for _, n := range []int{1, fewValues - 1, fewValues, fewValues + 1, 40} {
		for _, odd := range []string{"sts.amazonaws.com", "system:serviceaccount:x:y"} {
			values := slices.Repeat([]string{odd}, n)
			values[n-1] = "system:serviceaccount:apps:web"
			best, rank := closest(w, values, key{"apps", "web"})
			if best != values[n-1] || rank != 6 {
				t.Errorf("of %d: %q, %d", n, best, rank)
			}
			best, rank = closest(w, slices.Clone(values[:n-1]), key{"apps", "web"})
			want := map[bool]int{true: -1, false: likeness(odd, key{"apps", "web"})}[n == 1]
			if rank != want || n > 1 && best != odd {
				t.Errorf("of %d others: %q, %d; want %d", n-1, best, rank, want)
			}
		}
	}
	values := slices.Repeat([]string{"x"}, 20)
	values[7], values[9] = "system:serviceaccount:a:b", "system:serviceaccount:c:d"
	if best, _ := closest(w, values, key{"apps", "web"}); best != values[7] {
		t.Errorf("the first that is a subject: %q", best)
	}
	if best, _ := closest(w, values, key{"c", "web"}); best != values[9] {
		t.Errorf("asked again, for another: %q", best)
	}
}

// TestRequestOf: the cluster of an association is that of its ARN, else that of the snapshot,
// where all is known that its ARN is made of.
func TestRequestOf(t *testing.T) {
	t.Parallel()
	const own = "arn:aws:eks:eu-west-1:444455556666:podidentityassociation/other/a-1"
	for snapshot, want := range map[string][2]string{
		`{account: "111122223333", region: eu-west-3, cluster: {name: prod}}`: {"prod", "arn:aws:eks:eu-west-3:111122223333:cluster/prod"},
		`{region: eu-west-3, cluster: {name: prod}}`:                          {"prod", ""},
		`{account: "111122223333", cluster: {name: prod}}`:                    {"prod", ""},
		`{account: "111122223333", region: eu-west-3}`:                        {"", ""},
	} {
		c := chainOf(t, "", snapshot)
		if got := requestOf(c, &awsstate.Association{}); got.ClusterName != want[0] || got.ClusterARN != want[1] {
			t.Errorf("%s: %q and %q, want %q", snapshot, got.ClusterName, got.ClusterARN, want)
		}
		if got := requestOf(c, &awsstate.Association{ARN: own}); got.ClusterName != "other" || got.ClusterARN != "arn:aws:eks:eu-west-1:444455556666:cluster/other" {
			t.Errorf("of the association: %q and %q", got.ClusterName, got.ClusterARN)
		}
		if got := requestOf(c, &awsstate.Association{ARN: "arn:aws:eks:eu-west-1:444455556666:other/x"}); got.ClusterName != want[0] {
			t.Errorf("of another ARN: %q", got.ClusterName)
		}
	}
	c := chainOf(t, "", "")
	c.role = &awsstate.Role{Tags: map[string]string{"team": "a"}}
	if got := requestOf(c, &awsstate.Association{}); got.RoleTags["team"] != "a" {
		t.Errorf("the role's tags: %v", got.RoleTags)
	}
}

// TestTargetStatement: of a cluster that is not known, the statement is for all that have the
// association's role; without session tags it does not let them be set.
func TestTargetStatement(t *testing.T) {
	t.Parallel()
	c := chainOf(t, "", "")
	c.roleARN = "arn:aws:iam::111122223333:role/web"
	for noTags, want := range map[bool]string{
		false: `{"Action":["sts:AssumeRole","sts:TagSession"],"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/web"}}`,
		true:  `{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/web"}}`,
	} {
		c.association = &awsstate.Association{NoSessionTags: noTags}
		if got := targetStatement(c); got != want {
			t.Errorf("without tags %t: %s, want %s", noTags, got, want)
		}
	}
}

// TestProvider: of several providers of an issuer the first counts, with its ARN or without.
func TestProvider(t *testing.T) {
	t.Parallel()
	const (
		bare   = `{Url: issuer.example.com, ClientIDList: [bare]}`
		whole  = `{Arn: "arn:aws:iam::111122223333:oidc-provider/issuer.example.com", Url: issuer.example.com, ClientIDList: [whole]}`
		abroad = `{Arn: "arn:aws:iam::444455556666:oidc-provider/issuer.example.com", Url: issuer.example.com, ClientIDList: [abroad]}`
		other  = `{Url: other.example.com, ClientIDList: [other]}`
	)
	for list, want := range map[string]string{
		"": "", bare: "bare", whole: "whole", bare + ", " + whole: "bare", whole + ", " + bare: "whole", abroad: "", abroad + ", " + bare: "bare", other: "", other + ", " + whole: "whole",
	} {
		c := chainOf(t, `{apiVersion: v1, kind: ServiceAccount, metadata: {name: web, namespace: apps, annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/web"}}}`,
			`{account: "111122223333", region: eu-west-3, cluster: {issuer: "https://issuer.example.com"}, OpenIDConnectProviders: [`+list+`]}`)
		got := ""
		if p := provider(c); p != nil {
			got = p.ClientIDs.List[0]
		}
		if got != want {
			t.Errorf("[%s]: %q, want %q", list, got, want)
		}
		if elsewhere := providerElsewhere(c); (elsewhere == nil) != (list == "" || list == other) {
			t.Errorf("[%s]: elsewhere %v", list, elsewhere)
		}
	}
}

// statementsOf are those of a trust policy.
func statementsOf(t *testing.T, statements ...string) []trust.Statement {
	t.Helper()
	d, err := trust.Parse(`{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`)
	if err != nil {
		t.Fatal(err)
	}
	return d.Statements()
}

// TestForTokensAlone: statements that allow nothing but to come with a token.
func TestForTokensAlone(t *testing.T) {
	t.Parallel()
	for action, want := range map[string]bool{
		`"Action":"sts:AssumeRoleWithWebIdentity"`: true, `"Action":"STS:assumerolewithwebidentity"`: true,
		`"Action":["sts:AssumeRoleWithWebIdentity","sts:AssumeRole"]`: false, `"Action":"sts:*"`: false,
		`"NotAction":"sts:AssumeRoleWithWebIdentity"`: false,
	} {
		s := statementsOf(t, `{"Effect":"Allow","Principal":"*",`+action+`}`)[0]
		if got := forTokensAlone(s); got != want {
			t.Errorf("%s: %t, want %t", action, got, want)
		}
	}
}

// TestBindsToken: conditions that only a token of one issuer, for subjects that are named,
// meets.
func TestBindsToken(t *testing.T) {
	t.Parallel()
	for condition, want := range map[string]bool{
		`{"StringEquals":{"issuer.example.com/x:sub":"system:serviceaccount:apps:web"}}`:         true,
		`{"StringLike":{"issuer.example.com/x:sub":"system:serviceaccount:apps:web"}}`:           true,
		`{"StringLike":{"issuer.example.com/x:sub":"system:serviceaccount:apps:*"}}`:             false,
		`{"StringLike":{"issuer.example.com/x:sub":["system:serviceaccount:apps:web","a?"]}}`:    false,
		`{"StringEquals":{"issuer.example.com/x:sub":"system:serviceaccount:apps:*"}}`:           true,
		`{"StringNotEquals":{"issuer.example.com/x:sub":"system:serviceaccount:apps:web"}}`:      false,
		`{"StringEqualsIfExists":{"issuer.example.com/x:sub":"system:serviceaccount:apps:web"}}`: false,
		`{"StringEquals":{"issuer.example.com/x:aud":"sts.amazonaws.com"}}`:                      false,
		`{"StringEquals":{"issuer:sub":"system:serviceaccount:apps:web"}}`:                       false,
		`{"StringEquals":{"aws:sub":"system:serviceaccount:apps:web"}}`:                          false,
	} {
		s := statementsOf(t, `{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRoleWithWebIdentity","Condition":`+condition+`}`)[0]
		if got := bindsToken(s.Conditions()[0]); got != want {
			t.Errorf("%s: %t, want %t", condition, got, want)
		}
	}
}

// TestDescribes: objects whose roles are not settings of an application.
func TestDescribes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{apiVersion: v1, kind: ConfigMap, metadata: {name: aws-auth, namespace: kube-system}}`: true,
		`{apiVersion: v1, kind: ConfigMap, metadata: {name: aws-auth, namespace: apps}}`:        false,
		`{apiVersion: v1, kind: ConfigMap, metadata: {name: web, namespace: kube-system}}`:      false,
		`{apiVersion: v1, kind: ConfigMap, metadata: {name: pod-identity-webhook}}`:             true,
		`{apiVersion: v1, kind: Secret, metadata: {name: aws-auth, namespace: kube-system}}`:    false,
		`{apiVersion: v1, kind: Secret, metadata: {name: pod-identity-webhook}}`:                false,
		`{apiVersion: v1, kind: Event, metadata: {name: a}}`:                                    true,
		`{apiVersion: v1, kind: ServiceAccount, metadata: {name: a}}`:                           true,
		`{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}`:                          false,
		`{apiVersion: iam.services.k8s.aws/v1alpha1, kind: Role, metadata: {name: a}}`:          true,
	} {
		objects, err := manifest.Read("m", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := describes(&objects.List[0]); got != want {
			t.Errorf("%s: %t, want %t", text, got, want)
		}
	}
}

// TestMounting: which container mounts a volume, and whether the SDKs read a file there.
func TestMounting(t *testing.T) {
	t.Parallel()
	const mount = `volumeMounts: [{name: other, mountPath: /o}, {name: v, mountPath: `
	for spec, want := range map[string]string{
		`containers: [{name: a, ` + mount + `/root/.aws}]}]`:                                                                                    "a true",
		`containers: [{name: a, ` + mount + `/root/.aws/credentials}]}]`:                                                                        "a true",
		`containers: [{name: a, ` + mount + `/etc/aws/}]}]`:                                                                                     "a false",
		`containers: [{name: a, ` + mount + `/root/.aws/x/y}]}]`:                                                                                "a false",
		`containers: [{name: a, env: [{name: AWS_SHARED_CREDENTIALS_FILE, value: /etc/aws/credentials}], ` + mount + `/etc/aws/}]}]`:            "a true",
		`containers: [{name: a, env: [{name: AWS_SHARED_CREDENTIALS_FILE, value: /etc/aws/credentials}], ` + mount + `/etc/aws/credentials}]}]`: "a true",
		`containers: [{name: a, env: [{name: AWS_CONFIG_FILE, value: /etc//aws/config}], ` + mount + `/etc/aws}]}]`:                             "a true",
		`containers: [{name: a, env: [{name: AWS_CONFIG_FILE, value: /etc/aws2/config}], ` + mount + `/etc/aws}]}]`:                             "a false",
		`containers: [{name: a, env: [{name: AWS_CONFIG_FILE, value: ""}], ` + mount + `.}]}]`:                                                  "a false",
		`containers: [{name: a}, {name: b, ` + mount + `/root/.aws}]}]`:                                                                         "b true",
		`initContainers: [{name: i, ` + mount + `/x}]}], containers: [{name: a, ` + mount + `/root/.aws}]}]`:                                    "i false",
		`containers: [{name: a, volumeMounts: [{name: other, mountPath: /root/.aws}]}]`:                                                         "",
	} {
		got := ""
		if ct, profile, ok := mounting(nil, podOf(t, spec), "v"); ok {
			got = fmt.Sprintf("%s %t", ct.name, profile)
		} else if profile {
			got = "a profile without a container"
		}
		if got != want {
			t.Errorf("%s: %q, want %q", spec, got, want)
		}
	}
}

// TestTextsOf: the texts of ConfigMaps and Secrets; what is no base64 where it has to be is none.
func TestTextsOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{kind: ConfigMap, metadata: {name: a}, data: {b: eA==, a: x, c: [1]}}`:                              "[{a x} {b eA==}]",
		`{kind: Secret, metadata: {name: a}, data: {b: eA==, a: "not base64"}, stringData: {c: eA==, d: 5}}`: "[{b x} {c eA==} {d 5}]",
		`{kind: Secret, metadata: {name: a}, data: {a: [1], b: " eA==\n"}}`:                                  "[{b x}]",
	} {
		objects, err := manifest.Read("m", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(textsOf(&objects.List[0])); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// TestIsHook: the webhook's container, and what it was told.
func TestIsHook(t *testing.T) {
	t.Parallel()
	const hook = `{name: pod-identity-webhook, image: example/irsa:1, command: [/webhook, --in-cluster=false, --token-audience, own, --annotation-prefix=irsa], args: [--flag, --last]}`
	of := func(name, containers string) (string, map[string]string) {
		c := chainOf(t, `{apiVersion: apps/v1, kind: Deployment, metadata: {name: `+name+`, namespace: kube-system}, spec: {template: {spec: {serviceAccountName: x, containers: [`+containers+`]}}}}`, "")
		for _, ct := range c.facts.pods[0].containers() {
			if isHook(c.facts.pods[0], ct) {
				return ct.name, flagsOf(ct)
			}
		}
		return "", nil
	}
	name, flags := of("x", `{name: side, command: [/webhook]}, `+hook)
	if name != "pod-identity-webhook" || flags["token-audience"] != "own" || flags["annotation-prefix"] != "irsa" || flags["in-cluster"] != "false" || len(flags) != 5 {
		t.Errorf("%s: %v", name, flags)
	}
	for text, want := range map[string]string{
		`{name: main, command: [/webhook]}`:                          "main",
		`{name: main, image: example/pod-identity-webhook:1}`:        "main",
		`{name: main, image: example/x, command: [/run]}`:            "",
		`{name: a, command: [/run]}, {name: b, command: [/webhook]}`: "b",
	} {
		if got, _ := of("my-pod-identity-webhook", text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
		if got, _ := of("other", text); got != "" {
			t.Errorf("of another Deployment, %s: %q", text, got)
		}
	}
	settings := hookSettings{entries: map[string]hookEntry{"apps/web": {RoleARN: "a"}, "*/web": {RoleARN: "b"}, "apps/none": {}}}
	for k, want := range map[key]string{{"apps", "web"}: "a", {"other", "web"}: "b", {"apps", "none"}: "", {"apps", "x"}: ""} {
		if e, ok := settings.entry(k); e.RoleARN != want || ok != (want != "") {
			t.Errorf("%v: %v, %t", k, e, ok)
		}
	}
}

// TestEnv: where a variable's value comes from; the last of a name counts.
func TestEnv(t *testing.T) {
	t.Parallel()
	p := podOf(t, `containers: [{name: a, env: [
  {name: A, value: first}, {name: A, value: last}, {name: N, value: 5},
  {name: S, valueFrom: {secretKeyRef: {name: s, key: k, optional: true}}},
  {name: C, valueFrom: {configMapKeyRef: {name: c, key: k}}},
  {name: F, valueFrom: {fieldRef: {fieldPath: metadata.name}}},
  {name: R, valueFrom: {resourceFieldRef: {containerName: x, resource: limits.cpu}}}]}]`)
	for name, want := range map[string]string{
		"A": "last||false|{  }", "N": "5||false|{  }", "S": "|secretKey s k|true|{Secret s k}", "C": "|configMapKey c k|false|{ConfigMap c k}",
		"F": "|field metadata.name|false|{  }", "R": "|resourceField|false|{  }",
	} {
		v, ok := p.containers()[0].env(name)
		if got := fmt.Sprintf("%s|%s|%t|%v", v.value, v.from, v.optional, v.ref); got != want || !ok {
			t.Errorf("%s: %s, %t; want %s", name, got, ok, want)
		}
	}
	if v, ok := p.containers()[0].env("X"); ok || v.name != "" {
		t.Errorf("a variable that is not there: %v", v)
	}
}

// TestQuoteAll: the values of a list, as far as a message has room.
func TestQuoteAll(t *testing.T) {
	t.Parallel()
	values := slices.Repeat([]string{"a"}, manyQuoted+2)
	for n, want := range map[int]string{0: "no audience", 1: `"a"`, 2: `"a", "a"`} {
		if got := quoteAll(values[:n]); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
	for n, more := range map[int]string{manyQuoted: "", manyQuoted + 1: " and 1 more", manyQuoted + 2: " and 2 more"} {
		if got := quoteAll(values[:n]); strings.Count(got, `"a"`) != manyQuoted || !strings.HasSuffix(got, `"a"`+more) {
			t.Errorf("%d: %s", n, got)
		}
	}
}

// TestAsYAML: what YAML reads as a text of its own needs quotes.
func TestAsYAML(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"web": "web", "a/b:c": "a/b:c", "a:": `"a:"`, "-a": `"-a"`, "": `""`, "a b": `"a b"`, "*": `"*"`} {
		if got := asYAML(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

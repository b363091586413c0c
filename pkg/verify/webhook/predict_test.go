package webhook

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

const (
	ledger = "arn:aws:iam::444455556666:role/ledger"
	path0  = "/var/run/secrets/eks.amazonaws.com/serviceaccount"
	pods0  = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount"
)

// theAccount is acct in namespace shop, with the annotations below the prefix, given in
// pairs.
func theAccount(pairs ...string) Account {
	a := Account{Namespace: "shop", Name: "acct", Annotations: map[string]string{}}
	for i := 0; i < len(pairs); i += 2 {
		a.Annotations["eks.amazonaws.com/"+pairs[i]] = pairs[i+1]
	}
	return a
}

func withRole(pairs ...string) Account { return theAccount(append(pairs, "role-arn", ledger)...) }

// decode reads the JSON of a case.
func decode(t testing.TB, text string) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return o
}

// podOf is a pod of namespace shop that runs as acct, with more fields of metadata and
// of spec.
func podOf(meta, spec string) string {
	if meta != "" {
		meta = "," + meta
	}
	return `{"metadata":{"name":"till","namespace":"shop"` + meta + `},"spec":{"serviceAccountName":"acct",` + spec + `}}`
}

func annotated(name, value string) string {
	return fmt.Sprintf(`"annotations":{%q:%q}`, "eks.amazonaws.com/"+name, value)
}

const one = `"containers":[{"name":"web"}]`

// summary says what an Injection does, a line a thing: method and role; the volume; the
// containers with the variables, "mount" and, in brackets, what is noted; the notes.
func summary(in Injection) string {
	var b strings.Builder
	if in.Method == "" {
		fmt.Fprintf(&b, "left: %s\n", in.Reason)
	} else {
		fmt.Fprintf(&b, "%s %s\n", in.Method, in.Role+in.FullURI)
		sign, life := "has", fmt.Sprint(in.Volume.Token.Expiration)
		if in.Volume.Added {
			sign = "add"
		}
		if least := in.Volume.Token.MinExpiration; least != in.Volume.Token.Expiration {
			life = fmt.Sprintf("%d-%s", least, life)
		}
		fmt.Fprintf(&b, "%s %s %s %s %s\n", sign, in.Volume.Name, in.Volume.Token.Path, in.Volume.Token.Audience, life)
	}
	if in.Label != "" {
		fmt.Fprintf(&b, "label %s\n", in.Label)
	}
	for _, c := range in.Containers {
		fmt.Fprintf(&b, "%s %s:", strings.TrimPrefix(c.Path, "spec."), c.Name)
		for _, e := range c.Env {
			fmt.Fprintf(&b, " %s=%s", e.Name, e.Value)
		}
		if c.Mount {
			fmt.Fprintf(&b, " mount")
		}
		for _, n := range c.Notes {
			fmt.Fprintf(&b, " (%s%s)", n.Code, strings.TrimPrefix(n.Path, c.Path))
		}
		fmt.Fprintln(&b)
	}
	for _, n := range in.Notes {
		fmt.Fprintf(&b, "note %s\n", n.Code)
	}
	return b.String()
}

// What most cases have in common.
const (
	irsa   = "web-identity " + ledger + "\n"
	volume = "add aws-iam-token token sts.amazonaws.com 86400\n"
	keys   = " AWS_ROLE_ARN=" + ledger + " AWS_WEB_IDENTITY_TOKEN_FILE=" + path0 + "/token"
	web    = "containers[0] web:" + keys + " mount\n"
)

type predictCase struct {
	name    string
	account Account
	pod     string
	config  func(*Config) // changes Defaults; nil: nothing
	want    string
}

var accountCases = []predictCase{
	{"a role", withRole(), podOf("", one), nil, irsa + volume + web},
	{"no annotation", theAccount(), podOf("", one), nil, "left: no-role-arn\ncontainers[0] web:\nnote no-role-arn\n"},
	{"an empty annotation", theAccount("role-arn", ""), podOf("", one), nil, "left: empty-role-arn\ncontainers[0] web:\nnote empty-role-arn\n"},
	{"no such account", Account{}, podOf("", one), nil, "left: account-missing\ncontainers[0] web:\nnote account-missing\n"},
	{
		"an account of another namespace",
		Account{Namespace: "depot", Name: "acct", Annotations: withRole().Annotations},
		podOf("", one), nil, "left: account-missing\ncontainers[0] web:\nnote account-missing\n",
	},
	{
		"the pod has no namespace, and is in default",
		withRole(), `{"spec":{"serviceAccountName":"acct",` + one + `}}`, nil,
		"left: account-missing\ncontainers[0] web:\nnote account-missing\n",
	},
	{
		"the deprecated field", withRole(), `{"metadata":{"namespace":"shop"},"spec":{"serviceAccount":"acct",` + one + `}}`, nil,
		"left: deprecated-account\ncontainers[0] web:\nnote deprecated-account\n",
	},
	{
		"the deprecated field says something else", withRole(), podOf("", `"serviceAccount":"other",`+one), nil, irsa + volume + web,
	},
	{
		"no account named", withRole(), `{"metadata":{"namespace":"shop"},"spec":{` + one + `}}`, nil,
		"left: no-account-name\ncontainers[0] web:\nnote no-account-name\n",
	},
	{
		"another prefix", Account{"shop", "acct", map[string]string{"iam.example.org/role-arn": ledger}}, podOf("", one),
		func(c *Config) { c.AnnotationPrefix = "iam.example.org" }, irsa + volume + web,
	},
	{
		"the prefix of somebody else", Account{"shop", "acct", map[string]string{"iam.example.org/role-arn": ledger}}, podOf("", one), nil,
		"left: no-role-arn\ncontainers[0] web:\nnote no-role-arn\n",
	},
	{
		"a name is no ARN, and is set", theAccount("role-arn", "ledger"), podOf("", one), nil,
		strings.ReplaceAll(irsa+volume+web, ledger, "ledger") + "note role-arn-malformed\n",
	},
	{
		"blanks stay", theAccount("role-arn", ledger+" "), podOf("", one), nil,
		strings.ReplaceAll(irsa+volume+web, ledger, ledger+" ") + "note role-arn-malformed\n",
	},
	{
		"nothing but a blank is not empty", theAccount("role-arn", " "), podOf("", one), nil,
		strings.ReplaceAll(irsa+volume+web, ledger, " ") + "note role-arn-malformed\n",
	},
	{
		"a policy's ARN", theAccount("role-arn", "arn:aws:iam::444455556666:policy/ledger"), podOf("", one), nil,
		strings.ReplaceAll(irsa+volume+web, ":role/", ":policy/") + "note role-arn-malformed\n",
	},
	{
		"a path and another partition", theAccount("role-arn", "arn:aws-us-gov:iam::444455556666:role/a/b"), podOf("", one), nil,
		strings.ReplaceAll(irsa+volume+web, ledger, "arn:aws-us-gov:iam::444455556666:role/a/b"),
	},
	{
		"a name is completed", theAccount("role-arn", "ledger"), podOf("", one),
		func(c *Config) { c.Compose = &Compose{"aws", "444455556666"} },
		irsa + volume + web + "note role-arn-composed\n",
	},
	{
		"an empty name is completed too", theAccount("role-arn", ""), podOf("", one),
		func(c *Config) { c.Compose = &Compose{"aws", "444455556666"} },
		strings.ReplaceAll(irsa+volume+web, ledger, "arn:aws:iam::444455556666:role/") + "note role-arn-composed\nnote role-arn-malformed\n",
	},
	{"an audience", withRole("audience", "vault"), podOf("", one), nil, irsa + "add aws-iam-token token vault 86400\n" + web},
	{
		"an empty audience", withRole("audience", ""), podOf("", one), nil,
		irsa + "add aws-iam-token token  86400\n" + web + "note audience-empty\n",
	},
	{
		"the audience by flag", withRole(), podOf("", one), func(c *Config) { c.Audience = "sts.example.org" },
		irsa + "add aws-iam-token token sts.example.org 86400\n" + web,
	},
	{
		"regional endpoints", withRole("sts-regional-endpoints", "T"), podOf("", one), nil,
		irsa + volume + "containers[0] web: AWS_STS_REGIONAL_ENDPOINTS=regional" + keys + " mount\n",
	},
	{
		"regional endpoints by flag", withRole(), podOf("", one), func(c *Config) { c.RegionalSTS = true },
		irsa + volume + "containers[0] web: AWS_STS_REGIONAL_ENDPOINTS=regional" + keys + " mount\n",
	},
	{
		"regional endpoints by flag, switched off", withRole("sts-regional-endpoints", "false"), podOf("", one),
		func(c *Config) { c.RegionalSTS = true }, irsa + volume + web,
	},
	{
		"regional endpoints: yes is no boolean", withRole("sts-regional-endpoints", "yes"), podOf("", one), nil,
		irsa + volume + web + "note sts-regional-unreadable\n",
	},
	{
		"regional endpoints: a blank too many", withRole("sts-regional-endpoints", "false "), podOf("", one),
		func(c *Config) { c.RegionalSTS = true },
		irsa + volume + "containers[0] web: AWS_STS_REGIONAL_ENDPOINTS=regional" + keys + " mount\nnote sts-regional-unreadable\n",
	},
	{
		"what EKS does", withRole(), podOf("", one), func(c *Config) { *c = EKS("sa-east-1") },
		irsa + volume + "containers[0] web: AWS_STS_REGIONAL_ENDPOINTS=regional AWS_DEFAULT_REGION=sa-east-1 AWS_REGION=sa-east-1" + keys + " mount\n",
	},
	{
		"a lifetime by flag", withRole(), podOf("", one), func(c *Config) { c.Expiration = 60 },
		irsa + "add aws-iam-token token sts.amazonaws.com 600\n" + web,
	},
	{
		"a long lifetime by flag", withRole(), podOf("", one), func(c *Config) { c.Expiration = 99999 },
		irsa + "add aws-iam-token token sts.amazonaws.com 99999\n" + web + "note expiration-long\n",
	},
	{
		"the mount's path by flag", withRole(), podOf("", one), func(c *Config) { c.MountPath = "/tokens/aws/" },
		irsa + volume + "containers[0] web: AWS_ROLE_ARN=" + ledger + " AWS_WEB_IDENTITY_TOKEN_FILE=/tokens/aws/token mount\n",
	},
	{
		"skip-containers on the account", withRole("skip-containers", "web"), podOf("", one), nil,
		irsa + volume + web + "note ignored-on-account\n",
	},
	{
		"skip-containers on another account", Account{"shop", "other", withRole("skip-containers", "web").Annotations}, podOf("", one), nil,
		"left: account-missing\ncontainers[0] web:\nnote account-missing\n",
	},
	{
		"the ConfigMap", theAccount(), podOf("", one),
		func(c *Config) {
			c.ConfigMap = map[string]Entry{"shop/acct": {RoleARN: ledger, Audience: "a", TokenExpiration: 900}}
		},
		irsa + "add aws-iam-token token a 900\n" + web + "note role-from-config-map\n",
	},
	{
		"the ConfigMap for every namespace, of an account that is not there", Account{}, podOf("", one),
		func(c *Config) { c.ConfigMap = map[string]Entry{"*/acct": {RoleARN: ledger}} },
		irsa + "add aws-iam-token token  86400\n" + web + "note role-from-config-map\nnote audience-empty\n",
	},
	{
		"the ConfigMap is not held to the minimum", theAccount(), podOf("", one),
		func(c *Config) {
			c.ConfigMap = map[string]Entry{"shop/acct": {RoleARN: ledger, Audience: "a", TokenExpiration: 60}}
		},
		irsa + "add aws-iam-token token a 60\n" + web + "note role-from-config-map\nnote expiration-refused\n",
	},
	{
		"an annotation goes before the ConfigMap", withRole(), podOf("", one),
		func(c *Config) { c.ConfigMap = map[string]Entry{"shop/acct": {RoleARN: "other"}} }, irsa + volume + web,
	},
	{
		"the ConfigMap without a role hides the one for every namespace", theAccount(), podOf("", one),
		func(c *Config) { c.ConfigMap = map[string]Entry{"shop/acct": {}, "*/acct": {RoleARN: ledger}} },
		"left: config-map-empty-role\ncontainers[0] web:\nnote config-map-empty-role\n",
	},
}

// expirations are values of token-expiration on the service account, with what they come
// to and the note.
var expirations = []struct {
	value string
	want  int64
	code  Code
}{
	{"5400", 5400, ""},
	{"600", 600, ""},
	{"599", 600, ExpirationRaised},
	{"0", 600, ExpirationRaised},
	{"-7200", 600, ExpirationRaised},
	{"+5400", 5400, ""},
	{"0005400", 5400, ""},
	{"86400", 86400, ""},
	{"86401", 86401, ExpirationLong},
	{"4294967296", 4294967296, ExpirationLong},
	{"4294967297", 4294967297, ExpirationRefused},
	{"9223372036854775808", 86400, ExpirationUnreadable},
	{"1h", 86400, ExpirationUnreadable},
	{" 5400", 86400, ExpirationUnreadable},
	{"5400.0", 86400, ExpirationUnreadable},
	{"5_400", 86400, ExpirationUnreadable},
	{"0x1518", 86400, ExpirationUnreadable},
	{"", 86400, ExpirationUnreadable},
}

func TestExpiration(t *testing.T) {
	t.Parallel()
	check := func(account Account, meta string, want int64, code Code, onAccount bool) {
		t.Helper()
		pod, err := NewPod(decode(t, podOf(meta, one)), "")
		if err != nil {
			t.Fatal(err)
		}
		in := Predict(account, pod, Defaults())
		if got := in.Volume.Token.Expiration; got != want {
			t.Errorf("%v %s: %d seconds, want %d", account.Annotations, meta, got, want)
		}
		var last Note
		if n := len(in.Notes); n > 0 {
			last = in.Notes[n-1]
		}
		if last.Code != code || last.Account != (onAccount && code != "") {
			t.Errorf("%v %s: %+v, want %q", account.Annotations, meta, last, code)
		}
	}
	for _, c := range expirations {
		check(withRole("token-expiration", c.value), "", c.want, c.code, true)
		check(withRole(), annotated("token-expiration", c.value), c.want, c.code, false)
	}
	check(withRole("token-expiration", "900"), annotated("token-expiration", "7200"), 7200, "", false)
	check(withRole("token-expiration", "900"), annotated("token-expiration", "long"), 900, ExpirationUnreadable, false)
	check(withRole("token-expiration", "99999"), annotated("token-expiration", "700"), 700, "", false)
}

func TestPredict(t *testing.T) {
	t.Parallel()
	for _, c := range append(append(append([]predictCase{}, accountCases...), podCases...), podIdentityCases...) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			object := decode(t, c.pod)
			pod, err := NewPod(object, "")
			if err != nil {
				t.Fatal(err)
			}
			config := Defaults()
			if c.config != nil {
				c.config(&config)
			}
			in := Predict(c.account, pod, config)
			if got := summary(in); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			laws(t, c.account, config, object)
		})
	}
}

// laws are what holds for every pod that the API server would take.
func laws(t *testing.T, account Account, config Config, object map[string]any) {
	t.Helper()
	pod, err := NewPod(object, "shop")
	before := clone(object)
	in := Predict(account, pod, config)
	once := in.Apply(object)
	same(t, object, before) // the pod given is not changed
	if (in.Method == "") != (in.Reason != "") {
		t.Errorf("method %q, reason %q", in.Method, in.Reason)
	}
	if in.Method == "" {
		same(t, once, object)
	}
	if err != nil {
		return
	}
	again, err := NewPod(once, "shop")
	if err != nil {
		t.Errorf("what was made of the pod is none: %v", err)
	}
	second := Predict(account, again, config)
	same(t, second.Apply(once), once)
	if second.Method == WebIdentity && second.Changed {
		t.Errorf("changed again: %+v", second)
	}
}

package excerpt_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify/excerpt"
	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

func read(t testing.TB, text string) *manifest.Object {
	t.Helper()
	o, err := manifest.Read("m", strings.NewReader(text))
	if err != nil || len(o.List) != 1 {
		t.Fatalf("%d documents: %v", len(o.List), err)
	}
	return &o.List[0]
}

func TestPods(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"a spec":                         {"spec: {containers: [{name: a}]}", "spec"},
		"a spec that names its account":  {"spec: {serviceAccountName: a}", "spec"},
		"metadata beside it":             {"metadata: {annotations: {k: v}}\nspec: {serviceAccountName: a}", "spec with annotations"},
		"a template":                     {"spec: {replicas: 1, template: {metadata: {annotations: {k: v}}, spec: {containers: [{name: a}]}}}", "spec with annotations"},
		"a template without a pod":       {"spec: {template: {metadata: {labels: {a: b}}}}", ""},
		"what stands below spec":         {"containers: [{name: a}]\nserviceAccountName: b", "the document"},
		"no container at all":            {"containers: []", "the document"},
		"containers that are texts":      {"containers: [a]", ""},
		"containers that are a mapping":  {"containers: {a: {}}", ""},
		"a spec of something else":       {"spec: {replicas: 1}", ""},
		"variables":                      {"env: [{name: A, value: b}]", "the document, partly"},
		"variables as a mapping":         {"env: {A: b}", ""},
		"no variable":                    {"env: []", ""},
		"variables of which one is none": {"env: [{name: A}, {value: b}]", ""},
		"variables of values":            {"controller: {env: [{name: A, value: b}]}", ""},
		"a spec before variables":        {"spec: {serviceAccountName: a}\nenv: [{name: A}]", "spec"},
		"values":                         {"serviceAccount: {name: a}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := []string{}
			for _, p := range excerpt.Pods(read(t, tt.text).Body) {
				s := p.Path
				if s == "" {
					s = "the document"
				}
				if manifest.Dig(p.Metadata, "annotations") != nil {
					s += " with annotations"
				}
				if p.Partial {
					s += ", partly"
				}
				if p.Spec == nil {
					t.Error("a pod without a spec")
				}
				got = append(got, s)
			}
			if strings.Join(got, " and ") != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

var kindNames = map[hints.Kind]string{
	hints.Role: "role", hints.OnPod: "on pod", hints.Glued: "glued", hints.WrongKey: "wrong key", hints.ServiceAccount: "service account",
	hints.Assume: "assume", hints.WebIdentity: "web identity", hints.Profile: "profile", hints.Duration: "duration", hints.Keys: "keys",
	hints.TokenFile: "token file", hints.Preset: "preset", hints.Kiam: "kiam", hints.Names: "names", hints.Mention: "mention", hints.Hops: "hops",
}

// told is a hint in one line.
func told(h hints.Hint) string {
	s := fmt.Sprintf("%s at %s: %s", kindNames[h.Kind], h.Path, h.Value)
	if h.Name != "" {
		s += " in " + h.Name
	}
	if h.ServiceAccount != "" {
		s += " of " + h.ServiceAccount
	}
	if h.Create != nil {
		s += fmt.Sprintf(" create %v", *h.Create)
	}
	return s
}

const arn = "arn:aws:iam::111122223333:role/web"

func TestHints(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"an annotation for a service account": {
			"serviceAccount: {name: web, annotations: {eks.amazonaws.com/role-arn: " + arn + "}}",
			[]string{"service account at serviceAccount:  of web", `role at serviceAccount.annotations["eks.amazonaws.com/role-arn"]: ` + arn + " of web"},
		},
		"of a component": {
			"controller: {serviceAccount: {create: true, annotations: {eks.amazonaws.com/role-arn: " + arn + "}}}",
			[]string{"service account at controller.serviceAccount:  create true", `role at controller.serviceAccount.annotations["eks.amazonaws.com/role-arn"]: ` + arn},
		},
		"in a field of another name": {
			"serviceAccountSettings: {create: false, name: web}",
			[]string{"service account at serviceAccountSettings:  of web create false"},
		},
		"in one with nothing of a service account but a name": {"serviceAccountSettings: {name: web}", nil},
		"in one with annotations": {
			"serviceAccountSettings: {name: web, annotations: {}}",
			[]string{"service account at serviceAccountSettings:  of web"},
		},
		"in a field without annotations and name": {"other: {create: true, name: web}", nil},
		"a name that is a number":                 {"serviceAccount: {name: 1}", []string{"service account at serviceAccount:  of 1"}},
		"nothing said of it":                      {"serviceAccount: {annotations: {}}", nil},
		"annotations of pods": {
			"podAnnotations: {eks.amazonaws.com/role-arn: " + arn + "}",
			[]string{`on pod at podAnnotations["eks.amazonaws.com/role-arn"]: ` + arn},
		},
		"annotations of nobody knows what": {
			"annotations: {eks.amazonaws.com/role-arn: " + arn + "}",
			[]string{`role at annotations["eks.amazonaws.com/role-arn"]: ` + arn},
		},
		"one text": {
			"serviceAccount: {name: web, annotations: 'eks.amazonaws.com/role-arn:" + arn + "'}",
			[]string{"service account at serviceAccount:  of web", "glued at serviceAccount.annotations: eks.amazonaws.com/role-arn:" + arn + " of web"},
		},
		"a list of texts": {
			"serviceAccount: {annotations: ['eks.amazonaws.com/role-arn: " + arn + "']}",
			[]string{"glued at serviceAccount.annotations[0]: eks.amazonaws.com/role-arn: " + arn},
		},
		"cut at its dots": {
			"serviceAccount: {annotations: {eks: {amazonaws: {com/role-arn: " + arn + "}}}}",
			[]string{`glued at serviceAccount.annotations["eks.amazonaws.com/role-arn"]: eks.amazonaws.com/role-arn=` + arn},
		},
		"another key": {
			"serviceAccount: {annotations: {eks.amazonaws.com/role_arn: " + arn + "}}",
			[]string{`wrong key at serviceAccount.annotations["eks.amazonaws.com/role_arn"]: eks.amazonaws.com/role_arn: ` + arn},
		},
		"kiam's key for a service account": {
			"podServiceAccount: {annotations: {iam.amazonaws.com/role: web}}",
			[]string{`wrong key at podServiceAccount.annotations["iam.amazonaws.com/role"]: iam.amazonaws.com/role: web`},
		},
		"kiam's key for pods":    {"podAnnotations: {iam.amazonaws.com/role: web}", []string{`kiam at podAnnotations["iam.amazonaws.com/role"]: web`}},
		"kiam's key for nobody":  {"annotations: {iam.amazonaws.com/role: web}", nil},
		"a name":                 {"rbac: {serviceAccountName: web}", []string{"service account at rbac.serviceAccountName: serviceAccountName of web"}},
		"a name as --set has it": {"controller.serviceAccountName: web", []string{`service account at ["controller.serviceAccountName"]: controller.serviceAccountName of web`}},
		"a pod's own name":       {"spec: {serviceAccountName: web}", nil},
		"variables in a list": {
			"extraEnv:\n- {name: AWS_ACCESS_KEY_ID, value: X}\n- {name: AWS_ROLE_ARN, value: " + arn + "}\n- {name: AWS_WEB_IDENTITY_TOKEN_FILE, value: /var/run/secrets/kubernetes.io/serviceaccount/token}\n- {name: SERVICE_ACCOUNT_NAME, value: job}\n- {name: ASSUME_ROLE_ARN, value: " + arn + "}\n- {name: BACKUP_ROLE, value: " + arn + "}\n",
			[]string{"keys at extraEnv[0]: X", "preset at extraEnv[1]: AWS_ROLE_ARN: " + arn, "token file at extraEnv[2]: /var/run/secrets/kubernetes.io/serviceaccount/token", "names at extraEnv[3]: SERVICE_ACCOUNT_NAME of job", "assume at extraEnv[4]: " + arn + " in ASSUME_ROLE_ARN", "mention at extraEnv[5]: " + arn + " in BACKUP_ROLE"},
		},
		"variables in a mapping": {
			"env: {AWS_ACCESS_KEY_ID: X, AWS_ROLE_ARN: " + arn + "}",
			[]string{"keys at env.AWS_ACCESS_KEY_ID: X", "preset at env.AWS_ROLE_ARN: AWS_ROLE_ARN: " + arn},
		},
		"variables of a piece of a pod": {"env: [{name: AWS_ACCESS_KEY_ID, value: X}, {name: AWS_ROLE_ARN, value: " + arn + "}]", nil},
		"variables of a container":      {"spec: {containers: [{name: a, env: [{name: AWS_ACCESS_KEY_ID, value: X}]}], initContainers: [{name: b, env: [{name: AWS_ROLE_ARN, value: x}]}]}", nil},
		"a role of the application":     {"config: {roleArn: " + arn + ", sessionDuration: 1h, assume: {durationSeconds: '7200'}}", []string{"duration at config.assume.durationSeconds: 7200", "assume at config.roleArn: " + arn}},
		"a role with a token":           {"auth: {webIdentity: {roleArn: " + arn + "}}", []string{"web identity at auth.webIdentity.roleArn: " + arn}},
		"arguments": {
			"args: [--aws-assume-role=" + arn + ", --role, " + arn + "]",
			[]string{"mention at args: " + arn, "assume at args[0]: " + arn},
		},
		"annotations alone": {"eks.amazonaws.com/role-arn: " + arn, []string{`role at ["eks.amazonaws.com/role-arn"]: ` + arn}},
		"a glued key alone": {"'eks.amazonaws.com/role-arn:" + arn + "':", []string{"glued at its top: eks.amazonaws.com/role-arn:" + arn}},
		"a variable alone":  {"name: AWS_ACCESS_KEY_ID\nvalue: X", []string{"keys at its top: X"}},
		"text":              {"config: |\n  s3:\n    role_arn: " + arn + "\n", []string{"mention at config: " + arn + " in role_arn"}},
		"an AWS file":       {"config: |\n  [default]\n  role_arn = " + arn + "\n", []string{"profile at config: [default]\nrole_arn = " + arn + "\n"}},
		"what AWS has":      {"apiVersion: iam.services.k8s.aws/v1alpha1\nspec: {backupRole: " + arn + "}", nil},
		"the same, nobody":  {"spec: {backupRole: " + arn + "}", []string{"mention at spec.backupRole: " + arn}},
		"nodes":             {"metadataOptions: {httpPutResponseHopLimit: 1}\ndisablePodIMDS: true", []string{"hops at disablePodIMDS: true", "hops at metadataOptions.httpPutResponseHopLimit: 1"}},
		"more hops":         {"metadataOptions: {httpPutResponseHopLimit: 2}\ndisablePodIMDS: false", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, h := range excerpt.Hints(read(t, tt.text)) {
				got = append(got, told(h))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

// FuzzExcerpt: whatever a fragment holds, reading it neither panics nor changes it, gives the
// same twice, and makes up nothing: what is said to be a service account's name stands in it.
func FuzzExcerpt(f *testing.F) {
	for _, text := range []string{
		"serviceAccount: {name: web, create: true, annotations: {eks.amazonaws.com/role-arn: " + arn + "}}",
		"serviceAccount: {annotations: 'eks.amazonaws.com/role-arn:" + arn + "'}",
		"spec: {template: {spec: {containers: [{env: [{name: A, value: b}]}]}}}",
		"env: [{name: AWS_ROLE_ARN, value: " + arn + "}]", "annotations: {eks: {amazonaws: {com/role-arn: 1}}}",
		"serviceAccountName: 0x1\na.serviceAccountName: b", "podAnnotations: {iam.amazonaws.com/role: [1]}", "a: &a {name: SERVICE_ACCOUNT, value: 1}\nb: {<<: *a}",
	} {
		f.Add(text)
	}
	files, err := filepath.Glob("../../../testdata/golden/verify/*/manifests.yaml")
	if err != nil || len(files) == 0 {
		f.Fatalf("no golden case: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		once, err := manifest.Read("m", strings.NewReader(text))
		if err != nil {
			return
		}
		twice, err := manifest.Read("m", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		for i := range once.List {
			o := &once.List[i]
			pods, found := excerpt.Pods(o.Body), excerpt.Hints(o)
			if !reflect.DeepEqual(o, &twice.List[i]) {
				t.Fatal("reading changes the document")
			}
			if !reflect.DeepEqual(found, excerpt.Hints(o)) || !reflect.DeepEqual(pods, excerpt.Pods(o.Body)) {
				t.Error("reading again gives something else")
			}
			for _, p := range pods {
				if p.Spec == nil || p.Partial && p.Path != "" {
					t.Errorf("no pod: %+v", p)
				}
			}
			for _, h := range found {
				if h.Path == "" || !holds(o.Body, h.ServiceAccount) {
					t.Errorf("made up: %s", told(h))
				}
			}
		}
	})
}

// holds reports whether a text or a number of the document has the name.
func holds(body map[string]any, name string) bool {
	there := name == ""
	manifest.Walk(body, "", func(_, _ string, v any) bool {
		s, ok := manifest.Plain(v)
		there = there || ok && strings.Contains(s, name)
		return true
	})
	return there
}

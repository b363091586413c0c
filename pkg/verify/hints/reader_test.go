package hints_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

const arn = "arn:aws:iam::111122223333:role/web"

// found is what a Reader finds in a document: the kinds, in their order.
func found(t *testing.T, text string, change func(*hints.Reader)) []hints.Hint {
	t.Helper()
	o, err := manifest.Read("m", strings.NewReader(text))
	if err != nil || len(o.List) != 1 {
		t.Fatalf("%d documents: %v", len(o.List), err)
	}
	r := &hints.Reader{
		Body:    o.List[0].Body,
		HandsOn: func(string) bool { return true },
		Stray:   func(string) hints.Kind { return hints.OnPod },
	}
	if change != nil {
		change(r)
	}
	manifest.Walk(r.Body, "", func(path, k string, v any) bool {
		r.Visit(path, k, v)
		return true
	})
	return r.Found
}

// TestReader: what the fields of a Reader say changes what is found, and nothing else does.
func TestReader(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text   string
		change func(*hints.Reader)
		want   []hints.Kind
	}{
		"a stray annotation": {"x: {eks.amazonaws.com/role-arn: " + arn + "}", nil, []hints.Kind{hints.OnPod}},
		"a stray one for a service account": {"x: {eks.amazonaws.com/role-arn: " + arn + "}",
			func(r *hints.Reader) { r.Stray = func(string) hints.Kind { return hints.Role } }, []hints.Kind{hints.Role}},
		"below a service account none is stray": {"serviceAccountTemplate: {annotations: {eks.amazonaws.com/role-arn: " + arn + "}}", nil, []hints.Kind{hints.Role}},
		"variables":                             {"env: [{name: AWS_ACCESS_KEY_ID, value: X}, {name: AWS_ROLE_ARN, value: x}]", nil, []hints.Kind{hints.Keys, hints.Preset}},
		"variables of known pods":               {"env: [{name: AWS_ACCESS_KEY_ID, value: X}, {name: AWS_ROLE_ARN, value: x}]", func(r *hints.Reader) { r.HandsOn = func(string) bool { return false } }, nil},
		"fields of known pods":                  {"env: {AWS_ACCESS_KEY_ID: X, AWS_ROLE_ARN: x}", func(r *hints.Reader) { r.HandsOn = func(string) bool { return false } }, nil},
		"a name in text":                        {"data: {job.json: '{\"serviceAccountName\": \"job\"}'}", func(r *hints.Reader) { r.Texts = true }, []hints.Kind{hints.Names}},
		"a name in a field":                     {"data: {job.json: '{\"serviceAccountName\": \"job\"}'}", nil, nil},
		"a role in a line of text":              {"data: {x: 'role: " + arn + "'}", func(r *hints.Reader) { r.Texts = true }, []hints.Kind{hints.Mention}},
		"a role in a line":                      {"data: {x: 'role: " + arn + "'}", nil, nil},
		"a role in lines":                       {"data: {x: \"a\\nrole: " + arn + "\\nrole_arn: " + arn + "\"}", nil, []hints.Kind{hints.Mention}},
		"a role in a comment":                   {"data: {x: \"a\\n# role: " + arn + "\\n; role: " + arn + "\\n// role: " + arn + "\"}", nil, nil},
		"a role of AWS's":                       {"spec: {backupRole: " + arn + "}", func(r *hints.Reader) { r.Describes = true }, nil},
		"a role of an application":              {"spec: {backupRole: " + arn + "}", nil, []hints.Kind{hints.Mention}},
		"a role in Fluent Bit":                  {"data: {x: \"[OUTPUT]\\n    role_arn " + arn + "\\n\"}", nil, []hints.Kind{hints.Mention}},
		"a role in an AWS file":                 {"data: {x: \"[default]\\nrole_arn = " + arn + "\\n\"}", nil, []hints.Kind{hints.Profile}},
		"a role of another service":             {"data: {x: \"[default]\\nrole = " + arn + "\\n\"}", nil, nil},
		"two arguments":                         {"x: {args: [--role, " + arn + "]}", nil, []hints.Kind{hints.Mention}},
		"two that are no flag":                  {"x: {args: [role, " + arn + "]}", nil, nil},
		"no value":                              {"x: [{name: AWS_ACCESS_KEY_ID, value: ''}, {name: AWS_ROLE_ARN}]\nAWS_ACCESS_KEY_ID: ''\nroleArn: ''", nil, nil},
		"the SDKs' own variable":                {"x: [{name: AWS_ROLE_ARN, value: " + arn + "}]", nil, []hints.Kind{hints.Preset}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []hints.Kind
			for _, h := range found(t, tt.text, tt.change) {
				got = append(got, h.Kind)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

// TestMeansRole: an annotation under another key was meant for a role where it is kiam's, nearly
// the right one, or has a role's ARN under a key of AWS's that speaks of one.
func TestMeansRole(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		key, value string
		want       bool
	}{
		{hints.RoleKey, "x", true},
		{hints.KiamKey, "web", true},
		{" iam.amazonaws.com/role\u200b", "web", true},
		{"eks.amazonaws.com/role_arn", arn, true},
		{"eks.amazonaws.com/role-arm", "x", false},
		{"pods.eks.amazonaws.com/iam-role", arn, true},
		{"pods.eks.amazonaws.com/iam-role", "web", false},
		{"example.com/iam-role", arn, false},
		{hints.AudienceKey, arn, false},
		{hints.RegionalKey, arn, false},
		{"eks.amazonaws.com/token-expiration", arn, false},
	} {
		if got := hints.MeansRole(tt.key, tt.value); got != tt.want {
			t.Errorf("%q: %q is %v", tt.key, tt.value, got)
		}
	}
}

func TestSplitGlued(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"eks.amazonaws.com/role-arn:" + arn:     arn,
		`"eks.amazonaws.com/role-arn" = ` + arn: arn,
		"eks.amazonaws.com/role-arn:":           "",
		"eks.amazonaws.com/role-arn: a b":       "a",
	} {
		if got, ok := hints.SplitGlued(text); !ok || got != want {
			t.Errorf("%q: %q, %v, want %q", text, got, ok, want)
		}
	}
	if v, ok := hints.SplitGlued("example.com/role-arn:" + arn); ok {
		t.Errorf("%q is none of it", v)
	}
}

func TestDescribesAWS(t *testing.T) {
	t.Parallel()
	for group, want := range map[string]bool{"iam.services.k8s.aws": true, "services.k8s.aws": true, "eks.amazonaws.com": true, "notservices.k8s.aws": false, "apps": false, "": false} {
		if got := hints.DescribesAWS(group); got != want {
			t.Errorf("%q is %v", group, got)
		}
	}
}

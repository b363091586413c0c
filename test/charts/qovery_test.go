package charts_test

import (
	"maps"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/action"
)

const (
	helper  = "../../charts/qovery-sa-helper"
	roleKey = "eks.amazonaws.com/role-arn"
	roleX   = "arn:aws:iam::111122223333:role/x"
)

// An upgrade in place keeps the ServiceAccount: the same name, and the labels
// by which the public chart of this name is found (its version label apart,
// which every version of a chart changes).
func TestHelperTakesThePublicChartsValues(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, values            string
		account, label, roleARN string
	}{
		{"named", `serviceAccount: {name: custom-sa}`, "custom-sa", "qovery-sa-helper", ""},
		{"named, with a role", `{serviceAccount: {name: custom-sa}, awsRoleArn: "` + roleX + `"}`, "custom-sa", "qovery-sa-helper", roleX},
		{"role as annotation only", `serviceAccount: {name: custom-sa, annotations: {"` + roleKey + `": "` + roleX + `"}}`, "custom-sa", "qovery-sa-helper", roleX},
		{"nameOverride", `{nameOverride: other, serviceAccount: {name: custom-sa}}`, "custom-sa", "other", ""},
		{"fullnameOverride names no service account that has a name", `{fullnameOverride: other, serviceAccount: {name: custom-sa}}`, "custom-sa", "qovery-sa-helper", ""},
		{"create, its unlisted value", `serviceAccount: {create: true}`, "rel-qovery-sa-helper", "qovery-sa-helper", ""},
		{"create and fullnameOverride", `{fullnameOverride: other, serviceAccount: {create: true}}`, "other", "qovery-sa-helper", ""},
		{"create and a name", `serviceAccount: {create: true, name: custom-sa}`, "custom-sa", "qovery-sa-helper", ""},
		{"create and a nameOverride that the release's name contains", `{nameOverride: rel, serviceAccount: {create: true}}`, "rel", "rel", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rel, err := install(helper, values(t, tt.values), nil)
			if err != nil {
				t.Fatal(err)
			}
			all := objects(t, rel.Manifest)
			if len(all) != 1 {
				t.Fatalf("%d objects, want 1:\n%s", len(all), rel.Manifest)
			}
			got := all[0]
			if got.APIVersion != "v1" || got.Kind != "ServiceAccount" || got.Metadata.Name != tt.account || got.Metadata.Namespace != "" {
				t.Errorf("got %s %s %s/%s, want v1 ServiceAccount %s without a namespace",
					got.APIVersion, got.Kind, got.Metadata.Namespace, got.Metadata.Name, tt.account)
			}
			version := load(t, helper).Metadata.Version
			want := map[string]string{
				"helm.sh/chart":                "qovery-sa-helper-" + version,
				"app.kubernetes.io/name":       tt.label,
				"app.kubernetes.io/instance":   "rel",
				"app.kubernetes.io/version":    version,
				"app.kubernetes.io/managed-by": "Helm",
			}
			if !maps.Equal(got.Metadata.Labels, want) {
				t.Errorf("labels %v, want %v", got.Metadata.Labels, want)
			}
			role, has := got.Metadata.Annotations[roleKey]
			if role != tt.roleARN || has != (tt.roleARN != "") {
				t.Errorf("role annotation %q (present: %t), want %q", role, has, tt.roleARN)
			}
			if got.Automount == nil || !*got.Automount {
				t.Errorf("automountServiceAccountToken %v, want true", got.Automount)
			}
		})
	}
}

// Every refusal names the value to mend, whether the schema says it or, with
// --skip-schema-validation, the templates.
func TestHelperRefuses(t *testing.T) {
	t.Parallel()
	// unchecked is what the template says when the schema is skipped; empty: nothing to say.
	tests := []struct{ name, values, checked, unchecked string }{
		{"nothing said", `{}`,
			"serviceAccount.name is missing", "serviceAccount.name is missing"},
		{"no name", `awsRoleArn: "` + roleX + `"`,
			"at '/serviceAccount/name': value must be 'the name of the ServiceAccount", "serviceAccount.name is missing"},
		{"no name, but annotations", `serviceAccount: {annotations: {"` + roleKey + `": "` + roleX + `"}}`,
			"at '/serviceAccount/name': value must be 'the name of the ServiceAccount", "serviceAccount.name is missing"},
		{"name taken away", `serviceAccount: {name: null}`,
			"at '/serviceAccount': missing property 'name'", "serviceAccount.name is missing"},
		{"no name in the list", `serviceAccounts: [{awsRoleArn: "` + roleX + `"}]`,
			"at '/serviceAccounts/0': missing property 'name'", "serviceAccounts[0].name is missing"},
		{"empty name in the list", `serviceAccounts: [{name: ""}]`,
			"at '/serviceAccounts/0/name': value must be 'the name", "serviceAccounts[0].name is missing"},
		{"role for nobody beside a list", `{awsRoleArn: "` + roleX + `", serviceAccounts: [{name: a}]}`,
			"at '/serviceAccount/name'", "serviceAccount.name is missing"},
		{"default", `serviceAccount: {name: default}`,
			"serviceAccount.allowDefault=true", "serviceAccount.allowDefault=true"},
		{"default in the list", `serviceAccounts: [{name: default}]`,
			"serviceAccounts[0].allowDefault=true", "serviceAccounts[0].allowDefault=true"},
		{"name of capitals", `serviceAccount: {name: My_App}`,
			"value must be 'the name of the ServiceAccount: lower-case letters", ""},
		{"role name only", `{serviceAccount: {name: a}, awsRoleArn: my-role}`,
			"at '/awsRoleArn': value must be 'the full ARN of an IAM role, such as arn:aws:iam::111122223333:role/my-app'",
			`the role of serviceAccount is "my-role", which is not the full ARN`},
		{"policy ARN", `{serviceAccount: {name: a}, awsRoleArn: "arn:aws:iam::111122223333:policy/x"}`,
			"at '/awsRoleArn': value must be 'the full ARN", "which is not the full ARN"},
		{"ARN without account", `{serviceAccount: {name: a}, awsRoleArn: "arn:aws:iam:::role/x"}`,
			"at '/awsRoleArn': value must be 'the full ARN", "which is not the full ARN"},
		{"ARN with a line break", `{serviceAccount: {name: a}, awsRoleArn: "` + roleX + `\n"}`,
			"at '/awsRoleArn': value must be 'the full ARN", "which is not the full ARN"},
		{"malformed ARN as annotation", `serviceAccount: {name: a, annotations: {"` + roleKey + `": my-role}}`,
			"annotations/eks.amazonaws.com~1role-arn': value must be 'the full ARN", "which is not the full ARN"},
		{"malformed ARN in the list", `serviceAccounts: [{name: a}, {name: b, awsRoleArn: x}]`,
			"at '/serviceAccounts/1/awsRoleArn': value must be 'the full ARN", "the role of serviceAccounts[1]"},
		{"annotation of another role", `{serviceAccount: {name: a, annotations: {"` + roleKey + `": "` + roleX + `y"}}, awsRoleArn: "` + roleX + `"}`,
			"but awsRoleArn is " + roleX + ": remove one of the two", "but awsRoleArn is " + roleX},
		{"annotation of another token lifetime", `serviceAccount: {name: a, token: {expirationSeconds: 900}, annotations: {eks.amazonaws.com/token-expiration: "600"}}`,
			"but serviceAccount.token.expirationSeconds is 900", "but serviceAccount.token.expirationSeconds is 900"},
		{"label of the chart's", `serviceAccount: {name: a, labels: {app.kubernetes.io/instance: other}}`,
			"the chart sets it to rel: remove it", "the chart sets it to rel: remove it"},
		{"two of one name", `{serviceAccount: {name: a}, serviceAccounts: [{name: a}]}`,
			"serviceAccounts[0].name is a, and so is serviceAccount.name", "give each service account its own name"},
		{"token too short", `serviceAccount: {name: a, token: {expirationSeconds: 599}}`,
			"at '/serviceAccount/token/expirationSeconds': minimum: got 599, want 600", ""},
		{"misspelt value", `{serviceAccount: {name: a}, awsRoleARN: "` + roleX + `"}`,
			"additional properties 'awsRoleARN' not allowed", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := install(helper, values(t, tt.values), nil)
			if err == nil || !strings.Contains(err.Error(), tt.checked) {
				t.Errorf("error %v, want one with %q", err, tt.checked)
			}
			if tt.unchecked == "" {
				return
			}
			_, err = install(helper, values(t, tt.values), func(i *action.Install) { i.SkipSchemaValidation = true })
			if err == nil || !strings.Contains(err.Error(), tt.unchecked) {
				t.Errorf("error %v without the schema, want one with %q", err, tt.unchecked)
			}
		})
	}
}

func TestHelperWritesAnAnnotationOnce(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, values string
		want         map[string]string
	}{
		{"no role", `serviceAccount: {name: a}`, nil},
		{"empty role annotation", `serviceAccount: {name: a, annotations: {"` + roleKey + `": ""}}`, nil},
		{"repeated role", `{serviceAccount: {name: a, annotations: {"` + roleKey + `": "` + roleX + `"}}, awsRoleArn: "` + roleX + `"}`,
			map[string]string{roleKey: roleX}},
		{"repeated token settings, untyped", `serviceAccount: {name: a, token: {audience: x, expirationSeconds: 900, stsRegionalEndpoints: false},
  annotations: {eks.amazonaws.com/audience: x, eks.amazonaws.com/token-expiration: 900, eks.amazonaws.com/sts-regional-endpoints: false}}`,
			map[string]string{"eks.amazonaws.com/audience": "x", "eks.amazonaws.com/token-expiration": "900", "eks.amazonaws.com/sts-regional-endpoints": "false"}},
		{"numbers and truths become text", `serviceAccount: {name: a, annotations: {eks.amazonaws.com/sts-regional-endpoints: true, num: 12345678}}`,
			map[string]string{"eks.amazonaws.com/sts-regional-endpoints": "true", "num": "12345678"}},
		{"text that YAML would read otherwise", `serviceAccount: {name: a, annotations: {a: "yes", b: "0123", c: "x: y # z", d: "say \"hi\"\nbye"}}`,
			map[string]string{"a": "yes", "b": "0123", "c": "x: y # z", "d": "say \"hi\"\nbye"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rel, err := install(helper, values(t, tt.values), nil)
			if err != nil {
				t.Fatal(err)
			}
			all := objects(t, rel.Manifest)
			if len(all) != 1 || !maps.Equal(all[0].Metadata.Annotations, tt.want) {
				t.Errorf("got %+v, want annotations %v", all, tt.want)
			}
			if empty := strings.Contains(rel.Manifest, "annotations:"); empty != (tt.want != nil) {
				t.Errorf("an annotations key without annotations:\n%s", rel.Manifest)
			}
		})
	}
}

func TestHelperTakesRolesOfEveryPartition(t *testing.T) {
	t.Parallel()
	for _, partition := range []string{"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"} {
		t.Run(partition, func(t *testing.T) {
			t.Parallel()
			arn := "arn:" + partition + ":iam::111122223333:role/teams/data/My_Role+=,.@-1"
			for _, skip := range []bool{false, true} {
				rel, err := install(helper, map[string]any{"awsRoleArn": arn, "serviceAccount": map[string]any{"name": "a"}},
					func(i *action.Install) { i.SkipSchemaValidation = skip })
				if err != nil {
					t.Fatal(err)
				}
				if all := objects(t, rel.Manifest); len(all) != 1 || all[0].Metadata.Annotations[roleKey] != arn {
					t.Errorf("got %+v, want %s", all, arn)
				}
			}
		})
	}
}

func TestHelperMakesSeveralAccounts(t *testing.T) {
	t.Parallel()
	rel, err := install(helper, values(t, `
awsRoleArn: `+roleX+`
serviceAccount:
  name: first
  labels: {tier: "1"}
serviceAccounts:
- name: second
  awsRoleArn: `+roleX+`2
  imagePullSecrets: [{name: registry}]
  token: {expirationSeconds: 900}
- name: third
  automountServiceAccountToken: false
- {name: default, allowDefault: true}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	all := objects(t, rel.Manifest)
	if len(all) != 4 {
		t.Fatalf("%d accounts, want 4:\n%s", len(all), rel.Manifest)
	}
	first, second, third := all[0], all[1], all[2]
	if first.Metadata.Name != "first" || first.Metadata.Annotations[roleKey] != roleX || first.Metadata.Labels["tier"] != "1" {
		t.Errorf("first: %+v", first)
	}
	if second.Metadata.Name != "second" || second.Metadata.Annotations[roleKey] != roleX+"2" || second.Metadata.Labels["tier"] != "" ||
		second.Metadata.Annotations["eks.amazonaws.com/token-expiration"] != "900" ||
		len(second.ImagePullSecrets) != 1 || second.ImagePullSecrets[0].Name != "registry" || !*second.Automount {
		t.Errorf("second: %+v", second)
	}
	if third.Metadata.Name != "third" || third.Metadata.Annotations != nil || *third.Automount || len(third.ImagePullSecrets) != 0 {
		t.Errorf("third: %+v", third)
	}
	if all[3].Metadata.Name != "default" {
		t.Errorf("fourth: %+v", all[3])
	}
	for _, line := range []string{"ns1/first: " + roleX + "\n", "ns1/third: no IAM role\n"} {
		if !strings.Contains(rel.Info.Notes, line) {
			t.Errorf("notes %q lack %q", rel.Info.Notes, line)
		}
	}
}

// Values that `helm upgrade --reuse-values` brings from the public chart lack
// everything that is new here.
func TestHelperRendersWithoutItsNewDefaults(t *testing.T) {
	t.Parallel()
	rel, err := install(helper, values(t, `
serviceAccounts: null
serviceAccount: {name: a, create: null, allowDefault: null, labels: null, imagePullSecrets: null, automountServiceAccountToken: null, token: null}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	if all := objects(t, rel.Manifest); len(all) != 1 || all[0].Automount == nil || !*all[0].Automount {
		t.Errorf("got %+v", all)
	}
}

func TestHelperLintsStrictly(t *testing.T) {
	t.Parallel()
	if bad := lintStrict(t, helper, map[string]any{}); len(bad) != 0 {
		t.Errorf("untouched: %v", bad)
	}
	files := valuesFiles(t, helper)
	if len(files) == 0 {
		t.Fatal("no values in ci/")
	}
	for _, file := range files {
		vals := values(t, read(t, file))
		if bad := lintStrict(t, helper, vals); len(bad) != 0 {
			t.Errorf("%s: %v", file, bad)
		}
		if _, err := install(helper, vals, nil); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

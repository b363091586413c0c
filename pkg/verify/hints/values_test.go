package hints_test

import (
	"reflect"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/verify/hints"
)

// TestFound: what is found is whole, and what only resembles it is not found.
func TestFound(t *testing.T) {
	t.Parallel()
	const glued = "eks.amazonaws.com/role-arn:" + arn
	texts := func(r *hints.Reader) { r.Texts = true }
	for name, tt := range map[string]struct {
		text   string
		change func(*hints.Reader)
		want   []hints.Hint
	}{
		"hops": {"a: {httpPutResponseHopLimit: 1, disablePodIMDS: true}", nil, []hints.Hint{
			{Kind: hints.Hops, Path: "a.disablePodIMDS", Value: "true"}, {Kind: hints.Hops, Path: "a.httpPutResponseHopLimit", Value: "1"}}},
		"no hops": {"a: {httpPutResponseHopLimit: 2, hops: 1, disablePodIMDS: false, enabled: true}", nil, nil},
		"cut at its dots": {"serviceAccount: {name: web, annotations: {eks: {amazonaws: {com/role-arn: x}}}}", nil, []hints.Hint{
			{Kind: hints.Glued, Path: `serviceAccount.annotations["eks.amazonaws.com/role-arn"]`, Value: "eks.amazonaws.com/role-arn=x", ServiceAccount: "web"}}},
		"cut, of another key":   {"serviceAccount: {annotations: {eks: {amazonaws: {com/audience: x}}}}", nil, nil},
		"cut, without a value":  {"serviceAccount: {annotations: {eks: {amazonaws: {com/role-arn: ''}}}}", nil, nil},
		"cut, under another":    {"serviceAccount: {annotations: {iam: {amazonaws: {com/role-arn: x}}}}", nil, nil},
		"one text":              {"a: {annotations: '" + glued + "'}", nil, []hints.Hint{{Kind: hints.Glued, Path: "a.annotations", Value: glued}}},
		"one text for pods":     {"podAnnotations: '" + glued + "'", nil, []hints.Hint{{Kind: hints.Glued, Path: "podAnnotations", Value: glued}}},
		"one text of a list":    {"a: {annotations: ['" + glued + "']}", nil, []hints.Hint{{Kind: hints.Glued, Path: "a.annotations[0]", Value: glued}}},
		"one text elsewhere":    {"a: {description: '" + glued + "', list: ['" + glued + "']}", nil, nil},
		"one text below":        {"a: {annotations: [{x: '" + glued + "'}], annotationsOf: {x: '" + glued + "'}}", nil, nil},
		"another text":          {"a: {annotations: 'x: y'}", nil, nil},
		"one key":               {"a: {annotations: {'" + glued + "': ''}}", nil, []hints.Hint{{Kind: hints.Glued, Path: "a.annotations", Value: glued}}},
		"another key":           {"serviceAccount: {name: web, annotations: {iam.amazonaws.com/role: web}}", nil, []hints.Hint{{Kind: hints.WrongKey, Path: `serviceAccount.annotations["iam.amazonaws.com/role"]`, Value: "iam.amazonaws.com/role: web", ServiceAccount: "web"}}},
		"another key elsewhere": {"serviceAccount: {labels: {iam.amazonaws.com/role: web}}\nannotations: {iam.amazonaws.com/role: web}", nil, nil},
		"an unlike key":         {"serviceAccount: {annotations: {example.com/owner: web}}", nil, nil},
		"a session": {"assumeRole: {durationSeconds: '60'}\nassume: {sessionDuration: 1h}", nil, []hints.Hint{
			{Kind: hints.Duration, Path: "assume.sessionDuration", Value: "1h"}, {Kind: hints.Duration, Path: "assumeRole.durationSeconds", Value: "60"}}},
		"no session": {"cache: {durationSeconds: '60'}\nassumeRole: {timeout: '60'}", nil, nil},
		"names in text": {"data: {a: 'serviceAccountName: job', b: 'serviceAccount=other'}", texts, []hints.Hint{
			{Kind: hints.Names, Path: "data.a", Value: "serviceAccountName", ServiceAccount: "job"}, {Kind: hints.Names, Path: "data.b", Value: "serviceAccountName", ServiceAccount: "other"}}},
		"a variable that names one": {"a: [{name: JOB_SERVICE_ACCOUNT, value: job}]", nil, []hints.Hint{{Kind: hints.Names, Path: "a[0]", Value: "JOB_SERVICE_ACCOUNT", ServiceAccount: "job"}}},
		"a role in text": {"data: {a: \"x: y\\nbackup_role = " + arn + "\"}", texts, []hints.Hint{
			{Kind: hints.Mention, Path: "data.a", Value: arn, Name: "backup_role"}}},
		"the SDKs' own in text":  {"data: {a: \"x: y\\nAWS_ROLE_ARN=" + arn + "\"}", texts, nil},
		"a role in JSON":         {"a: '{\"role\": \"" + arn + "\"}'", nil, []hints.Hint{{Kind: hints.Mention, Path: "a", Value: arn, Name: "role"}}},
		"a role under no name":   {"a: " + arn + "\nb: \"x\\ny: " + arn + "\"", nil, nil},
		"an argument":            {"a: ['--assume-role=\"" + arn + "\"', '--role-arn=x']", nil, []hints.Hint{{Kind: hints.Assume, Path: "a[0]", Value: arn}, {Kind: hints.Assume, Path: "a[1]", Value: "x"}}},
		"a field":                {"aws: {roleArn: x, assume_role: y, role: z}", nil, []hints.Hint{{Kind: hints.Assume, Path: "aws.assume_role", Value: "y"}, {Kind: hints.Assume, Path: "aws.roleArn", Value: "x"}}},
		"a field with a token":   {"webIdentity: {roleArn: x}", nil, []hints.Hint{{Kind: hints.WebIdentity, Path: "webIdentity.roleArn", Value: "x"}}},
		"a field of annotations": {"annotations: {roleArn: x}", nil, nil},
		"below service accounts": {"serviceAccount: {backupRole: " + arn + "}", nil, nil},
		"a token file": {"a: {AWS_WEB_IDENTITY_TOKEN_FILE: /var/run/secrets/kubernetes.io/serviceaccount/token}", nil, []hints.Hint{
			{Kind: hints.TokenFile, Path: "a.AWS_WEB_IDENTITY_TOKEN_FILE", Value: "/var/run/secrets/kubernetes.io/serviceaccount/token"}}},
		"another token file": {"a: {AWS_WEB_IDENTITY_TOKEN_FILE: /var/run/secrets/kubernetes.io/serviceaccountx}", nil, []hints.Hint{
			{Kind: hints.Preset, Path: "a.AWS_WEB_IDENTITY_TOKEN_FILE", Value: "AWS_WEB_IDENTITY_TOKEN_FILE: /var/run/secrets/kubernetes.io/serviceaccountx"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := found(t, tt.text, tt.change); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestVisible(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{" a b ": "a b", "a\u200bb": "ab", "a\tb\n": "ab", "a\u00a0b": "ab", "": ""} {
		if got := hints.Visible(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

package cli

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/safe"
)

// hostile is what somebody may write wherever he can: it closes attributes, tags, comments and
// strings, and has what Markdown, spreadsheets and terminals act on.
const hostile = `=x"'></title></style></script><script>alert(1)</script><img src=x onerror=alert(1)>|[a](javascript:alert(1))` + "`" + `\u001b]0;x\u0007{{.}}`

// hostileFacts are a cluster and an AWS account with that in each field that people can write.
func hostileFacts(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	h := hostile
	js := func(v any) string {
		out, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	var evil string // with the characters that the escapes stand for
	if err := json.Unmarshal([]byte(`"`+strings.NewReplacer(`"`, `\"`).Replace(h)+`"`), &evil); err != nil {
		t.Fatal(err)
	}
	arn := "arn:aws:iam::111122223333:role/" + evil
	object := func(kind, version, name string, spec map[string]any) map[string]any {
		return map[string]any{"apiVersion": version, "kind": kind, "spec": spec, "metadata": map[string]any{
			"name": name, "namespace": "ns" + evil, "uid": "u" + name,
			"annotations": map[string]any{"eks.amazonaws.com/role-arn": arn, "meta.helm.sh/release-name": evil, "meta.helm.sh/release-namespace": evil, "argocd.argoproj.io/tracking-id": evil},
			"labels":      map[string]any{"app.kubernetes.io/managed-by": evil},
		}}
	}
	pod := map[string]any{"serviceAccountName": evil, "containers": []any{map[string]any{"name": evil, "image": evil, "env": []any{
		map[string]any{"name": "AWS_ACCESS_KEY_ID", "value": evil}, map[string]any{"name": "AWS_REGION", "value": evil}}}}}
	manifests := js(map[string]any{"apiVersion": "v1", "kind": "List", "items": []any{
		object("ServiceAccount", "v1", evil, nil),
		object("Deployment", "apps/v1", evil, map[string]any{"template": map[string]any{"spec": pod}}),
		object(evil, "v1", evil, map[string]any{"serviceAccountName": evil}),
	}})
	policy := map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Sid": evil, "Effect": "Allow", "Action": evil + ":" + evil, "Resource": evil}}}
	issuer := "issuer.example/" + evil
	snapshot := js(map[string]any{
		"account": "111122223333", "region": evil, "cluster": map[string]any{"name": evil, "issuer": "https://" + issuer, "version": evil},
		"clusters": []any{map[string]any{"name": evil, "issuer": "https://" + evil, "region": evil}},
		"RoleDetailList": []any{map[string]any{
			"Arn": arn, "RoleName": evil, "Path": "/", "CreateDate": evil, "RoleLastUsed": map[string]any{"LastUsedDate": evil},
			"AssumeRolePolicyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Sid": evil, "Effect": "Allow",
				"Principal": map[string]any{"Federated": "arn:aws:iam::111122223333:oidc-provider/" + issuer, "Service": evil, "AWS": evil}, "Action": []any{"sts:AssumeRoleWithWebIdentity", "sts:AssumeRole"},
				"Condition": map[string]any{"StringLike": map[string]any{issuer + ":sub": "system:serviceaccount:*" + evil + ":*"}}}}},
			"RolePolicyList":          []any{map[string]any{"PolicyName": evil, "PolicyDocument": policy}},
			"AttachedManagedPolicies": []any{map[string]any{"PolicyName": evil, "PolicyArn": "arn:aws:iam::aws:policy/" + evil}},
			"PermissionsBoundary":     map[string]any{"PermissionsBoundaryArn": evil},
			"Tags":                    []any{map[string]any{"Key": "terraform" + evil, "Value": evil}},
			"ServicesLastAccessed":    []any{map[string]any{"ServiceName": evil, "ServiceNamespace": evil}},
		}},
		"Policies": []any{}, "OpenIDConnectProviders": []any{map[string]any{"Arn": "arn:aws:iam::111122223333:oidc-provider/" + issuer, "Url": issuer, "ClientIDList": []any{evil}}},
		"podIdentityAssociations": []any{map[string]any{"namespace": evil, "serviceAccount": evil, "roleArn": arn, "associationId": evil, "associationArn": evil, "targetRoleArn": evil}},
	})
	for name, text := range map[string]string{"m.json": manifests, "s.json": snapshot} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return []string{"--manifests", "prod=" + filepath.Join(dir, "m.json"), "--snapshot", filepath.Join(dir, "s.json")}
}

// TestReportHostile: whatever stands in clusters and AWS is shown and means nothing, in every
// output.
func TestReportHostile(t *testing.T) {
	t.Parallel()
	facts := hostileFacts(t)
	checks := map[string]func(string) error{
		"json":  func(s string) error { return json.Unmarshal([]byte(s), new(any)) },
		"sarif": func(s string) error { return json.Unmarshal([]byte(s), new(any)) },
		"junit": func(s string) error { return xml.Unmarshal([]byte(s), new(struct{})) },
		"csv": func(s string) error {
			rows, err := csv.NewReader(strings.NewReader(s)).ReadAll()
			for _, row := range rows {
				for _, cell := range row {
					if strings.HasPrefix(cell, "=") {
						return fmt.Errorf("a formula: %q", cell)
					}
				}
			}
			return err
		},
		"html": func(s string) error {
			if n := strings.Count(s, "<script"); n != 1 {
				return fmt.Errorf("%d scripts", n)
			}
			if strings.Contains(s, "<img") || strings.Contains(s, `href="javascript:`) {
				return fmt.Errorf("markup of others")
			}
			return nil
		},
		"markdown": func(s string) error {
			if strings.Contains(s, "<") || strings.Contains(s, "[a]") {
				return fmt.Errorf("markup of others")
			}
			return nil
		},
		"text": func(string) error { return nil },
		"dot":  balanced,
	}
	for _, format := range reportFormats {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			check := checks[format]
			if check == nil {
				t.Fatal("nothing checks it")
			}
			got, err := reportOf(t, append(facts[:len(facts):len(facts)], "-o", format)...)
			if err != nil && !isExited(err) {
				t.Fatal(err)
			}
			if !strings.Contains(got, "alert") {
				t.Error("what was read is not shown")
			}
			if err := check(got); err != nil {
				t.Errorf("%v\n%s", err, got)
			}
			if format != "html" && format != "csv" && format != "dot" && format != "markdown" && format != "junit" && safe.Hidden([]byte(got)) {
				t.Error("it has what a terminal acts on")
			}
			if dir := os.Getenv("HELM_IRSA_REPORT_PAGES"); dir != "" && format == "html" { // for make check-report
				if err := os.WriteFile(filepath.Join(dir, "hostile.html"), []byte(got), 0o600); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// balanced: every quoted ID of DOT ends on its line.
func balanced(s string) error {
	for line := range strings.Lines(s) {
		open := false
		for i := 0; i < len(line); i++ {
			switch {
			case open && line[i] == '\\':
				i++
			case line[i] == '"':
				open = !open
			}
		}
		if open {
			return fmt.Errorf("a text without an end: %s", line)
		}
	}
	return nil
}

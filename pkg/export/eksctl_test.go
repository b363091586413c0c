package export_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/export"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// eksctlFile is what the tests read of a ClusterConfig.
type eksctlFile struct {
	Metadata struct{ Name, Region string }
	IAM      struct {
		WithOIDC                bool
		ServiceAccounts         []eksctlAccount
		PodIdentityAssociations []eksctlAssociation
	}
}

type eksctlAccount struct {
	Metadata            struct{ Name, Namespace string }
	RoleName            string
	RoleOnly            bool
	SubjectPattern      string
	AttachPolicyARNs    []string
	AttachPolicy        json.RawMessage
	PermissionsBoundary string
	Tags                map[string]string
}

type eksctlAssociation struct {
	Namespace, ServiceAccountName, RoleARN, RoleName, PermissionsBoundaryARN, TargetRoleARN, Policy string
	PermissionPolicyARNs                                                                            []string
	PermissionPolicy                                                                                json.RawMessage
	DisableSessionTags                                                                              bool
	Tags                                                                                            map[string]string
}

// jsonSchema is what the test reads of a JSON schema: eksctl's has objects, lists and scalars,
// and refers to definitions by name.
type jsonSchema struct {
	Ref                  string `json:"$ref"`
	Type                 string
	Required             []string
	Properties           map[string]jsonSchema
	Items                *jsonSchema
	Enum                 []any
	AdditionalProperties json.RawMessage
}

type eksctlSchema struct {
	Ref         string `json:"$ref"`
	Definitions map[string]jsonSchema
}

func (d eksctlSchema) faults(s jsonSchema, value any, at string) []string {
	if s.Ref != "" {
		inner, ok := d.Definitions[strings.TrimPrefix(s.Ref, "#/definitions/")]
		if !ok {
			return []string{at + ": the schema lacks " + s.Ref}
		}
		return d.faults(inner, value, at)
	}
	if s.Type == "" && s.Properties == nil { // it takes all
		return nil
	}
	var out []string
	wrong := func(format string, args ...any) { out = append(out, at+": "+fmt.Sprintf(format, args...)) }
	is := map[string]bool{}
	switch v := value.(type) {
	case map[string]any:
		is["object"] = true
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				wrong("lacks %s", name)
			}
		}
		for name, one := range v {
			inner, known := s.Properties[name]
			var more jsonSchema
			if !known && len(s.AdditionalProperties) > 0 && string(s.AdditionalProperties) != "false" && json.Unmarshal(s.AdditionalProperties, &more) == nil {
				inner, known = more, true
			}
			if !known {
				wrong("has no field %s", name)
				continue
			}
			out = append(out, d.faults(inner, one, at+"."+name)...)
		}
	case []any:
		is["array"] = true
		for i, one := range v {
			if s.Items != nil {
				out = append(out, d.faults(*s.Items, one, fmt.Sprintf("%s[%d]", at, i))...)
			}
		}
	case string:
		is["string"] = true
	case bool:
		is["boolean"] = true
	case float64:
		is["integer"], is["number"] = true, true
	}
	if s.Type != "" && !is[s.Type] {
		wrong("is %v, and not of type %s", value, s.Type)
	}
	if s.Enum != nil && !slices.Contains(s.Enum, value) {
		wrong("is %v, and not one of %v", value, s.Enum)
	}
	return out
}

func readEksctlSchema(t *testing.T) eksctlSchema {
	t.Helper()
	folder := os.Getenv("IRSA_SCHEMAS")
	if folder == "" {
		t.Skip("IRSA_SCHEMAS is not set: eksctl's file is not held against its schema")
	}
	text, err := os.ReadFile(filepath.Join(folder, "eksctl-schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var out eksctlSchema
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestEksctlSchema: eksctl's own schema takes every file, and does not take what it must not.
func TestEksctlSchema(t *testing.T) {
	t.Parallel()
	schema := readEksctlSchema(t)
	root := jsonSchema{Ref: schema.Ref}
	if root.Ref == "" {
		root.Ref = "#/definitions/ClusterConfig"
	}
	check := func(text string) []string {
		var value any
		if err := yaml.UnmarshalStrict([]byte(text), &value); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		return schema.faults(root, value, "")
	}
	for _, c := range readCases(t) {
		for _, fault := range check(string(c.export(t, "eksctl", export.Options{}).Files[0].Text)) {
			t.Errorf("%s%s", c.Name, fault)
		}
	}
	const good = "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: a, region: b}\n"
	for text, faults := range map[string]int{good: 0, "kind: ClusterConfig\nmetadata: {name: a, region: b}\n": 1, good + "iam: {withOidc: true}": 1, good + "iam: {serviceAccounts: [{roleName: 1}]}": 1, "kind: X\napiVersion: eksctl.io/v1alpha5\nmetadata: {name: a}": 2} {
		if got := check(text); len(got) != faults {
			t.Errorf("%s\n%v, want %d", text, got, faults)
		}
	}
}

// lettingIn is the trust policy that eksctl makes for a service account
// (pkg/iam/oidc/api.go of eksctl).
func lettingIn(t *testing.T, provider, subject string, pattern bool) trust.Document {
	t.Helper()
	issuer := strings.SplitN(provider, ":oidc-provider/", 2)[1]
	form := `{"StringEquals":{"%[1]s:sub":%[2]q,"%[1]s:aud":"sts.amazonaws.com"}}`
	if pattern {
		form = `{"StringLike":{"%[1]s:sub":%[2]q},"StringEquals":{"%[1]s:aud":"sts.amazonaws.com"}}`
	}
	text := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sts:AssumeRoleWithWebIdentity"],"Principal":{"Federated":%q},"Condition":%s}]}`, provider, fmt.Sprintf(form, issuer, subject))
	d, err := trust.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestEksctlSays: what eksctl makes of the file is what is wanted, or a note says what is not.
// Nobody gets in by tokens whom irsa.yaml does not let in.
func TestEksctlSays(t *testing.T) {
	t.Parallel()
	for _, c := range readCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			e := c.export(t, "eksctl", export.Options{})
			var file eksctlFile
			if err := yaml.Unmarshal(e.Files[0].Text, &file); err != nil {
				t.Fatal(err)
			}
			if file.Metadata.Name != c.wanted.Cluster || file.Metadata.Region != c.wanted.Region {
				t.Errorf("it is for %+v", file.Metadata)
			}
			roles := map[string]awsstate.WantedRole{}
			for _, r := range c.wanted.Roles {
				roles[r.Account+" "+r.Name] = r
			}
			told := map[string]string{}
			for _, n := range e.Notes {
				told[n.About] += n.Text
			}
			seen := map[string]bool{}
			for _, sa := range file.IAM.ServiceAccounts {
				r, ok := roles[c.wanted.Account+" "+sa.RoleName]
				if !ok || !sa.RoleOnly || !file.IAM.WithOIDC {
					t.Fatalf("%+v is no role of irsa.yaml, or not as Helm needs it", sa)
				}
				seen[r.ARN] = true
				holds(t, r, told["role "+r.Name], sa.AttachPolicyARNs, sa.AttachPolicy, sa.PermissionsBoundary, sa.Tags)
				subject := spec.Subject(sa.Metadata.Namespace, sa.Metadata.Name)
				if sa.SubjectPattern != "" {
					subject = spec.Subject(sa.Metadata.Namespace, sa.SubjectPattern)
				}
				principals, _ := r.Trust.Statements()[0].Principals()
				eksctls := lettingIn(t, principals[0].ID, subject, sa.SubjectPattern != "")
				if widens := trust.Widens(r.Trust, eksctls); len(widens) > 0 {
					t.Errorf("role %s of eksctl lets more in: %v", r.Name, widens)
				}
				if narrower := trust.Widens(eksctls, r.Trust); len(narrower) > 0 && !strings.Contains(told["role "+r.Name], "eksctl cannot say") {
					t.Errorf("role %s of eksctl lets fewer in, and nobody says so: %v", r.Name, narrower)
				}
			}
			for _, a := range file.IAM.PodIdentityAssociations {
				i := slices.IndexFunc(c.wanted.Associations, func(w awsstate.WantedAssociation) bool {
					return w.Namespace == a.Namespace && w.ServiceAccount == a.ServiceAccountName
				})
				if i < 0 {
					t.Fatalf("%+v is no association of irsa.yaml", a)
				}
				w := c.wanted.Associations[i]
				if a.TargetRoleARN != w.TargetRoleARN || a.DisableSessionTags != w.DisableSessionTags || (a.Policy == "") != (w.Policy == "") || w.Policy != "" && compact(t, a.Policy) != compact(t, w.Policy) {
					t.Errorf("%+v, want %+v", a, w)
				}
				if a.RoleARN == "" {
					r := roles[c.wanted.Account+" "+a.RoleName]
					seen[r.ARN] = true
					holds(t, r, told["role "+r.Name], a.PermissionPolicyARNs, a.PermissionPolicy, a.PermissionsBoundaryARN, a.Tags)
					if r.ARN != w.RoleARN {
						t.Errorf("%+v, want role %s", a, w.RoleARN)
					}
				} else if a.RoleARN != w.RoleARN {
					t.Errorf("%+v, want %+v", a, w)
				}
			}
			for _, r := range c.wanted.Roles {
				if !seen[r.ARN] && !strings.Contains(told["role "+r.Name], "left out") {
					t.Errorf("role %s is missing, and nobody says so", r.Name)
				}
			}
		})
	}
}

// holds compares what is on a role, and wants the rest told.
func holds(t *testing.T, r awsstate.WantedRole, told string, arns []string, policy json.RawMessage, boundary string, tags map[string]string) {
	t.Helper()
	if !slices.Equal(arns, r.Attached) || boundary != r.Boundary || fmt.Sprint(tags) != fmt.Sprint(r.Tags) {
		t.Errorf("role %s has %v, %s and %v", r.Name, arns, boundary, tags)
	}
	var statements []string
	for _, doc := range r.Inline {
		for _, s := range doc.Statements() {
			statements = append(statements, compact(t, s.Text()))
		}
	}
	var got []string
	if len(policy) > 0 {
		doc, err := trust.ParsePermissions(string(policy))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range doc.Statements() {
			got = append(got, sortedJSON(t, s.Text()))
		}
	}
	for i := range statements {
		statements[i] = sortedJSON(t, statements[i])
	}
	slices.Sort(got)
	slices.Sort(statements)
	if !slices.Equal(got, statements) {
		t.Errorf("role %s may do\n%s\nwant\n%s", r.Name, strings.Join(got, "\n"), strings.Join(statements, "\n"))
	}
	for what, lost := range map[string]bool{"path": r.Path != "/", "description": r.Description != "", "session": r.MaxSession != 3600, "sharedWith": len(r.SharedWith) > 0, "inline": len(r.Inline) > 0} {
		if lost && !strings.Contains(told, what) {
			t.Errorf("role %s loses its %s, and nobody says so: %q", r.Name, what, told)
		}
	}
}

// sortedJSON is a JSON text with its members in order.
func sortedJSON(t *testing.T, text string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

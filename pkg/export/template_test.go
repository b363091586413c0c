package export_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/export"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// cfnTag is a tag as CloudFormation takes it.
type cfnTag struct{ Key, Value string }

// cfnTemplate is what the test reads of a template. An unknown field is an error.
type cfnTemplate struct {
	AWSTemplateFormatVersion string
	Parameters, Conditions   map[string]any
	Resources                map[string]struct {
		Type, DeletionPolicy string
		DependsOn            []string
		Properties           struct {
			Url                                            string
			ClientIdList                                   []string
			ManagedPolicyName, RoleName, Path, Description string
			PermissionsBoundary, RoleArn, TargetRoleArn    any
			Roles                                          []string
			PolicyDocument, AssumeRolePolicyDocument       json.RawMessage
			MaxSessionDuration                             int32
			ManagedPolicyArns                              []any
			Policies                                       []struct {
				PolicyName     string
				PolicyDocument json.RawMessage
			}
			ClusterName, Namespace, ServiceAccount, Policy string
			DisableSessionTags                             bool
			Tags                                           []cfnTag
		}
	}
}

func readTemplate(t *testing.T, text []byte) cfnTemplate {
	t.Helper()
	var out cfnTemplate
	if err := yaml.UnmarshalStrict(text, &out); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return out
}

// arn is what a reference of a template comes to.
func (c testCase) arn(t *testing.T, tmpl cfnTemplate, account string, value any) string {
	t.Helper()
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case map[string]any:
		id, _ := v["Ref"].(string)
		if get, ok := v["Fn::GetAtt"].([]any); ok && len(get) == 2 && get[1] == "Arn" {
			id, _ = get[0].(string)
		}
		made := tmpl.Resources[id].Properties
		for _, p := range c.wanted.Policies {
			if p.Account == account && v["Ref"] != nil && p.Name == made.ManagedPolicyName {
				return p.ARN
			}
		}
		for _, r := range c.wanted.Roles {
			if r.Account == account && v["Ref"] == nil && r.Name == made.RoleName {
				return r.ARN
			}
		}
	}
	t.Errorf("%v refers to nothing", value)
	return ""
}

func document(t *testing.T, text []byte) string {
	t.Helper()
	doc, err := trust.Parse(string(text))
	if err != nil {
		doc, err = trust.ParsePermissions(string(text))
	}
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return trust.Canonical(doc)
}

// TestTemplates: the templates say what is wanted, and nothing more but the tags of policies
// is missing.
func TestTemplates(t *testing.T) {
	t.Parallel()
	for _, c := range readCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			var got, want []string
			for _, f := range c.export(t, "cloudformation", export.Options{}).Files {
				account := strings.TrimSuffix(strings.TrimPrefix(f.Name, "stack-"), ".yaml")
				tmpl := readTemplate(t, f.Text)
				for id, r := range tmpl.Resources {
					if r.DeletionPolicy != "" {
						t.Errorf("%s has a DeletionPolicy", id)
					}
					p := r.Properties
					tags := map[string]string{}
					for _, tag := range p.Tags {
						tags[tag.Key] = tag.Value
					}
					switch r.Type {
					case "AWS::IAM::OIDCProvider":
						got = append(got, fmt.Sprint("provider", account, p.Url, p.ClientIdList, tags))
					case "AWS::IAM::ManagedPolicy":
						got = append(got, fmt.Sprint("policy", account, p.ManagedPolicyName, p.Path, p.Description, document(t, p.PolicyDocument)))
						for _, role := range p.Roles {
							got = append(got, fmt.Sprint("node", account, role, c.arn(t, tmpl, account, map[string]any{"Ref": id})))
						}
					case "AWS::IAM::Role":
						got = append(got, c.roleOf(t, tmpl, account, p.AssumeRolePolicyDocument, fmt.Sprint(p.RoleName, p.Path, p.Description, p.MaxSessionDuration, c.arn(t, tmpl, account, p.PermissionsBoundary), tags)))
						for _, a := range p.ManagedPolicyArns {
							got = append(got, fmt.Sprint("attached", account, p.RoleName, c.arn(t, tmpl, account, a)))
						}
						for _, one := range p.Policies {
							got = append(got, fmt.Sprint("inline", account, p.RoleName, one.PolicyName, document(t, one.PolicyDocument)))
						}
					case "AWS::EKS::PodIdentityAssociation":
						policy := p.Policy
						if policy != "" {
							policy = compact(t, policy)
						}
						got = append(got, fmt.Sprint("association", p.ClusterName, p.Namespace, p.ServiceAccount, c.arn(t, tmpl, account, p.RoleArn), c.arn(t, tmpl, account, p.TargetRoleArn), p.DisableSessionTags, policy, tags))
					default:
						t.Errorf("%s is of type %s", id, r.Type)
					}
				}
			}
			want = c.templates(t)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("the templates say\n%s\nwanted is\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// roleOf is a role with both of its trust policies.
func (c testCase) roleOf(t *testing.T, tmpl cfnTemplate, account string, doc json.RawMessage, rest string) string {
	t.Helper()
	var choice map[string][]json.RawMessage
	if json.Unmarshal(doc, &choice) == nil && len(choice["Fn::If"]) == 3 {
		if tmpl.Conditions["RolesExist"] == nil || string(choice["Fn::If"][0]) != `"RolesExist"` {
			t.Errorf("there is no condition %s", choice["Fn::If"][0])
		}
		return fmt.Sprint("role", account, rest, document(t, choice["Fn::If"][1]), document(t, choice["Fn::If"][2]))
	}
	return fmt.Sprint("role", account, rest, document(t, doc), document(t, doc))
}

// templates is what is wanted, as the test writes down what templates say.
func (c testCase) templates(t *testing.T) []string {
	t.Helper()
	var want []string
	for _, p := range c.wanted.Providers {
		want = append(want, fmt.Sprint("provider", p.Account, p.Issuer, p.Audiences, p.Tags))
	}
	for _, p := range c.wanted.Policies {
		want = append(want, fmt.Sprint("policy", p.Account, p.Name, p.Path, p.Description, trust.Canonical(p.Document)))
	}
	for _, r := range c.wanted.Roles {
		want = append(want, fmt.Sprint("role", r.Account, fmt.Sprint(r.Name, r.Path, r.Description, r.MaxSession, r.Boundary, r.Tags), trust.Canonical(r.Trust), trust.Canonical(r.TrustFirst)))
		for _, arn := range r.Attached {
			want = append(want, fmt.Sprint("attached", r.Account, r.Name, arn))
		}
		for name, doc := range r.Inline {
			want = append(want, fmt.Sprint("inline", r.Account, r.Name, name, trust.Canonical(doc)))
		}
	}
	for _, n := range c.wanted.NodeRoles {
		for _, arn := range n.Attached {
			if slices.ContainsFunc(c.wanted.Policies, func(p awsstate.WantedPolicy) bool { return p.ARN == arn }) {
				want = append(want, fmt.Sprint("node", n.Account, n.Role, arn))
			}
		}
	}
	for _, a := range c.wanted.Associations {
		policy := a.Policy
		if policy != "" {
			policy = compact(t, policy)
		}
		want = append(want, fmt.Sprint("association", a.Cluster, a.Namespace, a.ServiceAccount, a.RoleARN, a.TargetRoleARN, a.DisableSessionTags, policy, a.Tags))
	}
	return want
}

// TestDynamicReferences: what CloudFormation would replace, and nothing can escape, is refused.
func TestDynamicReferences(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::{{resolve:ssm:x}}"}]}`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"Fn::Sub":"x"}}}]}`,
	} {
		d, err := trust.ParsePermissions(doc)
		if err != nil {
			t.Fatal(err)
		}
		w := &awsstate.Wanted{Account: "111122223333", Policies: []awsstate.WantedPolicy{{Account: "111122223333", Name: "p", Document: d}}}
		if e, err := export.To("cloudformation", w, export.Options{Accounts: map[string]spec.AccountAccess{}}); err == nil {
			t.Errorf("%s is exported: %s", doc, e.Files[0].Text)
		} else if !strings.HasPrefix(err.Error(), "policy p: ") {
			t.Errorf("it is not said where: %v", err)
		}
		if _, err := export.To("terraform", w, export.Options{}); err != nil {
			t.Error(err)
		}
	}
}

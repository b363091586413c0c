package export_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/pkg/export"
)

// schema is what the test reads of a custom resource definition's OpenAPI schema.
type schema struct {
	Type                 string
	Properties           map[string]schema
	AdditionalProperties *schema
	Items                *schema
	Required             []string
}

// definitions reads the custom resource definitions whose files begin so, by API version and
// kind.
func definitions(t *testing.T, begins string) map[string]schema {
	t.Helper()
	folder := os.Getenv("IRSA_SCHEMAS")
	if folder == "" {
		t.Skip("IRSA_SCHEMAS is not set: objects are not held against their definitions")
	}
	paths, err := filepath.Glob(filepath.Join(folder, begins+"*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no definitions %s in %s (%v)", begins, folder, err)
	}
	out := map[string]schema{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var crd struct {
			Spec struct {
				Group    string
				Names    struct{ Kind string }
				Versions []struct {
					Name   string
					Schema struct{ OpenAPIV3Schema schema }
				}
			}
		}
		if err := yaml.Unmarshal(text, &crd); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, v := range crd.Spec.Versions {
			out[crd.Spec.Group+"/"+v.Name+" "+crd.Spec.Names.Kind] = v.Schema.OpenAPIV3Schema
		}
	}
	return out
}

// strict is what an API server refuses with strict field validation.
func strict(s schema, value any, at string) []string {
	var faults []string
	wrong := func(format string, args ...any) { faults = append(faults, at+": "+fmt.Sprintf(format, args...)) }
	switch v := value.(type) {
	case map[string]any:
		if s.Type != "object" {
			wrong("is an object, and not of type %s", s.Type)
		}
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				wrong("lacks %s", name)
			}
		}
		for name, one := range v {
			inner, known := s.Properties[name]
			if !known && s.AdditionalProperties != nil {
				inner, known = *s.AdditionalProperties, true
			}
			if !known {
				wrong("has no field %s", name)
				continue
			}
			faults = append(faults, strict(inner, one, at+"."+name)...)
		}
	case []any:
		if s.Type != "array" || s.Items == nil {
			wrong("is a list, and not of type %s", s.Type)
			return faults
		}
		for i, one := range v {
			faults = append(faults, strict(*s.Items, one, fmt.Sprintf("%s[%d]", at, i))...)
		}
	default:
		got := map[bool]string{true: "number"}[fmt.Sprintf("%T", value) == "float64"]
		switch value.(type) {
		case string:
			got = "string"
		case bool:
			got = "boolean"
		}
		if got != strings.Replace(s.Type, "integer", "number", 1) {
			wrong("is a %s, and not of type %s", got, s.Type)
		}
	}
	return faults
}

// TestStrict: strict itself can fail.
func TestStrict(t *testing.T) {
	t.Parallel()
	s := schema{Type: "object", Required: []string{"a"}, Properties: map[string]schema{"a": {Type: "string"}, "num": {Type: "integer"}, "l": {Type: "array", Items: &schema{Type: "string"}}}}
	for value, faults := range map[string]int{`{a: x, num: 1, l: [x]}`: 0, `{}`: 1, `{a: 1}`: 1, `{a: x, b: x}`: 1, `{a: x, l: [1, true]}`: 2, `{a: x, num: "1"}`: 1, `[]`: 1} {
		var v any
		if err := yaml.Unmarshal([]byte(value), &v); err != nil {
			t.Fatal(err)
		}
		if got := strict(s, v, ""); len(got) != faults {
			t.Errorf("%s: %v, want %d", value, got, faults)
		}
	}
}

var objectName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// objects are the documents of a stream of YAML.
func objects(t *testing.T, text []byte) []map[string]any {
	t.Helper()
	var out []map[string]any
	for _, doc := range bytes.Split(text, []byte("\n---\n"))[1:] {
		var o map[string]any
		if err := yaml.UnmarshalStrict(doc, &o); err != nil {
			t.Fatalf("%v\n%s", err, doc)
		}
		if o == nil { // a comment in the place of an object
			continue
		}
		out = append(out, o)
	}
	return out
}

// TestSchemas: an API server with the definitions of ACK or Crossplane takes every object.
func TestSchemas(t *testing.T) {
	t.Parallel()
	for _, target := range []struct {
		format, definitions string
		cluster             bool
	}{{"ack", "ack-", false}, {"crossplane", "crossplane-*.aws.m.", false}, {"crossplane", "crossplane-*.aws.upbound.", true}} {
		t.Run(target.definitions, func(t *testing.T) {
			t.Parallel()
			known := definitions(t, target.definitions)
			seen := map[string]bool{}
			for _, c := range readCases(t) {
				for _, adopt := range []bool{false, true} {
					for _, f := range c.export(t, target.format, export.Options{AdoptExisting: adopt, ClusterScope: target.cluster}).Files {
						for _, o := range objects(t, f.Text) {
							kind := fmt.Sprint(o["apiVersion"], " ", o["kind"])
							s, ok := known[kind]
							if !ok {
								t.Fatalf("%s: there is no %s", c.Name, kind)
							}
							seen[kind] = true
							for _, fault := range strict(schema{Type: "object", Properties: s.Properties}, map[string]any{"spec": o["spec"]}, c.Name+" "+kind) {
								t.Error(fault)
							}
						}
					}
				}
			}
			if len(seen) != len(known) {
				t.Errorf("only %v were seen", seen)
			}
		})
	}
}

// TestCrossplaneSays: the objects say what is wanted, letter for letter, and are called in AWS
// what irsa.yaml says.
func TestCrossplaneSays(t *testing.T) {
	t.Parallel()
	for _, c := range readCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			var got, want []string
			names := map[string]bool{}
			for _, o := range objects(t, c.export(t, "crossplane", export.Options{}).Files[0].Text) {
				meta, spec := o["metadata"].(map[string]any), o["spec"].(map[string]any)
				p, kind := spec["forProvider"].(map[string]any), fmt.Sprint(o["kind"])
				if name := kind + fmt.Sprint(meta["name"]); names[name] || !objectName.MatchString(fmt.Sprint(meta["name"])) {
					t.Errorf("%s is no name, or not the only one", name)
				} else {
					names[name] = true
				}
				account := strings.TrimPrefix(spec["providerConfigRef"].(map[string]any)["name"].(string), "account-")
				if account == "default" {
					account = c.wanted.Account
				}
				annotations, _ := meta["annotations"].(map[string]any)
				external := annotations["crossplane.io/external-name"]
				switch kind {
				case "OpenIDConnectProvider":
					got = append(got, fmt.Sprint(kind, account, p["url"], p["clientIdList"], p["tags"]))
				case "Policy":
					got = append(got, fmt.Sprint(kind, account, external, p["path"], p["description"], compact(t, p["policy"]), p["tags"]))
				case "Role":
					got = append(got, fmt.Sprint(kind, account, external, p["path"], p["maxSessionDuration"], compact(t, p["assumeRolePolicy"]), p["tags"]))
				case "RolePolicy":
					got = append(got, fmt.Sprint(kind, account, p["role"], external, compact(t, p["policy"])))
				case "RolePolicyAttachment":
					got = append(got, fmt.Sprint(kind, account, p["role"], p["policyArn"]))
				case "PodIdentityAssociation":
					got = append(got, fmt.Sprint(kind, account, p["clusterName"], p["namespace"], p["serviceAccount"], p["roleArn"], p["disableSessionTags"], p["tags"]))
				default:
					t.Errorf("%s is not looked at", kind)
				}
			}
			for _, p := range c.wanted.Providers {
				want = append(want, fmt.Sprint("OpenIDConnectProvider", p.Account, p.Issuer, p.Audiences, p.Tags))
			}
			for _, p := range c.wanted.Policies {
				want = append(want, fmt.Sprint("Policy", p.Account, p.Name, p.Path, p.Description, compact(t, p.Document.Text()), p.Tags))
			}
			for _, r := range c.wanted.Roles {
				want = append(want, fmt.Sprint("Role", r.Account, r.Name, r.Path, r.MaxSession, compact(t, r.Trust.Text()), r.Tags))
				for _, arn := range r.Attached {
					want = append(want, fmt.Sprint("RolePolicyAttachment", r.Account, r.Name, arn))
				}
				for name, doc := range r.Inline {
					want = append(want, fmt.Sprint("RolePolicy", r.Account, r.Name, name, compact(t, doc.Text())))
				}
			}
			for _, n := range c.wanted.NodeRoles {
				for _, arn := range n.Attached {
					want = append(want, fmt.Sprint("RolePolicyAttachment", n.Account, n.Role, arn))
				}
			}
			for _, a := range c.wanted.Associations {
				if a.Policy != "" { // it would be wider without
					continue
				}
				want = append(want, fmt.Sprint("PodIdentityAssociation", c.wanted.Account, a.Cluster, a.Namespace, a.ServiceAccount, a.RoleARN, a.DisableSessionTags, a.Tags))
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("the objects say\n%s\nwanted is\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// TestACKSays: the objects say what is wanted, letter for letter, under names that Kubernetes
// takes and no two have.
func TestACKSays(t *testing.T) {
	t.Parallel()
	for _, c := range readCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			documents := map[string]string{}
			for _, f := range c.export(t, "ack", export.Options{}).Files {
				account := strings.TrimSuffix(strings.TrimPrefix(f.Name, "ack-"), ".yaml")
				names := map[string]bool{}
				for _, o := range objects(t, f.Text) {
					meta, spec := o["metadata"].(map[string]any), o["spec"].(map[string]any)
					name := fmt.Sprint(o["kind"], " ", meta["name"])
					if !objectName.MatchString(fmt.Sprint(meta["name"])) || names[name] {
						t.Errorf("%s is no name, or not the only one", name)
					}
					names[name] = true
					key := fmt.Sprint(account, " ", o["kind"], " ", spec["name"])
					for _, field := range []string{"policyDocument", "assumeRolePolicyDocument"} {
						if spec[field] != nil {
							documents[key] = compact(t, spec[field])
						}
					}
					inline, _ := spec["inlinePolicies"].(map[string]any)
					for n, doc := range inline {
						documents[key+" "+n] = compact(t, doc)
					}
				}
			}
			want := map[string]string{}
			for _, p := range c.wanted.Policies {
				want[p.Account+" Policy "+p.Name] = compact(t, p.Document.Text())
			}
			for _, r := range c.wanted.Roles {
				want[r.Account+" Role "+r.Name] = compact(t, r.Trust.Text())
				for n, doc := range r.Inline {
					want[r.Account+" Role "+r.Name+" "+n] = compact(t, doc.Text())
				}
			}
			if fmt.Sprint(documents) != fmt.Sprint(want) {
				t.Errorf("the objects say\n%v\nwanted is\n%v", documents, want)
			}
		})
	}
}

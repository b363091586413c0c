package export_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
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
		out = append(out, o)
	}
	return out
}

// TestACKSchema: an API server with ACK's definitions takes every object.
func TestACKSchema(t *testing.T) {
	t.Parallel()
	known := definitions(t, "ack-")
	seen := map[string]bool{}
	for _, c := range readCases(t) {
		for _, f := range c.export(t, "ack", export.Options{AdoptExisting: true}).Files {
			for _, o := range objects(t, f.Text) {
				kind := fmt.Sprint(o["apiVersion"], " ", o["kind"])
				s, ok := known[kind]
				if !ok {
					t.Errorf("%s: there is no %s", c.Name, kind)
				}
				seen[kind] = true
				if s.Properties["metadata"].Type != "object" {
					t.Fatalf("%s has no metadata", kind)
				}
				spec := map[string]any{"spec": o["spec"]}
				for _, fault := range strict(schema{Type: "object", Properties: s.Properties}, spec, c.Name+" "+kind) {
					t.Error(fault)
				}
			}
		}
	}
	if len(seen) != len(known) {
		t.Errorf("only %v were seen", seen)
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

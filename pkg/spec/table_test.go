package spec

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// loaderOnly are the bad files that no JSON Schema can refuse, and why. A file that the
// schema does refuse must not be here.
var loaderOnly = map[string]string{
	"role-policy-arns-name":                 "refers to another part of the file",
	"placeholder-unknown":                   "what a placeholder stands for",
	"placeholder-recursive":                 "what a placeholder stands for",
	"placeholder-malformed":                 "what a placeholder stands for",
	"placeholder-invalid-name":              "what a placeholder stands for",
	"placeholder-same-key":                  "what a placeholder stands for",
	"role-in-preset":                        "usedBy and roleIn have one type",
	"accounts-key-unquoted":                 "JSON has no keys that are numbers",
	"accounts-assume-other-account":         "two AWS accounts are compared",
	"also-everybody":                        "principals are compared with allowPrincipals",
	"also-other-account":                    "two AWS accounts are compared",
	"also-other-account-of-role":            "two AWS accounts are compared",
	"also-other-than-allowed":               "principals are compared with allowPrincipals",
	"also-principal-unknown":                "what is under AWS is compared with allowPrincipals",
	"tags-alike":                            "two keys are compared",
	"custom-tag":                            "JSON has no tags",
	"duplicate-account":                     "two entries are compared",
	"duplicate-account-no-namespace":        "two entries are compared",
	"policy-document-binary":                "JSON has no tags",
	"policy-document-infinity":              "JSON has no infinity",
	"policy-document-octal":                 "JSON has no octal numbers",
	"pod-identity-policy-long":              "the length is that of the whole document",
	"pod-identity-target-itself":            "two fields are compared",
	"pod-identity-target-partition-of-role": "two ARNs are compared",
	"policy-names-twice":                    "two entries are compared",
	"role-names-clash":                      "two entries are compared",
	"role-name-clash-with-derived":          "two entries are compared",
	"role-policies-unknown":                 "a name refers to another entry",
	"role-policies-none":                    "a name refers to another entry",
	"role-policies-arn":                     "a name refers to another entry",
	"node-role-policies-unknown":            "a name refers to another entry",
	"trailing-document-marker":              "JSON has no streams of documents",
	"two-documents":                         "JSON has no streams of documents",
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(JSONSchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(SchemaID, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(SchemaID)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// schemaError is what an editor would say: the YAML does not parse, or the schema refuses it.
func schemaError(s *jsonschema.Schema, data []byte) error {
	var v any
	if err := yaml.Unmarshal(data, &v); err != nil {
		return err
	}
	return s.Validate(plain(v))
}

// plain makes JSON values of what YAML has beside them.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, item := range v {
			v[k] = plain(item)
		}
	case map[any]any:
		out := map[string]any{}
		for k, item := range v {
			out[fmt.Sprint(k)] = plain(item)
		}
		return out
	case []any:
		for i, item := range v {
			v[i] = plain(item)
		}
	case time.Time:
		return v.Format(time.DateOnly)
	}
	return v
}

func caseFiles(t *testing.T, folder string, atLeast int) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.yaml"))
	if err != nil || len(paths) < atLeast {
		t.Fatalf("%d files in testdata/%s, want at least %d: %v", len(paths), folder, atLeast, err)
	}
	out := map[string][]byte{}
	for _, p := range paths {
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(p), ".yaml")] = data
	}
	return out
}

func TestGoodFiles(t *testing.T) {
	t.Parallel()
	schema := compileSchema(t)
	for name, data := range caseFiles(t, "good", 40) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := Parse("irsa.yaml", data); err != nil {
				t.Errorf("loader: %v", err)
			}
			if err := schemaError(schema, data); err != nil {
				t.Errorf("schema: %v", err)
			}
		})
	}
}

func TestBadFiles(t *testing.T) {
	t.Parallel()
	schema := compileSchema(t)
	files := caseFiles(t, "bad", 80)
	for name, data := range files {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("irsa.yaml", data)
			if err == nil {
				t.Fatal("loader: no fault")
			}
			golden(t, filepath.Join("testdata", "bad", name+".txt"), []byte(err.Error()+"\n"))
			schemaErr := schemaError(schema, data)
			why, only := loaderOnly[name]
			switch {
			case schemaErr == nil && !only:
				t.Errorf("schema: no fault, but the loader says %v", err)
			case schemaErr != nil && only:
				t.Errorf("schema: refuses what loaderOnly says it cannot (%s): %v", why, schemaErr)
			}
		})
	}
	for name := range loaderOnly {
		if files[name] == nil {
			t.Errorf("loaderOnly names %s, which is no file", name)
		}
	}
	texts, _ := filepath.Glob(filepath.Join("testdata", "bad", "*.txt"))
	for _, p := range texts {
		if name := strings.TrimSuffix(filepath.Base(p), ".txt"); files[name] == nil {
			t.Errorf("%s has no yaml file", p)
		}
	}
}

func TestSchemaGolden(t *testing.T) {
	t.Parallel()
	golden(t, filepath.Join("testdata", "schema.json"), JSONSchema())
}

// golden compares bytes with a file, or writes it with -update.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (-update rewrites it)\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

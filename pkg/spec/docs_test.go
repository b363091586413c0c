package spec

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// The example of the documentation is read without a fault, and shows every field there is.
func TestExample(t *testing.T) {
	t.Parallel()
	if _, err := Parse("example.yaml", []byte(example)); err != nil {
		t.Fatal(err)
	}
	for _, typ := range documentedTypes() {
		for _, f := range rulesOf(typ).fields {
			if !strings.Contains(example, f.name+":") && f.name != "assumeRoleARN" && f.name != "fromNodegroups" {
				t.Errorf("the example shows no %s.%s", typ.Name(), f.name)
			}
		}
	}
}

func TestMarkdownHasEveryField(t *testing.T) {
	t.Parallel()
	text := string(Markdown())
	for _, typ := range documentedTypes() {
		_, section, ok := strings.Cut(text, "\n## "+heading(typ)+"\n")
		if !ok {
			t.Errorf("no section for %s", typ.Name())
			continue
		}
		section, _, _ = strings.Cut(section, "\n## ")
		for _, f := range rulesOf(typ).fields {
			if !strings.Contains(section, "| `"+f.name+"` |") {
				t.Errorf("%s: no row for %s", typ.Name(), f.name)
			}
		}
	}
}

// Every tag names something that exists, and everything is described.
func TestTags(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, typ := range documentedTypes() {
		if typeDocs[typ.Name()] == "" {
			t.Errorf("%s has no description", typ.Name())
		}
		for _, f := range rulesOf(typ).fields {
			field := typ.Field(f.index)
			if f.desc == "" || !strings.HasSuffix(f.desc, ".") {
				t.Errorf("%s.%s: description %q is no sentence", typ.Name(), f.name, f.desc)
			}
			for _, key := range []string{"format", "keyformat"} {
				if name := field.Tag.Get(key); name != "" {
					used[name] = true
					if formatNamed(name) == nil {
						t.Errorf("%s.%s: no format %q", typ.Name(), f.name, name)
					}
				}
			}
			if _, err := time.ParseDuration(f.def); field.Type == reflect.TypeFor[Duration]() && f.def != "" && err != nil {
				t.Error(err)
			}
		}
	}
	for name := range formats {
		if !used[name] {
			t.Errorf("format %q is used nowhere", name)
		}
	}
	if len(typeDocs) != len(documentedTypes()) {
		t.Errorf("%d descriptions for %d types", len(typeDocs), len(documentedTypes()))
	}
}

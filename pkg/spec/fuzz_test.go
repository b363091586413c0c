package spec

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzParse: whatever comes in, Parse ends without a panic, and every error is of faults
// that each name a line of the file and stand in one line of text.
func FuzzParse(f *testing.F) {
	f.Add([]byte(example))
	for _, folder := range []string{"good", "bad"} {
		paths, _ := filepath.Glob(filepath.Join("testdata", folder, "*.yaml"))
		for _, p := range paths {
			data, err := os.ReadFile(p)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse("irsa.yaml", data)
		if err == nil {
			if file.APIVersion != APIVersion || file.Kind != Kind {
				t.Fatalf("accepted %q", data)
			}
			return
		}
		var list *FaultList
		if !errors.As(err, &list) || len(list.Faults) == 0 || file != nil {
			t.Fatalf("%T: %v", err, err)
		}
		for _, fault := range list.Faults {
			if fault.Line < 1 || fault.Column < 1 || fault.Message == "" || strings.ContainsAny(fault.String(), "\n\r") {
				t.Fatalf("fault %+v", fault)
			}
		}
	})
}

func FuzzParsePath(f *testing.F) {
	f.Add(`spec.a[*].b[0]["a.b"]`)
	for p := range badPaths {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, path string) {
		parts, err := ParsePath(path)
		if accepted := matches(pathPattern, path); accepted != (err == nil) {
			t.Fatalf("%q: %v, but the pattern says %v", path, err, accepted)
		}
		if again, err2 := ParsePath(PathString(parts)); err == nil && (err2 != nil || len(again) != len(parts)) {
			t.Fatalf("%q comes back as %q: %v", path, PathString(parts), err2)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := Parse("irsa.yaml", []byte(example)); err != nil {
			b.Fatal(err)
		}
	}
}

package yamledit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
)

// TestEncodedAsKyaml: a document that is written anew is written as kyaml writes it, but for the tags
// of merge keys.
func TestEncodedAsKyaml(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../../testdata/golden/render/*/input.yaml")
	if err != nil || len(files) < 100 {
		t.Fatalf("%d streams: %v", len(files), err)
	}
	compared := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for d := yaml.NewDecoder(strings.NewReader(string(text))); ; {
			var doc yaml.Node
			if d.Decode(&doc) != nil {
				break // its end, or what nobody can read
			}
			want, wantErr := kyaml.String(&doc)
			got, err := encoded(&doc)
			if want = strings.ReplaceAll(want, "!!merge ", ""); got != want || (err == nil) != (wantErr == nil) {
				t.Errorf("%s: %v, %v\n%s\nwant\n%s", file, err, wantErr, got, want)
			}
			compared++
		}
	}
	if compared < 300 {
		t.Errorf("only %d documents were compared", compared)
	}
}

package attacks

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// texts counts the texts of a value, keys included, and replaces the nth, and each every
// further, where every is set.
type texts struct {
	n, nth, every int
	change        func(string) string
}

func (x *texts) text(s string) string {
	n := x.n
	x.n++
	if n == x.nth || x.every > 0 && n > x.nth && (n-x.nth)%x.every == 0 {
		return x.change(s)
	}
	return s
}

func (x *texts) walk(v any) any {
	switch v := v.(type) {
	case string:
		var document map[string]any
		if strings.HasPrefix(v, "{") && json.Unmarshal([]byte(v), &document) == nil { // a policy, as local AWS keeps it
			text, _ := json.Marshal(x.walk(document)) // it was JSON before
			return string(text)
		}
		return x.text(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = x.walk(v[i])
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out[x.text(k)] = x.walk(v[k])
		}
		return out
	}
	return v
}

var separator = regexp.MustCompile(`(?m)^---.*$`)

// documents reads the documents of a stream; a document that is not YAML ends it.
func documents(text []byte) []any {
	var out []any
	for _, one := range separator.Split(string(text), -1) {
		var v any
		if yaml.Unmarshal([]byte(one), &v) == nil && v != nil {
			out = append(out, v)
		}
	}
	return out
}

// stream writes documents as JSON, in which every text can be written.
func stream(docs any) []byte {
	all, ok := docs.([]any)
	if !ok {
		all = []any{docs}
	}
	var b bytes.Buffer
	for _, d := range all {
		text, _ := json.Marshal(d) // it was JSON before
		fmt.Fprintf(&b, "---\n%s\n", text)
	}
	return b.Bytes()
}

// TestVerifyPrints: every golden case of verify, with a hostile value in place of one text
// after the other, of the manifests and of the snapshot, or behind it.
func TestVerifyPrints(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("../../testdata/golden/verify/*")
	if err != nil || len(folders) < 100 {
		t.Fatalf("%d cases: %v", len(folders), err)
	}
	stride := 7 // of the texts, beginning with another one in each case
	if testing.Short() {
		stride = 60
	}
	all := newPrinted()
	t.Run("cases", func(t *testing.T) {
		for i, folder := range folders {
			t.Run(filepath.Base(folder), func(t *testing.T) {
				t.Parallel()
				verifyHostile(t, folder, i, stride, all)
			})
		}
	})
	if len(all.lines) < 20 {
		t.Errorf("only %d commands were printed", len(all.lines))
	}
	all.paste(t)
}

func verifyHostile(t *testing.T, folder string, first, stride int, all *printed) {
	manifests, err := os.ReadFile(filepath.Join(folder, "manifests.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var snapshot any = map[string]any{}
	if text, err := os.ReadFile(filepath.Join(folder, "snapshot.yaml")); err == nil && len(documents(text)) == 1 {
		snapshot = documents(text)[0]
	}
	dir := t.TempDir()
	paths := []string{filepath.Join(dir, "m.yaml"), filepath.Join(dir, "s.json")}
	for file, whole := range []any{any(documents(manifests)), snapshot} {
		count := &texts{nth: -1}
		count.walk(whole)
		for n := first % stride; n < count.n; n += stride {
			value := hostile[(first*7+n)%len(hostile)]
			changed := (&texts{nth: n, change: func(s string) string {
				if n%2 == 0 {
					return value
				}
				return s + value
			}}).walk(whole)
			inputs := []any{any(documents(manifests)), snapshot}
			inputs[file] = changed
			writeFiles(t, paths, inputs)
			verifyOnce(t, paths, n, all)
		}
	}
}

func writeFiles(t *testing.T, paths []string, inputs []any) {
	t.Helper()
	snapshot, err := json.Marshal(inputs[1])
	if err := errors.Join(err, os.WriteFile(paths[0], stream(inputs[0]), 0o600), os.WriteFile(paths[1], snapshot, 0o600)); err != nil {
		t.Fatal(err)
	}
}

// verifyOnce prints the report as text, and in one of the other formats.
func verifyOnce(t *testing.T, paths []string, n int, all *printed) {
	t.Helper()
	args := []string{"verify", "--manifests", paths[0], "--snapshot", paths[1], "--namespace", "apps"}
	text := runHere("", nil, args...)
	text.check(t)
	all.collect(text)
	if text.code == 1 {
		return // it cannot be read, which is said in every format alike
	}
	format := []string{"json", "sarif", "junit"}[n%3]
	other := runHere("", nil, append(args, "-o", format)...)
	other.check(t)
	var fault error
	if format == "junit" {
		fault = wellFormed(other.stdout)
	} else {
		fault = json.Unmarshal([]byte(other.stdout), new(any))
	}
	if fault != nil {
		manifests, _ := os.ReadFile(paths[0]) // only for the message
		t.Errorf("%s: -o %s: %v\n%s\nof %.3000s", other.name, format, fault, other.stdout, manifests)
	}
}

func wellFormed(text string) error {
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

package discover

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	helmvalues "helm.sh/helm/v3/pkg/cli/values"
)

// TestStore: values go where they are to, and nothing is put below a null or a text of the caller's.
func TestStore(t *testing.T) {
	t.Parallel()
	whole := map[string]any{"list": []any{map[string]any{"name": "a"}, map[string]any{"name": "b"}}, "m": map[string]any{"x": "1"}}
	values := map[string]any{"none": nil, "text": "t"}
	for _, c := range []struct {
		at string
		ok bool
	}{{"m.y", true}, {"list.[1].annotations", true}, {"list.[2].annotations", false}, {"none.x", false}, {"text.x", false}, {"new.[0].x", false}} {
		if ok := Store(values, whole, strings.Split(c.at, "."), "v"); ok != c.ok {
			t.Errorf("%s: %v", c.at, ok)
		}
	}
	if got, ok := Lookup(values, Path{"list", "[1]", "annotations"}); !ok || got != "v" {
		t.Errorf("got %v of %v", got, values)
	}
	if got, _ := Lookup(values, Path{"list", "[0]", "name"}); got != "a" {
		t.Errorf("the rest of the list is gone: %v", values)
	}
	if _, ok := Lookup(whole, Path{"list", "[1]", "annotations"}); ok {
		t.Error("the chart's own values were changed")
	}
	if got := (Path{"a.b", "[0]", "c=d"}).String(); got != `a\.b[0].c\=d` {
		t.Error(got)
	}
}

// TestMergeValues merges as Helm does.
func TestMergeValues(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, second := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "b.yaml")
	for file, text := range map[string]string{first: "a: {b: 1, c: [1, 2]}\nd: x\ne: {f: g}\n", second: "a: {b: null, c: [3]}\nd: {y: z}\ne: null\n"} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for i, s := range []Sources{
		{Files: []string{first, second}},
		{Files: []string{second, first}, Set: []string{"a.c[1]=x,k=1", "n=null"}, String: []string{"k=2"}},
		{JSON: []string{`j={"a":[1]}`, "a.b=2"}, Literally: []string{"l=a,b=c"}, File: []string{"f=" + second}, Set: []string{"j.a[0]=2"}},
	} {
		got, err := MergeValues(s, os.ReadFile)
		if err != nil {
			t.Fatal(err)
		}
		helm := helmvalues.Options{ValueFiles: s.Files, Values: s.Set, StringValues: s.String, JSONValues: s.JSON, FileValues: s.File, LiteralValues: s.Literally}
		want, err := helm.MergeValues(nil)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || !reflect.DeepEqual(got, want) {
			t.Errorf("%d: got %v, Helm has %v", i, got, want)
		}
	}
	for flag, s := range map[string]Sources{
		"--set a": {Set: []string{"a"}}, "--set-json a=": {JSON: []string{"a={"}}, "--set-string": {String: []string{"a"}},
		"--set-file": {File: []string{"a=" + dir + "/none"}}, "values of": {Files: []string{filepath.Join(dir, "bad.yaml")}},
	} {
		if err := os.WriteFile(filepath.Join(dir, "bad.yaml"), []byte("a: ["), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := MergeValues(s, os.ReadFile); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s: %v", flag, err)
		}
	}
	if got, err := MergeValues(Sources{JSON: []string{`{"a":{"b":1}}`, `{"a":{"c":2}}`}}, os.ReadFile); err != nil || len(got["a"].(map[string]any)) != 2 {
		t.Error(got, err)
	}
}

// TestWays: what is a service account's own goes before what it shares.
func TestWays(t *testing.T) {
	t.Parallel()
	own, shared, arn := Way{Path: "own", Number: 1, Keys: Path{"a", "annotations"}}, Way{Path: "shared", Number: 2, Keys: Path{"global", "deep", "annotations"}}, Way{Path: "arn", RoleARN: true, Number: 3, Keys: Path{"x", "y", "arn"}}
	r := &Result{ServiceAccounts: []ServiceAccount{
		{Name: "one", Ways: []Way{shared, arn, own}},
		{Name: "two", Ways: []Way{shared}},
	}}
	var got []string
	for _, w := range r.Ways(&r.ServiceAccounts[0]) {
		got = append(got, w.Path)
	}
	if !slices.Equal(got, []string{"own", "arn", "shared"}) {
		t.Error(got)
	}
}

// TestPutIntoText: a text of annotations has a key once, whichever way it was written.
func TestPutIntoText(t *testing.T) {
	t.Parallel()
	const line = roleKey + ": \"arn\"\n"
	for before, want := range map[string]string{
		"":                                 line,
		"a: b":                             "a: b\n" + line,
		"# " + roleKey + ": old\na: b\n":   "# " + roleKey + ": old\na: b\n" + line,
		roleKey + ": old\na: b":            "a: b\n" + line,
		"a: b\n\"" + roleKey + "\" : old":  "a: b\n" + line,
		roleKey + "-too: x\n":              roleKey + "-too: x\n" + line,
		"a: " + roleKey + ": no key\nb: c": "a: " + roleKey + ": no key\nb: c\n" + line,
	} {
		into := map[string]any{}
		if !(&Result{}).Put(Way{Keys: Path{"annotations"}, Text: true, Before: before}, into, roleKey, "arn") || into["annotations"] != want {
			t.Errorf("%q: got %q, want %q", before, into["annotations"], want)
		}
	}
}

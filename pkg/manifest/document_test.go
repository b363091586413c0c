package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", ""}, {"one", "kind: A\n", "1 A"}, {"two", "kind: A\n---\nkind: B\n", "1 A; 2 B"},
		{"comments alone between", "---\n# c\n---\nkind: A\n", "3 A"},
		{"an end mark", "kind: A\n...\nkind: B\n", "1 A; 3 B"}, {"an end mark and a separator", "kind: A\n...\n---\nkind: B\n", "1 A; 3 B"},
		{"CRLF", "---\r\nkind: A\r\n---\r\nkind: B\r\n", "1 A; 3 B"},
		{"dashes in a text", "kind: A\nx: |\n  ---\n  kind: B\n", "1 A"}, {"a separator with a comment", "--- # c\nkind: A\n", "1 A"},
		{"JSON", "{\"kind\": \"A\"}\n---\n{\"kind\": \"B\"}\n", "1 ; 2 "}, {"a kind that is written oddly", "kind: &a A\n", "1 "},
		{"a text that looks like a separator", "kind: A\n---b: 1\n", "1 A"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var said []string
			for _, d := range Split([]byte(tt.text)) {
				said = append(said, fmt.Sprintf("%d %s", d.Line, d.Kind))
			}
			if got := strings.Join(said, "; "); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// TestReadErrors: an input that cannot be read is one line, with the line of the whole input.
func TestReadErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"a syntax error in a later document", "a: 1\n---\nb: 1\nc: d: e\n", "m:4: not YAML: mapping values are not allowed in this context"},
		{"a tab", "a: 1\n---\nb:\n\tc: 1\n", "m:4: not YAML: a tab is used as indentation"},
		{"an alias inside its own anchor", "a: 1\n---\nb: 1\nc: &c [*c]\n", "m:4: its aliases expand to more than 2000000 nodes"},
		{"a key that is a list", "a: 1\n---\nb: 1\n? [1]\n: 2\n", "m:3: a key is no text"},
		{"a text", "a: 1\n---\nhello\n", "m:3: not a manifest: want a mapping with apiVersion and kind"},
		{"nested too deep", strings.Repeat("[", 600) + strings.Repeat("]", 600), "m:1: the document is nested too deep"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Read("m", strings.NewReader(tt.text))
			input := (*InputError)(nil)
			if !errors.As(err, &input) || err.Error() != tt.want {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}

// TestReadLeavesOut: documents that say nothing of pods are not parsed.
func TestReadLeavesOut(t *testing.T) {
	t.Parallel()
	objects, err := Read("m", strings.NewReader("kind: CustomResourceDefinition\nspec: {a: [}\n---\n# kind: CustomResourceDefinition\nkind: Secret\n---\n%YAML 1.2\n---\nkind: Pod\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(objects.List) != 2 || objects.List[0].Where != "m:5" || objects.List[1].Kind != "Pod" {
		t.Errorf("%+v", objects.List)
	}
}

// values are texts whose reading depends on the order of keys.
var values = []string{
	"a: 1\na: 2\n", "b: &b {x: 1, w: 2}\nc: {x: 3, <<: *b}\n", "b: &b {x: 1, w: 2}\nc: {<<: *b, x: 3}\n",
	"b: &b {x: 1}\nd: &d {x: 2, w: 2}\nc: {<<: [*b, *d], v: 1}\n", "b: &b {x: 1}\nd: &d {x: 2, w: 2}\nc: {x: 0, <<: [*d, *b]}\n",
	"b: &b {x: 1}\nc: &c {<<: *b, w: 2}\nd: {<<: *c}\n", "a: {b: null, c: ~, d: true, e: 1.5, f: \"1\", g: [], h: {}}\n",
	"\"<<\": {x: 1}\n", "b: &b {x: {w: 1}}\nc: {<<: *b, x: {v: 2}}\n", "a: &a x\nb: *a\n*a : 1\n",
	"a: yes\nb: No\nc: on\nd: OFF\nf: \"yes\"\ng: 'no'\nh: yES\ni: !!str yes\nj: yes please\nk: |\n  yes\nl: [no, Off, On]\non: push\n\"off\": 1\nyes: 1\n",
}

// TestValueAsHelm: plain values are those that Helm's own decoder gives.
func TestValueAsHelm(t *testing.T) {
	t.Parallel()
	for _, text := range values {
		got, err := valuesOf(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		var want any
		if err := yaml.Unmarshal([]byte(text), &want); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// valuesOf reads a text, with numbers as encoding/json has them.
func valuesOf(text string) (any, error) {
	node, err := Parse("m", Document{Text: []byte(text), Line: 1})
	if err != nil || node == nil {
		return nil, err
	}
	v, err := Value(node)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out any
	return out, json.Unmarshal(b, &out)
}

// FuzzRead: whatever comes in, nothing panics, and every pod of every object is found at
// a place of its row.
func FuzzRead(f *testing.F) {
	for _, text := range values {
		f.Add(text)
	}
	f.Add("kind: List\nitems:\n- {kind: Pod, spec: {serviceAccountName: a}}\n")
	f.Add("apiVersion: ray.io/v1\nkind: RayCluster\nspec: {workerGroupSpecs: [1, {template: x}, {template: {spec: {}}}]}\n")
	f.Add("apiVersion: tekton.dev/v1\nkind: PipelineRun\nspec: {taskRunSpecs: {a: b}}\n")
	table := Kinds()
	f.Fuzz(func(t *testing.T, text string) {
		objects, err := Read("m", strings.NewReader(text))
		if err != nil {
			if input := (*InputError)(nil); !errors.As(err, &input) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		for i := range objects.List {
			o := &objects.List[i]
			row := table.Of(o)
			for _, p := range row.PodsOf(o.Body) {
				if !row.Runs() || p.Path == "" {
					t.Fatalf("%s has a pod at %q", o, p.Path)
				}
			}
		}
	})
}

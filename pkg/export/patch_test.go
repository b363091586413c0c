package export

import (
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

func objectsOf(t *testing.T, text string) *manifest.Objects {
	t.Helper()
	out, err := manifest.Read("test", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestPatches: mappings are merged; lists, and texts of several lines, are changed where they are
// as they were.
func TestPatches(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ before, after, want string }{
		"a mapping": {
			"{spec: {a: 1, gone: x}}", "{spec: {a: 1, b: {c: d}}}",
			"apiVersion: v1\nkind: Thing\nmetadata:\n  name: x.y\nspec:\n  b:\n    c: d\n  gone: null\n",
		},
		"an element between": {
			"{subjects: [{name: a}, {name: c}]}", "{subjects: [{name: a}, {name: b}, {name: c}]}",
			"- op: add\n  path: \"/subjects/1\"\n  value:\n    name: b\n",
		},
		"an element that changes": {
			"{list: [{name: a, v: 1}]}", "{list: [{name: a, v: 2}]}",
			"- op: test\n  path: \"/list/0/name\"\n  value: a\n- op: test\n  path: \"/list/0/v\"\n  value: 1\n- op: replace\n  path: \"/list/0/v\"\n  value: 2\n",
		},
		"another list": {
			"{list: [a, b]}", "{list: [c]}",
			"- op: test\n  path: \"/list\"\n  value:\n  - a\n  - b\n- op: replace\n  path: \"/list\"\n  value:\n  - c\n",
		},
		"a text": {
			`{"a/b~c": "one\ntwo\n"}`, `{"a/b~c": "one\n2\n"}`,
			"- op: test\n  path: \"/a~1b~0c\"\n  value: |\n    one\n    two\n- op: replace\n  path: \"/a~1b~0c\"\n  value: |\n    one\n    2\n",
		},
		"what goes from a mapping beside a list": {
			"{m: {a: b}, l: []}", "{m: {}, l: [c]}",
			"- op: add\n  path: \"/l/0\"\n  value: c\n- op: remove\n  path: \"/m/a\"\n",
		},
	} {
		object := func(body string) string {
			return "{apiVersion: v1, kind: Thing, metadata: {name: x.y}, " + strings.TrimPrefix(body, "{")
		}
		changed, added := difference(objectsOf(t, object(c.before)), objectsOf(t, object(c.after)))
		if len(changed) != 1 || len(added) != 0 {
			t.Fatalf("%s: %d changes, %d added", name, len(changed), len(added))
		}
		all := changed[0].patches()
		last := all[len(all)-1]
		if got := last.text(); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
		if last.target != nil && (last.target["name"] != `x\.y` || len(all) != 2 || all[0].text() != "apiVersion: v1\nkind: Thing\nmetadata:\n  name: x.y\n") {
			t.Errorf("%s: %+v", name, all)
		}
	}
}

// TestBlock: what is written in block style is read as it was.
func TestBlock(t *testing.T) {
	t.Parallel()
	texts := []any{
		"", "a", "yes", "No", "~", "null", "1", "1e3", "0x1", "1:20", ".5", ".inf", "-", "- a", "a: b", "a:", "a #b", "#a", "a\n", "a\nb", "a\nb\n", "a\n\nb\n", "a\n\n", "\na", " a\nb", "a\n b\n", "a \nb",
		"a\tb\nc", "\ta\nb", "{{ x }}", "{{ x }}\ny", "${x}", "\u202e", "\ufeff\na", "é", "arn:aws:iam::1:role/x", "<<", "=", "!x", "&x", "*x", "|", ">", "%x", "@x", "`x", "'x'", `"x"`, `\`, "a\r\nb\r\n", "---", "---\na", "2001-01-01",
	}
	whole := map[string]any{"texts": texts, "m": map[string]any{}, "l": []any{}, "nested": []any{[]any{"a", []any{}}, map[string]any{"a": []any{map[string]any{"b": "c\nd\n"}}}, map[string]any{}}, "n": nil, "b": true, "i": 1.5}
	for _, text := range texts {
		whole["key "+text.(string)] = text
		if s := text.(string); s != "" {
			whole[s] = map[string]any{s: []any{s}}
		}
	}
	var y yamlLines
	y.mapping(0, whole)
	var got map[string]any
	if err := yaml.Unmarshal([]byte(y.String()), &got); err != nil {
		t.Fatalf("%v\n%s", err, y.String())
	}
	if !reflect.DeepEqual(got, whole) {
		t.Errorf("%v\nis read as\n%v\n%s", whole, got, y.String())
	}
	if strings.Contains(y.String(), "{{") {
		t.Error("a template is left")
	}
}

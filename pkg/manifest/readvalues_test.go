package manifest_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// values reads a document as plain values.
func values(t *testing.T, text string) any {
	t.Helper()
	root, err := manifest.Parse("in", manifest.Document{Text: []byte(text), Line: 1})
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	v, err := manifest.Value(root)
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return v
}

type object = map[string]any

func TestValue(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		"a: text":                     object{"a": "text"},
		"a: \"true\"":                 object{"a": "true"},
		"a: true\nb: True\nc: false":  object{"a": true, "b": true, "c": false},
		"a: 1\nb: 1.50\nc: 0x1F":      object{"a": manifest.Number("1"), "b": manifest.Number("1.50"), "c": manifest.Number("0x1F")},
		"a: null\nb: ~\nc:":           object{"a": nil, "b": nil, "c": nil},
		"a: 2026-01-01":               object{"a": "2026-01-01"},
		"a: [x, [y], {z: 1}]":         object{"a": []any{"x", []any{"y"}, object{"z": manifest.Number("1")}}},
		"a: []\nb: {}":                object{"a": []any{}, "b": object{}},
		"1: x\ntrue: y\nnull: z":      object{"1": "x", "true": "y", "null": "z"},
		"a: &x {b: 1}\nc: *x":         object{"a": object{"b": manifest.Number("1")}, "c": object{"b": manifest.Number("1")}},
		"&k a: 1\nb: {*k : 2}":        object{"a": manifest.Number("1"), "b": object{"a": manifest.Number("2")}},
		"text":                        "text",
		"{\"a\": {\"b\": [1, true]}}": object{"a": object{"b": []any{manifest.Number("1"), true}}},
	} {
		if got := values(t, text); !reflect.DeepEqual(got, want) {
			t.Errorf("%s\ngot  %#v\nwant %#v", text, got, want)
		}
	}
}

// TestMerge: a mapping's own keys behind << win over merged ones; of several merged mappings
// the first wins (https://yaml.org/type/merge.html).
func TestMerge(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]object{
		"base: &b {x: 1, y: 2}\nd:\n  <<: *b\n  y: 3":                      {"x": manifest.Number("1"), "y": manifest.Number("3")},
		"base: &b {x: 1}\nmore: &m {x: 2, z: 4}\nd:\n  <<: [*b, *m]":       {"x": manifest.Number("1"), "z": manifest.Number("4")},
		"base: &b {x: 1}\nd:\n  <<: *b\n  \"<<\": text":                    {"x": manifest.Number("1"), "<<": "text"},
		"base: &b {x: 1}\nmid: &m\n  <<: *b\n  y: 2\nd:\n  <<: *m\n  z: 3": {"x": manifest.Number("1"), "y": manifest.Number("2"), "z": manifest.Number("3")},
		"base: &b {x: {p: 1}}\nd:\n  <<: *b\n  x: {q: 2}":                  {"x": object{"q": manifest.Number("2")}},
		"base: &b {x: 1}\nmore: &m {y: 2}\nd:\n  <<: *b\n  k: 1\n  <<: *m": {"x": manifest.Number("1"), "y": manifest.Number("2"), "k": manifest.Number("1")},
	} {
		if got := manifest.Mapping(values(t, text), "d"); !reflect.DeepEqual(got, want) {
			t.Errorf("%s\ngot  %#v\nwant %#v", text, got, want)
		}
	}
}

// TestBounds: what would take all memory, or the stack, is an error that says where.
func TestBounds(t *testing.T) {
	t.Parallel()
	bomb := "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
	for i := range 9 {
		bomb += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	for name, text := range map[string]string{
		"aliases of aliases": bomb,
		"deep":               strings.Repeat("[", 600) + strings.Repeat("]", 600),
	} {
		_, err := manifest.Read("in", strings.NewReader(text))
		var input *manifest.InputError
		if !errors.As(err, &input) || input.Line == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A document is at most 500 levels deep; an alias is a level, as is what it stands for.
	chain := func(n int) string {
		out := "a0: &a0 [x]\n"
		for i := range n {
			out += fmt.Sprintf("a%d: &a%d [*a%d]\n", i+1, i+1, i)
		}
		return out
	}
	for _, c := range []struct {
		text string
		ok   bool
	}{
		{"a: " + strings.Repeat("[", 500) + strings.Repeat("]", 500), true},
		{"a: " + strings.Repeat("[", 501) + strings.Repeat("]", 501), false},
		{strings.Repeat("{a: ", 500) + "x" + strings.Repeat("}", 500), true},
		{strings.Repeat("{a: ", 501) + "x" + strings.Repeat("}", 501), false},
		{chain(249), true},
		{chain(250), false},
	} {
		if _, err := manifest.Read("in", strings.NewReader(c.text)); (err == nil) != c.ok {
			t.Errorf("%.40s…: %v", c.text, err)
		}
	}
	for lists, ok := range map[int]bool{499: true, 500: false} { // the document itself is a level here
		root, err := manifest.Parse("in", manifest.Document{Text: []byte("a: " + strings.Repeat("[", lists) + strings.Repeat("]", lists)), Line: 1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := manifest.Value(root); (err == nil) != ok {
			t.Errorf("%d lists: %v", lists, err)
		}
	}
	if _, err := manifest.Read("in", strings.NewReader("\n\n? [a]\n: b\n")); err == nil || err.Error() != "in:3: a key is no text" {
		t.Error(err)
	}
}

// TestReachInto: the ways to a value, where it is there, is of another kind, or is not.
func TestReachInto(t *testing.T) {
	t.Parallel()
	v := values(t, "a: {b: {c: text, n: 7, t: true, l: [x]}}\nlist: [{d: 1}]")
	for _, c := range []struct {
		got, want any
	}{
		{manifest.Dig(v, "a", "b", "c"), "text"},
		{manifest.Dig(v), v},
		{manifest.Dig(v, "a", "b", "c", "d"), nil},
		{manifest.Dig(v, "a", "no", "c"), nil},
		{manifest.Dig(v, "list", "d"), nil},
		{manifest.Text(v, "a", "b", "c"), "text"},
		{manifest.Text(v, "a", "b", "n"), ""},
		{manifest.Text(v, "a"), ""},
		{manifest.Mapping(v, "a", "b")["c"], "text"},
		{len(manifest.Mapping(v, "list")), 0},
		{len(manifest.List(v, "a", "b", "l")), 1},
		{len(manifest.List(v, "a")), 0},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
	for _, c := range []struct {
		v    any
		text string
		ok   bool
	}{{"x", "x", true}, {manifest.Number("1.0"), "1.0", true}, {true, "true", true}, {false, "false", true}, {nil, "", false}, {object{}, "", false}, {[]any{"x"}, "", false}} {
		if text, ok := manifest.Plain(c.v); text != c.text || ok != c.ok {
			t.Errorf("Plain(%v): %q, %v", c.v, text, ok)
		}
		if got := manifest.NameOf(c.v); got != c.text {
			t.Errorf("NameOf(%v): %q", c.v, got)
		}
	}
}

// TestWalk: every value once, sorted, with its path; nothing below one that is declined.
func TestWalk(t *testing.T) {
	t.Parallel()
	v := values(t, "b: [x, {c: 1}]\na: {\"x.y\": 2, z: {w: 3}}\n\"with space\": 4\n\"q\\\"q\": 5\n\"s/l\": 6\n\"b[r]\": 7")
	var got []string
	manifest.Walk(v, "", func(path, key string, v any) bool {
		got = append(got, path+" "+key)
		return key != "z"
	})
	want := []string{
		"a a", `a["x.y"] x.y`, "a.z z", "b b", "b[0] ", "b[1] ", "b[1].c c",
		`["b[r]"] b[r]`, `["q\"q"] q"q`, `["s/l"] s/l`, `["with space"] with space`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	manifest.Walk(values(t, "[x]"), "spec", func(path, _ string, _ any) bool {
		if path != "spec[0]" {
			t.Error(path)
		}
		return true
	})
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"~": "null", "{}": "an object", "[]": "a list", "x": `the text "x"`, "1": "1", "true": "true",
		strings.Repeat("é", 60): `the text "` + strings.Repeat("é", 60) + `"`,
		strings.Repeat("é", 61): `the text "` + strings.Repeat("é", 60) + `…"`,
	} {
		if got := manifest.KindOf(values(t, text)); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

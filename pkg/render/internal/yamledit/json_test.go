package yamledit

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// FuzzJSON holds what is read of JSON against encoding/json, and every place against the bytes.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`{}`, `[]`, `{"a": {"b": [1, -2.5e3, true, false, null, "\/ \ud83d\ude00 é"]}, "a": 2}`, "---\n# c\n [ {\n} , [\r\n] ]\n", "\ufeff{\"\u2028\": \"\u0085\", \"x\" :1}", `[[[["x"]]]]`, `{"": ""}`, "[1,\n\n2 ]\t",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		at, ok := jsonBody(src)
		if !ok {
			return
		}
		d, err := Parse(src)
		if err != nil || !d.json || !d.Root().Ok() {
			t.Fatalf("%q: %v", src, err)
		}
		dec := json.NewDecoder(bytes.NewReader(src[at:]))
		dec.UseNumber()
		var want any
		if err := dec.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if got := plainJSON(t, d, d.root); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q is read as %#v, want %#v", src, got, want)
		}
		if text := jsonText(d.root); !json.Valid([]byte(text)) {
			t.Fatalf("%q is written as %s", src, text)
		}
	})
}

// plainJSON makes plain values of nodes, whose places it looks at.
func plainJSON(t *testing.T, d *Document, n *yaml.Node) any {
	at, ok := d.offset(n)
	if !ok {
		t.Fatalf("%q: no offset for %d:%d", d.src, n.Line, n.Column)
	}
	first := d.src[at]
	switch n.Kind {
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			plainJSON(t, d, n.Content[i])
			out[n.Content[i].Value] = plainJSON(t, d, n.Content[i+1])
		}
		if first != '{' {
			t.Fatalf("%q: a mapping at %d", d.src, at)
		}
		return out
	case yaml.SequenceNode:
		out := []any{}
		for _, c := range n.Content {
			out = append(out, plainJSON(t, d, c))
		}
		if first != '[' {
			t.Fatalf("%q: a list at %d", d.src, at)
		}
		return out
	}
	if s, ok := d.scalarSpan(Ref{doc: d, raw: n}); !ok || !json.Valid(d.src[s.start:s.end]) {
		t.Fatalf("%q: no JSON at %d", d.src, at)
	}
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return n.Value == "true"
	case "!!str":
		return n.Value
	}
	if (n.Tag == "!!float") != strings.ContainsAny(n.Value, ".eE") {
		t.Fatalf("%s has tag %s", n.Value, n.Tag)
	}
	return json.Number(n.Value)
}

// TestJSONBody: what is JSON from its first value to the end, and what is YAML.
func TestJSONBody(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]int{
		"{}": 0, " [1]\n": 1, "---\n{}\n": 4, "# c\n\n---  \n# d\n  {}": 17, "\ufeff{}": 3, "\ufeff---\n\ufeff[]": 10,
		"": -1, "---\n": -1, "a: {}": -1, "{a: b}": -1, "{} x": -1, "--- {}": -1, "1": -1, "\"a\"": -1, "{}\n---\n{}": -1, "{}\n# c": -1, "- {}": -1, "[\"\xf7\"]": -1,
	} {
		at, ok := jsonBody([]byte(src))
		if ok != (want >= 0) || ok && at != want {
			t.Errorf("%q: %d %v, want %d", src, at, ok, want)
		}
	}
}

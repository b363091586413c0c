package yamledit

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
	sigs "sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/pkg/manifest/yamldoc"

	"github.com/helm-irsa/helm-irsa/internal/realstreams"
	"github.com/helm-irsa/helm-irsa/pkg/manifest/stream"
)

// FuzzApply makes one edit at a place that the fuzzer picks, and holds the result
// against the same edit made on plain Go values: a second way to the same answer,
// which knows nothing of nodes and positions.
func FuzzApply(f *testing.F) {
	for _, s := range []string{
		"a: b # c\nd: [e, {f: g}]\n", "{\"a\": {\"b\": null}}\n", "a: &x\n  b: 1\nc: *x\nd:\n  <<: *x\n", "a: |\n\n  b\n c: d\n",
		"a:\r\n- b: 1\r\n  c:\r\n- d\r\n", "a: !!str b\n\"c\": 'd''e'\n? f\n: g\n", "- a\n- - b\n  - c: \n", "--- # x\na: {}\nb: []\nc: ~\n",
		"a: >-\n  b\n  c\nd: \"e\\\n  f\"\n", "\ufeffé: \u00a0x\nk: \"\\x41\"\n",
		"{\"a\": {\n}, \"b\": [ ], \"c\": \"\\ud83d\\ude00\\/\", \"d\": 1e3}\n", "---\n\ufeffa: b\nc: d\n", "x: &x {b: {c: d}}\na:\n  b: {e: f}\n  <<: *x\n  g: h\n",
		"x: &x\n  b: c\ny:\n  <<: *x\n  d:\n    e: f\n    <<: [*x]\n",
	} {
		for verb := range uint8(4) {
			f.Add([]byte(s), []byte{1, 0, 2}, verb)
		}
	}
	realstreams.Each(f, 16<<10, func(data []byte) {
		for _, doc := range stream.Scan(data) {
			if len(doc.Bytes) < 1500 && !doc.Empty() {
				f.Add(doc.Bytes, []byte{3, 1, 0, 0, 1}, uint8(0))
			}
		}
	})
	f.Fuzz(func(t *testing.T, src, walk []byte, v uint8) {
		d, err := Parse(src)
		if err != nil || !d.Root().Ok() {
			return
		}
		var before any
		read := yaml.Unmarshal
		if json.Valid(src) && d.json {
			read = json.Unmarshal
		}
		// Readers differ in merge keys; of what is written without them, that is what counts.
		if read(cutSeparator(d.src), &before) != nil || !textKeys(before) {
			return // repeated keys and the like: no plain value to compare with
		}
		at, path, ok := pick(d.Root(), walk)
		if !ok {
			return
		}
		// The lines from the key to the value's end, the mapping's own key line where a
		// last pair goes, and one that is begun.
		lines := 3
		if s, ok := d.scalarSpan(at); ok {
			from := s.start
			for _, key := range []*yaml.Node{at.key, at.upKey()} {
				if off, ok := d.keyOffset(key); ok {
					from = min(from, off)
				}
			}
			lines += bytes.Count(src[from:s.end], []byte("\n"))
		}
		edit, ok := plan(d, at, path, verb(v%4))
		if !ok {
			return
		}
		want, helm := edit(before), asHelmReads(src, at, path)
		got, err := d.Apply()
		if err != nil {
			t.Skip(err) // said, not silent; the tree could not be written by kyaml either
		}
		var after any
		if err := read(cutSeparator(got.Bytes), &after); err != nil {
			t.Fatalf("%q edited at %v (%d) is no YAML: %v\n%q", src, path, v%4, err, got.Bytes)
		}
		if !reflect.DeepEqual(after, want) {
			t.Fatalf("%q edited at %v (%d):\n%q\nhas %#v\nwant %#v", src, path, v%4, got.Bytes, after, want)
		}
		if helm != nil {
			var has any
			if err := sigs.Unmarshal(cutSeparator(got.Bytes), &has); err != nil || !reflect.DeepEqual(has, edit(*helm)) {
				t.Fatalf("%q edited at %v (%d):\n%q\nis for Helm %#v (%v)\nwant %#v", src, path, v%4, got.Bytes, has, err, edit(*helm))
			}
		}
		if _, ok := jsonBody(got.Bytes); d.json && !ok {
			t.Fatalf("%q edited at %v (%d) is no JSON any more: %q", src, path, v%4, got.Bytes)
		}
		if !got.Rewritten {
			keepsLines(t, src, got.Bytes, lines)
		}
	})
}

// cutSeparator is a document without the line that separates it, as those have it who cut a
// stream there.
func cutSeparator(src []byte) []byte {
	bare := bytes.TrimPrefix(src, byteOrderMark)
	if line := lineEnd(bare, 0); isSeparator(bare[:line]) {
		return bare[line:]
	}
	return src
}

// asHelmReads gives a document as Helm reads it; nil where it does not, where the place is
// another one for Helm, or where that is for the caller to care for: a merge key takes it.
func asHelmReads(src []byte, at Ref, path []any) *any {
	var read any
	if sigs.Unmarshal(cutSeparator(src), &read) != nil {
		return nil
	}
	for p := &at; p != nil; p = p.up {
		if p.key != nil && (yamldoc.IsMerge(p.key) || p.up.Overruled(yamldoc.Deref(p.key).Value, *p)) {
			return nil
		}
	}
	value := read
	for _, step := range path {
		m, isMap := value.(map[string]any)
		l, isList := value.([]any)
		key, isKey := step.(string)
		switch {
		case isMap && isKey && m[key] != nil:
			value = m[key]
		case isMap && isKey:
			if _, ok := m[key]; !ok {
				return nil
			}
			value = nil
		case isList && !isKey:
			value = l[step.(int)]
		default:
			return nil
		}
	}
	return &read
}

// textKeys reports whether all keys of a value are text.
func textKeys(value any) bool {
	switch v := value.(type) {
	case map[any]any:
		return false
	case map[string]any:
		for _, c := range v {
			if !textKeys(c) {
				return false
			}
		}
	case []any:
		for _, c := range v {
			if !textKeys(c) {
				return false
			}
		}
	}
	return true
}

// upKey is the key of the collection that the place stands in.
func (r Ref) upKey() *yaml.Node {
	if r.up == nil {
		return nil
	}
	return r.up.key
}

func (d *Document) keyOffset(key *yaml.Node) (int, bool) {
	if key == nil {
		return 0, false
	}
	return d.offset(key)
}

// pick walks down the document as the fuzzer's bytes say.
func pick(r Ref, walk []byte) (Ref, []any, bool) {
	var path []any
	for _, w := range walk {
		switch {
		case r.IsMap():
			entries := r.Entries()
			if len(entries) == 0 {
				return r, path, true
			}
			e := entries[int(w)%len(entries)]
			if k := yamldoc.Deref(e.Value.key); k.Kind != yaml.ScalarNode || k.ShortTag() != "!!str" {
				return r, path, false
			}
			r = e.Value
			path = append(path, e.Key)
		case r.IsSeq():
			items := r.Items()
			if len(items) == 0 {
				return r, path, true
			}
			i := int(w) % len(items)
			r = items[i]
			path = append(path, i)
		default:
			return r, path, true
		}
	}
	return r, path, true
}

// plan plans an edit and gives what it makes of a plain value.
func plan(d *Document, at Ref, path []any, v verb) (func(any) any, bool) {
	const text = "arn:aws:iam::111122223333:role/r"
	n := at.Node()
	with := func(at func(any) (any, bool)) func(any) any {
		return func(value any) any { return change(value, path, at) }
	}
	switch v {
	case set:
		if n.Kind != yaml.ScalarNode {
			return nil, false
		}
		d.Set(at, text)
		return with(func(any) (any, bool) { return text, true }), true
	case insert:
		if !at.IsMap() && !at.IsNull() || at.Get("zz").Ok() {
			return nil, false
		}
		d.Insert(at, "zz", Str("1"))
		return with(func(old any) (any, bool) {
			out := map[string]any{"zz": "1"}
			switch m := old.(type) {
			case map[string]any:
				for k, v := range m {
					out[k] = v
				}
			case nil:
			default:
				return nil, false
			}
			return out, true
		}), true
	case prepend:
		if !at.IsSeq() && !at.IsNull() {
			return nil, false
		}
		d.Prepend(at, Map(Pair{"k", Str("v w")}))
		return with(func(old any) (any, bool) {
			list, _ := old.([]any)
			return append([]any{map[string]any{"k": "v w"}}, list...), true
		}), true
	}
	if at.key == nil || len(path) == 0 {
		return nil, false
	}
	d.Remove(at)
	last := path[len(path)-1]
	return func(value any) any {
		return change(value, path[:len(path)-1], func(old any) (any, bool) {
			m, ok := old.(map[string]any)
			out := map[string]any{}
			for k, v := range m {
				if k != last {
					out[k] = v
				}
			}
			return out, ok
		})
	}, true
}

// change copies a plain value with one place changed.
func change(value any, path []any, at func(any) (any, bool)) any {
	if len(path) == 0 {
		out, ok := at(value)
		if !ok {
			return value
		}
		return out
	}
	switch key := path[0].(type) {
	case string:
		m, _ := value.(map[string]any)
		out := map[string]any{}
		for k, v := range m {
			out[k] = v
		}
		out[key] = change(m[key], path[1:], at)
		return out
	case int:
		l, _ := value.([]any)
		out := append([]any{}, l...)
		out[key] = change(l[key], path[1:], at)
		return out
	}
	return value
}

// keepsLines holds an in-place edit to its promise: of the original's lines, at most
// those that the edited value stood on are gone. An anchor that moves to its next
// use makes a second place, and is left out here.
func keepsLines(t *testing.T, src, out []byte, most int) {
	t.Helper()
	if bytes.ContainsAny(src, "&") {
		return
	}
	a, b := strings.SplitAfter(string(src), "\n"), strings.SplitAfter(string(out), "\n")
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	if lost := len(a) - head - tail; lost > most {
		t.Errorf("%q\nbecame\n%q\nwhich changes %d lines, not %d", src, out, lost, most)
	}
}

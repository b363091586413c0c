package yamledit

import (
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// rootOf parses a document for a test.
func rootOf(t *testing.T, text string) *yaml.Node {
	t.Helper()
	read := decode([]byte(text))
	if read.err != nil || read.root == nil {
		t.Fatalf("%q: %v", text, read.err)
	}
	return read.root
}

// valueAt follows keys of a tree.
func valueAt(n *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				n = n.Content[i+1]
				break
			}
		}
	}
	return n
}

func shownPairs(all []pair) string {
	var out []string
	for _, p := range all {
		out = append(out, p.key.Value+"="+p.value.Value)
	}
	return strings.Join(out, " ")
}

// TestPairs: what a mapping has, taken in both ways in which readers take merge keys.
func TestPairs(t *testing.T) {
	t.Parallel()
	const anchors = "x: &x {a: x, b: x}\ny: &y {b: y, c: y}\n"
	for name, tt := range map[string]struct{ mapping, own, helm string }{
		"no merge":                        {"{b: 1, a: 2}", "a=2 b=1", "b=1 a=2"},
		"a merge before":                  {"{<<: *x, a: own}", "a=own b=x", "a=own b=x"},
		"a merge behind":                  {"{a: own, <<: *x}", "a=own b=x", "a=x b=x"},
		"a list, the first wins":          {"{<<: [*x, *y]}", "a=x b=x c=y", "b=x c=y a=x"},
		"a list behind":                   {"{c: own, <<: [*y, *x]}", "a=x b=y c=own", "c=y a=x b=y"},
		"two merges, the last wins":       {"{<<: *x, d: own, <<: *y}", "a=x b=x c=y d=own", "a=x b=y d=own c=y"},
		"a merge of no alias":             {"{a: own, <<: {a: z}}", "a=own", "a=z"},
		"a merge in a merge":              {"{a: own, <<: {a: z, <<: *y}}", "a=own b=y c=y", "a=z b=y c=y"},
		"a merge of text":                 {"{a: own, <<: x}", "a=own", "a=own"},
		"a list with text":                {"{a: own, <<: [x, *y]}", "a=own b=y c=y", "a=own b=y c=y"},
		"repeated keys":                   {"{a: one, a: two}", "a=one a=two", "a=two"},
		"keys of one text and other tags": {"{1: one, \"1\": two}", "1=one 1=two", "1=one 1=two"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := valueAt(rootOf(t, anchors+"m: "+tt.mapping+"\n"), "m")
			if got := shownPairs(pairs(n)); got != tt.own {
				t.Errorf("its own win: %s, want %s", got, tt.own)
			}
			if got := shownPairs(helmPairs(n)); got != tt.helm {
				t.Errorf("as Helm reads: %s, want %s", got, tt.helm)
			}
		})
	}
}

// TestLosesCollection: only where a merge key takes the place of a collection, or brings one in
// the place of something, is a document written anew.
func TestLosesCollection(t *testing.T) {
	t.Parallel()
	const anchors = "x: &x {a: {b: c}, s: t}\ny: &s {s: t}\n"
	for mapping, want := range map[string]bool{
		"{a: {d: e}, <<: *x}": true, "{a: d, <<: *x}": true, "{s: [u], <<: *x}": true, "{s: u, <<: *x}": false, "{<<: *x, a: {d: e}}": false,
		"{z: {d: e}, <<: *x}": false, "{a: {d: e}, <<: [*x]}": true, "[{a: [1], <<: *x}]": true, "{z: {y: {a: {}, <<: *x}}}": true, "{a: {d: e}}": false,
		"{a: {d: e}, <<: text}": false,
		// A value is no key, a mapping under another key brings nothing, and neither does a list in a list.
		"{z: a, <<: *x}": false, "{a: 1, z: {a: {b: c}}, <<: *s}": false, "{a: 1, <<: [[a, {b: c}]]}": false, "{s: 1, <<: *s}": false, "{z: <<, a: {d: e}}": false, "{a: {d: e}, \"<<\": {a: 1}}": false,
	} {
		if got := losesCollection(rootOf(t, anchors+"m: "+mapping+"\n")); got != want {
			t.Errorf("%s: %v", mapping, got)
		}
	}
}

// TestMergesWritten: a tree without merge keys that Helm reads as the same one.
func TestMergesWritten(t *testing.T) {
	t.Parallel()
	root := rootOf(t, "x: &x {a: {b: c}}\nm:\n- a: {d: e}\n  <<: *x\n  f: {<<: *x, g: h}\n- {i: 1, i: 2}\n- [<<, j]\n")
	flat := mergesWritten(expand(root))
	want := rootOf(t, "x: {a: {b: c}}\nm:\n- a: {b: c}\n  f: {a: {b: c}, g: h}\n- {i: 1, i: 2}\n- [<<, j]\n")
	if meaning(flat) != meaning(want) {
		t.Error("it means something else")
	}
	if hasAlias(flat) || !hasAlias(root) || hasAlias(want) {
		t.Error("aliases are not told")
	}
	if hasMerge(valueAt(flat, "m").Content[0]) {
		t.Error("a merge key is left")
	}
	// What was expanded is a copy, and every place of it a node of its own.
	if copied := expand(root); copied == root || copied.Content[1] == root.Content[1] || copied.Content[1].Anchor != "" || root.Content[1].Anchor == "" {
		t.Error("the tree itself was changed, or given")
	}
}

// TestIdentity: two keys are one where they are the same text of the same kind.
func TestIdentity(t *testing.T) {
	t.Parallel()
	keys := rootOf(t, "a: 1\nb: 1\n1: 1\n\"1\": 1\n? [a, b]\n: 1\n? [ab]\n: 1\n? {a: b}\n: 1\n&k c: 1\n")
	seen := map[string]int{}
	for i := 0; i < len(keys.Content); i += 2 {
		seen[identity(keys.Content[i])]++
	}
	// A list and a mapping of the same texts are not told apart: no reader of manifests takes either for a key.
	if len(seen) != 7 {
		t.Errorf("%d identities: %v", len(seen), seen)
	}
	again := rootOf(t, "? [a, b]\n: 1\n")
	if seen[identity(again.Content[0])] == 0 {
		t.Error("the same key has another identity")
	}
}

// TestMeans: what decides whether an edit is right refuses what cannot be read, what holds
// nothing, what means something else in any part, and what refers to itself.
func TestMeans(t *testing.T) {
	t.Parallel()
	const text = "x: &x {b: c}\na: *x\nl: [1, \"2\"]\n"
	want := meaning(rootOf(t, text))
	for src, same := range map[string]bool{
		text: true, "x: {b: c}\na: {b: c}\nl:\n- 1\n- '2'\n": true, "l: [1, \"2\"]\na: {b: c}\nx: {b: c}\n": true,
		"x: {b: c}\na: {b: c}\nl: [1, 2]\n": false, "x: {b: c}\na: {b: d}\nl: [1, \"2\"]\n": false, "x: {b: c}\na: {b: c}\nl: [\"2\", 1]\n": false,
		"x: {b: c}\nl: [1, \"2\"]\n": false, text + "m:\n": false, text + "a: *x\n": false, text + "...\n---\na: b\n": false,
		"": false, "# c\n": false, "a: [\n": false, text + "\tb: c\n": false, "a: &a [*a]\n": false, "x: &x {b: *x}\na: *x\nl: [1, \"2\"]\n": false,
	} {
		if got := means(decode([]byte(src)), want); got != same {
			t.Errorf("%q: %v", src, got)
		}
	}
	for _, d := range []*Document{{}, {json: true}} {
		for src, isJSON := range map[string]bool{"{\"a\": \"b\"}\n": true, "{a: b}\n": false} {
			if got := d.reads([]byte(src), meaning(rootOf(t, "a: b\n"))); got != (isJSON == d.json) {
				t.Errorf("%q for a document of which %v is JSON: %v", src, d.json, got)
			}
		}
	}
}

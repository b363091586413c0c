package yamledit

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"weak"
)

// TestMeaning holds digests to what two texts mean.
func TestMeaning(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1000)
	tests := []struct {
		name, a, b string
		same       bool
	}{
		{"comments and styles", "a: b # c\nd: [e]\n", "a: \"b\"\nd:\n- 'e'\n", true},
		{"order of pairs", "a: 1\nb: 2\n", "b: 2\na: 1\n", true},
		{"order of repeated keys", "a: 1\na: 2\n", "a: 2\na: 1\n", false},
		{"repeated keys among others", "a: 1\nb: 0\na: 2\n", "b: 0\na: 1\na: 2\n", true},
		{"order of items", "[a, b]\n", "[b, a]\n", false},
		{"tags", "a: 1\n", "a: \"1\"\n", false},
		{"tags of keys", "1: a\n", "\"1\": a\n", false},
		{"null and text", "a:\n", "a: \"\"\n", false},
		{"empty ones", "a: {}\n", "a: []\n", false},
		{"an item in a list", "[a, [b]]\n", "[a, b]\n", false},
		{"where a list ends", "[[a], b]\n", "[[a, b]]\n", false},
		{"mapping and list", "{a: b}\n", "[a, b]\n", false},
		{"a pair more", "a: 1\n", "a: 1\nb: 2\n", false},
		{"aliases", "a: &x {b: c}\nd: *x\n", "a: {b: c}\nd: {b: c}\n", true},
		{"merge keys", "a: &x {b: c, e: f}\nd:\n  <<: *x\n  b: g\n", "a: {b: c, e: f}\nd: {b: g, e: f}\n", true},
		{"merge keys, another wins", "a: &x {b: c}\nd:\n  <<: *x\n  b: g\n", "a: {b: c}\nd: {b: c}\n", false},
		{"merge keys, for Helm too", "a: &x {b: c}\nd:\n  b: g\n  <<: *x\n", "a: &x {b: c}\nd: {<<: *x, b: g}\n", false},
		{"merge keys, for others than Helm too", "a: &x {b: c}\nd:\n  b: g\n  <<: *x\n", "a: &x {b: c}\nd: {<<: *x}\n", false},
		{"two merge keys", "a: {b: c}\nd: {b: e}\nf: {<<: {b: c}, <<: {b: e}}\n", "a: {b: c}\nd: {b: e}\nf: {<<: {b: e}, <<: {b: c}}\n", false},
		{"a merge key that is text", "a: {\"<<\": {b: c}}\n", "a: {b: c}\n", false},
		{"long text", "a: " + long + "\n", "a: >-\n  " + long + "\n", true},
		{"the end of long text", "a: " + long + "y\n", "a: " + long + "z\n", false},
		{"the begin of long text", "a: y" + long + "\n", "a: z" + long + "\n", false},
		{"complex keys", "? {a: 1, b: 2}\n: c\n", "? {b: 2, a: 1}\n: c\n", true},
		{"complex keys in another order", "? [a]\n: 1\n? [b]\n: 2\n", "? [b]\n: 2\n? [a]\n: 1\n", true},
		{"complex keys of other values", "? [a]\n: 1\n? [b]\n: 2\n", "? [a]\n: 2\n? [b]\n: 1\n", false},
		{"a complex key and text", "? [a]\n: 1\na: 2\n", "? a\n: 1\n? [a]\n: 2\n", false},
		{"many pairs in another order", many(false), many(true), true},
		{"many pairs, the last is another", many(false), strings.Replace(many(false), "k99: 99", "k99: 98", 1), false},
		{"a value that looks like a merge key", "a: <<\nb: c\n", "b: c\na: <<\n", true},
		{"other complex keys", "? [a]\n: c\n", "? {a: }\n: c\n", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := decode([]byte(tt.a)), decode([]byte(tt.b))
			if a.err != nil || b.err != nil {
				t.Fatal(a.err, b.err)
			}
			if same := meaning(a.root) == meaning(b.root); same != tt.same {
				t.Errorf("same meaning: %v, want %v", same, tt.same)
			}
		})
	}
}

// TestRewrittenKeepsWhatIsAdded: the edits are made twice there, and what they add must
// outlive the tree that they were made on first.
func TestRewrittenKeepsWhatIsAdded(t *testing.T) {
	t.Parallel()
	d, err := Parse([]byte("a: b\n  c\nm:\n  x: 1\nl:\n- y\n"))
	if err != nil {
		t.Fatal(err)
	}
	d.Set(find(t, d, "a"), "new")
	d.Insert(find(t, d, "m"), "k", Map(Pair{"deep", Seq(Str("v"))}))
	d.Prepend(find(t, d, "l"), Map(Pair{"p", Str("q")}))
	got, err := d.Apply()
	if err != nil {
		t.Fatal(err)
	}
	const want = "a: new\nm:\n  x: 1\n  k:\n    deep:\n    - v\nl:\n- p: q\n- y\n"
	if string(got.Bytes) != want || !got.Rewritten {
		t.Errorf("rewritten %v, got:\n%swant:\n%s", got.Rewritten, got.Bytes, want)
	}
}

// TestLetGo: whoever keeps a Ref after Apply keeps a node, not the tree.
func TestLetGo(t *testing.T) {
	t.Parallel()
	d, err := Parse([]byte("a: &x\n  b:\n  - c\n  - e\nd: *x\n"))
	if err != nil {
		t.Fatal(err)
	}
	root, alias := d.Root(), find(t, d, "d")
	deep := weak.Make(find(t, d, "a", "b", 1).raw)
	d.Set(find(t, d, "a", "b", 0), "new")
	if _, err := d.Apply(); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	if deep.Value() != nil {
		t.Error("the tree is still held")
	}
	runtime.KeepAlive(d)
	runtime.KeepAlive(root)
	runtime.KeepAlive(alias)
}

// many is a mapping of many pairs, in one order or the other.
func many(backward bool) string {
	pairs := make([]string, 100)
	for i := range pairs {
		pairs[i] = fmt.Sprintf("k%d: %d\n", i, i)
	}
	if backward {
		slices.Reverse(pairs)
	}
	return strings.Join(pairs, "")
}

// TestMeaningAtEachLength: a digest depends on all of a text, however long it is, and on nothing
// that was hashed before.
func TestMeaningAtEachLength(t *testing.T) {
	t.Parallel()
	m := &meter{to: sha256.New()}
	small := Map(Pair{"a", Str("b")})
	first := m.sum(small)
	seen := map[digest]bool{first: true}
	for n := range 2200 {
		seen[m.sum(Map(Pair{"a", Str(strings.Repeat("x", n))}, Pair{"b", Str("y")}))] = true
	}
	if len(seen) != 2201 {
		t.Errorf("%d digests", len(seen))
	}
	if m.sum(small) != first {
		t.Error("the digest is not stable")
	}
}

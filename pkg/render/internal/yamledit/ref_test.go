package yamledit

import (
	"fmt"
	"strings"
	"testing"
)

// eachPlace goes through all places of a document, and names each by its way.
func eachPlace(r Ref, way string, see func(r Ref, way string)) {
	see(r, way)
	for i, item := range r.Items() {
		eachPlace(item, fmt.Sprint(way, "/", i), see)
	}
	for i, e := range r.Entries() {
		eachPlace(e.Value, fmt.Sprint(way, "/", i, e.Key), see)
	}
}

// TestSame: a place is the same as itself, however often it is found, and as no other, though
// they share a node behind an alias.
func TestSame(t *testing.T) {
	t.Parallel()
	d, err := Parse([]byte("a: &a {b: [c, [c]], d: {e: f}}\ng: *a\nh: [*a, *a, {b: *a}]\n<<: *a\n"))
	if err != nil {
		t.Fatal(err)
	}
	places := map[string]Ref{}
	eachPlace(d.Root(), "", func(r Ref, way string) { places[way] = r })
	if len(places) < 40 {
		t.Fatalf("%d places", len(places))
	}
	eachPlace(d.Root(), "", func(r Ref, way string) {
		for other, at := range places {
			if r.same(at) != (way == other) || at.same(r) != (way == other) {
				t.Errorf("%s and %s are the same: %v, %v", way, other, r.same(at), at.same(r))
			}
		}
		up, ok := r.Up()
		if above := places[way[:max(0, strings.LastIndexByte(way, '/'))]]; ok != (way != "") || ok && !up.same(above) {
			t.Errorf("what is above %s is not", way)
		}
	})
}

// TestManyKeys: what a mapping has under a key does not depend on how many it has, nor on how
// often it was looked at, from when on its keys are in an index.
func TestManyKeys(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, manyPairs - 4, manyPairs - 3, manyPairs, 2 * manyPairs} {
		var text strings.Builder
		text.WriteString("x: &x k1\nm:\n")
		want := map[string]string{"twice": "[first last]", "k1": "[aliased]", "[z]": "[]", "none": "[]", "first": "[]", "": "[]"}
		text.WriteString("  twice: first\n  *x : aliased\n  ? [z]\n  : sequence\n")
		for i := 2; i < n; i++ {
			fmt.Fprintf(&text, "  k%d: v%d\n", i, i)
			want[fmt.Sprint("k", i)] = fmt.Sprintf("[v%d]", i)
		}
		text.WriteString("  twice: last\n")
		d, err := Parse([]byte(text.String()))
		if err != nil {
			t.Fatal(err)
		}
		m := d.Root().Get("m")
		for look := range 2 * manyLooks {
			for key, values := range want {
				var got []string
				for _, r := range m.All(key) {
					got = append(got, r.Text())
				}
				if fmt.Sprint(got) != values {
					t.Fatalf("%d pairs, look %d: %q is %v, want %s", n, look, key, got, values)
				}
			}
		}
	}
}

// TestRef: what a place tells of itself, and what nowhere tells.
func TestRef(t *testing.T) {
	t.Parallel()
	d, err := Parse([]byte("# c\ns: &s text\nq: \"1\"\ni: 1\nn: ~\ne: \"\"\nm:\n  k: v\nl:\n- x\na: *s\n"))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]struct {
		kind, text string
		is         bool // the string that its text is
		line       int
	}{
		"s": {"", "text", true, 2}, "q": {"", "1", true, 3}, "i": {"", "1", false, 4}, "n": {"null", "", false, 5}, "e": {"", "", true, 6},
		"m": {"map", "", false, 7}, "l": {"seq", "", false, 9}, "a": {"", "text", true, 11}, "none": {"", "", false, 0},
	} {
		r := d.Root().Get(key)
		kind := ""
		for name, is := range map[string]bool{"map": r.IsMap(), "seq": r.IsSeq(), "null": r.IsNull()} {
			if is {
				kind += name
			}
		}
		if kind != want.kind || r.Text() != want.text || r.Is(want.text) != want.is || r.Is("other") || r.Line() != want.line || r.Ok() != (want.line > 0) {
			t.Errorf("%s: %q, %q, is that: %v, line %d", key, kind, r.Text(), r.Is(r.Text()), r.Line())
		}
		if items, entries := len(r.Items()), len(r.Entries()); (items == 1) != (key == "l") || (entries == 1) != (key == "m") {
			t.Errorf("%s: %d items, %d entries", key, items, entries)
		}
		if way := r.Way(); way != "" {
			t.Errorf("%s: no alias stands above it, and its way is %q", key, way)
		}
	}
	if item := d.Root().Get("l").Items()[0]; item.Line() != 10 {
		t.Errorf("an element is in line %d", item.Line())
	}
	if root := d.Root(); root.Line() != 2 || !root.IsMap() {
		t.Errorf("the root is in line %d", root.Line())
	}
	aliased, err := Parse([]byte("a: &a {b: c}\nd: *a\ne: *a\n"))
	if err != nil {
		t.Fatal(err)
	}
	ways := map[string]bool{}
	for _, key := range []string{"a", "d", "e"} {
		ways[aliased.Root().Get(key, "b").Way()] = true
	}
	if len(ways) != 3 || !ways[""] {
		t.Errorf("%d ways to a value that stands in three places", len(ways))
	}
}

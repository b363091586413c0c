package yamledit

import (
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// find walks keys and element numbers.
func find(t *testing.T, d *Document, path ...any) Ref {
	t.Helper()
	r := d.Root()
	for _, p := range path {
		switch p := p.(type) {
		case string:
			r = r.Get(p)
		case int:
			r = r.Items()[p]
		}
	}
	if !r.Ok() {
		t.Fatalf("no %v in the document", path)
	}
	return r
}

func TestApply(t *testing.T) {
	t.Parallel()
	path := func(p ...any) []any { return p }
	setTo := func(value string, p ...any) func(*testing.T, *Document) {
		return func(t *testing.T, d *Document) { d.Set(find(t, d, p...), value) }
	}
	add := func(key, value string, p ...any) func(*testing.T, *Document) {
		return func(t *testing.T, d *Document) { d.Insert(find(t, d, p...), key, Str(value)) }
	}
	drop := func(paths ...[]any) func(*testing.T, *Document) {
		return func(t *testing.T, d *Document) {
			for _, p := range paths {
				d.Remove(find(t, d, p...))
			}
		}
	}
	subject := func(p ...any) func(*testing.T, *Document) {
		return func(t *testing.T, d *Document) {
			d.Prepend(find(t, d, p...), Map(Pair{"kind", Str("ServiceAccount")}, Pair{"name", Str("x")}))
		}
	}
	const arn = "arn:aws:iam::111122223333:role/r"
	tests := []struct {
		name      string
		in        string
		edit      func(*testing.T, *Document)
		want      string
		rewritten bool
	}{
		{"JSON stays JSON", "{\"a\": {\n}, \"b\": [ ]}\n", add("k", "v", "a"), "{\"a\": {\"k\": \"v\"}, \"b\": [ ]}\n", false},
		{"JSON, what YAML has no escape for", "{\"u\": \"\\/\\ud83d\\ude00\", \"a\": 1}\n", setTo("new", "a"), "{\"u\": \"\\/\\ud83d\\ude00\", \"a\": \"new\"}\n", false},
		{"JSON behind a separator and comments", "---\n# c\n[null, {\"a\": 1e3}]\n", setTo("yes", path(0)...), "---\n# c\n[\"yes\", {\"a\": 1e3}]\n", false},
		{"JSON over lines", "{\n\t\"é\": \"\u2028\",\n\t\"a\": true\n}\n", setTo("new", "a"), "{\n\t\"é\": \"\u2028\",\n\t\"a\": \"new\"\n}\n", false},
		{"JSON, a pair less", "{\"a\": 1, \"b\": {\"c\": 2}}\n", drop(path("a")), "{\"b\": {\"c\": 2}}\n", false},
		{"a byte order mark", "\ufeffa: b\n", setTo("new", "a"), "\ufeffa: new\n", false},
		{"a byte order mark behind the separator", "---\n\ufeffa: b\nc: d\n", setTo("new", "c"), "---\n\ufeffa: b\nc: new\n", false},
		{"a byte order mark before it, and behind", "\ufeff--- # x\n\ufeffa: b\n", setTo("new", "a"), "\ufeff--- # x\n\ufeffa: new\n", false},
		{"a byte order mark, written anew", "\ufeff---\na: b\n  c\n", setTo("new", "a"), "\ufeff---\na: new\n", true},
		{"a byte order mark in text", "a: \ufeffb\nc: d\n", setTo("new", "c"), "a: \ufeffb\nc: new\n", false},
		{"lines that end oddly", "a: b\rc: d\u0085e: f\u2028g: h\u2029i: j\n", setTo("new", "i"), "a: b\rc: d\u0085e: f\u2028g: h\u2029i: new\n", false},
		{"an element of one pair", "l:\n- a: b # c\n- d: e\n", add("k", "v", "l", 0), "l:\n- a: b # c\n  k: v\n- d: e\n", false},
		{"an element of one pair that is long", "l:\n- a:\n    b: c\n", add("k", "v", "l", 0), "l:\n- k: v\n  a:\n    b: c\n", false},
		{"an element of one pair in a block", "l:\n- a: |\n    b\n", add("k", "v", "l", 0), "l:\n- k: v\n  a: |\n    b\n", false},
		{"an element of one pair, at the end", "l:\n- a: b", add("k", "v", "l", 0), "l:\n- a: b\n  k: v", false},
		{"an element that is empty", "l:\n- {}\n- a\n", add("k", "v", "l", 0), "l:\n- k: v\n- a\n", false},
		{"an element of an element that is empty", "l:\n- - {}\n", add("k", "v", "l", 0, 0), "l:\n- - k: v\n", false},
		{"a merge key that takes a collection", "x: &x {a: {b: c}}\nm:\n  a: {d: e}\n  <<: *x\n", setTo("new", "m", "a", "b"), "x: {a: {b: c}}\nm:\n  a: {b: new}\n", true},
		{"plain scalar", "a: b # c\n", setTo("new", "a"), "a: new # c\n", false},
		{"plain scalar that needs quotes", "a: b\n", setTo("true", "a"), "a: \"true\"\n", false},
		{"double quotes stay", "a: \"b\"  # c\nb: 1\n", setTo("new", "a"), "a: \"new\"  # c\nb: 1\n", false},
		{"single quotes stay", "a: 'b'\n", setTo("new", "a"), "a: 'new'\n", false},
		{"null", "a:\nb: 1\n", setTo("new", "a"), "a: new\nb: 1\n", false},
		{"null with trailing blank", "a: \nb: 1\n", setTo("new", "a"), "a: new \nb: 1\n", false},
		{"null with comment", "a: # why\nb: 1\n", setTo("new", "a"), "a: new # why\nb: 1\n", false},
		{"an anchor at the end", "a: &x", setTo("new", "a"), "a: new\n", true},
		{"an anchor and a tag", "a: &x  !!str\tb\nc: *x\n", setTo("new", "c"), "a: &x  !!str\tb\nc: new\n", false},
		{"a tag that is all", "a: !!str\nb: 1\n", setTo("new", "a"), "a: new\nb: 1\n", true},
		{"empty single quotes", "a: ''\nb: ''\n", setTo("new", "a"), "a: 'new'\nb: ''\n", false},
		{"empty double quotes", "a: \"\"\nb: \"\"\n", setTo("new", "a"), "a: \"new\"\nb: \"\"\n", false},
		{"tilde", "a: ~\n", setTo("new", "a"), "a: new\n", false},
		{"folded block", "a: >-\n  foo\nb: 1\n", setTo("new", "a"), "a: new\nb: 1\n", false},
		{"double blanks", "a:   b\n", setTo("new", "a"), "a:   new\n", false},
		{"tag", "a: !!str b\n", setTo("new", "a"), "a: new\n", false},
		{"no final newline", "a: b", setTo("new", "a"), "a: new", false},
		{"CRLF", "a: b\r\nc: d\r\n", setTo("new", "a"), "a: new\r\nc: d\r\n", false},
		{"after wide characters", "é: \"ü\u00a0\"\nx: {\"ä\": b}\n", setTo("new", "x", "ä"), "é: \"ü\u00a0\"\nx: {\"ä\": \"new\"}\n", false},
		{"byte order mark", "\ufeffa: b\n", setTo("new", "a"), "\ufeffa: new\n", false},
		{"alias to a scalar", "a: &x b\nc: *x\n", setTo("new", "c"), "a: &x b\nc: new\n", false},
		{"anchored scalar in use", "a: &x b\nc: *x\nd: *x\n", setTo("new", "a"), "a: new\nc: &x b\nd: *x\n", false},
		{"anchored scalar not in use", "a: &x b\n", setTo("new", "a"), "a: &x new\n", false},
		{"JSON", "{\"a\": null, \"b\":1}\n", setTo("new", "a"), "{\"a\": \"new\", \"b\":1}\n", false},
		{"after wider characters", "x: {\"日本\": \"\\u65e5\", \"😀\": b}\n", setTo("new", "x", "😀"), "x: {\"日本\": \"\\u65e5\", \"😀\": \"new\"}\n", false},
		{"JSON after wider characters", "{\"日本\": \"é😀\", \"a\": true}\n", setTo("new", "a"), "{\"日本\": \"é😀\", \"a\": \"new\"}\n", false},
		{"a byte order mark that is part of a key", "a: b\n\ufeffc: d\n", setTo("new", "\ufeffc"), "a: b\n\ufeffc: new\n", false},
		{"null in flow", "m: {\"a\":, b: 1}\n", setTo("new", "m", "a"), "m: {\"a\": \"new\", b: 1}\n", false},
		{"quotes that the value does not fit", "a: 'b'\nc: 1\n", setTo("x\ty", "a"), "a: \"x\\ty\"\nc: 1\n", false},
		{"behind an alias", "t: &t\n  s:\n    a: b # c\nu: *t\n", setTo("new", "u", "s", "a"), "t: &t\n  s:\n    a: b # c\nu:\n  s:\n    a: new # c\n", false},
		{"literal block, one line", "d:\n  k: |-\n    one\n\n    two\n  l: 1\n", setTo("one\n\nTWO", "d", "k"), "d:\n  k: |-\n    one\n\n    TWO\n  l: 1\n", false},
		{"literal block, a line twice", "k: |-\n  x\nl: 1\n", setTo("x\nx", "k"), "k: |-\n  x\n  x\nl: 1\n", false},
		{"literal block, a line less", "k: |-\n  x\n  x\n  y\nl: 1\n", setTo("x\ny", "k"), "k: |-\n  x\n  y\nl: 1\n", false},
		{"literal block, other line ends stay", "k: |-\n  a\n  b\r\n  c\nl: 1\n", setTo("x\nb\nc", "k"), "k: |-\n  x\n  b\r\n  c\nl: 1\n", false},
		{"literal block, blank lines stay", "k: |-\n  a\n \n\n  c\nl: 1\n", setTo("a\n\n\nx", "k"), "k: |-\n  a\n \n\n  x\nl: 1\n", false},
		{"literal block that says its indentation", "d:\n  k: |2\n      one\n    two\n  l: 1\n", setTo("  one\nTWO\n", "d", "k"), "d:\n  k: |2\n      one\n    TWO\n  l: 1\n", false},
		{"literal block that says its indentation, with a comment", "k: |-1 # c\n  one\n two\nl: 1\n", setTo(" one\nTWO", "k"), "k: |-1 # c\n  one\n TWO\nl: 1\n", false},
		{"folded block that says its indentation", "k: >1-\n  one\n two\nl: 1\n", setTo("new", "k"), "k: new\nl: 1\n", false},
		{"literal block in a list", "l:\n- |\n  one\n  two\n- 1\n", setTo("one\n2\n", "l", 0), "l:\n- |\n  one\n  2\n- 1\n", false},
		{"literal block in a list that says its indentation", "l:\n- |2\n    one\n  two\n- 1\n", setTo("new", "l", 0), "l:\n- |-\n  new\n- 1\n", true},
		{"literal block, the last line less", "k: |\n  a\n  b\nl: 1\n", setTo("a\n", "k"), "k: |\n  a\nl: 1\n", false},
		{"literal block, the first line less", "k: |\n  a\n  b\nl: 1\n", setTo("b\n", "k"), "k: |\n  b\nl: 1\n", false},
		{"literal block that is empty", "d:\n  k: |\n  l: 1\n", setTo("new", "d", "k"), "d:\n  k: new\n  l: 1\n", false},
		{"literal block that is empty, at the end", "d:\n  k: |\n", setTo("new", "d", "k"), "d:\n  k: new\n", false},
		{"literal block, all new", "k: |\n  a\n  b\nl: 1\n", setTo("x\ny\nz\n", "k"), "k: |\n  x\n  y\n  z\nl: 1\n", false},
		{"literal block, a line behind", "k: |\n  a\nl: 1\n", setTo("a\nb\n", "k"), "k: |\n  a\n  b\nl: 1\n", false},
		{"literal block, with CRLF", "k: |\r\n  a\r\n  b\r\nl: 1\r\n", setTo("x\nb\n", "k"), "k: |\r\n  x\r\n  b\r\nl: 1\r\n", false},
		{"literal block with a comment behind", "k: |\n  a\n# c\nl: 1\n", setTo("x\n", "k"), "k: |\n  x\n# c\nl: 1\n", false},
		{"literal block, first blank", "d:\n  k: |\n\n    one\n    two\n", setTo("\none\n2\n", "d", "k"), "d:\n  k: |\n\n    one\n    2\n", false},
		{"literal block with a newline that goes", "d:\n  k: |\n    one\n  l: 1\n", setTo("new", "d", "k"), "d:\n  k: new\n  l: 1\n", false},
		{"literal block at the end without newline", "d: |-\n  {\"a\":\"b\"}", setTo(`{"a":"c"}`, "d"), "d: |-\n  {\"a\":\"c\"}", false},

		{"insert into a block", "m:\n  # about x\n  x: 1\nn: 2\n", add("role", arn, "m"), "m:\n  role: " + arn + "\n  # about x\n  x: 1\nn: 2\n", false},
		{"insert into null", "m:\n  a:\nn: 2\n", add("role", arn, "m", "a"), "m:\n  a:\n    role: " + arn + "\nn: 2\n", false},
		{"insert into null at the end", "m:\n  a:", add("role", arn, "m", "a"), "m:\n  a:\n    role: " + arn, false},
		{"insert into {}", "m:\n  a: {} # none\nn: 2\n", add("role", arn, "m", "a"), "m:\n  a: # none\n    role: " + arn + "\nn: 2\n", false},
		{"insert into {} at the end", "m:\n  a: {}", add("role", arn, "m", "a"), "m:\n  a:\n    role: " + arn, false},
		{"insert into flow", "m: {x: 1}\n", add("role", arn, "m"), "m: {\"role\": \"" + arn + "\", x: 1}\n", false},
		{"insert into JSON", "{\"m\":{\"x\":1}}", add("role", arn, "m"), "{\"m\":{\"role\": \"" + arn + "\", \"x\":1}}", false},
		{"insert into JSON over lines", "{\n  \"m\": {\n    \"x\": 1\n  }\n}\n", add("k", "v", "m"), "{\n  \"m\": {\n    \"k\": \"v\",\n    \"x\": 1\n  }\n}\n", false},
		{"insert into null in JSON", "{\"m\":null}", add("k", "v", "m"), "{\"m\":{\"k\": \"v\"}}", false},
		{"insert into null in flow", "m: {\"a\":, b: 1}\n", add("k", "v", "m", "a"), "m: {\"a\": {\"k\": \"v\"}, b: 1}\n", false},
		{"insert several into {} below its key", "m:\n  a:\n    {}\nn: 2\n", func(t *testing.T, d *Document) {
			d.Insert(find(t, d, "m", "a"), "k", Str("v"))
			d.Insert(find(t, d, "m", "a"), "l", Map(Pair{"w", Str("x")}))
		}, "m:\n  a:\n    k: v\n    l:\n      w: x\nn: 2\n", false},
		{"insert into the root", "# head\na: 1\n", add("k", "v"), "# head\nk: v\na: 1\n", false},
		{"insert into an element", "l:\n- a: 1\n  b: 2\n", add("k", "v", "l", 0), "l:\n- a: 1\n  k: v\n  b: 2\n", false},
		{"insert with CRLF", "m:\r\n  x: 1\r\n", add("k", "v", "m"), "m:\r\n  k: v\r\n  x: 1\r\n", false},
		{"insert beside a merge", "b: &b\n  x: 1\nm:\n  <<: *b\n  y: 2\n", add("x", "v", "m"), "b: &b\n  x: 1\nm:\n  <<: *b\n  x: v\n  y: 2\n", false},
		{"insert beside a merge of a list", "b: &b {x: 1}\nm:\n  <<: [*b, *b ] # two\n  y: 2\n", add("x", "v", "m"), "b: &b {x: 1}\nm:\n  <<: [*b, *b ] # two\n  x: v\n  y: 2\n", false},
		{"insert beside a merge of a list alone", "b: &b {x: 1}\nm:\n  <<: [*b]\n  y: 2\n", add("x", "v", "m"), "b: &b {x: 1}\nm:\n  <<: [*b]\n  x: v\n  y: 2\n", false},
		{"insert beside a merge of a list in flow", "b: &b {x: 1}\nm: {<<: [*b , ], y: 2}\n", add("x", "v", "m"), "b: &b {x: 1}\nm: {<<: [*b , ], \"x\": \"v\", y: 2}\n", false},
		{"insert beside a merge of a list over lines", "b: &b {x: 1}\nm:\n  <<:\n  - *b\n  y: 2\n", add("x", "v", "m"), "b: {x: 1}\nm:\n  <<:\n  - {x: 1}\n  y: 2\n  x: v\n", true},
		{"insert beside a merge of a mapping", "m:\n  <<: {x: 1}\n  y: 2\n", add("x", "v", "m"), "m:\n  <<: {x: 1}\n  y: 2\n  x: v\n", true},
		{"insert beside a merge of a list with a mapping", "b: &b {x: 1}\nm:\n  <<: [*b, {z: 1}]\n  y: 2\n", add("x", "v", "m"), "b: {x: 1}\nm:\n  <<: [{x: 1}, {z: 1}]\n  y: 2\n  x: v\n", true},
		{"insert beside a merge of nothing", "m:\n  <<: []\n  y: 2\n", add("x", "v", "m"), "m:\n  <<: []\n  y: 2\n  x: v\n", true},
		{"insert more than text", "m:\n  x: 1\n", func(t *testing.T, d *Document) {
			d.Insert(find(t, d, "m"), "k", Map(Pair{"a", Map(Pair{"b", Str("c")})}, Pair{"l", Seq(Str("d"), Map(Pair{"e", Str("f")}, Pair{"g", Map()}))}, Pair{"z", Seq()}))
		}, "m:\n  k:\n    a:\n      b: c\n    l:\n    - d\n    - e: f\n      g: {}\n    z: []\n  x: 1\n", false},
		{"number-like text is quoted", "m:\n  x: 1\n", add("e", "86400", "m"), "m:\n  e: \"86400\"\n  x: 1\n", false},

		{"prepend to a block", "s:\n- kind: U\n  name: y\n", subject("s"), "s:\n- kind: ServiceAccount\n  name: x\n- kind: U\n  name: y\n", false},
		{"prepend to an indented block", "s:\n  # c\n  - kind: U\n", subject("s"), "s:\n  - kind: ServiceAccount\n    name: x\n  # c\n  - kind: U\n", false},
		{"prepend to []", "s: []\nt: 1\n", subject("s"), "s:\n- kind: ServiceAccount\n  name: x\nt: 1\n", false},
		{"prepend to flow", "s: [{kind: U}]\n", subject("s"), "s: [{\"kind\": \"ServiceAccount\", \"name\": \"x\"}, {kind: U}]\n", false},

		{"two prepends", "s:\n  - a\n", func(t *testing.T, d *Document) {
			d.Prepend(find(t, d, "s"), Str("x"))
			d.Prepend(find(t, d, "s"), Str("z"))
		}, "s:\n  - x\n  - z\n  - a\n", false},
		{"insert into {} below its key", "m:\n  a:\n    {}\nn: 2\n", add("role", arn, "m", "a"), "m:\n  a:\n    role: " + arn + "\nn: 2\n", false},
		{"insert where all else goes", "m:\n  a: 1\nn: 2\n", func(t *testing.T, d *Document) {
			d.Remove(find(t, d, "m", "a"))
			d.Insert(find(t, d, "m"), "k", Str("v"))
		}, "m:\n  k: v\nn: 2\n", false},

		{"remove", "m:\n  a: 1 # one\n  b: 2\n", drop(path("m", "a")), "m:\n  b: 2\n", false},
		{"remove the last of two", "m:\n  a: 1\n  b: 2\nn: 1\n", drop(path("m", "b")), "m:\n  a: 1\nn: 1\n", false},
		{"remove all", "m:\n  a: 1\n  b: 2\nn: 1\n", drop(path("m", "a"), path("m", "b")), "m: {}\nn: 1\n", false},
		{"remove from flow", "m: {a: 1, b: 2}\n", drop(path("m", "a")), "m: {b: 2}\n", false},
		{"remove the last from flow", "m: {a: 1, b: 2}\n", drop(path("m", "b")), "m: {a: 1}\n", false},
		{"remove all from flow", "m: {a: 1, b: 2}\n", drop(path("m", "a"), path("m", "b")), "m: {}\n", false},
		{"remove the last from flow over lines", "m: {\n  b: 2,\n  a: 1\n}\n", drop(path("m", "a")), "m: {\n  b: 2\n}\n", false},
		{"remove the first from flow over lines", "m: {\n  a: 1 ,\n  b: 2\n}\n", drop(path("m", "a")), "m: {\n  b: 2\n}\n", false},
		{"remove one between two from flow", "m: {a: 1, b: 2 , c: 3}\n", drop(path("m", "b")), "m: {a: 1, c: 3}\n", false},
		{"remove from flow without blanks", "{\"a\":1,\"b\":2}", drop(path("a")), "{\"b\":2}", false},
		{"remove two that are apart", "m:\n  a: 1\n  b: 2\n  c: 3\n", drop(path("m", "c"), path("m", "a")), "m:\n  b: 2\n", false},
		{"remove two that are apart from flow", "m: {a: 1, b: 2, c: 3}\n", drop(path("m", "c"), path("m", "a")), "m: {b: 2}\n", false},
		{"remove the last two from flow", "m: {a: 1, b: 2, c: 3}\n", drop(path("m", "c"), path("m", "b")), "m: {a: 1, }\n", false},
		{"remove the only one from flow", "l:\n- {a: 1}\n", drop(path("l", 0, "a")), "l:\n- {}\n", false},
		{"remove the only one in JSON", "{\"a\": 1}", drop(path("a")), "{}", false},
		{"remove at the end without newline", "m:\n  b: 2\n  a: 1", drop(path("m", "a")), "m:\n  b: 2\n", false},
		{"remove all at the end without newline", "m: # c\n  a: 1", drop(path("m", "a")), "m: {} # c\n", false},
		{"remove a null", "m:\n  a: # c\n  b: 2\n", drop(path("m", "a")), "m:\n  b: 2\n", false},
		{"remove with CRLF", "m:\r\n  a: 1\r\n  b: 2\r\n", drop(path("m", "a")), "m:\r\n  b: 2\r\n", false},
		{"remove quotes over lines", "m:\n  a: 'x\n\n    y'\n  b: 2\n", drop(path("m", "a")), "m:\n  b: 2\n", false},
		{"remove a quoted key", "m:\n  \"a\": 1\n", drop(path("m", "a")), "m: {}\n", false},
		{"remove at the root", "a: 1\nb: 2\n", drop(path("a")), "b: 2\n", false},
		{"remove behind a dash", "l:\n- a: 1\n  b: 2\n", drop(path("l", 0, "a")), "l:\n- b: 2\n", true},
		{"remove all behind a dash", "l:\n- a: 1\n", drop(path("l", 0, "a")), "l:\n- {}\n", true},
		{"remove all below a tag", "m: !!map\n  a: 1\n", drop(path("m", "a")), "m: !!map {}\n", true},
		{"remove a key that others use", "m:\n  &k a: 1\n  b: *k\n", drop(path("m", "a")), "m:\n  b: a\n", true},
		{"remove a value that others use", "m:\n  a: &k 1\n  b: *k\n", drop(path("m", "a")), "m:\n  b: 1\n", true},
		{"remove an alias", "m:\n  b: &k 1\n  a: *k\n", drop(path("m", "a")), "m:\n  b: &k 1\n", false},
		{"remove a key that stands alone", "m:\n  ? a\n  : 1\n  b: 2\n", drop(path("m", "a")), "m:\n  b: 2\n", true},
		{"remove a block scalar", "m:\n  a: |\n    x\n    y\n  b: 2\n", drop(path("m", "a")), "m:\n  b: 2\n", false},

		{"edit inside an anchor that others use", "t: &t\n  s:\n    a: b\nu: *t\n", setTo("new", "t", "s", "a"), "t:\n  s:\n    a: new\nu:\n  s:\n    a: b\n", true},
		{"blocks, written anew", "a: b\n  c\nt: |\n  x\nu: >-\n  y\n  z\n", setTo("new", "a"), "a: new\nt: |\n  x\nu: >-\n  y z\n", true},
		{"a block that the encoder writes as another one, written anew", "a: b\n  c\nt: >+\n  x\n\nu: v\n", setTo("new", "a"), "a: new\nt: \"x\\n\\n\"\nu: v\n", true},
		{"a comment behind the separator, written anew", "--- # x\na: b\n  c\n", setTo("new", "a"), "--- # x\na: new\n", true},
		{"comments behind it and below, written anew", "--- # x\n# x\na: b\n  c\n", setTo("new", "a"), "--- # x\n# x\na: new\n", true},
		{"a comment behind the separator, without merge keys", "--- # x\nx: &x {a: {b: c}}\nm: {a: {d: e}, <<: *x}\n", setTo("new", "x", "a", "b"), "--- # x\nx: {a: {b: new}}\nm: {a: {b: c}}\n", true},
		{"collections that get more, written anew", "a: b\n  c\nm: {}\nn: {x: y}\n", func(t *testing.T, d *Document) {
			d.Set(find(t, d, "a"), "new")
			d.Insert(find(t, d, "m"), "k", Str("v"))
			d.Insert(find(t, d, "n"), "1", Str("2"))
		}, "a: new\nm:\n  k: v\nn: {x: y, \"1\": \"2\"}\n", true},
		{"an end mark, written anew", "---\na: b\n  c\n... # e\n# f\n", setTo("new", "a"), "---\na: new\n... # e\n", true},
		{"a plain scalar over two lines", "a: b\n  c\nd: 1\n", setTo("new", "a"), "a: new\nd: 1\n", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := Parse(slices.Clip([]byte(tt.in))) // so that what reads behind the end panics
			if err != nil {
				t.Fatal(err)
			}
			tt.edit(t, d)
			got, err := d.Apply()
			if err != nil {
				t.Fatal(err)
			}
			if string(got.Bytes) != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", visible(string(got.Bytes)), visible(tt.want))
			}
			if got.Rewritten != tt.rewritten {
				t.Errorf("rewritten = %v, want %v", got.Rewritten, tt.rewritten)
			}
		})
	}
}

// TestEndMark: which line ends a document that is written anew.
func TestEndMark(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"a: b\n...\n": "...\n", "---\na: b\n... # c\n": "... # c\n", "a: b\n...\t# c\n": "...\t# c\n", "a: b\n...": "...", "a: b\n...\r\n": "...\r\n",
		"a: b\n...\n\n# c\n": "...\n", "a: b\n...\n#\n": "...\n", "a: b\n...\n ...\n": "", "...\na: b\n": "", "...\na\n": "", "...\n---\na: b\n": "",
		"a: b\n ...\n": "", "a: b\n...c\n": "", "a: |\n  ...\n": "", "a: b\n.....\n": "", "a: b\n": "", "": "", "---\n": "", "--- ...\na: b\n": "", "...\n": "...\n",
	} {
		if got := string((&Document{src: []byte(src)}).endMark()); got != want {
			t.Errorf("%q ends in %q, want %q", src, got, want)
		}
	}
}

// TestSplice: edits are made in the order of their places, what is added before what is
// replaced; two that overlap, and what is no place of the text, are refused.
func TestSplice(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		edits []edit
		want  string // empty: refused
	}{
		"none":                    {nil, "abcdef"},
		"in their order":          {[]edit{{4, 5, "E"}, {0, 1, "A"}, {2, 2, "x"}}, "AbxcdEf"},
		"side by side":            {[]edit{{1, 3, "X"}, {3, 4, "Y"}}, "aXYef"},
		"added and replaced":      {[]edit{{2, 3, "C"}, {2, 2, "x"}, {2, 2, "y"}}, "abxyCdef"},
		"added before and behind": {[]edit{{6, 6, "x"}, {0, 0, "y"}}, "yabcdefx"},
		"overlapping":             {[]edit{{1, 3, ""}, {2, 4, ""}}, ""},
		"the same twice":          {[]edit{{1, 3, "x"}, {1, 3, "y"}}, ""},
		"backward":                {[]edit{{3, 2, "x"}}, ""},
		"behind the end":          {[]edit{{6, 7, "x"}}, ""},
	} {
		out, ok := splice([]byte("abcdef"), tt.edits)
		if ok != (tt.want != "") || string(out) != tt.want {
			t.Errorf("%s: %q %v, want %q", name, out, ok, tt.want)
		}
	}
}

// TestLineBreak: what ends a line for the parser, and how many bytes that is.
func TestLineBreak(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"\n": 1, "\na": 1, "\n\n": 1, "\r": 1, "\ra": 1, "\r\r": 1, "\r\n": 2, "\r\n\n": 2, "\ra\n": 1, "\u0085": 2, "\u0085a": 2, "\u2028": 3, "\u2029a": 3,
		"a": 0, "a\n": 0, "\u0086": 0, "\u00a0": 0, "\u2027": 0, "\u202a": 0, "\u20a8": 0, "\u3028": 0, "\xc2": 0, "\xe2": 0, "\xe2\x80": 0, "\xc2a\x85": 0, "\xe2a\xa8": 0, "\xe2\x80a\xa8": 0,
	} {
		if got := lineBreak([]byte(text), 0); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
		if got := lineBreak([]byte("a"+text+"a"), 1); got != want {
			t.Errorf("%q within text: %d, want %d", text, got, want)
		}
	}
}

// TestOffset: a node's first byte, and what is no place of the document.
func TestOffset(t *testing.T) {
	t.Parallel()
	d := &Document{src: []byte("aé日😀b\nc\n\u07ff\u0800\uffe0\U00010000\U0010ffffd")}
	for at, want := range map[[2]int]int{{1, 1}: 0, {1, 2}: 1, {1, 3}: 3, {1, 4}: 6, {1, 5}: 10, {2, 1}: 12, {2, 2}: 13, {3, 1}: 14, {3, 2}: 16, {3, 3}: 19, {3, 4}: 22, {3, 5}: 26, {3, 6}: 30, {3, 7}: 31, {3, 8}: -1, {4, 1}: -1, {0, 1}: -1, {-1, 1}: -1} {
		off, ok := d.offset(&yaml.Node{Line: at[0], Column: at[1]})
		if ok != (want >= 0) || ok && off != want {
			t.Errorf("%v: %d %v, want %d", at, off, ok, want)
		}
	}
}

// TestApplyEach: the edits of several documents come to what they come to one by one, and one
// without edits is the very bytes that came in.
func TestApplyEach(t *testing.T) {
	t.Parallel()
	srcs := []string{"---\na: b\n", "---\na: b # c\n", "---\na: b\n  c\n", "{\"a\": \"\\/\"}", "---\nx: &x {a: {b: c}}\nm: {a: {d: e}, <<: *x}\n", "---\na: &x b\nc: *x\n", "", "a: b"}
	plan := func(change bool) []*Document {
		docs := make([]*Document, len(srcs))
		for i, src := range srcs {
			d, err := Parse([]byte(src))
			if err != nil {
				t.Fatal(err)
			}
			if at := d.Root().Get("a"); change && at.Ok() {
				d.Set(at, "new")
			}
			docs[i] = d
		}
		return docs
	}
	results, errs := ApplyEach(plan(true))
	for i, d := range plan(true) {
		want, err := d.Apply()
		if errs[i] != nil || err != nil || string(results[i].Bytes) != string(want.Bytes) || results[i].Rewritten != want.Rewritten {
			t.Errorf("%q became %q %v (%v), and alone %q %v (%v)", srcs[i], results[i].Bytes, results[i].Rewritten, errs[i], want.Bytes, want.Rewritten, err)
		}
		if changed := string(want.Bytes) != srcs[i]; changed != strings.Contains(string(want.Bytes), "new") {
			t.Errorf("%q became %q", srcs[i], want.Bytes)
		}
	}
	docs := plan(false)
	results, errs = ApplyEach(docs)
	for i, d := range docs {
		if errs[i] != nil || string(results[i].Bytes) != srcs[i] || results[i].Rewritten || srcs[i] != "" && d.original == nil && &results[i].Bytes[0] != &d.src[0] {
			t.Errorf("%q without an edit: %q %v %v", srcs[i], results[i].Bytes, results[i].Rewritten, errs[i])
		}
	}
}

func visible(s string) string { return strings.ReplaceAll(s, "\r", "␍") }

func TestParseErrors(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		p := string(c - 1)
		bomb += string(c) + ": &" + string(c) + " [*" + strings.Repeat(p+",*", 9) + p + "]\n"
	}
	tests := []struct{ name, in, want string }{
		{"tab", "a:\n\tb: 1\n", "line 2: found character that cannot start any token"},
		{"unclosed quote", "a: \"b\n", "unexpected end of stream"},
		{"alias bomb", bomb, "expand to more than"},
		{"alias in its own anchor", "a: &a [*a]\n", "expand to more than"},
		{"second document", "a: 1\n...\nb: 2\n", "did not find expected <document start>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse([]byte(tt.in))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestParseEmpty(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "\ufeff", "# only\n", "---\n", "---\n# c\n", "null\n"} {
		d, err := Parse([]byte(in))
		if err != nil || d.Root().Ok() {
			t.Errorf("Parse(%q): root %v, error %v", in, d.Root().Ok(), err)
		}
	}
}

// TestChanged: a document is changed once an edit is planned, and as it came before.
func TestChanged(t *testing.T) {
	t.Parallel()
	for _, src := range []string{"a: b\n", "x: &x {a: {b: c}}\nm: {a: {d: e}, <<: *x}\n"} {
		d, err := Parse([]byte(src))
		if err != nil {
			t.Fatal(err)
		}
		if d.Changed() {
			t.Error("changed without an edit")
		}
		if got, err := d.Apply(); err != nil || string(got.Bytes) != src || got.Rewritten {
			t.Errorf("without an edit: %q %v %v", got.Bytes, got.Rewritten, err)
		}
		d, _ = Parse([]byte(src))
		d.Insert(d.Root(), "k", Str("v"))
		if !d.Changed() {
			t.Error("not changed by an edit")
		}
	}
}

// TestGet: what counts under a key for Helm, where it comes from, and who holds it.
func TestGet(t *testing.T) {
	t.Parallel()
	const anchors = "x: &x {a: x, b: x, d: {e: x}}\ny: &y {b: y, c: y}\n"
	for mapping, want := range map[string]string{
		"{a: own, <<: *x}": "a=x b=x c= e=x", "{<<: *x, a: own}": "a=own b=x c= e=x", "{<<: [*y, *x]}": "a=x b=y c=y e=x", "{<<: *x, <<: *y}": "a=x b=y c=y e=x",
		"{<<: *y, a: own, <<: *x}": "a=x b=x c=y e=x", "{a: one, a: two}": "a=two b= c= e=", "{<<: {a: z, <<: *x}}": "a=x b=x c= e=x", "{\"<<\": {a: z}, b: own}": "a= b=own c= e=",
	} {
		d, err := Parse([]byte(anchors + "m: " + mapping + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		m := d.Root().Get("m")
		var got []string
		for _, key := range []string{"a", "b", "c"} {
			v := m.Get(key)
			got = append(got, key+"="+v.Text())
			if held, inherited := m.Holds(v), v.Inherited(); v.Ok() && held == inherited {
				t.Errorf("%s: %s is held: %v, inherited: %v", mapping, key, held, inherited)
			}
			if all := m.All(key); v.Ok() && len(all) == 0 {
				t.Errorf("%s: no %s", mapping, key)
			}
		}
		got = append(got, "e="+m.Get("d", "e").Text())
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%s: %s, want %s", mapping, text, want)
		}
	}
	d, err := Parse([]byte(anchors + "m: {a: own, <<: *x, b: own}\n"))
	if err != nil {
		t.Fatal(err)
	}
	m := d.Root().Get("m")
	if a, b := m.All("a")[0], m.All("b")[0]; !m.Overruled("a", a) || m.Overruled("b", b) || m.Overruled("c", a) {
		t.Error("which of the two counts is not told")
	}
}

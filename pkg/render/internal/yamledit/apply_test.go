package yamledit

import (
	"strings"
	"testing"
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
		{"behind an alias", "t: &t\n  s:\n    a: b # c\nu: *t\n", setTo("new", "u", "s", "a"), "t: &t\n  s:\n    a: b # c\nu:\n  s:\n    a: new # c\n", false},
		{"literal block, one line", "d:\n  k: |-\n    one\n\n    two\n  l: 1\n", setTo("one\n\nTWO", "d", "k"), "d:\n  k: |-\n    one\n\n    TWO\n  l: 1\n", false},
		{"literal block, a line twice", "k: |-\n  x\nl: 1\n", setTo("x\nx", "k"), "k: |-\n  x\n  x\nl: 1\n", false},
		{"literal block, a line less", "k: |-\n  x\n  x\n  y\nl: 1\n", setTo("x\ny", "k"), "k: |-\n  x\n  y\nl: 1\n", false},
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
		{"insert into the root", "# head\na: 1\n", add("k", "v"), "# head\nk: v\na: 1\n", false},
		{"insert into an element", "l:\n- a: 1\n  b: 2\n", add("k", "v", "l", 0), "l:\n- a: 1\n  k: v\n  b: 2\n", false},
		{"insert with CRLF", "m:\r\n  x: 1\r\n", add("k", "v", "m"), "m:\r\n  k: v\r\n  x: 1\r\n", false},
		{"insert beside a merge", "b: &b\n  x: 1\nm:\n  <<: *b\n  y: 2\n", add("x", "v", "m"), "b: &b\n  x: 1\nm:\n  <<: *b\n  x: v\n  y: 2\n", false},
		{"insert beside a merge of a list", "b: &b {x: 1}\nm:\n  <<: [*b, *b ] # two\n  y: 2\n", add("x", "v", "m"), "b: &b {x: 1}\nm:\n  <<: [*b, *b ] # two\n  x: v\n  y: 2\n", false},
		{"insert beside a merge of a list over lines", "b: &b {x: 1}\nm:\n  <<:\n  - *b\n  y: 2\n", add("x", "v", "m"), "b: {x: 1}\nm:\n  !!merge <<:\n  - {x: 1}\n  y: 2\n  x: v\n", true},
		{"insert beside a merge of a mapping", "m:\n  <<: {x: 1}\n  y: 2\n", add("x", "v", "m"), "m:\n  !!merge <<: {x: 1}\n  y: 2\n  x: v\n", true},
		{"insert beside a merge of a list with a mapping", "b: &b {x: 1}\nm:\n  <<: [*b, {z: 1}]\n  y: 2\n", add("x", "v", "m"), "b: {x: 1}\nm:\n  !!merge <<: [{x: 1}, {z: 1}]\n  y: 2\n  x: v\n", true},
		{"insert beside a merge of nothing", "m:\n  <<: []\n  y: 2\n", add("x", "v", "m"), "m:\n  !!merge <<: []\n  y: 2\n  x: v\n", true},
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
		{"remove a block scalar", "m:\n  a: |\n    x\n    y\n  b: 2\n", drop(path("m", "a")), "m:\n  b: 2\n", false},

		{"edit inside an anchor that others use", "t: &t\n  s:\n    a: b\nu: *t\n", setTo("new", "t", "s", "a"), "t:\n  s:\n    a: new\nu:\n  s:\n    a: b\n", true},
		{"a plain scalar over two lines", "a: b\n  c\nd: 1\n", setTo("new", "a"), "a: new\nd: 1\n", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := Parse([]byte(tt.in))
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
	for _, in := range []string{"", "# only\n", "---\n", "---\n# c\n", "null\n"} {
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

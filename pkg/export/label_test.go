package export

import (
	"strings"
	"testing"
)

func identifiers() *labels {
	return &labels{between: "_", begins: "x_", most: 40, used: map[string]string{}, takes: func(r rune, first bool) bool {
		return letter(r) || r == '_' || !first && (digit(r) || r == '-')
	}}
}

// TestLabels: no two things are called the same, and what a thing is called depends on it alone,
// but for things of several numbers of parts, where the later gets a hash.
func TestLabels(t *testing.T) {
	t.Parallel()
	things := [][]string{
		{"a"}, {"a", "b"}, {"a_b"}, {"a.b"}, {"a,b"}, {"a@b"}, {"a_b", "c"}, {"a", "b_c"}, {"a", "b", "c"}, {"1a"}, {"x_1a"}, {"-a"}, {"é"}, {"è"}, {""},
		{strings.Repeat("a", 60)}, {strings.Repeat("a", 61)}, {strings.Repeat("a.", 30)},
	}
	together := identifiers()
	seen := map[string]bool{}
	for _, parts := range things {
		alone := identifiers().of(parts...)
		label := together.of(parts...)
		if label != alone && !strings.HasPrefix(label, alone+"_") { // that of another number of parts
			t.Errorf("%q is called %s, and %s beside others", parts, alone, label)
		}
		if again := together.of(parts...); again != label {
			t.Errorf("%q is called %s, then %s", parts, label, again)
		}
		if seen[label] || len(label) > 40 || label == "" {
			t.Errorf("%q is called %q", parts, label)
		}
		seen[label] = true
		for i, r := range label {
			if !together.takes(r, i == 0) {
				t.Errorf("%q is called %s, with %q", parts, label, r)
			}
		}
	}
	if got := identifiers().of("shop", "web-1"); got != "shop_web-1" {
		t.Errorf("a name that can stand as it is is called %s", got)
	}
}

// TestLabelTaken: a name that is what another is called with its hash gets one as well.
func TestLabelTaken(t *testing.T) {
	t.Parallel()
	l := identifiers()
	hashed := l.of("a.b")
	if got := l.of(hashed); got == hashed || !strings.HasPrefix(got, hashed) {
		t.Errorf("%s is called %s", hashed, got)
	}
}

// TestObjectNames: capitals are lost, and the name ends as Kubernetes wants.
func TestObjectNames(t *testing.T) {
	t.Parallel()
	o := objectNames{}
	seen := map[string]bool{}
	for _, name := range []string{"data", "Data", "DATA", "data.", "data-", "1", "_"} {
		got := o.of("Policy", name)
		if seen[got] || strings.HasSuffix(got, "-") || strings.HasPrefix(got, "-") || strings.ToLower(got) != got {
			t.Errorf("%s is called %s", name, got)
		}
		seen[got] = true
	}
}

// TestEscapes: what tools act on is escaped, and nothing that a terminal would not show is left.
func TestEscapes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want string }{
		{hclString("a${b}%{c}$$"), `"a$${b}%%{c}$$"`},
		{hclString("say \"hi\" \\ \n\r\t\u202e\U000e0041"), `"say \"hi\" \\ \n\r\t\u202e\U000e0041"`},
		{hclDocument(`{"a":"${b}"}`, ""), "<<-EOT\n  {\n    \"a\": \"$${b}\"\n  }\nEOT"},
		{yamlString("a: #\"\\\n\x01\u0085\U000e0041"), `"a: #\"\\\n\u0001\u0085\U000e0041"`},
		{yamlFlow(`{"a":["\/","\ud83d\ude00",1.50,true,null],"b":{},"c":[]}`, ""), "{\n  \"a\": [\n    \"/\",\n    \"😀\",\n    1.50,\n    true,\n    null\n  ],\n  \"b\": {},\n  \"c\": []\n}"},
		{quoted("it's"), `'it'\''s'`},
		{quoted("a b|c"), `'a b|c'`},
		{quoted("plain"), `'plain'`},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}

package stream

import (
	"bytes"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/realstreams"
)

func TestScan(t *testing.T) {
	t.Parallel()
	type doc struct {
		text  string
		body  string // what Body points at, to the end of its line
		kind  string
		odd   bool
		empty bool
	}
	tests := []struct {
		name string
		in   string
		want []doc
	}{
		{"empty", "", nil},
		{"one without separator", "kind: A\n", []doc{{text: "kind: A\n", body: "kind: A", kind: "A"}}},
		{"Helm 3", "---\n# Source: c/a.yaml\nkind: A\n---\n# Source: c/b.yaml\nkind: B\n", []doc{
			{text: "---\n# Source: c/a.yaml\nkind: A\n", body: "kind: A", kind: "A"},
			{text: "---\n# Source: c/b.yaml\nkind: B\n", body: "kind: B", kind: "B"},
		}},
		{"no final newline", "kind: A\n---\nkind: B", []doc{{text: "kind: A\n", body: "kind: A", kind: "A"}, {text: "---\nkind: B", body: "kind: B", kind: "B"}}},
		{"comment only and doubled separators", "---\n# nothing\n---\n---\nkind: A\n---\n", []doc{
			{text: "---\n# nothing\n", empty: true}, {text: "---\n", empty: true},
			{text: "---\nkind: A\n", body: "kind: A", kind: "A"}, {text: "---\n", empty: true},
		}},
		{"separator with comment", "--- # one\nkind: A\n---\t\nkind: B\n", []doc{
			{text: "--- # one\nkind: A\n", body: "kind: A", kind: "A"}, {text: "---\t\nkind: B\n", body: "kind: B", kind: "B"},
		}},
		{"content on the separator's line", "--- {kind: A}\n---\nkind: B\n", []doc{
			{text: "--- {kind: A}\n", body: "--- {kind: A}", odd: true}, {text: "---\nkind: B\n", body: "kind: B", kind: "B"},
		}},
		{"dashes in a block scalar", "kind: A\ndata:\n  a: |\n    ---\n    kind: X\n  b: |-\n    --- x\n---\nkind: B\n", []doc{
			{text: "kind: A\ndata:\n  a: |\n    ---\n    kind: X\n  b: |-\n    --- x\n", body: "kind: A", kind: "A"},
			{text: "---\nkind: B\n", body: "kind: B", kind: "B"},
		}},
		{"a PEM block at the margin", "kind: A\nx: \"\n-----BEGIN X-----\n\"\n", []doc{{text: "kind: A\nx: \"\n-----BEGIN X-----\n\"\n", body: "kind: A", kind: "A", odd: true}}},
		{"CRLF", "---\r\nkind: A\r\n\r\n---\r\nkind: B\r\n", []doc{
			{text: "---\r\nkind: A\r\n\r\n", body: "kind: A\r", kind: "A"}, {text: "---\r\nkind: B\r\n", body: "kind: B\r", kind: "B"},
		}},
		{"document end", "kind: A\n...\n---\nkind: B\n", []doc{{text: "kind: A\n...\n", body: "kind: A", kind: "A"}, {text: "---\nkind: B\n", body: "kind: B", kind: "B"}}},
		{"a byte order mark", "\ufeff---\nkind: A\n---\n\ufeffkind: B\n\ufeff---\nkind: C\n", []doc{
			{text: "\ufeff---\nkind: A\n", body: "kind: A", kind: "A"}, {text: "---\n\ufeffkind: B\n", body: "\ufeffkind: B", kind: "B"},
			{text: "\ufeff---\nkind: C\n", body: "kind: C", kind: "C"},
		}},
		{"a lone CR", "# a\rkind: A\n", []doc{{text: "# a\rkind: A\n", body: "kind: A", odd: true}}},
		{"comments with a lone CR", "---\n# a\r# b\n", []doc{{text: "---\n# a\r# b\n", odd: true, empty: true}}},
		{"NEL, LS and PS", "kind: A # \u0085\n---\nkind: A # \u2028\n---\nkind: A # \u2029\n---\nkind: A # \u202a\r\n", []doc{
			{text: "kind: A # \u0085\n", body: "kind: A # \u0085", kind: "A", odd: true}, {text: "---\nkind: A # \u2028\n", body: "kind: A # \u2028", kind: "A", odd: true},
			{text: "---\nkind: A # \u2029\n", body: "kind: A # \u2029", kind: "A", odd: true}, {text: "---\nkind: A # \u202a\r\n", body: "kind: A # \u202a\r", kind: "A"},
		}},
		{"bare document after an end", "kind: A\n...\n# c\nkind: B\n", []doc{{text: "kind: A\n...\n# c\n", body: "kind: A", kind: "A"}, {text: "kind: B\n", body: "kind: B", kind: "B"}}},
		{"directive", "%YAML 1.2\n---\nkind: A\n", []doc{{text: "%YAML 1.2\n", empty: true}, {text: "---\nkind: A\n", body: "kind: A", kind: "A"}}},
		{"byte order mark", "\ufeffkind: A\n", []doc{{text: "\ufeffkind: A\n", body: "\ufeffkind: A", kind: "A"}}},
		{"byte order mark and comment", "\ufeff# c\nkind: A\n", []doc{{text: "\ufeff# c\nkind: A\n", body: "kind: A", kind: "A"}}},
		{"JSON", "{\"kind\": \"A\"}\n", []doc{{text: "{\"kind\": \"A\"}\n", body: "{\"kind\": \"A\"}", odd: true}}},
		{"quoted key", "a: 1\n\"kind\": A\n", []doc{{text: "a: 1\n\"kind\": A\n", body: "a: 1", odd: true}}},
		{"indented root", "  kind: A\n  b: 1\n", []doc{{text: "  kind: A\n  b: 1\n", body: "  kind: A", odd: true}}},
		{"quoted kind with comment", "kind: \"A\" # c\n", []doc{{text: "kind: \"A\" # c\n", body: "kind: \"A\" # c", kind: "A"}}},
		{"blanks before the colon", "kind \t: A\n", []doc{{text: "kind \t: A\n", body: "kind \t: A", kind: "A"}}},
		{"kind on the next line", "kind:\n  A\n", []doc{{text: "kind:\n  A\n", body: "kind:", odd: true}}},
		{"a longer key", "kinds: A\nkind: B\n", []doc{{text: "kinds: A\nkind: B\n", body: "kinds: A", kind: "B"}}},
		{"kind twice", "kind: A\nkind: B\n", []doc{{text: "kind: A\nkind: B\n", body: "kind: A", kind: "B", odd: true}}},
		{"kind through an alias", "a: &k A\nkind: *k\n", []doc{{text: "a: &k A\nkind: *k\n", body: "a: &k A", odd: true}}},
		{"list at the margin", "kind: List\nitems:\n- kind: A\n", []doc{{text: "kind: List\nitems:\n- kind: A\n", body: "kind: List", kind: "List"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := Scan([]byte(tt.in))
			if len(got) != len(tt.want) {
				t.Fatalf("%d documents, want %d: %+v", len(got), len(tt.want), got)
			}
			for i, w := range tt.want {
				g := got[i]
				body, _, _ := bytes.Cut(g.Bytes[g.Body:], []byte("\n"))
				if string(g.Bytes) != w.text || string(body) != w.body || g.Odd != w.odd || g.Empty() != w.empty || (!w.odd && g.Kind != w.kind) {
					t.Errorf("document %d: %q body %q kind %q odd %v empty %v, want %+v", i, g.Bytes, body, g.Kind, g.Odd, g.Empty(), w)
				}
				if n := strings.Count(w.text, "\n"); g.Lines != n {
					t.Errorf("document %d: %d lines, want %d", i, g.Lines, n)
				}
			}
		})
	}
}

func TestSeparated(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{"---\na: 1\n": true, "--- # c\n": true, "---\r\na: 1\r\n": true, "---": true, "---a: 1\n": false, "a: 1\n": false} {
		if got := Scan([]byte(in))[0].Separated(); got != want {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
}

// same holds two cuts of one stream against each other.
func same(t *testing.T, what string, got, want []Doc) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d documents, want %d", what, len(got), len(want))
	}
	for i := range want {
		g, w := got[i], want[i]
		if !bytes.Equal(g.Bytes, w.Bytes) || g.Body != w.Body || g.Kind != w.Kind || g.Odd != w.Odd || g.Lines != w.Lines {
			t.Fatalf("%s: document %d is %q (%+v), want %q (%+v)", what, i, g.Bytes, g, w.Bytes, w)
		}
	}
}

// FuzzScan: nothing is lost, and it does not matter in which pieces a stream comes in.
func FuzzScan(f *testing.F) {
	for _, s := range []string{
		"", "---\n", "kind: A\n---\nkind: B", "---\r\nkind: A\r\n...\r\nb: 1\n", "a: |\n  ---\n--- # c\n{\"kind\": \"A\"}\n",
		"\ufeffa: 1\n---x\n---\n", "%YAML 1.1\n---\n...\n...\nk\n", " a\n\n\n\n\n\n\n\n\n\nkind: A\n",
	} {
		f.Add([]byte(s), uint8(3), uint8(5))
	}
	realstreams.Each(f, 3<<10, func(data []byte) { f.Add(data, uint8(200), uint8(250)) })
	f.Fuzz(func(t *testing.T, data []byte, first, next uint8) {
		docs := Scan(data)
		var all []byte
		for _, d := range docs {
			all = append(all, d.Bytes...)
			if d.Body < 0 || d.Body > len(d.Bytes) {
				t.Fatalf("body %d of %d bytes", d.Body, len(d.Bytes))
			}
		}
		if !bytes.Equal(all, data) {
			t.Fatalf("the documents join to %q, not %q", all, data)
		}
		seen := 0
		got, err := read(bytes.NewReader(data), func(*Doc) { seen++ }, int(first)+1, int(next)+1)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "in pieces", got, docs)
		if seen != len(docs) {
			t.Fatalf("visited %d of %d", seen, len(docs))
		}
	})
}

// TestBreaksOddly: each of the breaks is found wherever it stands, and what only looks like one
// is not.
func TestBreaksOddly(t *testing.T) {
	t.Parallel()
	for text, odd := range map[string]bool{
		"\r": false, "\r\n": false, "\ra": true, "\u0085": true, "\u2028": true, "\u2029": true, "\u202a": false, "\u0084": false,
		"\u00e2\u0080": false, "\xc2": false, "\xe2\x80": false, "\r\r\n": true, "é…": false, "\x0c": false, "\x0e": false, "\x8d": false,
	} {
		for before := range 70 {
			for _, after := range []string{"", strings.Repeat("b", 40)} {
				in := strings.Repeat("a", before) + text + after
				want := odd
				if text == "\r" {
					want = after != ""
				}
				if got := breaksOddly([]byte(in)); got != want {
					t.Fatalf("%q: %v, want %v", in, got, want)
				}
			}
		}
	}
}

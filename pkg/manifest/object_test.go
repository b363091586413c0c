package manifest

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// read is what Read makes of a text.
func read(t *testing.T, text string) *Objects {
	t.Helper()
	objects, err := Read("m", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// TestReadObjects: which objects a text has, where, and which of them are live.
func TestReadObjects(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "# c\n", ""},
		{"an object", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: ns1}\n", "Deployment ns1/web group apps at m:1"},
		{"without a namespace", "kind: Pod\nmetadata: {name: web}\n", "Pod web group  at m:1"},
		{"without a name", "kind: Pod\n", "Pod without a name group  at m:1"},
		{"a name to be made", "kind: Job\nmetadata: {generateName: run-}\n", "Job run- group  at m:1"},
		{"a number for a name", "kind: Pod\nmetadata: {name: 12, namespace: true}\n", "Pod true/12 group  at m:1"},
		{"live, by its uid", "kind: Pod\nmetadata: {name: web, uid: x}\n", "Pod web group  at m:1 live"},
		{"live, by its resourceVersion", "kind: Pod\nmetadata: {name: web, resourceVersion: \"1\"}\n", "Pod web group  at m:1 live"},
		{"live, by its age", "kind: Pod\nmetadata: {name: web, creationTimestamp: x}\n", "Pod web group  at m:1 live"},
		{"rendered, with an empty age", "kind: Pod\nmetadata: {name: web, creationTimestamp: null}\n", "Pod web group  at m:1"},
		{"a List", "kind: List\nitems:\n- {kind: Pod, metadata: {name: a}}\n- 1\n- {kind: Pod, metadata: {name: b}}\n", "Pod a group  at m:1; Pod b group  at m:1"},
		{"a List in a List", "kind: List\nitems: [{kind: PodList, items: [{kind: Pod, metadata: {name: a}}]}]\n", "Pod a group  at m:1"},
		{"what ends in List and has no items", "kind: AccessList\nmetadata: {name: a}\n", "AccessList a group  at m:1"},
		{"what has items and is no List", "kind: Menu\nitems: []\n", "Menu without a name group  at m:1"},
		{"an array", "[{\"kind\": \"Pod\"}, 2]", "Pod without a name group  at m:1"},
		{"values", "a: 1\n---\n\nserviceAccount: {create: true}\n", "the document at m:1 group  at m:1; the document at m:4 group  at m:4"},
		{"pieces below each other", "env: []\nspec: {a: 1}\nspec: {a: 2}\n", "the document at m:1 group  at m:1; the document at m:3 group  at m:3"},
		{"a repeated key of an object", "kind: Pod\nspec: {a: 1}\nspec: {a: 2}\n", "Pod without a name group  at m:1"},
		{"an empty kind", "kind: \"\"\nspec: {a: 1}\nspec: {a: 2}\n", "the document at m:1 group  at m:1; the document at m:3 group  at m:3"},
		{"null", "~\n---\nkind: Pod\n", "Pod without a name group  at m:3"},
		{"a byte order mark", "\ufeffkind: Pod\n", "Pod without a name group  at m:1"},
		{"a directive, and a tab on a line of its own", "%YAML 1.2\n---\n# c\nkind: Pod\n\t\nspec: {a: \"50%\"}\n", "Pod without a name group  at m:4"},
		{"a document that begins with an end", "...\n%TAG x\nkind: Pod\nspec: |\n  %y\n", "Pod without a name group  at m:3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var said []string
			for _, o := range read(t, tt.text).List {
				s := fmt.Sprintf("%s group %s at %s", o, o.Group(), o.Where)
				if o.Live {
					s += " live"
				}
				said = append(said, s)
			}
			if got := strings.Join(said, "; "); got != tt.want {
				t.Errorf("%s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestCleaned: what the decoder refuses and Helm does not is read, and a text that only
// looks like it stays.
func TestCleaned(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"kind: Pod\n\t\nspec: x\n":               "x",
		"%TAG x\nkind: Pod\nspec: x\n":           "x",
		"# c\n%TAG x\nkind: Pod\nspec: x\n":      "x",
		"...\nkind: Pod\nspec: x\n":              "x",
		"kind: Pod\nspec: \"x\n%y z\"\n":         "x %y z",
		"kind: Pod\nspec: |-\n  a\n  %y\n":       "a\n%y",
		"kind: Pod\nspec: |-\n  a\n  \tb\n  c\n": "a\n\tb\nc",
	} {
		if objects := read(t, text); len(objects.List) != 1 || Text(objects.List[0].Body, "spec") != want {
			t.Errorf("%q: %+v, want %q", text, objects.List, want)
		}
	}
}

// TestJSON: JSON may write a character as two surrogates and escape a slash, as YAML may not.
func TestJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"{\n\"kind\": \"Pod\",\n\"spec\": \"a\\/\\ud83d\\ude00\"}\n", "\ufeff\n { \"kind\": \"Pod\", \"spec\": \"a/\\ud83d\\ude00\" }",
		"{\"kind\": \"List\", \"items\": [{\"kind\": \"Pod\", \"spec\": \"a\\u002f\\uD83D\\uDE00\"}]}",
	} {
		if objects := read(t, text); len(objects.List) != 1 || Text(objects.List[0].Body, "spec") != "a/😀" {
			t.Errorf("%q: %+v", text, objects.List)
		}
	}
}

func TestComplete(t *testing.T) {
	t.Parallel()
	live := read(t, "kind: PodList\nmetadata: {resourceVersion: \"1\"}\nitems: []\n---\nkind: List\nmetadata: {resourceVersion: \"1\"}\nitems: []\n---\nkind: SecretList\nitems: []\n")
	if got := slices.Sorted(maps.Keys(live.Complete)); !slices.Equal(got, []string{"Pod"}) || !live.Complete["Pod"] {
		t.Errorf("complete are %v", live.Complete)
	}
	more := &Objects{List: []Object{{Kind: "Pod"}}, Complete: map[string]bool{"ConfigMap": true, "Secret": false}}
	more.Add(live)
	live.Add(&Objects{List: []Object{{Kind: "Pod"}}, Complete: map[string]bool{"ConfigMap": true, "Secret": false}})
	for _, o := range []*Objects{more, live} {
		if !o.Complete["Pod"] || !o.Complete["ConfigMap"] || o.Complete["Secret"] || len(o.List) != 1 {
			t.Errorf("%+v", o)
		}
	}
}

func TestReadAll(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]io.Reader{
		"":                                   strings.NewReader("a"),
		"in: cannot be read: no":             iotest.ErrReader(errors.New("no")),
		"in: cannot be read: unexpected EOF": iotest.ErrReader(io.ErrUnexpectedEOF),
	} {
		got := ""
		if _, err := ReadAll("in", r); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	body := read(t, "a: {b: [x, {\"c.d\": 1}], e: text, f: true, g: null}\n").List[0].Body
	var seen []string
	Walk(body, "", func(path, key string, v any) bool {
		seen = append(seen, fmt.Sprintf("%s(%s)=%s", path, key, KindOf(v)))
		return key != "b"
	})
	if got, want := strings.Join(seen, " "), `a(a)=an object a.b(b)=a list a.e(e)=the text "text" a.f(f)=true a.g(g)=null`; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	seen = nil
	Walk(List(body, "a", "b"), "b", func(path, key string, v any) bool { seen = append(seen, path+"("+key+")"); return true })
	if got, want := strings.Join(seen, " "), `b[0]() b[1]() b[1]["c.d"](c.d)`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for v, want := range map[any]string{"x": "x true", Number("1.50"): "1.50 true", true: "true true", nil: " false"} {
		s, ok := Plain(v)
		if got := fmt.Sprint(s, " ", ok); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
	if _, ok := Plain([]any{}); ok {
		t.Error("a list is no plain value")
	}
	for n, want := range map[int]int{59: 59, 60: 60, 61: 61} { // the last is 60 and an ellipsis
		if got := len([]rune(Cut(strings.Repeat("ä", n)))); got != want || strings.HasSuffix(Cut(strings.Repeat("ä", n)), "…") != (n > 60) {
			t.Errorf("%d runes are cut to %d", n, got)
		}
	}
	if Mapping(body, "a", "e") != nil || List(body, "a") != nil || Text(body, "a", "b") != "" || Dig(body, "a", "e", "x") != nil || Text(body, "a", "e") != "text" {
		t.Error("a way that leads nowhere leads somewhere")
	}
}

// TestDepth: 500 lists in one another are read, more are not, however they come to be.
func TestDepth(t *testing.T) {
	t.Parallel()
	nested := func(n int, inner string) string { return strings.Repeat("[", n) + inner + strings.Repeat("]", n) }
	for depth, want := range map[int]bool{maxDepth: true, maxDepth + 1: false} {
		if _, err := valuesOf(nested(depth, "")); (err == nil) != want {
			t.Errorf("%d: %v", depth, err)
		}
		// The mapping and the alias count, too.
		if _, err := valuesOf("a: &a " + nested(250, "") + "\nb: " + nested(depth-250-2, "*a") + "\n"); (err == nil) != want {
			t.Errorf("%d through an alias: %v", depth, err)
		}
	}
}

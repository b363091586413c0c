package yamldoc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestFind: the line is the one that a person has to look at.
func TestFind(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"a tab", "a:\n\tb: 1\n", "2:1 a tab is used as indentation"},
		{"a tab behind blanks", "a:\n  - b: 1\n  \tc: 2\n", "3:3 a tab is used as indentation"},
		{"a wrong indentation", "a:\n  b:\n    c: 1\n   d: 2\n  e: 3\nf: 4\n", "4:4 did not find expected key"},
		{"an open quote", "a: 1\nb: \"c\nd: 2\n", "2:1 found unexpected end of stream"},
		{"an open bracket, closed by nothing", "a: 1\nb: [c\n", "2:1 did not find expected ',' or ']'"},
		{"an open bracket, and a key behind it", "a: [1\nb: 2\nc: 3\n", "2:1 did not find expected ',' or ']'"},
		{"two values on a line", "a: 1\n  b: c: d\n", "2:3 mapping values are not allowed in this context"},
		{"an anchor that is none", "a: 1\nb: &\nc: 1\n", "2:1 did not find expected alphabetic or numeric character"},
		{"an alias of nothing", "a: 1\nb:\n  c: *x\nd: 1\n", "3:3 unknown anchor 'x' referenced"},
		{"CRLF", "a: 1\r\nb: c: d\r\n", "2:1 mapping values are not allowed in this context"},
		{"letters of several bytes", "ä: 1\n\u00a0\tx\n", "2:1 could not find expected ':'"},
		{"behind empty lines", "\n\na: 1\nb: c: d\n", "4:1 mapping values are not allowed in this context"},
		{"the first line", "a: b: c", "1:1 mapping values are not allowed in this context"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := fault(t, tt.text).Find([]byte(tt.text))
			if got := fmt.Sprintf("%d:%d %s", e.Line, e.Column, e.Reason); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
			if e.Tab != strings.HasPrefix(e.Reason, "a tab") {
				t.Errorf("Tab is %v", e.Tab)
			}
		})
	}
}

// fault is the error of a text; the text has one.
func fault(t testing.TB, text string) *SyntaxError {
	t.Helper()
	d := NewDecoder(strings.NewReader(text))
	for {
		_, err := d.Next()
		if errors.Is(err, io.EOF) {
			t.Fatalf("%q has no error", text)
		}
		if e := (*SyntaxError)(nil); errors.As(err, &e) {
			return e
		}
	}
}

// TestLibrarysLine: the line that the error itself names, made good where the library
// counts from 0.
func TestLibrarysLine(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		line int
	}{
		{"a: 1\nb: c: d\n", 2}, {"a:\n\tb", 2}, {"a: 1\nb: [1,\nc: 2\n", 2}, {"a: 1\nb: &\nc: 1\n", 2}, {"a: 1\n\nb: }\n", 3}, {"a: b: c", 0},
		{"a: *x\n", 0}, {"a: [1\n", 2}, {"a: 1\nb: |x\n", 2},
	} {
		if got := fault(t, tt.text).Line; got != tt.line {
			t.Errorf("%q: line %d, want %d (%s)", tt.text, got, tt.line, fault(t, tt.text).said)
		}
	}
}

// TestFindInLongText: where looking would take seconds, the library's line stands.
func TestFindInLongText(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("a: 1\n", maxFind/5) + "b: c: d\n"
	e := fault(t, text)
	if found := e.Find([]byte(text)); found.Line != e.Line || found.Line == 0 || found.Reason != e.Reason {
		t.Errorf("%+v, want line %d", found, e.Line)
	}
	if e := (&SyntaxError{Reason: "made here"}).Find([]byte("a\n")); e.Line != 0 || e.Column != 0 {
		t.Errorf("%+v has a place", e)
	}
}

func TestError(t *testing.T) {
	t.Parallel()
	if got := (&SyntaxError{Reason: "x"}).Error(); got != "not YAML: x" {
		t.Error(got)
	}
	if got := (&SyntaxError{Line: 2, Reason: "x"}).Error(); got != "not YAML: line 2: x" {
		t.Error(got)
	}
}

// panicking is a reader whose panic comes out of the library, as its own would.
type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("the library's own\npanic") }

func TestPanic(t *testing.T) {
	t.Parallel()
	_, err := NewDecoder(panicking{}).Next()
	if want := "not YAML: the parser gave up: the library's own panic"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestRoot(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"a: 1\n": "map", "[1]": "seq", "x": "str", "null\n": "", "~": "", "---\n": "", "# c\n": "", "\"\"": "str"} {
		doc, err := NewDecoder(strings.NewReader(text)).Next()
		if errors.Is(err, io.EOF) {
			doc, err = &yaml.Node{}, nil
		}
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		got := ""
		if root := Root(doc); root != nil {
			got = strings.TrimPrefix(root.ShortTag(), "!!")
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestCheckAliases(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		p := string(c - 1)
		bomb += string(c) + ": &" + string(c) + " [*" + strings.Repeat(p+",*", 9) + p + "]\n"
	}
	for _, tt := range []struct {
		name, text string
		line       int // of the alias; 0: none
	}{
		{"none", "a: [1, 2]\n", 0}, {"few", "a: &a [x]\nb: [*a, *a]\n", 0}, {"a bomb", bomb, 7},
		{"inside its own anchor", "b: 1\na: &a [*a]\n", 2}, {"inside, further down", "a: &a\n  b:\n    c: [1, *a]\n", 3},
		{"a key", "a: &a x\n*a : 1\n", 0}, {"an anchor that is given twice", "a: &a [x]\nb: &a [y]\nc: *a\n", 0},
		{"merged", "a: &a {b: 1}\nc: {<<: *a}\n", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc, err := NewDecoder(strings.NewReader(tt.text)).Next()
			if err != nil {
				t.Fatal(err)
			}
			alias, err := CheckAliases(doc)
			switch {
			case tt.line == 0 && (alias != nil || err != nil):
				t.Errorf("%v, %v", alias, err)
			case tt.line > 0 && (!errors.Is(err, ErrAliasBomb) || alias == nil || alias.Line != tt.line):
				t.Errorf("%+v, %v, want line %d", alias, err, tt.line)
			}
		})
	}
}

// TestCheckAliasesCounts: what aliases stand for is bounded, not what is written out.
func TestCheckAliasesCounts(t *testing.T) {
	t.Parallel()
	// 1,001 nodes in the anchored list, each alias stands for them all.
	head := "a: &a [" + strings.Repeat("x,", 999) + "x]\nb: ["
	for n, want := range map[int]bool{MaxNodes / 1001: false, MaxNodes/1001 + 1: true} {
		doc, err := NewDecoder(strings.NewReader(head + strings.Repeat("*a,", n) + "]\n")).Next()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := CheckAliases(doc); (err != nil) != want {
			t.Errorf("%d aliases: %v", n, err)
		}
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a: &a {x: 1}\nb: {<<: *a}": "1", "a: &a {x: 1}\nb: {<<: [*a, *a, {y: 2}]}": "3", "b: {<<: {x: 1}}": "1",
		"b: {\"<<\": {x: 1}}": "no", "b: {x: {y: 1}}": "no", "a: &a {x: 1}\nc: &c [*a]\nb: {<<: *c}": "1",
	} {
		doc, err := NewDecoder(strings.NewReader(text)).Next()
		if err != nil {
			t.Fatal(err)
		}
		root := Root(doc)
		pair := root.Content[len(root.Content)-1].Content
		got := "no"
		if IsMerge(pair[0]) {
			all := Merged(pair[1])
			for _, n := range all {
				if n.Kind != yaml.MappingNode {
					t.Errorf("%q: %v is given", text, n.Kind)
				}
			}
			got = fmt.Sprint(len(all))
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// FuzzNext: no text makes it panic or run without end, and an error stands in the text.
func FuzzNext(f *testing.F) {
	for _, s := range []string{"", "a: 1\n---\nb: [\n", "a:\n\tb", "a: &a [*a]\n", "a: &\n", "%YAML 9\n---\n", "\xff\xfe", "? - \n: -\n", "a: |\n b\nc\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d := NewDecoder(bytes.NewReader(text))
		for range 100 {
			doc, err := d.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				e := (*SyntaxError)(nil)
				if !errors.As(err, &e) {
					t.Fatalf("%T %v", err, err)
				}
				e = e.Find(text)
				if lines := bytes.Count(text, []byte("\n")) + 1; len(text) > 0 && e.said != "" && (e.Line < 1 || e.Line > lines || e.Column < 1) {
					t.Fatalf("%d:%d of %d lines: %s", e.Line, e.Column, lines, e.Reason)
				}
				if strings.ContainsAny(e.Reason, "\r\n") || e.Reason == "" {
					t.Fatalf("%q is no line", e.Reason)
				}
				return
			}
			CheckAliases(doc)
		}
	})
}

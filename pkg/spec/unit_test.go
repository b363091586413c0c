package spec

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestFind: a place is that of the very key, or of its nearest ancestor; a key of the same
// name in another mapping is none.
func TestFind(t *testing.T) {
	t.Parallel()
	var root yaml.Node
	text := "base: &b {merged: 1}\nlist:\n- other: {name: x}\n  <<: *b\n- name: y\nloop: &l\n  <<: *l\n"
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		t.Fatal(err)
	}
	l := &loader{root: root.Content[0]}
	first := (*place)(nil).key("list").elem(0)
	for _, c := range []struct {
		at         *place
		key, value int // the lines; 0 for no key
	}{
		{nil, 0, 1},
		{(*place)(nil).key("list"), 2, 3},
		{first, 0, 3},
		{first.key("other"), 3, 3},
		{first.key("name"), 0, 3},   // not the one in other
		{first.key("merged"), 1, 1}, // by <<
		{first.key("other").key("name"), 3, 3},
		{(*place)(nil).key("list").elem(1).key("name"), 5, 5},
		{(*place)(nil).key("list").elem(2), 2, 3},
		{(*place)(nil).key("list").elem(2).key("name"), 2, 3},
		{(*place)(nil).key("loop").key("name"), 6, 6},
		{(*place)(nil).key("merged"), 0, 1}, // not the one in base
		{(*place)(nil).key("base").elem(0), 1, 1},
	} {
		key, value := l.find(c.at)
		line := 0
		if key != nil {
			line = key.Line
		}
		if line != c.key || value.Line != c.value {
			t.Errorf("%s: the key in line %d, the value in line %d, want %d and %d", c.at, line, value.Line, c.key, c.value)
		}
	}
}

// TestFields: what has no name in irsa.yaml is no field of it.
func TestFields(t *testing.T) {
	t.Parallel()
	type one struct {
		Name string `yaml:"name" required:"yes"`
		Line int    `yaml:"-"`
		ARN  string `yaml:"arn" oneof:"yes" enum:"a,b"`
		Else string `yaml:"else" oneof:"yes"`
	}
	got := rulesOf(reflect.TypeFor[one]())
	if want := []string{"name", "arn", "else"}; !reflect.DeepEqual(got.names(), want) || !got.position {
		t.Errorf("%v, with a position: %v", got.names(), got.position)
	}
	if want := map[string]int{"name": 0, "arn": 1, "else": 2}; !reflect.DeepEqual(got.byName, want) {
		t.Errorf("%v", got.byName)
	}
	if want := []string{"arn", "else"}; !reflect.DeepEqual(got.oneofNames(), want) {
		t.Errorf("%v", got.oneofNames())
	}
	if f := got.fields[1]; f.index != 2 || !reflect.DeepEqual(f.enum, []string{"a", "b"}) || f.required || !got.fields[0].required {
		t.Errorf("%+v", got.fields)
	}
	type other struct {
		Name   string `yaml:"name"`
		Hidden string `yaml:"-"`
	}
	if got := rulesOf(reflect.TypeFor[other]()); got.position || len(got.fields) != 1 {
		t.Errorf("%+v", got)
	}
}

// TestItemRules: text in a list or a mapping is never empty, unless its format takes that.
func TestItemRules(t *testing.T) {
	t.Parallel()
	text, number := reflect.TypeFor[string](), reflect.TypeFor[int]()
	for _, c := range []struct {
		t      reflect.Type
		format *format
		want   bool
	}{
		{text, nil, true}, {text, &format{}, true}, {text, &format{takesEmpty: true}, false},
		{number, nil, true}, {number, &format{takesEmpty: true}, true},
	} {
		if got := itemRules(c.t, rules{format: c.format}); got.required != c.want || got.format != c.format {
			t.Errorf("%v %+v: %+v", c.t, c.format, got)
		}
	}
}

// TestMeaning: the limits of the keys and of the text itself, where there are any.
func TestMeaning(t *testing.T) {
	t.Parallel()
	text, mapping := reflect.TypeFor[string](), reflect.TypeFor[map[string]string]()
	for _, c := range []struct {
		t    reflect.Type
		f    rules
		want string
	}{
		{text, rules{desc: "A | b."}, `A \| b.`},
		{text, rules{desc: "A.", enum: []string{"x"}}, "A. Always `x`."},
		{text, rules{desc: "A.", enum: []string{"x", "y"}}, "A. One of `x`, `y`."},
		{mapping, rules{desc: "A.", keyEnum: []string{"x", "y"}}, "A. Keys: `x`, `y`."},
		{mapping, rules{desc: "A.", keyFormat: &format{}, format: &format{}}, "A."},
		{mapping, rules{desc: "A.", keyFormat: &format{max: 1}, format: &format{max: 2}}, "A. Keys of at most 1 characters. Values of at most 2 characters."},
		{text, rules{desc: "A.", format: &format{max: 1}}, "A. At most 1 characters."},
	} {
		if got := meaning(c.t, c.f); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestSplitError: what is wrong, and what to write, are told apart wherever an error has both.
func TestSplitError(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err           error
		message, hint string
	}{
		{nil, "", ""},
		{hinted{"m", "h"}, "m", "h"},
		{&ARNError{Message: "m", Hint: "h"}, "m", "h"},
		{errors.New("m"), "m", ""},
	} {
		if message, hint := splitError(c.err); message != c.message || hint != c.hint {
			t.Errorf("%v: %q, %q", c.err, message, hint)
		}
	}
}

// TestHalfASurrogate: half a pair is �, whatever follows, as encoding/json reads it.
func TestHalfASurrogate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`["\ud83dabde00"]`:       "[\"�abde00\"]",
		`["\ud83d\nde00"]`:       "[\"�\\nde00\"]",
		`["\ud83d\u0041"]`:       "[\"�\\u0041\"]",
		`["\ud83d"]`:             "[\"�\"]",
		`["\ud83d\ude0"`:         `["\ud83d\ude0"`, // no JSON
		`["\ude00\ud83d"]`:       "[\"��\"]",
		`["\ud83d\ude00\ud83d"]`: "[\"😀�\"]",
	} {
		if got, _ := plainJSON([]byte(text)); string(got) != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// TestEmptyHint: what to write in the place of nothing.
func TestEmptyHint(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		r    rules
		want string
	}{
		{rules{}, "write a value"},
		{rules{format: &format{write: "write this"}, enum: []string{"x"}}, "write this"},
		{rules{format: &format{}, enum: []string{"x", "y"}}, "write one of x, y"},
		{rules{enum: []string{"x", "y"}}, "write one of x, y"},
	} {
		if got := emptyHint(&c.r); got != c.want {
			t.Errorf("%+v: %q, want %q", c.r, got, c.want)
		}
	}
}

// TestComesAfter: by line, and within a line by column; a place is not behind itself.
func TestComesAfter(t *testing.T) {
	t.Parallel()
	places := []*yaml.Node{{Line: 1, Column: 1}, {Line: 1, Column: 5}, {Line: 2, Column: 1}, {Line: 2, Column: 3}}
	for i, a := range places {
		for j, b := range places {
			if got := comesAfter(a, b); got != (i > j) {
				t.Errorf("%d:%d comes after %d:%d: %v", a.Line, a.Column, b.Line, b.Column, got)
			}
		}
	}
}

// TestPolicyPaths: IAM takes fewer characters in a policy's path than in a role's, also in one that the
// policy gets from the defaults.
func TestPolicyPaths(t *testing.T) {
	t.Parallel()
	const document = `document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}`
	for text, want := range map[string]string{
		"policies: [{name: p, path: '/a.b,c+d@e=f_g-h/i/', " + document + "}]":                                                    "",
		"policies: [{name: p, path: /a*b/, " + document + "}]":                                                                    `policies[0].path: "/a*b/" is not an IAM path of policies`,
		"policies: [{name: p, path: //, " + document + "}]":                                                                       `policies[0].path: "//" is not an IAM path of policies`,
		"defaults: {path: /a*b/}\npolicies: [{name: p, " + document + "}]":                                                        `defaults.path: policy "p" gets "/a*b/", which IAM takes as a path of roles only`,
		"defaults: {path: /a*b/}\npolicies: [{name: p, path: /, " + document + "}]\nserviceAccounts: [{name: web}]":               "",
		"defaults: {path: /ok/}\npolicies: [{name: p, " + document + "}]\nserviceAccounts: [{name: web, role: {path: '/a*b!/'}}]": "",
	} {
		_, err := Parse("irsa.yaml", []byte("apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\n"+text+"\n"))
		if got := fmt.Sprint(err); (err == nil) != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s\n%v\nwant %s", text, err, want)
		}
	}
}

package spec

import (
	"reflect"
	"strings"
	"testing"
)

func TestParsePath(t *testing.T) {
	t.Parallel()
	key := func(k string) PathPart { return PathPart{Key: k} }
	index := func(i int) PathPart { return PathPart{Kind: IndexPart, Index: i} }
	each := PathPart{Kind: EachPart, Each: true}
	for in, want := range map[string][]PathPart{
		"a":                                   {key("a")},
		"spec.driver.serviceAccount":          {key("spec"), key("driver"), key("serviceAccount")},
		"spec.a[*].b":                         {key("spec"), key("a"), each, key("b")},
		"a[0][12].b":                          {key("a"), index(0), index(12), key("b")},
		`metadata.annotations["a.b/c"].d`:     {key("metadata"), key("annotations"), key("a.b/c"), key("d")},
		`["a.b"]`:                             {key("a.b")},
		`["say \"a\" \\ [b]"]`:                {key(`say "a" \ [b]`)},
		"[0].name":                            {index(0), key("name")},
		"with space.ünï-c_o*de":               {key("with space"), key("ünï-c_o*de")},
		"a[name=b].c":                         {key("a"), {Kind: MatchPart, Key: "name", Value: "b"}, key("c")},
		`a[id="x]y\"z"]`:                      {key("a"), {Kind: MatchPart, Key: "id", Value: `x]y"z`}},
		"[n=a=b c.d][0]":                      {{Kind: MatchPart, Key: "n", Value: "a=b c.d"}, index(0)},
		"a[007]":                              {key("a"), index(7)},
		strings.Repeat("a.", 500) + "a[*][*]": nil,
	} {
		got, err := ParsePath(in)
		if err != nil || want != nil && !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", in, got, err)
		}
		again, err := ParsePath(PathString(got))
		if err != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("%s comes back as %s: %v", in, PathString(got), err)
		}
	}
}

var badPaths = map[string]string{
	"":             "the path is empty",
	".a":           "at character 1, a path does not begin with a dot",
	"a.":           "at character 2, a key is missing",
	"a..b":         "at character 2, a key is missing",
	"a.[0]":        "at character 2, a key is missing",
	"a[0]b":        "at character 5, a dot or [ is missing",
	"a]b":          "at character 2, a dot or [ is missing",
	`a"b`:          "at character 2, a dot or [ is missing",
	"a[":           "at character 2, a [ is never closed",
	"a[]":          "at character 2, in [ ] stands a number, *, a quoted key or name=value",
	"a[-1]":        "at character 2, in [ ] stands a number, *, a quoted key or name=value",
	"a[1234567]":   "at character 2, in [ ] stands a number, *, a quoted key or name=value",
	"a[b]":         "at character 2, in [ ] stands a number, *, a quoted key or name=value",
	"a[name=]":     `at character 2, an element reads [name=value] or [name="value"]`,
	"a[name=b":     `at character 2, an element reads [name=value] or [name="value"]`,
	`a[name=b"c]`:  `at character 2, an element reads [name=value] or [name="value"]`,
	`a[name="b]`:   `at character 2, a quoted key ends with "]`,
	`a[name=""]`:   `at character 2, a quoted key reads ["key"]`,
	"a[=b]":        "at character 2, in [ ] stands a number, *, a quoted key or name=value",
	`a[""]`:        `at character 2, a quoted key reads ["key"]`,
	`a["b"`:        `at character 2, a quoted key reads ["key"]`,
	`a["b`:         `at character 2, a quoted key ends with "]`,
	`a["b\n"]`:     `at character 2, in quotes, a backslash stands before " or \ only`,
	`a["b\`:        `at character 2, in quotes, a backslash stands before " or \ only`,
	`spec.a["b"]c`: "at character 12, a dot or [ is missing",
}

func TestParsePathErrors(t *testing.T) {
	t.Parallel()
	for in, want := range badPaths {
		if _, err := ParsePath(in); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", in, err, want)
		}
	}
}

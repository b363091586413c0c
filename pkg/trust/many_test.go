package trust

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestManyValues: what is left out of a comparison changes no answer, for each operator
// on texts, with values of every sort.
func TestManyValues(t *testing.T) {
	t.Parallel()
	values := []string{"a*", "*", "?b", "ab", "AB", "\u212a", "k", "${aws:username}", "${aws:x, 'ab'}", "${", "", "a?c", "abc*d", "é", "É*"}
	for i := range manyValues {
		values = append(values, fmt.Sprintf("v%d", i), fmt.Sprintf("p%d*", i))
	}
	seen := append([]string{"abcd", "aBc", "K", "\u212a", "é", "É", "v3", "v33", "p7", "p77", "x", "", "\xff"}, values...)
	for _, version := range []string{Version2008, Version2012} {
		for _, op := range []string{"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike", "ForAnyValue:StringLike", "ForAllValues:StringEqualsIfExists"} {
			for from := range values[:manyValues/2] {
				c := Condition{op, "x", values[from:]}
				x := indexed([]Condition{c})[0]
				if x == nil {
					t.Fatalf("%s has no index", op)
				}
				for i, s := range seen {
					request := Request{Context: map[string][]string{"x": {s, seen[(i*7)%len(seen)]}, "aws:username": {"v1"}}}
					e := newEnv(request, version == Version2012)
					if got, want := e.condition(c, x), e.condition(c, nil); got.String() != want.String() || got.Result != want.Result {
						t.Fatalf("%s %s of %q with %v: %s, without an index %s", version, op, s, request, got, want)
					}
				}
			}
		}
	}
}

// TestManyValuesAreNotCompared counts them.
func TestManyValuesAreNotCompared(t *testing.T) {
	t.Parallel()
	var values []string
	for i := range 1000 {
		values = append(values, fmt.Sprintf("system:serviceaccount:ns1:app-%d*", i))
	}
	for _, op := range []string{"StringEquals", "StringLike"} {
		x := indexed([]Condition{{op, "x", values}})[0]
		if got := x.worth([]string{"system:serviceaccount:ns1:app-999"}); len(got) > 3 {
			t.Errorf("%s compares with %d values: %q", op, len(got), got)
		}
	}
	if indexed([]Condition{{"StringLike", "x", values[:manyValues-1]}, {"IpAddress", "x", values}}) != nil {
		t.Error("an index of few values, or of what is no text")
	}
}

// TestLongReason: a reason stays readable, however many values there are.
func TestLongReason(t *testing.T) {
	t.Parallel()
	var values []string
	for i := range 500 {
		values = append(values, fmt.Sprintf("v%d", i))
	}
	got := Reason{Element: "Condition", Operator: "StringEquals", Key: "k", Wanted: values, Seen: []string{"x"}, Result: No}.String()
	if !strings.Contains(got, `"v31" or 468 more; has "x"; does not match`) || len(got) > 500 {
		t.Error(got)
	}
	if few := (Reason{Wanted: values[:manyValues]}).String(); strings.Contains(few, "more") || !slices.ContainsFunc(strings.Fields(few), func(s string) bool { return strings.HasPrefix(s, `"v31"`) }) {
		t.Error(few)
	}
}

package trust_test

import (
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	ok := `"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"`
	for text, want := range map[string]string{
		statement(ok):                     "",
		statement(ok + `,"Sid":"Abc123"`): "",
		statement(`"Effect":"Allow","Principal":{"AWS":"*"},"NotAction":"STS:TagSession"`): "",
		`{"Statement":[]}`:                                                                 "line 1, column 14: a trust policy needs at least one statement",
		`{"Foo":1,"Statement":{` + ok + `}}`:                                               "line 1, column 2: Foo is no element of a policy: remove it",
		statement(ok + `,"Sid":"a-b"`):                                                     `line 1, column 81: Sid "a-b": want letters and digits only`,
		statement(ok + `,"Resource":"*"`):                                                  "line 1, column 86: a trust policy takes no Resource: remove it",
		`{"Statement":[{"Sid":"a",` + ok + `},{"Sid":"a",` + ok + `}]}`:                    "line 1, column 86: two statements have the Sid a: give each its own",
		statement(`"Effect":"Deny","NotPrincipal":{"AWS":"1"},"Action":"sts:AssumeRole"`):  "line 1, column 47: a trust policy takes no NotPrincipal: use Principal, with conditions on aws:PrincipalArn",
		statement(`"Effect":"Allow","Principal":{"AWS":"x*"},"Action":"sts:AssumeRole"`):   "line 1, column 45: principal x* has a wildcard: want a whole ARN, or a condition on aws:PrincipalArn",
		statement(`"Effect":"Allow","Principal":"*","Action":["sts:AssumeRole","s3:Get"]`): "line 1, column 58: action s3:Get: a trust policy takes only those of sts",
		statement(`"Effect":"Allow","Principal":"*","NotAction":"*"`):                      "line 1, column 61: action *: a trust policy takes only those of sts",
		statement(ok + `,"Condition":{"StringIs":{"k":"v"}}`):                              "line 1, column 87: StringIs is no condition operator of IAM",
		statement(ok + `,"Condition":{"StringEquals":{"k":"→"}}`):                          "line 1, column 109: '→' is a character that IAM does not take in a policy: want U+0020 to U+00FF",
	} {
		got := ""
		if err := parse(t, text).Check(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s:\n%s\nwant\n%s", text, got, want)
		}
	}
}

func TestCovers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, other string
		want           bool
	}{
		{"a", "a", true}, {"a", "b", false}, {"*", "a*b?", true}, {"a*", "ab*", true}, {"ab*", "a*", false},
		{"?", "a", true}, {"a", "?", false}, {"?", "?", true}, {"?", "*", false}, {"*?", "ab", true}, {"a*c", "a*b*c", true}, {"", "", true}, {"", "*", false}, {"**", "*", true},
	} {
		if got := trust.Covers(c.pattern, c.other); got != c.want {
			t.Errorf("%q covers %q: %v", c.pattern, c.other, got)
		}
	}
	for subject, want := range map[string]bool{
		"*": true, "system:*": true, "system:serviceaccount:*": true, "system:serviceaccount:*:*": true, "*:*": true,
		"system:serviceaccount:*:app": false, "system:serviceaccount:z*:*": false, "system:serviceaccount:ns:app": false, "system:serviceaccount:?*:*": false,
	} {
		if got := trust.AnyAccount(subject); got != want {
			t.Errorf("%s: %v", subject, got)
		}
	}
}

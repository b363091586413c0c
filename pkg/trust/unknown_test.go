package trust_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// odd are policies with something that IAM, or this package, does not know. They are read
// as they are, so they must compare as they are.
func odd() map[string]string {
	web := func(conditions string) string {
		return st("Allow", `{"Federated":"`+providerARN+`"}`, `"sts:AssumeRoleWithWebIdentity"`, `"StringEquals":{"i:aud":"sts.amazonaws.com"},`+conditions)
	}
	role := func(principal string) string { return st("Allow", principal, `"sts:AssumeRole"`, "") }
	var many []string
	for i := range 70 {
		many = append(many, fmt.Sprintf(`"v%d"`, i%35))
	}
	list := "[" + strings.Join(many, ",") + "]"
	out := map[string]string{
		"provider that is an AWS account's root":  st("Allow", `{"Federated":["arn:aws:iam::111122223333:root","x"]}`, `"sts:AssumeRoleWithWebIdentity"`, ""),
		"service that is an AWS account's root":   role(`{"Service":"arn:aws:iam::111122223333:root"}`),
		"user that is no ARN":                     role(`{"AWS":["x","arn:aws:iam::1:root","arn:aws:iam::111122223333:root","111122223333"]}`),
		"root of another partition":               role(`{"AWS":["arn:aws-cn:iam::111122223333:root","arn:aws:iam::111122223333:root"]}`),
		"deleted user":                            role(`{"AWS":["AIDAEXAMPLEEXAMPLEEX","AIDAEXAMPLEEXAMPLEEX"]}`),
		"canonical user":                          role(`{"CanonicalUser":["b","a","a"]}`),
		"wildcards in a principal":                role(`{"AWS":["arn:aws:iam::*:root","arn:aws:iam::1111*:role/?"]}`),
		"not these principals":                    `{"Effect":"Allow","NotPrincipal":{"AWS":["2","arn:aws:iam::111122223333:root","2"]},"Action":["b","a","b"]}`,
		"not these actions":                       `{"Effect":"Allow","Principal":"*","NotAction":["STS:b","sts:A","sts:a"]}`,
		"an element of permissions":               `{"Effect":"Allow","Principal":"*","Action":["b","a"],"Resource":["y","x","x"],"Condition":{"Foo":{"k":["b","a"]}}}`,
		"an element that nobody knows":            `{"Effect":"Allow","Principal":"*","Action":["b","a"],"Else":{"z":[2,1],"a":null}}`,
		"wildcards of all sorts in an action":     st("Allow", `"*"`, `["?*","*?","**","*??*?","STS:*"]`, ""),
		"empty action and empty principal":        st("Allow", `{"AWS":["",""]}`, `["","x"]`, ""),
		"lists that make too many pieces":         st("Allow", `{"AWS":`+list+`}`, list, `"StringEquals":{"a":`+list+`},"StringLike":{"b":`+list+`}`),
		"a deny with an operator nobody knows":    role(`"*"`) + "," + st("Deny", `"*"`, `"*"`, `"Foo":{"k":["b","a","b"]}`),
		"keys that differ in case":                web(`"StringLike":{"I:sub":["b*","a*"],"i:SUB":["a*"]}`),
		"the same twice, but for order and case":  web(`"StringLike":{"i:sub":["b","a"]}`) + "," + web(`"StringLike":{"I:SUB":["a","b","a"]}`),
		"no conditions under an operator":         web(`"Foo":{},"StringLike":{"i:sub":"a"}`),
		"a Sid twice, statements in another turn": `{"Sid":"s","Effect":"Allow","Principal":"*","Action":"b"},{"Sid":"s","Effect":"Allow","Principal":"*","Action":"a"}`,
	}
	values := map[string]string{
		"in no order": `["system:serviceaccous1:app","system:serviceaccount:z*:app"]`, "twice": `["b","a","b"]`, "none": `[]`,
		"of other types": `[true,1,1.0,"x",1e999]`, "half a variable": `["b${","a}","${x","$","{y}"]`, "variables": `["${b}*","${a,'d'}","${}"]`,
		"empty": `["",""]`, "hidden variable": `["\u0024{b}","a"]`, "not of letters": `["\u0000","é","É"]`,
	}
	for _, operator := range []string{
		"StringLrike", "stringequals", "StringEquals ", "", "Null", "NullIfExists", "ForAnyValue:Null", "ForSomeValue:StringLike", "ForAnyValue:StringLike",
		"ForAllValues:ForAnyValue:StringEquals", "ForAllValues:StringNotLikeIfExists", "StringEqualsIfExistsIfExists", "StringNotEquals", "ArnLike", "ArnNotEquals",
		"NumericLessThan", "DateGreaterThan", "Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "StringEqualsIgnoreCase", "StringLikeIfExists", "StringEquals", "StringLike",
	} {
		for name, list := range values {
			for _, key := range []string{"I:sub", "aws:nothing"} {
				out[fmt.Sprintf("%q %q %s", operator, key, name)] = st("Allow", `{"Federated":["`+providerARN+`"]}`, `"sts:AssumeRoleWithWebIdentity"`, fmt.Sprintf(`%q:{%q:%s}`, operator, key, list)) +
					"," + st("Deny", `"*"`, `"sts:*"`, fmt.Sprintf(`%q:{%q:%s}`, operator, key, list))
			}
		}
	}
	return out
}

// TestComparedWithItself: whatever a policy holds, it is no wider and no narrower than
// itself and than its canonical form, lets the same in, and has no difference.
func TestComparedWithItself(t *testing.T) {
	t.Parallel()
	for name, statements := range odd() {
		for _, version := range []string{`"Version":"2012-10-17",`, ""} {
			d, err := trust.Parse("{" + version + `"Statement":[` + statements + `]}`)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			alike(t, name, d, d)
			alike(t, name, d, parse(t, trust.Canonical(d)))
		}
	}
}

func alike(t *testing.T, name string, a, b trust.Document) {
	t.Helper()
	for range 2 {
		if w := trust.Widens(a, b); len(w) > 0 {
			t.Errorf("%s: widens itself: %v", name, w)
		}
		if trust.Narrows(a, b) {
			t.Errorf("%s: narrows itself", name)
		}
		if n := b.Newcomers(a); len(n) > 0 {
			t.Errorf("%s: lets in more than itself: %+v", name, n)
		}
		if !trust.Equal(a, b) || trust.Diff(a, b) != nil {
			t.Errorf("%s: differs from itself: %q", name, trust.Diff(a, b))
		}
		if (a.Check() == nil) != (b.Check() == nil) {
			t.Errorf("%s: %v and %v", name, a.Check(), b.Check())
		}
		a, b = b, a
	}
	if x, y := letsIn(a), letsIn(b); !slices.Equal(x, y) {
		t.Errorf("%s:\n%q lets in, its canonical form\n%q", name, x, y)
	}
}

// letsIn says whom a policy lets in, in one order.
func letsIn(d trust.Document) []string {
	var out []string
	for _, e := range trust.Entrants(d) {
		e.Statement = 0
		if e.Kind == trust.EntersAsAccount { // its ARN and its ID are one
			e.ID = e.Account
		}
		out = append(out, strings.ToLower(fmt.Sprintf("%+v", e)))
	}
	slices.Sort(out)
	return out
}

// TestPermissionsComparedWithThemselves is TestComparedWithItself for permission policies.
func TestPermissionsComparedWithThemselves(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"lists in no order":                  `"Effect":"Allow","Action":["s3:Put*","s3:Get*","S3:put*"],"Resource":["b","a","b"]`,
		"unknown operator":                   `"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLrike":{"k":["b","a"]}}`,
		"conditions in no order":             `"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"K":["b","a"],"a":"1"},"Bool":{"x":true}}`,
		"unknown element":                    `"Effect":"Allow","Action":["b","a"],"Resource":"*","Else":{"z":1,"a":[2,1]}`,
		"an element of trust":                `"Effect":"Allow","Action":["b","a"],"Resource":"*","Principal":{"AWS":["2","1"]}`,
		"not these resources":                `"Effect":"Deny","Action":["b","a"],"NotResource":["b","a","a"]`,
		"a deny with an operator of no kind": `"Effect":"Deny","Action":["b","a"],"Resource":"*","Condition":{"Foo":{"k":["b","a","b"]}}`,
		"a condition without values":         `"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"k":[]},"Foo":{}}`,
		"variables":                          `"Effect":"Allow","Action":"*","Resource":["a/${aws:username}","\u0024{x","a"]`,
	} {
		d := parsePermissions(t, `{"Statement":[{`+text+`}]}`)
		for _, back := range []trust.Document{d, parsePermissions(t, trust.Canonical(d))} {
			if trust.Narrows(d, back) || trust.Narrows(back, d) {
				t.Errorf("%s: narrows itself", name)
			}
			if !trust.Equal(d, back) || trust.Diff(d, back) != nil {
				t.Errorf("%s: differs from itself", name)
			}
			if x, y := (trust.Bearer{}).Powers(d), (trust.Bearer{}).Powers(back); !slices.Equal(x, y) {
				t.Errorf("%s: %v and %v", name, x, y)
			}
		}
	}
}

// TestHiddenVariable: a variable whose $ is written as an escape is one.
func TestHiddenVariable(t *testing.T) {
	t.Parallel()
	text := func(version string) string {
		return `{"Version":"` + version + `","Statement":[` + st("Allow", `"*"`, `"sts:*"`, `"StringEquals":{"k":"\u0024{x}"}`) + `]}`
	}
	if got := trust.Widens(parse(t, text("2008-10-17")), parse(t, text("2012-10-17"))); len(got) != 1 {
		t.Errorf("%v", got)
	}
	if !trust.Narrows(parse(t, text("2008-10-17")), parse(t, text("2012-10-17"))) {
		t.Error("another version does not narrow")
	}
}

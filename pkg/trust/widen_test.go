package trust_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// st is one statement for TestWidens: effect, principal and action as JSON, conditions.
func st(effect, principal, action, condition string) string {
	return fmt.Sprintf(`{"Effect":%q,"Principal":%s,"Action":%s,"Condition":{%s}}`, effect, principal, action, condition)
}

func TestWidens(t *testing.T) {
	t.Parallel()
	web := func(condition string) string {
		return st("Allow", `{"Federated":"`+providerARN+`"}`, `"sts:AssumeRoleWithWebIdentity"`, condition)
	}
	subs := func(operator, values string) string { return web(`"` + operator + `":{"i:sub":` + values + `}`) }
	aws := func(principal string) string { return st("Allow", `{"AWS":`+principal+`}`, `"sts:AssumeRole"`, "") }
	deny := func(condition string) string { return st("Deny", `"*"`, `"*"`, condition) }
	for _, c := range []struct {
		name, before, after string
		want                int
	}{
		{"same", subs("StringEquals", `"a"`), subs("StringEquals", `"a"`), 0},
		{"one more subject", subs("StringEquals", `"a"`), subs("StringEquals", `["a","b"]`), 1},
		{"one less", subs("StringEquals", `["a","b"]`), subs("StringEquals", `"b"`), 0},
		{"another", subs("StringEquals", `"a"`), subs("StringEquals", `"b"`), 1},
		{"two statements joined", subs("StringEquals", `"a"`) + "," + subs("StringEquals", `"b"`), subs("StringEquals", `["a","b"]`), 0},
		{"to a pattern", subs("StringEquals", `"ab"`), subs("StringLike", `"a*"`), 1},
		{"from a pattern", subs("StringLike", `"a*"`), subs("StringEquals", `"ab"`), 0},
		{"pattern in a pattern", subs("StringLike", `"a*"`), subs("StringLike", `["ab*","a?"]`), 0},
		{"wider pattern", subs("StringLike", `"ab*"`), subs("StringLike", `"a*"`), 1},
		{"the same under StringLike", subs("StringEquals", `"a"`), subs("StringLike", `"a"`), 0},
		{"a literal star is no pattern", subs("StringEquals", `"a*"`), subs("StringLike", `"a*"`), 1},
		{"case ignored now", subs("StringEquals", `"a"`), subs("StringEqualsIgnoreCase", `"a"`), 1},
		{"case ignored before", subs("StringEqualsIgnoreCase", `"a"`), subs("StringEquals", `"A"`), 0},
		{"condition gone", subs("StringEquals", `"a"`), web(""), 1},
		{"condition added", web(""), subs("StringEquals", `"a"`), 0},
		{"another key", subs("StringEquals", `"a"`), web(`"StringEquals":{"i:aud":"a"}`), 1},
		{"key in another case", subs("StringEquals", `"a"`), web(`"StringEquals":{"I:SUB":"a"}`), 0},
		{"if exists now", subs("StringEquals", `"a"`), subs("StringEqualsIfExists", `"a"`), 1},
		{"if exists before", subs("StringEqualsIfExists", `"a"`), subs("StringEquals", `"a"`), 0},
		{"set operator", subs("ForAnyValue:StringEquals", `["a","b"]`), subs("ForAnyValue:StringEquals", `"a"`), 0},
		{"set operator changed", subs("StringEquals", `"a"`), subs("ForAllValues:StringEquals", `"a"`), 1},
		{"fewer are refused", subs("StringNotEquals", `["a","b"]`), subs("StringNotEquals", `"a"`), 1},
		{"more are refused", subs("StringNotEquals", `"a"`), subs("StringNotEquals", `["a","b"]`), 0},
		{"dates as text", web(`"DateLessThan":{"aws:CurrentTime":"2030-01-01"}`), web(`"DateLessThan":{"aws:CurrentTime":"2025-01-01"}`), 1},
		{"variables alike", subs("StringEquals", `"${k}"`), subs("StringEquals", `"${k}"`), 0},
		{"a variable in a pattern", subs("StringLike", `"*"`), subs("StringEquals", `"${k}"`), 1},
		{"no operator of IAM, alike", subs("Foo", `"a"`), subs("Foo", `"a"`), 0},
		{"another provider", web(""), st("Allow", `{"Federated":"p2"}`, `"sts:AssumeRoleWithWebIdentity"`, ""), 1},
		{"a role of the AWS account", aws(`"111122223333"`), aws(`"` + roleARN + `"`), 0},
		{"the AWS account of a role", aws(`"` + roleARN + `"`), aws(`"` + rootARN + `"`), 1},
		{"everybody", aws(`"111122223333"`), aws(`"*"`), 1},
		{"two new principals", aws(`"111122223333"`), aws(`["1","2"]`), 2},
		{"wider action", st("Allow", `"*"`, `"sts:AssumeRole"`, ""), st("Allow", `"*"`, `"sts:AssumeRole*"`, ""), 1},
		{"narrower action", st("Allow", `"*"`, `"sts:*"`, ""), st("Allow", `"*"`, `"STS:AssumeRole"`, ""), 0},
		{"a deny is new", aws(`"1"`), aws(`"1"`) + "," + deny(""), 0},
		{"a deny is gone", aws(`"1"`) + "," + deny(""), aws(`"1"`), 1},
		{"a deny denies less", deny(""), deny(`"Bool":{"k":"true"}`), 1},
		{"a deny denies more", deny(`"Bool":{"k":"true"}`), deny(""), 0},
		{"NotPrincipal stays", `{"Effect":"Allow","NotPrincipal":{"AWS":"1"},"Action":"*"}`, `{"Sid":"x","Effect":"Allow","NotPrincipal":{"AWS":"1"},"Action":"*"}`, 0},
		{"NotPrincipal changes", `{"Effect":"Allow","NotPrincipal":{"AWS":"1"},"Action":"*"}`, `{"Effect":"Allow","NotPrincipal":{"AWS":"2"},"Action":"*"}`, 1},
	} {
		got := trust.Widens(parse(t, `{"Version":"2012-10-17","Statement":[`+c.before+`]}`), parse(t, `{"Version":"2012-10-17","Statement":[`+c.after+`]}`))
		if len(got) != c.want {
			t.Errorf("%s: %d ways in (%v), want %d", c.name, len(got), got, c.want)
		}
	}
}

func TestWideningText(t *testing.T) {
	t.Parallel()
	after := merge(t, trust.Document{}, ours, built(t, "s1"))
	want := `statement ` + ours.Sid(1) + ` lets Federated ` + providerARN + ` do sts:AssumeRoleWithWebIdentity if StringEquals oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:aud "sts.amazonaws.com" and StringEquals oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE:sub "s1"`
	if got := trust.Widens(trust.Document{}, after); len(got) != 1 || got[0].String() != want || got[0].Sid != ours.Sid(1) {
		t.Errorf("%v, want\n%s", got, want)
	}
	denying := parse(t, `{"Statement":[`+st("Deny", `"*"`, `"*"`, "")+`]}`)
	if got := trust.Widens(denying, after); len(got) != 2 || got[1].String() != "statement 1: its deny is gone or denies less" {
		t.Errorf("%v", got)
	}
}

func TestManyPieces(t *testing.T) {
	t.Parallel()
	var values []string
	for i := range 200 {
		values = append(values, fmt.Sprintf(`"v%d"`, i))
	}
	list := "[" + strings.Join(values, ",") + "]"
	d := parse(t, `{"Statement":[`+st("Allow", `{"AWS":`+list+`}`, list, `"StringEquals":{"a":`+list+`,"b":`+list+`}`)+`]}`)
	if got := trust.Widens(d, d); len(got) != 0 {
		t.Errorf("%d", len(got))
	}
}

// TestWidensByVersion: a variable means something else in another version.
func TestWidensByVersion(t *testing.T) {
	t.Parallel()
	text := `{"Version":"2012-10-17","Statement":[` + st("Allow", `"*"`, `"sts:*"`, `"StringEquals":{"k":"${x}"}`) + `]}`
	old, plain := strings.Replace(text, "2012", "2008", 1), strings.Replace(text, "${x}", "x", 1)
	if got := trust.Widens(parse(t, old), parse(t, text)); len(got) != 1 {
		t.Errorf("%v", got)
	}
	if got := trust.Widens(parse(t, strings.Replace(plain, "2012", "2008", 1)), parse(t, plain)); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

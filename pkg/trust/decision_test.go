package trust_test

import (
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// decisionCase: each word of statements makes one: A or D for the effect, then
// what becomes of its condition: y matches, n does not, u is not known.
type decisionCase struct {
	statements string
	want       trust.Verdict
	statement  int
}

// Rules: reference_policies_evaluation-logic.html ("an explicit deny in any policy
// overrides the allow"; refused by default), and that unknown never becomes allow.
var decisionCases = []decisionCase{
	{"", trust.ImplicitDeny, -1},
	{"Ay", trust.Allow, 0},
	{"An", trust.ImplicitDeny, 0},
	{"Au", trust.Undecided, 0},
	{"Dy", trust.Deny, 0},
	{"Dn", trust.ImplicitDeny, -1},
	{"Du", trust.ImplicitDeny, -1},
	{"Ay Dy", trust.Deny, 1},
	{"Dy Ay", trust.Deny, 0},
	{"Ay Dn", trust.Allow, 0},
	{"Ay Du", trust.Undecided, 1},
	{"Du Ay", trust.Undecided, 0},
	{"An Du", trust.ImplicitDeny, 0},
	{"An Dy", trust.Deny, 1},
	{"Au Dy", trust.Deny, 1},
	{"Au Dn", trust.Undecided, 0},
	{"Au Du", trust.Undecided, 1},
	{"An Ay", trust.Allow, 1},
	{"Au Ay", trust.Allow, 1},
	{"An Au", trust.Undecided, 1},
	{"An An", trust.ImplicitDeny, 0},
	{"Ay Ay", trust.Allow, 0},
	{"Dn Dy Ay", trust.Deny, 1},
	{"Du Dy Ay", trust.Deny, 1},
	{"Dn Dn Ay", trust.Allow, 2},
	// Several conditions in one statement must all match
	// (reference_policies_condition-logic-multiple-context-keys-or-values.html).
	{"Ayy", trust.Allow, 0},
	{"Ayn", trust.ImplicitDeny, 0},
	{"Ayu", trust.Undecided, 0},
	{"Anu", trust.ImplicitDeny, 0},
	{"Auu", trust.Undecided, 0},
	{"Ann Ayn", trust.ImplicitDeny, 1},
	{"Ay Dyn", trust.Allow, 0},
	{"Ay Dyu", trust.Undecided, 1},
	{"Ay Dnu", trust.Allow, 0},
	{"Ay Dyy", trust.Deny, 1},
}

// decisionPolicy writes the statements of a decisionCase.
func decisionPolicy(statements string) string {
	conditions := map[rune]string{'y': `"StringEquals":{"test:key":"a"}`, 'n': `"StringLike":{"test:key":"b*"}`, 'u': `"StringEqualsIgnoreCase":{"dim:key":"a"}`}
	var out []string
	for _, word := range strings.Fields(statements) {
		effect := "Allow"
		if word[0] == 'D' {
			effect = "Deny"
		}
		var all []string
		for i, c := range word[1:] {
			condition := conditions[c]
			if i > 0 { // an operator may come once
				condition = strings.Replace(condition, `":{`, `IfExists":{`, 1)
			}
			all = append(all, condition)
		}
		out = append(out, `{"Effect":"`+effect+`","Principal":"*","Action":"sts:AssumeRole","Condition":{`+strings.Join(all, ",")+`}}`)
	}
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(out, ",") + `]}`
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	for _, c := range decisionCases {
		got := trust.Evaluate(parse(t, decisionPolicy(c.statements)), conditionRequest(v("a")))
		if got.Verdict != c.want || got.Statement != c.statement {
			t.Errorf("%q: %s by %d, want %s by %d", c.statements, got.Verdict, got.Statement, c.want, c.statement)
		}
	}
}

// TestDenyOfAnAccount: a Deny of an AWS account, of a role or of a session in it does not
// meet a token, but the role session that comes of the token.
func TestDenyOfAnAccount(t *testing.T) {
	t.Parallel()
	token := trust.WebIdentity(trust.Token{Issuer: "https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE", ProviderARN: providerARN, Subject: "system:serviceaccount:a:b", Audiences: v("sts.amazonaws.com")})
	session := trust.Request{Action: "sts:AssumeRole", Principal: trust.Principal{Type: "AWS", ID: sessionARN}}
	service := trust.Request{Action: "sts:AssumeRole", Principal: trust.Principal{Type: "Service", ID: trust.PodIdentityService}}
	for principal, denied := range map[string]trust.Verdict{
		`{"AWS":"` + rootARN + `"}`:                      trust.Deny,
		`{"AWS":"111122223333"}`:                         trust.Deny,
		`{"AWS":"` + roleARN + `"}`:                      trust.Deny,
		`{"AWS":"` + sessionARN + `"}`:                   trust.Deny,
		`{"AWS":"444455556666"}`:                         trust.Allow,
		`{"AWS":"` + userARN + `"}`:                      trust.Allow,
		`{"AWS":"arn:aws-cn:iam::111122223333:root"}`:    trust.Allow,
		`{"Federated":"cognito-identity.amazonaws.com"}`: trust.Allow,
	} {
		d := parse(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:*"},{"Effect":"Deny","Principal":`+principal+`,"Action":"sts:*"}]}`)
		for _, c := range []struct {
			r    trust.Request
			want trust.Verdict
		}{{token, trust.Allow}, {service, trust.Allow}, {session, denied}} {
			if got := trust.Evaluate(d, c.r).Verdict; got != c.want {
				t.Errorf("denied %s, asked by %s: %s, want %s", principal, c.r.Principal.ID, got, c.want)
			}
		}
	}
}

// TestWhy: what is given as the reason is what decided.
func TestWhy(t *testing.T) {
	t.Parallel()
	for statements, want := range map[string]string{
		"Ay":  "yes yes yes",
		"Dy":  "yes yes yes",
		"Ayn": "no",
		"Anu": "no",
		"Ayu": "unknown",
		"Dn":  "",
	} {
		var got []string
		for _, r := range trust.Evaluate(parse(t, decisionPolicy(statements)), conditionRequest(v("a"))).Why {
			got = append(got, r.Result.String())
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: why is %q, want %q", statements, got, want)
		}
	}
}

func TestUnknownElementIsNeverAllowed(t *testing.T) {
	t.Parallel()
	for _, element := range []string{"Resource", "NotResource", "Foo"} {
		d := parse(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","`+element+`":"*"}]}`)
		if got := trust.Evaluate(d, conditionRequest(nil)); got.Verdict != trust.Undecided {
			t.Errorf("%s: %s", element, got.Verdict)
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	for statements, want := range map[string]string{
		"":   "refused: no statement allows anything",
		"Ay": "allowed by statement 1\n  Principal: wants \"*\"; has \"AWS arn:aws:iam::111122223333:user/alice\"; matches\n  Action: wants \"sts:AssumeRole\"; has \"sts:AssumeRole\"; matches\n  Condition StringEquals test:key: wants \"a\"; has \"a\"; matches",
		"An": "refused: no statement allows it; closest is statement 1\n  Condition StringLike test:key: wants \"b*\"; has \"a\"; does not match",
		"Au": "not known: it depends on statement 1\n  Condition StringEqualsIgnoreCase dim:key: wants \"a\"; not known: the request may or may not have this key, with any value",
	} {
		got := strings.Join(trust.Evaluate(parse(t, decisionPolicy(statements)), conditionRequest(v("a"))).Explain(), "\n")
		if got != want {
			t.Errorf("%q:\n%s\nwant\n%s", statements, got, want)
		}
	}
	d := parse(t, `{"Version":"2012-10-17","Statement":{"Sid":"X1","Effect":"Deny","Principal":"*","Action":"*"}}`)
	if got := trust.Evaluate(d, conditionRequest(nil)).Explain()[0]; got != "denied by statement 1 (X1)" {
		t.Error(got)
	}
}

package trust_test

import (
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

const issuer = "https://oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE"

// tokenCase is a token against a trust made for issuer, subject
// system:serviceaccount:ns:app or the patterns given, audience sts.amazonaws.com.
type tokenCase struct {
	subjects []string
	token    trust.Token
	want     trust.Verdict
}

func token(subject string, audiences ...string) trust.Token {
	return trust.Token{Issuer: issuer, ProviderARN: providerARN, Subject: subject, Audiences: audiences}
}

func with(t trust.Token, change func(*trust.Token)) trust.Token {
	change(&t)
	return t
}

// Rules: reference_policies_iam-condition-keys.html#condition-keys-wif.
var tokenCases = []tokenCase{
	{v("system:serviceaccount:ns:app"), token("system:serviceaccount:ns:app", "sts.amazonaws.com"), trust.Allow},
	{v("system:serviceaccount:ns:app"), token("system:serviceaccount:ns:app2", "sts.amazonaws.com"), trust.ImplicitDeny},
	{v("system:serviceaccount:ns:app"), token("system:serviceaccount:ns2:app", "sts.amazonaws.com"), trust.ImplicitDeny},
	{v("system:serviceaccount:ns:app"), token("system:serviceaccount:ns:App", "sts.amazonaws.com"), trust.ImplicitDeny},
	{v("system:serviceaccount:ns:app"), token("system:serviceaccount:ns:app", "other"), trust.ImplicitDeny},
	{v("system:serviceaccount:ns:app"), token("system:serviceaccount:ns:app"), trust.ImplicitDeny},
	{v("system:serviceaccount:ns:app"), token("system:serviceaccount:ns:app", "sts.amazonaws.com", "other"), trust.Undecided},
	{v("system:serviceaccount:ns:app", "system:serviceaccount:ns:b"), token("system:serviceaccount:ns:b", "sts.amazonaws.com"), trust.Allow},
	{v("system:serviceaccount:z*:app"), token("system:serviceaccount:z1:app", "sts.amazonaws.com"), trust.Allow},
	{v("system:serviceaccount:z*:app"), token("system:serviceaccount:y1:app", "sts.amazonaws.com"), trust.ImplicitDeny},
	{v("system:serviceaccount:z*:app"), token("system:serviceaccount:z1:app", "other"), trust.ImplicitDeny},
	{v("system:serviceaccount:z*:app", "system:serviceaccount:ns:app"), token("system:serviceaccount:ns:app", "sts.amazonaws.com"), trust.Allow},
	{v("system:serviceaccount:z*:app", "system:serviceaccount:ns:app"), token("system:serviceaccount:ns:app1", "sts.amazonaws.com"), trust.ImplicitDeny},
	{v("system:serviceaccount:n?:app"), token("system:serviceaccount:ns:app", "sts.amazonaws.com"), trust.Allow},
	{v("system:serviceaccount:n?:app"), token("system:serviceaccount:nss:app", "sts.amazonaws.com"), trust.ImplicitDeny},
	{v("${aws:username}"), token("${aws:username}", "sts.amazonaws.com"), trust.Allow},
	{v("${aws:username}*"), token("${aws:username}x", "sts.amazonaws.com"), trust.Allow},
	// azp, where there is one, is what the key aud holds.
	{v("s"), with(token("s", "sts.amazonaws.com"), func(t *trust.Token) { t.Claims = map[string][]string{"azp": {"client"}} }), trust.ImplicitDeny},
	{v("s"), with(token("s", "a", "b"), func(t *trust.Token) { t.Claims = map[string][]string{"azp": {"sts.amazonaws.com"}} }), trust.Allow},
	// Another issuer has other keys, another provider is another principal.
	{v("s"), with(token("s", "sts.amazonaws.com"), func(t *trust.Token) { t.Issuer = "https://other.example.com" }), trust.ImplicitDeny},
	{v("s"), with(token("s", "sts.amazonaws.com"), func(t *trust.Token) { t.ProviderARN += "2" }), trust.ImplicitDeny},
	{v("s"), with(token("s", "sts.amazonaws.com"), func(t *trust.Token) { t.Issuer = "oidc.eks.eu-west-3.amazonaws.com/id/EXAMPLE" }), trust.Allow},
	// Key names are not case-sensitive.
	{v("s"), with(token("s", "sts.amazonaws.com"), func(t *trust.Token) { t.Issuer = "https://OIDC.eks.eu-west-3.amazonaws.com/id/example" }), trust.Allow},
}

func TestTokens(t *testing.T) {
	t.Parallel()
	for _, c := range tokenCases {
		s, err := trust.WebIdentityStatement(trust.Issuer{URL: issuer, ProviderARN: providerARN}, "sts.amazonaws.com", c.subjects)
		if err != nil {
			t.Fatal(err)
		}
		d, err := trust.Merge(trust.Document{}, trust.Owner{Cluster: "c"}, []trust.Statement{s})
		if err != nil {
			t.Fatal(err)
		}
		if got := trust.Evaluate(d, trust.WebIdentity(c.token)); got.Verdict != c.want {
			t.Errorf("%v with %+v: %s, want %s\n%v", c.subjects, c.token, got.Verdict, c.want, got.Explain())
		}
	}
}

// TestTokenContext: what a token does not tell is unknown, what IAM does not map is absent.
func TestTokenContext(t *testing.T) {
	t.Parallel()
	tok := token("s", "sts.amazonaws.com")
	tok.Claims = map[string][]string{"groups": {"g"}, "amr": {"x", "y"}, "email": {"a@example.com"}}
	prefix := trust.ProviderName(issuer)
	for condition, want := range map[string]trust.Verdict{
		`"StringEquals":{"` + prefix + `:groups":"g"}`:               trust.ImplicitDeny,
		`"ForAnyValue:StringEquals":{"` + prefix + `:amr":"y"}`:      trust.Allow,
		`"StringEquals":{"` + prefix + `:email":"a@example.com"}`:    trust.Allow,
		`"StringEquals":{"` + prefix + `:oaud":"sts.amazonaws.com"}`: trust.Allow,
		`"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}`:                  trust.Undecided,
		`"StringLike":{"sts:RoleSessionName":"x*"}`:                  trust.Undecided,
		`"Null":{"other.example.com:sub":"true"}`:                    trust.Allow,
	} {
		d := parse(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"`+providerARN+`"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{`+condition+`}}}`)
		if got := trust.Evaluate(d, trust.WebIdentity(tok)); got.Verdict != want {
			t.Errorf("%s: %s, want %s", condition, got.Verdict, want)
		}
	}
}

package trust_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

const allowAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`

// Rules: reference_policies_grammar.html.
func TestParseFaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                  "line 1, column 1: not JSON: unexpected end of JSON input",
		"{":                 "line 1, column 2: not JSON: unexpected end of JSON input",
		"{\n  \"a\": 1,\n}": "line 3, column 1: not JSON: invalid character '}' looking for beginning of object key string",
		"{} x":              "line 1, column 4: not JSON: invalid character 'x' after top-level value",
		"{\"é\": tru}":      "line 1, column 10: not JSON: invalid character '}' in literal true (expecting 'e')",
		"{\"a\": \"\xff\"}": "line 1, column 8: not JSON: a byte that is not UTF-8",
		"%zz":               `not a URL-encoded policy: invalid URL escape "%zz"`,
		"[]":                "line 1, column 1: not a policy: want an object with Version and Statement",
		`"{}"`:              "line 1, column 1: not a policy: want an object with Version and Statement",
		"null":              "line 1, column 1: not a policy: want an object with Version and Statement",
		"{}":                "line 1, column 1: not a policy: it has no Statement",
		`{"statement":[]}`:  "line 1, column 2: statement: want Statement\nline 1, column 1: not a policy: it has no Statement",
		`{"Statement":1}`:   "line 1, column 14: Statement is 1: want a list of statements",
		`{"Statement":[1]}`: "line 1, column 15: a statement is 1: want an object with Effect, Principal and Action",
		`{"Version":"2012-10-18","Statement":[]}`:                                                          `line 1, column 12: Version is "2012-10-18": want "2012-10-17"`,
		`{"Version":2012,"Statement":[]}`:                                                                  `line 1, column 12: Version is 2012: want "2012-10-17"`,
		`{"Statement":[],"Statement":[]}`:                                                                  "line 1, column 17: Statement is there twice: keep one",
		"{\"Statement\":[\n{\"Principal\":\"*\",\"Action\":\"sts:AssumeRole\"}]}":                          `line 2, column 1: a statement has no Effect: want "Allow" or "Deny"`,
		statement(`"Effect":"allow","Principal":"*","Action":"a"`):                                         `line 1, column 25: Effect is "allow": want "Allow" or "Deny"`,
		statement(`"Effect":["Allow"],"Principal":"*","Action":"a"`):                                       `line 1, column 25: Effect is a list: want "Allow" or "Deny"`,
		statement(`"effect":"Allow","Principal":"*","Action":"a"`):                                         "line 1, column 16: effect: want Effect\nline 1, column 15: a statement has no Effect: want \"Allow\" or \"Deny\"",
		statement(`"Effect":"Allow","Action":"a"`):                                                         "line 1, column 15: a statement has no Principal",
		statement(`"Effect":"Allow","Principal":"*"`):                                                      "line 1, column 15: a statement has no Action",
		statement(`"Effect":"Allow","Principal":"*","Action":"a","NotAction":"b"`):                         "line 1, column 15: a statement has both Action and NotAction: keep one",
		statement(`"Effect":"Allow","Principal":"*","NotPrincipal":"*","Action":"a"`):                      "line 1, column 15: a statement has both Principal and NotPrincipal: keep one",
		statement(`"Effect":"Allow","Principal":"x","Action":"a"`):                                         `line 1, column 45: Principal is "x": want "*" or an object such as {"AWS": "arn:aws:iam::111122223333:root"}`,
		statement(`"Effect":"Allow","Principal":{},"Action":"a"`):                                          `line 1, column 45: Principal is an object: want "*" or an object such as {"AWS": "arn:aws:iam::111122223333:root"}`,
		statement(`"Effect":"Allow","Principal":{"Aws":"*"},"Action":"a"`):                                 "line 1, column 46: Principal has Aws: want AWS, Service or Federated",
		statement(`"Effect":"Allow","Principal":{"AWS":[]},"Action":"a"`):                                  "line 1, column 52: Principal AWS is an empty list: want a string or a list of strings",
		statement(`"Effect":"Allow","Principal":{"AWS":111122223333},"Action":"a"`):                        "line 1, column 52: Principal AWS has 111122223333: want a string",
		statement(`"Effect":"Allow","Principal":"*","Action":[true]`):                                      "line 1, column 59: Action has true: want a string",
		statement(`"Effect":"Allow","Principal":"*","Action":"a","Sid":1`):                                 "line 1, column 68: Sid is 1: want a string",
		statement(`"Effect":"Allow","Principal":"*","Action":"a","Condition":[]`):                          `line 1, column 74: Condition is a list: want an object such as {"StringEquals": {"KEY": "VALUE"}}`,
		statement(`"Effect":"Allow","Principal":"*","Action":"a","Condition":{"StringEquals":"x"}`):        `line 1, column 90: StringEquals is "x": want an object such as {"KEY": "VALUE"}`,
		statement(`"Effect":"Allow","Principal":"*","Action":"a","Condition":{"StringEquals":{"k":{}}}`):   "line 1, column 95: StringEquals k has an object: want a string, a number or a boolean",
		statement(`"Effect":"Allow","Principal":"*","Action":"a","Condition":{"StringEquals":{"k":null}}`): "line 1, column 95: StringEquals k has null: want a string, a number or a boolean",
	} {
		_, err := trust.Parse(text)
		if err == nil || err.Error() != want {
			t.Errorf("%q:\n%v\nwant\n%s", text, err, want)
		}
	}
}

func statement(members string) string { return `{"Statement":[{` + members + `}]}` }

// TestParseKeeps: the text stays as it came, and what it says can be asked for.
func TestParseKeeps(t *testing.T) {
	t.Parallel()
	text := "{\n \"Statement\" : { \"Foo\": {\"b\":1,\"a\":[2]}, \"NotAction\": [\"sts:TagSession\"],\"Effect\":\"Deny\",\n\"Principal\":{\"Service\":[\"b\",\"a\"],\"AWS\":\"c\"},\"Condition\":{\"Bool\":{\"k\":true},\"NumericEquals\":{\"n\":[1,2.50]}}, \"Sid\":\"S\" },\n \"Bar\": null }\n"
	d := parse(t, text)
	if d.Text() != text {
		t.Errorf("the text became %q", d.Text())
	}
	marshalled, err := json.Marshal(struct{ D trust.Document }{d})
	var back struct{ D any }
	if err != nil || json.Unmarshal(marshalled, &back) != nil || back.D == nil {
		t.Errorf("marshals to %s, %v", marshalled, err)
	}
	if d.Version() != trust.Version2008 {
		t.Errorf("version %s", d.Version())
	}
	s := d.Statements()[0]
	principals, notPrincipals := s.Principals()
	actions, notActions := s.Actions()
	if s.Sid() != "S" || s.Allows() || notPrincipals || !notActions || actions[0] != "sts:TagSession" {
		t.Errorf("%+v", s)
	}
	if len(principals) != 3 || principals[0] != (trust.Principal{Type: "Service", ID: "b"}) {
		t.Errorf("principals %v", principals)
	}
	if c := s.Conditions(); len(c) != 2 || c[0].Values[0] != "true" || c[1].Values[1] != "2.50" {
		t.Errorf("conditions %v", c)
	}
	if o := s.Others(); len(o) != 1 || o[0] != "Foo" {
		t.Errorf("others %v", o)
	}
	if !strings.HasPrefix(s.Text(), `{ "Foo"`) || !strings.HasSuffix(s.Text(), `"S" }`) {
		t.Errorf("text %q", s.Text())
	}
}

// TestParseEncoded: IAM returns documents URL-encoded, RFC 3986: a + is a plus.
func TestParseEncoded(t *testing.T) {
	t.Parallel()
	text := strings.Replace(allowAll, "sts:AssumeRole", "sts:Assume+Role é", 1)
	for _, encoded := range []string{url.PathEscape(text), " " + url.PathEscape("\n"+text)} {
		if d := parse(t, encoded); !trust.Equal(d, parse(t, text)) {
			t.Errorf("%q", d.Text())
		}
	}
}

func TestFaultsAreListed(t *testing.T) {
	t.Parallel()
	_, err := trust.Parse("{\"Statement\":[\n{\"Effect\":1},\n{}]}")
	var list trust.Faults
	if !errors.As(err, &list) || len(list) != 6 || list[0].Line != 2 || list[5].Line != 3 {
		t.Errorf("%v", err)
	}
}

func TestZeroDocument(t *testing.T) {
	t.Parallel()
	var zero trust.Document
	if b, err := json.Marshal(zero); err != nil || string(b) != "null" {
		t.Errorf("%s %v", b, err)
	}
	if trust.Canonical(zero) != "" || trust.Size(zero) != 0 || !trust.Equal(zero, zero) || trust.Equal(zero, parse(t, `{"Statement":[]}`)) {
		t.Error("the zero document is something")
	}
	if got := trust.Evaluate(zero, conditionRequest(nil)); got.Verdict != trust.ImplicitDeny {
		t.Error(got.Verdict)
	}
	if zero.Check() == nil {
		t.Error("the zero document passes")
	}
}

// TestUnmarshal: a snapshot may hold policies as objects or as text.
func TestUnmarshal(t *testing.T) {
	t.Parallel()
	for _, text := range []string{allowAll, strconv.Quote(allowAll), `"` + url.PathEscape(allowAll) + `"`} {
		var in struct{ D trust.Document }
		if err := json.Unmarshal([]byte(`{"D":`+text+`}`), &in); err != nil || !trust.Equal(in.D, parse(t, allowAll)) {
			t.Errorf("%s: %v %s", text, err, in.D.Text())
		}
	}
	in := struct{ D trust.Document }{parse(t, allowAll)}
	if err := json.Unmarshal([]byte(`{"D":null}`), &in); err != nil || in.D.Text() != "" {
		t.Errorf("%v %s", err, in.D.Text())
	}
	if err := json.Unmarshal([]byte(`{"D":{}}`), &in); err == nil || err.Error() != "line 1, column 1: not a policy: it has no Statement" {
		t.Error(err)
	}
}

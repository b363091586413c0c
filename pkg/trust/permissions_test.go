package trust_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

func parsePermissions(t *testing.T, text string) trust.Document {
	t.Helper()
	d, err := trust.ParsePermissions(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}

// TestParsePermissionsFaults: what cannot be read as a policy. Rules: reference_policies_grammar.html.
func TestParsePermissionsFaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                "line 1, column 1: not JSON: unexpected end of JSON input",
		"%zz":                             `not a URL-encoded policy: invalid URL escape "%zz"`,
		"[]":                              "line 1, column 1: not a policy: want an object with Version and Statement",
		`{"Version":"2012-10-17"}`:        "line 1, column 1: not a policy: it has no Statement",
		`{"Version":2012,"Statement":[]}`: `line 1, column 12: Version is 2012: want "2012-10-17"`,
		`{"Statement":[1]}`:               "line 1, column 15: a statement is 1: want an object with Effect, Action and Resource",
		`{"Statement":[],"Statement":[]}`: "line 1, column 17: Statement is there twice: keep one",
		statement(`"Action":"a:b","Resource":"*"`):                       `line 1, column 15: a statement has no Effect: want "Allow" or "Deny"`,
		statement(`"Effect":"allow","Action":"a:b","Resource":"*"`):      `line 1, column 25: Effect is "allow": want "Allow" or "Deny"`,
		statement(`"Effect":"Allow","Action":"a:b","resource":"*"`):      "line 1, column 48: resource: want Resource",
		statement(`"Effect":"Allow","Action":"a:b","Resource":[]`):       "line 1, column 59: Resource is an empty list: want a string or a list of strings",
		statement(`"Effect":"Allow","Action":[],"Resource":"*"`):         "line 1, column 42: Action is an empty list: want a string or a list of strings",
		statement(`"Effect":"Allow","Action":"a:b","Resource":["*",{}]`): "line 1, column 64: Resource has an object: want a string",
		statement(`"Effect":"Allow","Action":"a:b","NotResource":1`):     "line 1, column 62: NotResource has 1: want a string",
	} {
		_, err := trust.ParsePermissions(text)
		if err == nil || err.Error() != want {
			t.Errorf("%q:\n%v\nwant\n%s", text, err, want)
		}
	}
}

func TestPermissionStatements(t *testing.T) {
	t.Parallel()
	text := `{"Statement":[{"Effect":"Allow","Action":["s3:Get*"],"Resource":["b","a","b"]},{"Effect":"Deny","NotAction":"*","NotResource":"arn:aws:s3:::${aws:username}","Principal":"*","Foo":1,"Sid":"S"},{"Effect":"Deny"}]}`
	d := parsePermissions(t, text)
	if d.Text() != text || d.Version() != trust.Version2008 {
		t.Errorf("%s %s", d.Version(), d.Text())
	}
	s := d.Statements()
	first, not := s[0].Resources()
	if not || !slices.Equal(first, []string{"b", "a", "b"}) || s[0].Others() != nil {
		t.Errorf("%q %v %q", first, not, s[0].Others())
	}
	second, not := s[1].Resources()
	if !not || !slices.Equal(second, []string{"arn:aws:s3:::${aws:username}"}) || !slices.Equal(s[1].Others(), []string{"Principal", "Foo"}) {
		t.Errorf("%q %v %q", second, not, s[1].Others())
	}
	if actions, not := s[1].Actions(); !not || !slices.Equal(actions, []string{"*"}) || s[1].Allows() || s[1].Sid() != "S" {
		t.Errorf("%q %v", actions, not)
	}
	if principals, _ := s[1].Principals(); principals != nil {
		t.Errorf("%v", principals)
	}
	if third, not := s[2].Resources(); third != nil || not {
		t.Errorf("%q %v", third, not)
	}
	if r, _ := parse(t, statement(`"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"`)).Statements()[0].Resources(); r != nil {
		t.Errorf("a trust policy has resources: %q", r)
	}
	first[0] = "changed"
	if again, _ := s[0].Resources(); again[0] != "b" {
		t.Error("the statement changed")
	}
}

func TestPermissionCanonical(t *testing.T) {
	t.Parallel()
	d := parsePermissions(t, `{"Statement":[{"Sid":"B","Resource":["b","a","b","A"],"Action":["s3:Put*","S3:Get*"],"Effect":"Allow"},
		{"Zeta":{"b":1,"a":[2]},"NotResource":["*"],"NotAction":"iam:*","Effect":"Deny","Principal":[2,{"b":"<&>"}]}],"Version":"2012-10-17"}`)
	want := `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Deny",
      "Principal": [
        2,
        {
          "b": "<&>"
        }
      ],
      "NotAction": "iam:*",
      "NotResource": "*",
      "Zeta": {
        "a": [
          2
        ],
        "b": 1
      }
    },
    {
      "Sid": "B",
      "Effect": "Allow",
      "Action": [
        "S3:Get*",
        "s3:Put*"
      ],
      "Resource": [
        "A",
        "a",
        "b"
      ]
    }
  ]
}
`
	got := trust.Canonical(d)
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if again := trust.Canonical(parsePermissions(t, got)); again != got {
		t.Errorf("canonical of canonical:\n%s", again)
	}
}

func TestPermissionEqual(t *testing.T) {
	t.Parallel()
	a := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::b/*","arn:aws:s3:::b"],"Condition":{"StringLike":{"s3:prefix":["x","y"]}}},{"Effect":"Deny","NotAction":"iam:*","NotResource":"*"}]}`
	for change, want := range map[string]bool{
		"": true,
		`["s3:GetObject"]` + "\n" + `"s3:GetObject"`: true,
		`["s3:GetObject"]` + "\n" + `"S3:getobject"`: true,
		`iam:*` + "\n" + `IAM:*`:                     true,
		`s3:prefix` + "\n" + `S3:Prefix`:             true,
		`"arn:aws:s3:::b/*","arn:aws:s3:::b"` + "\n" + `"arn:aws:s3:::b","arn:aws:s3:::b/*","arn:aws:s3:::b"`: true,
		`"NotResource":"*"` + "\n" + `"NotResource":["*"]`:                                                    true,
		`"Effect":"Allow",` + "\n" + ` "Effect" : "Allow" , `:                                                 true,
		`arn:aws:s3:::b/*` + "\n" + `arn:aws:s3:::B/*`:                                                        false,
		`"arn:aws:s3:::b/*",` + "\n":                                                                          false,
		`"NotResource":"*"` + "\n" + `"Resource":"*"`:                                                         false,
		`NotAction` + "\n" + `Action`:                                                                         false,
		`["x","y"]` + "\n" + `["X","y"]`:                                                                      false,
		`"Deny"` + "\n" + `"Deny","Foo":1`:                                                                    false,
		`"Deny"` + "\n" + `"Deny","Sid":"x"`:                                                                  false,
		`2012` + "\n" + `2008`:                                                                                false,
	} {
		from, to, _ := strings.Cut(change, "\n")
		b := strings.Replace(a, from, to, 1)
		x, y := parsePermissions(t, a), parsePermissions(t, b)
		if trust.Equal(x, y) != want || trust.Equal(y, x) != want || (len(trust.Diff(x, y)) == 0) != want {
			t.Errorf("%q for %q: equal is %v, want %v; diff %v", to, from, !want, want, trust.Diff(x, y))
		}
	}
}

func TestPermissionDiff(t *testing.T) {
	t.Parallel()
	a := parsePermissions(t, permit(`"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::b/*","arn:aws:s3:::a/*"]`))
	b := parsePermissions(t, permit(`"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::a/*","arn:aws:s3:::c/*"]`))
	want := `@@ -6,7 +6,7 @@
       "Action": "s3:GetObject",
       "Resource": [
         "arn:aws:s3:::a/*",
-        "arn:aws:s3:::b/*"
+        "arn:aws:s3:::c/*"
       ]
     }
   ]`
	if got := strings.Join(trust.Diff(a, b), "\n"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestPermissionText: the text is kept, marshalled and measured; IAM's is URL-encoded (RFC 3986).
func TestPermissionText(t *testing.T) {
	t.Parallel()
	text := permit(` "Effect":"Allow", "Action":"s3:GetObject", "Resource":"arn:aws:s3:::é/a+b%20c" `)
	d := parsePermissions(t, text)
	if encoded := parsePermissions(t, url.PathEscape(text)); encoded.Text() != text || !trust.Equal(encoded, d) {
		t.Errorf("%s", encoded.Text())
	}
	if b, err := json.Marshal(d); err != nil || !json.Valid(b) || !strings.Contains(string(b), "é/a+b%20c") {
		t.Errorf("%s %v", b, err)
	}
	if got := trust.Size(d); got != len([]rune(text))-4 {
		t.Errorf("size %d of %d", got, len([]rune(text)))
	}
}

// TestPermissionsMerge: trust statements do not get into a permission policy.
func TestPermissionsMerge(t *testing.T) {
	t.Parallel()
	d := parsePermissions(t, permit(getAll))
	if got, err := trust.Merge(d, ours, []trust.Statement{association(nil).Statement()}); err == nil || got.Text() != "" {
		t.Errorf("%s", got.Text())
	}
	if got := trust.Evaluate(d, conditionRequest(nil)); got.Verdict != trust.ImplicitDeny {
		t.Errorf("a permission policy lets somebody in: %s", got.Verdict)
	}
}

// TestPermissionsWiden: a permission policy names nobody, so Widens compares its
// statements as a whole; it must not say that certainly nothing is new.
func TestPermissionsWiden(t *testing.T) {
	t.Parallel()
	a, b := parsePermissions(t, permit(getAll)), parsePermissions(t, permit(strings.Replace(getAll, "GetObject", "*", 1)))
	if len(trust.Widens(a, b)) == 0 || len(trust.Widens(a, a)) > 0 {
		t.Errorf("%v, to itself %v", trust.Widens(a, b), trust.Widens(a, a))
	}
}

package trust_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

func TestCanonical(t *testing.T) {
	t.Parallel()
	d := parse(t, `{"Zeta":1,"Statement":[
		{"Sid":"B","Effect":"Allow","Principal":{"Service":["b","a","b"],"AWS":["arn:aws:iam::111122223333:root"]},"Action":["sts:TagSession","sts:AssumeRole"],"Condition":{"StringLike":{"z":["2"],"A":[true,1]},"Bool":{"x":true},"Null":{}}},
		{"Foo":{"b":1,"a":"<&>"},"Action":["sts:AssumeRole"],"Principal":"*","Sid":"A","Effect":"Deny","Condition":{}}],"Id":"i"}`)
	want := `{
  "Version": "2008-10-17",
  "Id": "i",
  "Statement": [
    {
      "Sid": "A",
      "Effect": "Deny",
      "Principal": "*",
      "Action": "sts:AssumeRole",
      "Foo": {
        "a": "<&>",
        "b": 1
      }
    },
    {
      "Sid": "B",
      "Effect": "Allow",
      "Principal": {
        "AWS": "111122223333",
        "Service": [
          "a",
          "b"
        ]
      },
      "Action": [
        "sts:AssumeRole",
        "sts:TagSession"
      ],
      "Condition": {
        "Bool": {
          "x": "true"
        },
        "StringLike": {
          "A": [
            "1",
            "true"
          ],
          "z": "2"
        }
      }
    }
  ],
  "Zeta": 1
}
`
	got := trust.Canonical(d)
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if again := trust.Canonical(parse(t, got)); again != got {
		t.Errorf("canonical of canonical:\n%s", again)
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	a := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceIp":["a","b"]}}},{"Effect":"Deny","Principal":"*","Action":"*"}]}`
	for change, want := range map[string]bool{
		"": true,
		`"111122223333"` + "\n" + `["arn:aws:iam::111122223333:root"]`: true,
		`sts:AssumeRole` + "\n" + `STS:assumerole`:                     true,
		`aws:SourceIp` + "\n" + `AWS:sourceip`:                         true,
		`["a","b"]` + "\n" + `["b","a","b"]`:                           true,
		`["a","b"]` + "\n" + `["a"]`:                                   false,
		`["a","b"]` + "\n" + `["A","b"]`:                               false,
		`StringEquals` + "\n" + `StringLike`:                           false,
		`2012` + "\n" + `2008`:                                         false,
		`"Version":"2012-10-17",` + "\n":                               false,
		`"*","Action"` + "\n" + `{"AWS":"*"},"Action"`:                 false,
		`"Deny"` + "\n" + `"Allow"`:                                    false,
		`"Effect":"Deny"` + "\n" + `"Sid":"x","Effect":"Deny"`:         false,
	} {
		from, to, _ := strings.Cut(change, "\n")
		b := strings.Replace(a, from, to, 1)
		x, y := parse(t, a), parse(t, b)
		if trust.Equal(x, y) != want || trust.Equal(y, x) != want || (len(trust.Diff(x, y)) == 0) != want {
			t.Errorf("%q for %q: equal is %v, want %v; diff %v", to, from, !want, want, trust.Diff(x, y))
		}
	}
	swapped := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*"},` + strings.TrimSuffix(strings.SplitN(a, "[", 2)[1], `,{"Effect":"Deny","Principal":"*","Action":"*"}]}`) + "]}"
	if !trust.Equal(parse(t, a), parse(t, swapped)) {
		t.Error("the order of statements has a meaning")
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	a := parse(t, `{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"},{"Sid":"B","Effect":"Allow","Principal":{"AWS":"1"},"Action":"sts:AssumeRole"}]}`)
	b := parse(t, `{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"},{"Sid":"B","Effect":"Allow","Principal":{"AWS":["1","2"]},"Action":"sts:AssumeRole"}]}`)
	want := `@@ -3,7 +3,7 @@
   "Statement": [
     {
       "Sid": "A",
-      "Effect": "Allow",
+      "Effect": "Deny",
       "Principal": "*",
       "Action": "sts:AssumeRole"
     },
@@ -11,7 +11,10 @@
       "Sid": "B",
       "Effect": "Allow",
       "Principal": {
-        "AWS": "1"
+        "AWS": [
+          "1",
+          "2"
+        ]
       },
       "Action": "sts:AssumeRole"
     }`
	if got := strings.Join(trust.Diff(a, b), "\n"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got := trust.Diff(trust.Document{}, a); len(got) == 0 || !strings.HasPrefix(got[0], "@@ -0,0 +1,") {
		t.Errorf("from nothing: %q", got)
	}
	if got := trust.Diff(a, trust.Document{}); len(got) == 0 || !strings.HasSuffix(got[0], " +0,0 @@") {
		t.Errorf("to nothing: %q", got)
	}
}

// Rule: reference_policies_grammar.html, "Policy size calculations do not include
// white space characters".
func TestSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		`{"Statement":[]}`:               16,
		"\n{ \"Statement\" :\t[ ] }\r\n": 16,
		`{"Statement":[],"Id":"a b"}`:    27,
		`{"Statement":[],"Id":"éé"}`:     26,
		`{"Statement":[],"Id":"<&>"}`:    27,
		`{"Statement":[],"Id":"\u00e9"}`: 30,
	} {
		if got := trust.Size(parse(t, text)); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

// TestDiffOfManyLines: a policy far over any quota is still shown.
func TestDiffOfManyLines(t *testing.T) {
	t.Parallel()
	var ids []string
	for i := range 2100 {
		ids = append(ids, `"`+strconv.Itoa(i)+`"`)
	}
	d := parse(t, `{"Statement":[{"Effect":"Allow","Principal":{"AWS":[`+strings.Join(ids, ",")+`]},"Action":"sts:AssumeRole"}]}`)
	lines := strings.Count(trust.Canonical(d), "\n")
	if got := trust.Diff(d, parse(t, allowAll)); len(got) < lines+10 || got[0] != "@@ -1,"+strconv.Itoa(lines)+" +1,12 @@" {
		t.Errorf("%d lines, first %q", len(got), got[0])
	}
}

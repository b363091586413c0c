package helm

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"helm.sh/helm/v3/pkg/strvals"
)

// TestSetString lets Helm's own parser read what SetString wrote.
func TestSetString(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path, value, arg string
		keys             []string
	}{
		{"a", "x", "a=x", []string{"a"}},
		{"server.stagingServiceAccountName", "epinio-staging", "server.stagingServiceAccountName=epinio-staging", []string{"server", "stagingServiceAccountName"}},
		{`a\.b.c`, "x", `a\.b.c=x`, []string{"a.b", "c"}},
		{"a,b", "x", `a\,b=x`, []string{"a,b"}},
		{`a\,b`, "x", `a\,b=x`, []string{"a,b"}},
		{"a=b", "x", `a\=b=x`, []string{"a=b"}},
		{"a", "x,y=z", `a=x\,y=z`, []string{"a"}},
		{"a", `x\y`, `a=x\\y`, []string{"a"}},
		{"a", "{x}", `a=\{x}`, []string{"a"}},
		{"a", "true", "a=true", []string{"a"}},
		{"a", "", "a=", []string{"a"}},
	} {
		got := SetString(c.path, c.value)
		if got != c.arg {
			t.Errorf("SetString(%q, %q) = %q, want %q", c.path, c.value, got, c.arg)
			continue
		}
		values, err := strvals.ParseString(got)
		if err != nil {
			t.Errorf("%s: %v", got, err)
			continue
		}
		var at any = values
		for _, k := range c.keys {
			m, _ := at.(map[string]any)
			at = m[k]
		}
		if at != c.value {
			t.Errorf("%s: Helm reads %v, want %q", got, values, c.value)
		}
	}
}

// readFlags reads flags as Helm does (pkg/cli/values/options.go): JSON first.
func readFlags(t *testing.T, flags []string) map[string]any {
	t.Helper()
	out := map[string]any{}
	for _, kind := range []struct {
		flag string
		into func(string, map[string]any) error
	}{{"--set-json", strvals.ParseJSON}, {"--set-string", strvals.ParseIntoString}} {
		for i := 0; i < len(flags); i += 2 {
			if flags[i] != kind.flag {
				continue
			}
			if err := kind.into(flags[i+1], out); err != nil {
				t.Fatalf("%s %s: %v", flags[i], flags[i+1], err)
			}
		}
	}
	return out
}

// TestSetFlags lets Helm's own parser read what SetFlags wrote.
func TestSetFlags(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"an annotation":               `{"serviceAccount":{"annotations":{"eks.amazonaws.com/role-arn":"arn:aws:iam::111122223333:role/a,b=c"}}}`,
		"several":                     `{"a":{"b":"1","c":"true"},"d":"null","e":{"f":{"g":""}}}`,
		"what is no text":             `{"a":true,"b":5,"c":1.5,"d":null,"e":{},"f":[],"g":{"h":[{"i":"j"},null,[1,"2"]]}}`,
		"text of several lines":       `{"annotations":"team: a\neks.amazonaws.com/role-arn: \"x\"\n","tab":"a\tb"}`,
		"characters of paths":         `{"a.b":{"c,d":{"e=f":{"g[0]":{"h\\i":{"{j}":"x"}}}}},"]":"x","}":"y"," k ":"z"}`,
		"characters of values":        `{"a":"{x,y}","b":"\\,=.[]","c":" d ","e":"'\"$(id)\u0060","f":"é\u202e\ud83d\ude00","g":"a,b=c,d"}`,
		"keys that no terminal shows": `{"a\nb":{"\u202e":"x"},"ä":"y"}`,
		"a key that is empty":         `{"a":{"":"x","b":"y"}}`,
		"deep":                        `{"a":` + strings.Repeat(`{"a":`, 40) + `"x"` + strings.Repeat("}", 40) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want map[string]any
			if err := json.Unmarshal([]byte(text), &want); err != nil {
				t.Fatal(err)
			}
			flags, err := SetFlags(want)
			if err != nil {
				t.Fatal(err)
			}
			if got := readFlags(t, flags); !reflect.DeepEqual(got, want) {
				t.Errorf("Helm reads %v, want %v, from %q", got, want, flags)
			}
		})
	}
	if _, err := SetFlags(map[string]any{"": "x"}); err == nil {
		t.Error("an empty key was written")
	}
}

// FuzzSetFlags: what SetFlags writes, Helm's own parser reads as it was.
func FuzzSetFlags(f *testing.F) {
	f.Add("a.b", "c", "x,y", "{z}")
	f.Add("{", "]", "\\", "null")
	f.Fuzz(func(t *testing.T, a, b, x, y string) {
		if a == "" || slices.ContainsFunc([]string{a, b, x, y}, func(s string) bool { return !utf8.ValidString(s) }) {
			t.Skip() // no JSON and no YAML has such text
		}
		want := map[string]any{a: map[string]any{b: x, b + "'": []any{y, nil}}}
		flags, err := SetFlags(want)
		if err != nil {
			t.Fatal(err)
		}
		if got := readFlags(t, flags); !reflect.DeepEqual(got, want) {
			t.Errorf("Helm reads %q, want %q, from %q", got, want, flags)
		}
	})
}

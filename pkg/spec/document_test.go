package spec

import (
	"errors"
	"testing"
)

func TestParseDocument(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"b":1,"a":{"d":[1,2.50,true,null,"x"],"c":{}}}`:         `{"b":1,"a":{"d":[1,2.50,true,null,"x"],"c":{}}}`,
		"{\n\t\"a\":\t\"<&>\"\n}\n":                               `{"a":"<&>"}`,
		`{"url":"https:\/\/x","smile":"\ud83d\ude00","q":"\"\\"}`: `{"url":"https://x","smile":"😀","q":"\"\\"}`,
		`{"line":"\/\u00a1\u00e9","half":"\ud83d-"}`:              "{\"line\":\"/\u00a1é\",\"half\":\"�-\"}",
		"\xef\xbb\xbf{\"a\":1}":                                   `{"a":1}`,
		"Version: 2012-10-17\nStatement:\n- Effect: Allow\n":      `{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}`,
		"a: 0x10\nb: 1_000\nc: 1e3\nd: -5\ne: .5\n":               `{"a":16,"b":1000,"c":1e3,"d":-5,"e":0.5}`,
		"x: &x {k: v}\ny: {<<: *x, z: 1}\n":                       `{"x":{"k":"v"},"y":{"z":1,"k":"v"}}`,
		"a: yes\nb: True\nc: ~\nd: |-\n  text\n":                  `{"a":"yes","b":true,"c":null,"d":"text"}`,
	} {
		d, err := ParseDocument("p.json", []byte(in))
		if err != nil || string(d.JSON()) != want {
			t.Errorf("%q: %s, %v, want %s", in, d.JSON(), err, want)
		}
		if b, err := d.MarshalJSON(); err != nil || string(b) != want {
			t.Errorf("%q: %s, %v", in, b, err)
		}
	}
}

func TestParseDocumentErrors(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                     `p.json:1:1: the file is empty; write a policy document`,
		"{}":                   "p.json:1:1: the document is empty; write a policy document",
		"[1]":                  "p.json:1:1: must be a mapping, not a list; write the document itself, not its text",
		"{\"a\": 1":            "p.json:1:1: not valid YAML: did not find expected ',' or '}'",
		"{\"a\":1,\"a\":2}":    "p.json:1:8: a: duplicate key, first on line 1; keep one of the two",
		"a: 1\nb: [x, .nan]\n": `p.json:2:8: b[1]: JSON has no number ".nan"; put it in quotes`,
		"a: -.inf\n":           `p.json:1:4: a: JSON has no number "-.inf"; put it in quotes`,
		"a: .inf\n":            `p.json:1:4: a: JSON has no number ".inf"; put it in quotes`,
		"a: 1\n1: x\n":         `p.json:2:1: 1: a key must be text: put it in quotes`,
		"a: |\n  x\n":          "p.json:1:4: a: holds the line end U+000A; write it on one line; of a block of text, |- and >- leave the last line end away",
		`{"a":{"b\u001b":1}}`:  "p.json:1:7: a[\"b\\x1b\"]: holds the control character U+001B; write it without",
		`{"a":"x\u202e"}`:      "p.json:1:6: a: holds the invisible character U+202E; write it without",
		`{"a":["\u2028"]}`:     "p.json:1:7: a[0]: holds the line end U+2028; write it without",
		"? [a]\n: b\n":         "p.json:1:3: a key must be text",
	} {
		d, err := ParseDocument("p.json", []byte(in))
		var list *FaultList
		if !errors.As(err, &list) || err.Error() != want || !d.IsZero() || d.JSON() != nil {
			t.Errorf("%q: %v, want %s", in, err, want)
		}
	}
}

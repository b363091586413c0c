package spec

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// where gives the place of the last text in the document's JSON, as FILE:LINE:COLUMN.
func where(t *testing.T, d Document, text string) string {
	t.Helper()
	at := strings.LastIndex(string(d.JSON()), text)
	if at < 0 {
		t.Fatalf("%s is not in %s", text, d.JSON())
	}
	return placeOf(d, 1+utf8.RuneCount(d.JSON()[:at]))
}

func placeOf(d Document, column int) string {
	file, line, col := d.Position(column)
	return file + ":" + strconv.Itoa(line) + ":" + strconv.Itoa(col)
}

func TestPosition(t *testing.T) {
	t.Parallel()
	for source, places := range map[string]map[string]string{
		"Version: 2012-10-17\nStatement:\n- Effect: Allow\n  Action: [s3:Get, 's3:Put']\n": {
			`{"V`: "1:1", `"Version"`: "1:1", `"2012`: "1:10", `"Statement"`: "2:1", `[{`: "3:1", `{"E`: "3:3", `"Effect"`: "3:3",
			`"Allow"`: "3:11", `"s3:Get"`: "4:12", `"s3:Put"`: "4:20", `Put`: "4:20", `]}]}`: "4:20",
		},
		"{\"é\": [1, true,\n null, {}], \"b\": \"x\"}": {`"é"`: "1:2", `1`: "1:8", `true`: "1:11", `null`: "2:2", `{}`: "2:8", `"b"`: "2:13", `"x"`: "2:18"},
		// a slash and a character beyond U+FFFF take fewer characters once they are read
		`{"a\/b": "\/\/", "c": "é\ud83d\ude00\u00e9", "d": ["\ud83d", 1]}` + "\n": {`"a/b"`: "1:2", `"//"`: "1:10", `"c"`: "1:18", `"é😀`: "1:23", `"d"`: "1:46", `"�"`: "1:52", `1`: "1:62"},
		"{\"a\": \"\\/\",\r\n \"b\": \"\\/\",\r \"c\": 1}":                        {`"a"`: "1:2", `"b"`: "2:2", `"/"`: "2:7", `"c"`: "3:2", `1`: "3:7"},
		"a: &x\n  k: v\nb: *x\nc:\n  <<: *x\n  z: 1\n":                            {`"b"`: "3:1", `"v"`: "2:6", `"k"`: "2:3", `"z"`: "6:3", `1`: "6:6"},
		"\xef\xbb\xbfa: 1\n": {`"a"`: "1:1", `1`: "1:4"},
	} {
		d, err := ParseDocument("p.json", []byte(source))
		if err != nil {
			t.Errorf("%q: %v", source, err)
			continue
		}
		for text, want := range places {
			if got := where(t, d, text); got != "p.json:"+want {
				t.Errorf("%q: %s is at %s, want %s", source, text, got, want)
			}
		}
	}
}

// TestPositionInFiles: a document in irsa.yaml has its place there, one in a policy
// file in that file, under the name that irsa.yaml has for it.
func TestPositionInFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "irsa.yaml")
	for name, text := range map[string]string{
		path: "apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\npolicies:\n- name: P\n  document:\n    Statement:\n    - Effect: Allow\n- {name: Q, file: policies/q.json}\n" +
			"serviceAccounts:\n- name: a\n  role:\n    inlinePolicies: {x: {Version: '2012-10-17'}}\n    trust:\n      also:\n      - {principals: {AWS: [self]}, actions: [sts:AssumeRole], conditions: {Bool: {k: true}}}\n",
		filepath.Join(dir, "policies", "q.json"): "{\n  \"Statement\": []\n}\n",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	role := f.ServiceAccounts[0].Role
	for _, c := range []struct {
		d          Document
		text, want string
	}{
		{f.Policies[0].Document, `"Allow"`, path + ":7:15"},
		{f.Policies[0].Document, `{"Statement"`, path + ":6:5"},
		{f.Policies[1].Document, `"Statement"`, "policies/q.json:2:3"},
		{f.Policies[1].Document, `[]`, "policies/q.json:2:16"},
		{role.InlinePolicies["x"], `"2012`, path + ":12:35"},
		{role.Trust.Also[0].Conditions, `true`, path + ":15:87"},
	} {
		if got := where(t, c.d, c.text); got != c.want {
			t.Errorf("%s is at %s, want %s", c.text, got, c.want)
		}
	}
	if f, err = Parse("", []byte(example)); err != nil {
		t.Fatal(err)
	}
	if got := where(t, f.Policies[0].Document, `"Version"`); !strings.HasPrefix(got, "irsa.yaml:") {
		t.Errorf("a file without a name: %s", got)
	}
}

// TestPositionOutside: a column that the JSON does not have is taken for the nearest.
func TestPositionOutside(t *testing.T) {
	t.Parallel()
	d, err := ParseDocument("p", []byte("a:\n  b: 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	for column, want := range map[int]string{-5: "p:1:1", 0: "p:1:1", 1: "p:1:1", 12: "p:2:6", 1000: "p:2:6"} {
		if got := placeOf(d, column); got != want {
			t.Errorf("column %d: %s, want %s", column, got, want)
		}
	}
	if got := placeOf(Document{}, 1); got != ":0:0" {
		t.Errorf("the zero document: %s", got)
	}
}

// FuzzPosition: whatever JSON a policy file is, every key and value of the document is
// found where it stands in the file.
func FuzzPosition(f *testing.F) {
	for _, s := range []string{
		`{"b":1,"a":{"d":[1,2.50,true,null,"x"],"c":{}}}`, `{"url":"https:\/\/x","smile":"\ud83d\ude00","q":"\"\\"}`,
		"{\n\t\"\\/\":\t\"\\/<&>\", \"\\/2\": [\"\\ud83d\", \"é\"]\n}\n", "{\"a\":\n{\"\\u002f\\/\\\\/\":\"\\b\\f\\u0085\",\r\n\"k\":\"\\/\"}}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// YAML ends a line at more characters than the splitting below.
		if !json.Valid([]byte(text)) || !utf8.ValidString(text) || strings.ContainsAny(text, "\r\u0085\u2028\u2029\ufeff") {
			return
		}
		d, err := ParseDocument("p.json", []byte(text))
		if err != nil {
			return
		}
		lines := strings.Split(text, "\n")
		for at, token := range tokens(d.JSON()) {
			_, line, column := d.Position(1 + utf8.RuneCount(d.JSON()[:at]))
			if line > len(lines) || column > utf8.RuneCountInString(lines[line-1]) {
				t.Fatalf("%q: %v is at %d:%d", text, token, line, column)
			}
			rest := string([]rune(lines[line-1])[column-1:]) + "\n" + strings.Join(lines[line:], "\n")
			if got := tokens([]byte(rest))[0]; got != token {
				t.Fatalf("%q: %v is at %d:%d, where %v stands", text, token, line, column, got)
			}
		}
	})
}

// tokens are the keys, values and opening brackets of JSON by their bytes, as far as it goes.
func tokens(text []byte) map[int]json.Token {
	out := map[int]json.Token{}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	for {
		at := int(dec.InputOffset())
		for at < len(text) && strings.IndexByte(" \t\r\n,:", text[at]) >= 0 {
			at++
		}
		token, err := dec.Token()
		if err != nil {
			return out
		}
		if token != json.Delim('}') && token != json.Delim(']') {
			out[at] = token
		}
	}
}

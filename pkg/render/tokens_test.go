package render

import (
	"slices"
	"strings"
	"testing"
)

// TestWords: a word is letters, digits, dots and dashes, and nothing else. Behind a backslash
// what follows the escape is one as well, and so is a word without the dots and dashes at its
// ends.
func TestWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                      "",
		"a":                     "a",
		"az AZ 09":              "az AZ 09",
		"a-b.c9 d":              "a-b.c9 d",
		"`a{b@c[d/e:f_g":        "a b c d e f g",
		" \"web\": web, ":       "web web",
		"web. -web web-.":       "web. web -web web web-. web",
		"- .":                   "-  . ",
		`\nweb`:                 "nweb web",
		`a\nweb b`:              "a nweb web b",
		`\x2eweb`:               "x2eweb web",
		`\u002eweb`:             "u002eweb web",
		`\U0000002eweb \U1`:     "U0000002eweb web U1",
		`\n \x2e \xweb`:         "n x2e xweb b",
		`web\`:                  "web",
		"größe":                 "gr e",
		"arn:aws:iam::1:role/x": "arn aws iam 1 role x",
	} {
		var got []string
		eachWord([]byte(text), func(word []byte) { got = append(got, string(word)) })
		if is := strings.Join(got, " "); is != want {
			t.Errorf("%q has the words %q, want %q", text, is, want)
		}
		for _, word := range got {
			if names := map[string]bool{word: true}; !hasWord([]byte(text), names) || hasWord([]byte(text), map[string]bool{word + "x": true}) {
				t.Errorf("%q is not told to have just the words that it has", text)
			}
			if wordy(word) != (word != "") {
				t.Errorf("%q is a word that cannot be looked for", word)
			}
		}
		if whole := len(got) == 1 && got[0] == text; wordy(text) && !slices.Contains(got, text) || whole && !wordy(text) {
			t.Errorf("%q can be looked for, and is not found in itself: %q", text, got)
		}
	}
}

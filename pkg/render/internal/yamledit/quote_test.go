package yamledit

import (
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// TestQuote: a value keeps the quotes that stood there where it can be written in them, and is
// written without any only where every reader takes it for the same text.
func TestQuote(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		value string
		style yaml.Style
		want  string
	}{
		{"a", 0, "a"}, {"a", yaml.SingleQuotedStyle, "'a'"}, {"a", yaml.DoubleQuotedStyle, `"a"`}, {"a", yaml.LiteralStyle, "a"},
		{"arn:aws:iam::1:role/x", 0, "arn:aws:iam::1:role/x"}, {"a:", 0, `"a:"`}, {"a b", 0, `"a b"`}, {"", 0, `""`}, {"-a", 0, `"-a"`}, {"#a", 0, `"#a"`}, {"1", 0, `"1"`},
		{"true", 0, `"true"`}, {"No", 0, `"No"`}, {"y", 0, `"y"`}, {"null", 0, `"null"`}, {"e3", 0, `"e3"`}, {"NaN", 0, `"NaN"`}, {"yes1", 0, "yes1"},
		{"true", yaml.SingleQuotedStyle, "'true'"}, {"it's", yaml.SingleQuotedStyle, "'it''s'"}, {"a~ ", yaml.SingleQuotedStyle, "'a~ '"}, {"\u00a0\u2027\u202a\ufefe\uff00", yaml.SingleQuotedStyle, "'\u00a0\u2027\u202a\ufefe\uff00'"},
		{"\x1f", yaml.SingleQuotedStyle, `"\u001f"`}, {"a\tb", yaml.SingleQuotedStyle, `"a\tb"`}, {"a\nb", yaml.SingleQuotedStyle, `"a\nb"`}, {"\u007f", yaml.SingleQuotedStyle, `"\u007f"`},
		{"\u0085", yaml.SingleQuotedStyle, `"\u0085"`}, {"\u2028", yaml.SingleQuotedStyle, `"\u2028"`}, {"\u2029", yaml.SingleQuotedStyle, `"\u2029"`}, {"\ufeff", yaml.SingleQuotedStyle, `"\ufeff"`},
		{"<a&b>", yaml.DoubleQuotedStyle, `"<a&b>"`},
	} {
		if got := quote(tt.value, tt.style); got != tt.want {
			t.Errorf("%q in style %d: %s, want %s", tt.value, tt.style, got, tt.want)
		}
		read := decode([]byte("k: " + quote(tt.value, tt.style) + "\n"))
		if read.err != nil || meaning(read.root) != meaning(Map(Pair{"k", Str(tt.value)})) {
			t.Errorf("%q is read as another value (%v)", tt.value, read.err)
		}
	}
}

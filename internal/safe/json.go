package safe

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON is a JSON text, of the same data, that a terminal shows as it is: encoding/json
// escapes C0 and leaves C1, DEL, direction marks and the like, which in JSON stand only in
// texts.
func JSON(text []byte) []byte {
	return jsonEscaped(text, func(r rune) string {
		if a, b := utf16.EncodeRune(r); a != utf8.RuneError {
			return fmt.Sprintf(`\u%04x\u%04x`, a, b)
		}
		return fmt.Sprintf(`\u%04x`, r)
	})
}

// YAML is a JSON text as a YAML document in flow style. YAML has no surrogates: what JSON
// writes as two of them has an escape of its own
// (https://yaml.org/spec/1.2.2/#57-escaped-characters).
func YAML(text []byte) []byte {
	return jsonEscaped(text, func(r rune) string { return escape(string(r), r) })
}

// Hidden: a terminal would not show the text as it is; line breaks and tabs are its own.
func Hidden(text []byte) bool { return hasHidden(string(text), "\n\t") }

func jsonEscaped(text []byte, escape func(rune) string) []byte {
	if !Hidden(text) {
		return text
	}
	out := make([]byte, 0, len(text)+64)
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if hidden(string(text[:n]), r) && r != '\n' && r != '\t' {
			out = append(out, escape(r)...)
		} else {
			out = append(out, text[:n]...)
		}
		text = text[n:]
	}
	return out
}

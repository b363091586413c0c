package fileio

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// UTF8 is a text in UTF-8 without a byte order mark. What PowerShell's > writes begins with one: of
// UTF-16 up to version 5, of UTF-8 where it was told so
// (https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_character_encoding).
// A text without one is given as it is.
func UTF8(text []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(text, []byte("\xef\xbb\xbf")):
		return text[3:]
	case bytes.HasPrefix(text, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(text, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return text
	}
	if len(text)%2 != 0 { // it is cut off, or something else
		return text
	}
	out := make([]byte, 0, len(text)/2)
	for at := 2; at < len(text); at += 2 {
		r := rune(order.Uint16(text[at:]))
		if utf16.IsSurrogate(r) && at+4 <= len(text) {
			if pair := utf16.DecodeRune(r, rune(order.Uint16(text[at+2:]))); pair != utf8.RuneError {
				r, at = pair, at+2
			}
		}
		out = utf8.AppendRune(out, r) // half a pair becomes U+FFFD
	}
	return out
}

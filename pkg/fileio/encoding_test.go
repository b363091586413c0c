package fileio

import (
	"encoding/binary"
	"testing"
	"unicode/utf16"
)

// TestUTF8: a byte order mark says what a text is in; without one it is left alone.
func TestUTF8(t *testing.T) {
	t.Parallel()
	const text = `{"a": "é€😀"}`
	encoded := func(order binary.AppendByteOrder) []byte {
		out := order.AppendUint16(nil, 0xfeff)
		for _, unit := range utf16.Encode([]rune(text)) {
			out = order.AppendUint16(out, unit)
		}
		return out
	}
	for name, in := range map[string][]byte{
		"plain": []byte(text), "marked": []byte("\ufeff" + text), "little-endian": encoded(binary.LittleEndian), "big-endian": encoded(binary.BigEndian),
	} {
		if got := string(UTF8(in)); got != text {
			t.Errorf("%s: %q", name, got)
		}
	}
	for _, in := range []string{"", "\xff\xfe", "\xff\xfea", "\xff", "\xff\xfe\x00\xd8"} {
		_ = UTF8([]byte(in)) // cut off: it does not fail
	}
	if got := string(UTF8([]byte("\xff\xfea"))); got != "\xff\xfea" {
		t.Errorf("an odd byte: %q", got)
	}
}

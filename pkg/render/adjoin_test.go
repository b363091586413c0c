package render

import (
	"slices"
	"testing"
)

// Only what lies in one buffer, one behind the other, becomes one segment.
func TestAdjoin(t *testing.T) {
	t.Parallel()
	buf := []byte("aabbccdd")
	other := []byte("cc")
	var out [][]byte
	for _, s := range [][]byte{buf[:2], buf[2:4], {}, buf[4:4], other, buf[4:6], buf[6:8:8], buf[4:6], buf[2:4:4], buf[4:6]} {
		out = adjoin(out, s)
	}
	var got []string
	for _, s := range out {
		got = append(got, string(s))
	}
	if want := []string{"aabb", "", "", "cc", "ccdd", "cc", "bb", "cc"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

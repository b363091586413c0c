package render

import (
	"runtime/debug"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/manifest/stream"
)

// TestFrugal writes the sizes and settings out that frugal.go gives measurements for: who
// changes one should measure again. The setting belongs to the process, so that this test
// may not run beside others.
func TestFrugal(t *testing.T) {
	now := func() int {
		was := debug.SetGCPercent(100)
		debug.SetGCPercent(was)
		return was
	}
	huge := make([]byte, 10<<20)
	large := huge[:4<<20]
	for _, tt := range []struct {
		name         string
		before, want int
		docs         []stream.Doc
	}{
		{"a huge document", 100, 25, []stream.Doc{{Bytes: large, Wanted: true}, {Bytes: huge, Wanted: true}}},
		{"a huge document that is not read", 100, 50, []stream.Doc{{Bytes: huge}, {Bytes: large, Wanted: true}}},
		{"not quite a huge document", 100, 50, []stream.Doc{{Bytes: huge[1:], Wanted: true}}},
		{"a large document", 100, 50, []stream.Doc{{}, {Bytes: large, Wanted: true}}},
		{"a large document that is not read", 100, 100, []stream.Doc{{Bytes: large}}},
		{"a small document", 100, 100, []stream.Doc{{Bytes: large[1:], Wanted: true}}},
		{"lower already", 10, 10, []stream.Doc{{Bytes: large, Wanted: true}}},
		{"off", -1, -1, []stream.Doc{{Bytes: large, Wanted: true}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			defer debug.SetGCPercent(debug.SetGCPercent(tt.before))
			first, second := frugal(tt.docs), frugal(tt.docs)
			if got := now(); got != tt.want {
				t.Errorf("two at work: %d, want %d", got, tt.want)
			}
			first()
			if got := now(); got != tt.want {
				t.Errorf("one at work: %d, want %d", got, tt.want)
			}
			second()
			if got := now(); got != tt.before {
				t.Errorf("afterwards: %d, want %d", got, tt.before)
			}
		})
	}
}

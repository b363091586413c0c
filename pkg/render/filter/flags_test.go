package filter

import (
	"flag"
	"regexp"
	"slices"
	"testing"
)

// unsaid are flags that help leaves out: what Helm's post-renderer is started with by helm irsa, and
// names from before.
var unsaid = []string{"hand-over", "account-id", "region"}

// TestFlags holds what help says against the flags that there are.
func TestFlags(t *testing.T) {
	t.Parallel()
	var said, are []string
	for _, m := range regexp.MustCompile(`(?m)(?:^  +|, )-{1,2}([a-z-]+)`).FindAllStringSubmatch(Flags, -1) {
		said = append(said, m[1])
	}
	new(flags).define("x").VisitAll(func(f *flag.Flag) {
		if f.Name != "version" && !slices.Contains(unsaid, f.Name) {
			are = append(are, f.Name)
		}
	})
	slices.Sort(said)
	slices.Sort(are)
	if !slices.Equal(said, are) {
		t.Errorf("help says\n%v, and these are there:\n%v", said, are)
	}
}

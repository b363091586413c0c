package spec

import "testing"

func TestNearest(t *testing.T) {
	t.Parallel()
	fields := []string{"name", "namespace", "arn", "role", "policies", "serviceAccounts"}
	for in, want := range map[string]string{
		"arm": "arn", "ARN": "arn", "nmae": "name", "nam": "name", "namspace": "namespace", "rolle": "role",
		"policy": "policies", "serviceaccount": "serviceAccounts", "serviceAcounts": "serviceAccounts",
		"zebra": "", "x": "", "": "", "kind": "",
	} {
		got, ok := Nearest(in, fields)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", in, got, ok, want)
		}
	}
	if _, ok := Nearest("x", nil); ok {
		t.Error("something is near to nothing")
	}
	if got, _ := Nearest("ARN", []string{"arm", "arn", "ann"}); got != "arn" {
		t.Errorf("the same in another case is the nearest, not %s", got)
	}
	if got, _ := Nearest("ab", []string{"ba", "abc"}); got != "ba" {
		t.Errorf("of two that are as near, %s and not the first", got)
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b  string
		edits int
		want  bool
	}{
		{"web", "web", 0, true}, {"web", "wbe", 1, true}, {"web", "wbe", 0, false}, {"web", "Web", 0, false}, {"Web", "web", 1, true},
		{"orders", "rodesr", 1, false}, {"orders", "rodesr", 2, true}, {"orders", "rodres", 2, true}, {"web", "webber", 3, true}, {"web", "webber", 2, false}, {"é", "e", 1, true}, {"", "", 0, true},
	} {
		if got := Within(c.a, c.b, c.edits); got != c.want {
			t.Errorf("%q to %q in %d: %v", c.a, c.b, c.edits, got)
		}
	}
}

// TestEditDistance: as counted by trying everything, where no letter is changed twice.
func TestEditDistance(t *testing.T) {
	t.Parallel()
	all := []string{""}
	for i := 0; i < len(all) && len(all[i]) < 4; i++ {
		all = append(all, all[i]+"a", all[i]+"b")
	}
	for _, a := range all {
		for _, b := range all {
			if got, want := editDistance([]rune(a), []rune(b)), byTrying(a, b); got != want {
				t.Errorf("%q to %q: %d, want %d", a, b, got, want)
			}
		}
	}
}

func byTrying(a, b string) int {
	if a == "" || b == "" {
		return len(a) + len(b)
	}
	cost := 1
	if a[0] == b[0] {
		cost = 0
	}
	best := min(byTrying(a[1:], b)+1, byTrying(a, b[1:])+1, byTrying(a[1:], b[1:])+cost)
	if len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] {
		best = min(best, byTrying(a[2:], b[2:])+1)
	}
	return best
}

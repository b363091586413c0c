package verify

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestDifference: brackets hold the parts that differ, and two texts without much in common
// stand beside each other.
func TestDifference(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ has, want, text string }{
		{"role/web", "role/wep", "role/[web], want role/[wep]"},
		{"a/web", "a/wep", `"a/web", want "a/wep"`},
		{"ab/web", "ab/wep", `"ab/web", want "ab/wep"`},
		{"abc/web", "abc/wep", "abc/[web], want abc/[wep]"},
		{"x/role", "y/role", "[x]/role, want [y]/role"},
		{"ab/role", "ac/role", "[ab]/role, want [ac]/role"},
		{"x-ns", "y-ns", `"x-ns", want "y-ns"`},
		{"ab", "cd", `"ab", want "cd"`},
		{"", "role/web", `"", want "role/web"`},
		{"a.b.c.d", "a.b.c.d.e", "a.b.c.[d], want a.b.c.[d.e]"},
		{"eks.aws", "eks.eks.aws", "eks.[aws], want eks.[eks.aws]"},
		{"role/web ", "role/web", "role/[web ], want role/[web] (it has a blank)"},
		{"role/web\r", "role/web", "role/[web\r], want role/[web] (it has a line break)"},
		{"role/web\n\r", "role/web", "role/[web\n\r], want role/[web] (it has a line break)"},
		{"role/\tw\u200beb\x7f", "role/web", "role/[\tw\u200beb\x7f], want role/[web] (it has a tab and U+200B and U+007F)"},
		{"role/é", "role/e", "role/[é], want role/[e] (it has U+00E9)"},
	} {
		if got := difference(c.has, c.want); got != c.text {
			t.Errorf("%q and %q: %s; want %s", c.has, c.want, got, c.text)
		}
	}
}

// TestNear: what typing errors make of a name, and what is another name.
func TestNear(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		near bool
	}{
		{"web", "web", true},
		{"WEB-server", "web-server", true},
		{"web\u200b", "web", true},
		{"a.example.com/id/", "a.example.com/id", true},
		{"a.example.com/id/..//", "a.example.com/id", true},
		{"eks.oidc.example.com/id", "oidc.eks.example.com/id", true},
		{"id/oidc.eks.example.com", "oidc.eks.example.com/id", true},
		{"oidc.eks-example.com", "eks.oidc-example.com", false},
		{"oidc-eks.example", "eks-oidc.example", false},
		{"oidc.eks.example.com/id", "id/com.example.eks.oidc/", false},
		{"web-server", "web-servre", true},
		{"web-server", "wb-servr", true},
		{"web-server", "w-servr", false},
		{"a", "b", false},
		{"", "a", false},
	} {
		if near(c.a, c.b) != c.near || near(c.b, c.a) != c.near {
			t.Errorf("%q and %q: %t and %t, want %t", c.a, c.b, near(c.a, c.b), near(c.b, c.a), c.near)
		}
	}
}

// distance is the number of insertions, deletions, substitutions and swaps of neighbours, as the
// textbook has it.
func distance(a, b []rune) int {
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(b)+1)
		for j := range table[i] {
			switch {
			case i == 0 || j == 0:
				table[i][j] = i + j
			case a[i-1] == b[j-1]:
				table[i][j] = table[i-1][j-1]
			default:
				table[i][j] = 1 + min(table[i-1][j], table[i][j-1], table[i-1][j-1])
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				table[i][j] = min(table[i][j], table[i-2][j-2]+1)
			}
		}
	}
	return table[len(a)][len(b)]
}

// TestNearOfLongTexts: what no name of AWS is as long as is compared as a whole only.
func TestNearOfLongTexts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", longestNear)
	if !near(long, long[1:]+"b") || near(long+"a", long+"b") || near(long, long+"a") || !near(long+"a", long+"a/") {
		t.Errorf("%d letters, and one more", longestNear)
	}
}

// TestNearIndexIsExact: the index gives those that are within a few letters, those that
// differ at their ends, and those with the same parts, in order, each once, and no others.
func TestNearIndexIsExact(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 8))
	word := func() string {
		out := []rune{}
		for range random.IntN(8) {
			out = append(out, []rune("ab/.é")[random.IntN(5)])
		}
		return string(out)
	}
	for range 60 {
		var texts []string
		for range 40 {
			texts = append(texts, word())
		}
		x := newNearIndex(texts)
		for range 40 {
			text := word()
			var want []int
			for i, s := range texts {
				sameForm := slices.ContainsFunc(nearForms(s), func(f string) bool { return slices.Contains(nearForms(text), f) })
				if sameForm || distance([]rune(s), []rune(text)) <= nearEdits {
					want = append(want, i)
				}
			}
			if got := x.like(text); !slices.Equal(got, want) {
				t.Fatalf("like %q in %q: %v, want %v", text, texts, got, want)
			}
		}
	}
	long := strings.Repeat("a", longestNear)
	if got := newNearIndex([]string{long, long + "a"}).like(long); !slices.Equal(got, []int{0}) {
		t.Errorf("%d letters, and one more: %v, want the first alone", longestNear, got)
	}
	if got := newNearIndex([]string{long}).like(long[1:] + "b"); !slices.Equal(got, []int{0}) {
		t.Errorf("another last letter of %d: %v, want the first", longestNear, got)
	}
	if got := newNearIndex([]string{long}).like(long + "a"); len(got) > 0 {
		t.Errorf("one letter more than %d: %v, want none", longestNear, got)
	}
}

// TestNearForms: texts are near whose parts are the same, between dots and slashes alike.
func TestNearForms(t *testing.T) {
	t.Parallel()
	if a, b := nearForms("a.b/c/"), nearForms("c.a/b"); a[1] != b[1] || a[0] != "text a.b/c" {
		t.Errorf("%q and %q", a, b)
	}
	if a, b := nearForms("a-b"), nearForms("b-a"); a[1] == b[1] {
		t.Errorf("%q and %q", a, b)
	}
}

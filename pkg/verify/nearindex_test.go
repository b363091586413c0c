package verify

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestNearIndex: what the index finds holds all that is near, and little else.
func TestNearIndex(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	letters := []rune("ab/.é-A \u200b")
	word := func() string {
		out := []rune("arn:aws:role/")[:random.IntN(14)]
		for range random.IntN(7) {
			out = append(out, letters[random.IntN(len(letters))])
		}
		return string(out)
	}
	found := 0
	for range 60 {
		var texts []string
		for range 60 {
			texts = append(texts, word())
		}
		x := newNearIndex(texts)
		for range 60 {
			want := word()
			like := x.like(want)
			for i, s := range texts {
				if near(s, want) {
					found++
					if !slices.Contains(like, i) {
						t.Fatalf("%q is near %q, and is not found", s, want)
					}
				}
			}
		}
	}
	if found < 100 {
		t.Errorf("only %d were near", found)
	}
}

// TestClosest: the index comes to the value that going through all comes to.
func TestClosest(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	name := func() string { return []string{"web", "weh", "app", "wep", "x", "*", "worker"}[random.IntN(7)] }
	for range 300 {
		var values []string
		for range fewValues + 1 + random.IntN(10) {
			v := key{name(), name()}.subject()
			if random.IntN(5) == 0 {
				v = fmt.Sprintf("sts.%s", name())
			}
			values = append(values, v)
		}
		want := key{name(), name()}
		best, rank := "", -1
		for _, v := range values {
			if r := likeness(v, want); r > rank {
				best, rank = v, r
			}
		}
		w := &facts{}
		indexObjects(w)
		if got, n := closest(w, values, want); got != best || n != rank {
			t.Fatalf("closest of %q to %v is %q (%d), want %q (%d)", values, want, got, n, best, rank)
		}
	}
}

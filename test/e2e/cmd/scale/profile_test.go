package main

import (
	"slices"
	"testing"
	"time"
)

// TestProfile: what a run said of its phases is taken apart, and the rest is what they leave.
func TestProfile(t *testing.T) {
	t.Parallel()
	p := profile{took: map[string][]time.Duration{}}
	for _, text := range []string{"x\nhelm-irsa: debug: time: load 9 ms, release 1200 ms\n", "helm-irsa: debug: time: load 11 ms, release 1000 ms\ny"} {
		if err := p.add(1300*time.Millisecond, text); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"load", "release", beside}; !slices.Equal(p.phases, want) {
		t.Errorf("%q, want %q", p.phases, want)
	}
	if got := p.took[beside]; !slices.Equal(got, []time.Duration{91 * time.Millisecond, 289 * time.Millisecond}) {
		t.Errorf("beside them: %v", got)
	}
	if got := p.line("it"); len(got) != 4 || got[0] != "it" {
		t.Errorf("%q", got)
	}
	if p.add(time.Second, "nothing of the kind") == nil {
		t.Error("a run that says nothing is taken")
	}
}

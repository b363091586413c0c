package probe

import (
	"os"
	"strings"
	"testing"
)

// TestKubeVersion holds the version that charts are told of against the library that Helm's
// version comes from.
func TestKubeVersion(t *testing.T) {
	t.Parallel()
	mod, err := os.ReadFile("../../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	minor := strings.Split(kubeVersion, ".")[1]
	if !strings.Contains(string(mod), "k8s.io/client-go v0."+minor+".") {
		t.Errorf("%s is not the version of k8s.io/client-go in go.mod", kubeVersion)
	}
}

// TestCodes: each switch has a code of its own, and no two together look like a third.
func TestCodes(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 40; n++ {
		for _, together := range []bool{false, true} {
			codes, width := codesFor(n, together)
			if len(codes) != n {
				t.Fatalf("%d codes for %d", len(codes), n)
			}
			if together && width < 2 {
				t.Errorf("%d switches: no render with markers has them on", n)
			}
			seen := map[uint]bool{}
			for _, a := range codes {
				if a == 0 || seen[a] || together && a == 1<<width-1 {
					t.Errorf("code %b of %d", a, n)
				}
				seen[a] = true
			}
			for i, a := range codes {
				for _, b := range codes[:i] {
					if seen[a|b] {
						t.Errorf("%b and %b look like another of %d", a, b, n)
					}
				}
			}
		}
	}
	if codes, width := codesFor(0, true); len(codes) != 0 || width != 0 {
		t.Error("codes for none")
	}
}

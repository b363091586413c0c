package verify_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// setup is a set-up with its cause, or a healthy one: IRSA_SETUPS names the file. Nothing
// of it is kept here.
type setup struct {
	ID, Namespace       string
	Manifests, Snapshot string
	// Expect are codes of which one must come first; "none" for a healthy set-up, which must
	// have no finding of severity error.
	Expect []string
}

// The least that must be right of the set-ups: the right cause first in this many of a
// hundred, and no error on a healthy one.
const (
	setupsFloor  = 95
	falseCeiling = 0
)

// TestSetups judges the set-ups, prints each that came out wrong, and fails under the floor.
func TestSetups(t *testing.T) {
	t.Parallel()
	path := os.Getenv("IRSA_SETUPS")
	if path == "" {
		t.Skip("IRSA_SETUPS is not set: the collection of set-ups was skipped")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Cases []setup }
	if err := yaml.Unmarshal(data, &all); err != nil || len(all.Cases) == 0 {
		t.Fatalf("%d set-ups: %v", len(all.Cases), err)
	}
	var sick, right, healthy, wronged int
	for _, c := range all.Cases {
		report, err := judge(c.Manifests, c.Snapshot, c.Namespace)
		if err != nil {
			t.Errorf("%s: %v", c.ID, err)
			continue
		}
		seen := []string{}
		bad := false
		for _, f := range report.Findings {
			seen = append(seen, string(f.Severity)+" "+f.Code)
			bad = bad || f.Severity == verify.Error
		}
		if slices.Contains(c.Expect, "none") {
			healthy++
			if bad {
				wronged++
				t.Logf("healthy   %s: %v", c.ID, seen)
			}
			continue
		}
		sick++
		if len(report.Findings) > 0 && slices.Contains(c.Expect, report.Findings[0].Code) {
			right++
			continue
		}
		t.Logf("wrong     %s: want %s, has %v", c.ID, strings.Join(c.Expect, " or "), seen)
	}
	t.Logf("%d set-ups: right cause first in %d of %d; an error on %d of %d healthy ones", len(all.Cases), right, sick, wronged, healthy)
	if right*100 < setupsFloor*sick || wronged > falseCeiling {
		t.Errorf("want at least %d %% right, and at most %d healthy ones with an error", setupsFloor, falseCeiling)
	}
}

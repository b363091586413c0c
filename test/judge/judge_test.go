package judge

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// number reads a number from the environment.
func number(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s=%s: want a number", name, text)
	}
	return n
}

// TestAlike: the two judge random policies alike, but for what the table knows.
func TestAlike(t *testing.T) {
	s := newSimulator(t)
	seed, count := number(t, "SEED", 1), int(number(t, "N", 20000))
	d, sum := newDice(seed), newTally()
	for sum.policies < count {
		cases := make([]trial, min(batch, count-sum.policies))
		for i := range cases {
			cases[i] = d.trial()
		}
		if err := sum.run(s, cases); err != nil {
			t.Fatalf("SEED=%d, after %d policies: %v", seed, sum.policies, err)
		}
	}
	t.Logf("SEED=%d N=%d: %s", seed, count, sum)
	counts, unknown := map[string]int{}, map[string][]difference{}
	for _, d := range sum.differences {
		if kind := kindOfDifference(d); kind != "" {
			counts[kind]++
		} else {
			what := d.part.Element + " " + d.part.Operator
			unknown[what] = append(unknown[what], d)
		}
	}
	for _, k := range table {
		t.Logf("%6d known differences %s: %s", counts[k.name], k.name, k.reason)
	}
	for _, what := range slices.Sorted(maps.Keys(unknown)) {
		t.Errorf("SEED=%d: %d new differences in %s, such as\n%s", seed, len(unknown[what]), what, shortest(unknown[what]))
	}
	sum.checkReach(t)
}

// shortest is the difference that is the least to read.
func shortest(all []difference) difference {
	return slices.MinFunc(all, func(a, b difference) int { return len(a.where) - len(b.where) })
}

// checkReach fails where the policies are so far from the requests that the comparison says
// little: every verdict must come often, and hardly any be left open.
func (t *tally) checkReach(tt *testing.T) {
	for v, least := range map[trust.Verdict]int{trust.Allow: 20, trust.Deny: 5, trust.ImplicitDeny: 20} {
		if t.verdicts[v]*100 < least*t.requests {
			tt.Errorf("%s: %d of %d requests, want %d in 100", v, t.verdicts[v], t.requests, least)
		}
	}
	if t.verdicts[trust.Undecided]*100 > 20*t.requests {
		tt.Errorf("%d of %d requests are undecided, want at most 20 in 100", t.verdicts[trust.Undecided], t.requests)
	}
}

func (t *tally) String() string {
	var verdicts []string
	for _, v := range []trust.Verdict{trust.Allow, trust.Deny, trust.ImplicitDeny, trust.Undecided} {
		verdicts = append(verdicts, fmt.Sprintf("%s %d", v, t.verdicts[v]))
	}
	return fmt.Sprintf("%d policies, %d requests (%s), %d parts of statements compared, %d not, as ours does not know them",
		t.policies, t.requests, strings.Join(verdicts, ", "), t.parts[trust.Yes]+t.parts[trust.No], t.parts[trust.Unknown])
}

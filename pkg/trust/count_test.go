package trust_test

import "testing"

// TestCaseCount: the evaluator has at least 300 cases with a documented rule each.
func TestCaseCount(t *testing.T) {
	t.Parallel()
	conditions := 0
	for _, groups := range [][]conditionGroup{conditionGroups, setGroups, variableGroups, literalGroups, dimGroups} {
		for _, g := range groups {
			if g.doc == "" || len(g.cases) == 0 {
				t.Errorf("group %q is empty or names no page", g.doc)
			}
			conditions += len(g.cases)
		}
	}
	golden, err := readCases(goldenFolder, *update)
	if err != nil {
		t.Fatal(err)
	}
	total := conditions + len(principalCases) + len(actionCases) + len(decisionCases) + len(tokenCases) + len(golden)
	t.Logf("%d cases of the evaluator: %d conditions, %d principals, %d actions, %d decisions, %d tokens, %d golden",
		total, conditions, len(principalCases), len(actionCases), len(decisionCases), len(tokenCases), len(golden))
	if total < 300 {
		t.Errorf("only %d cases", total)
	}
}

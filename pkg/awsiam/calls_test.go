package awsiam_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/golden"
	"github.com/helm-irsa/helm-irsa/internal/localaws"
)

// TestCallsOfAPlan: many identities that exist cost no more calls than few.
func TestCallsOfAPlan(t *testing.T) {
	t.Parallel()
	const identities, most = 100, 7
	var policies, accounts strings.Builder
	for i := range identities {
		fmt.Fprintf(&policies, "- {name: P%d, document: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"s3:Get%d\", Resource: \"*\"}]}}\n", i, i)
		fmt.Fprintf(&accounts, "- {name: a%d, role: {policies: [P%d], inlinePolicies: {x: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"s3:List\", Resource: \"*\"}]}}}}\n", i, i)
	}
	w := newStage(t, localaws.Limits{})
	text := "apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\ncluster: {name: prod_cluster, region: eu-west-3}\npolicies:\n" +
		policies.String() + "serviceAccounts:\n" + accounts.String()
	if err := os.WriteFile(filepath.Join(w.dir, "irsa.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := &goldenCase{Case: &golden.Case{Dir: w.dir}}
	if _, err := w.command(c, goldenArgs{}); err != nil {
		t.Fatal(err)
	}
	w.aws.ResetCalls()
	s, err := w.session(c, goldenArgs{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !p.Empty() || len(p.Identities) != identities {
		t.Fatalf("a plan with %d changes and %d identities, want none and %d", len(p.Changes), len(p.Identities), identities)
	}
	var names []string
	for _, call := range w.aws.Calls() {
		names = append(names, call.Operation)
	}
	if len(names) > most {
		t.Errorf("%d calls, want at most %d: %s", len(names), most, strings.Join(names, " "))
	}
}

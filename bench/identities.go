package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/bench/results"
	"github.com/helm-irsa/helm-irsa/internal/localaws"
)

const (
	identities     = 100
	identityRounds = 5
	// parallel is how many calls helm-irsa has under way at once (pkg/awsiam, Options.Parallel).
	parallel = 10
)

// measureIdentities plans and applies a hundred service accounts, each with a role and a
// policy of its own, against local AWS with a latency.
func measureIdentities(t tools, _ streams, tmp string) ([]results.Row, error) {
	dir, err := subfolder(tmp, "identities")
	if err != nil {
		return nil, err
	}
	file, err := writeFile(dir, "irsa.yaml", identitiesSpec(identities))
	if err != nil {
		return nil, err
	}
	var plans, applies []sample
	for range identityRounds {
		p, a, err := identitiesRound(t, dir, file)
		if err != nil {
			return nil, err
		}
		plans, applies = append(plans, p), append(applies, a)
	}
	return []results.Row{planRow(plans), applyRow(applies)}, nil
}

// sample is one run, and the calls of AWS that it made.
type sample struct {
	took  time.Duration
	calls int
}

// identitiesRound applies to an AWS account that has nothing, and then plans.
func identitiesRound(t tools, dir, file string) (plan, apply sample, err error) {
	s, err := startAWS(awsLatency)
	if err != nil {
		return plan, apply, err
	}
	defer s.Close()
	run := func(args ...string) (sample, string, error) {
		s.ResetCalls()
		var out bytes.Buffer
		p := program{path: t.helmIRSA, args: append(args, "bench", "-n", "bench", "-f", file), env: awsEnv(dir, s.URL())}
		o, err := p.run(nil, &out)
		return sample{o.took, len(s.Calls())}, out.String(), err
	}
	if apply, _, err = run("apply", "--yes"); err != nil {
		return plan, apply, err
	}
	if err := madeAll(s.Calls(), identities); err != nil {
		return plan, apply, fmt.Errorf("helm-irsa apply did not do the work: %w", err)
	}
	// With --exit-code, a plan that is not empty fails.
	plan, out, err := run("plan", "--exit-code")
	if err == nil && !strings.HasPrefix(out, "Nothing to do") {
		err = fmt.Errorf("helm-irsa plan finds something to do: %s", out)
	}
	return plan, apply, err
}

// madeAll looks in the log whether all was made that n identities take.
func madeAll(calls []localaws.Call, n int) error {
	want := map[string]int{"CreateOpenIDConnectProvider": 1, "CreatePolicy": n, "CreateRole": n, "AttachRolePolicy": n}
	for _, c := range calls {
		if _, ok := want[c.Operation]; ok && c.Acted && c.Code == "" {
			want[c.Operation]--
		}
	}
	for operation, missing := range want {
		if missing != 0 {
			return fmt.Errorf("%s: %d too few", operation, missing)
		}
	}
	return nil
}

func planRow(samples []sample) results.Row {
	most, took := 0, []time.Duration{}
	for _, s := range samples {
		most, took = max(most, s.calls), append(took, s.took)
	}
	return results.Row{
		Work: fmt.Sprintf("plan %d identities that exist", identities), Ours: results.Durations(took), Theirs: fmt.Sprintf("%s a call", results.Millis(awsLatency)),
		Value: float64(most), Target: 8, Sense: results.AtMost, Unit: " AWS calls",
	}
}

// applyRow holds each run against the time that its calls take with all slots full.
func applyRow(samples []sample) results.Row {
	var took, ideal []time.Duration
	for _, s := range samples {
		took, ideal = append(took, s.took), append(ideal, fullSlots(s.calls))
	}
	return results.Row{
		Work: fmt.Sprintf("apply %d identities from nothing", identities), Ours: results.Durations(took),
		Theirs: fmt.Sprintf("%d calls, %d at once: %s", samples[0].calls, parallel, results.Millis(results.Median(ideal))),
		Value:  float64(results.Median(took)) / float64(results.Median(ideal)), Target: 1.2, Sense: results.AtMost, Unit: " times that",
	}
}

func fullSlots(calls int) time.Duration { return time.Duration(calls) * awsLatency / parallel }

// identitiesSpec is irsa.yaml with n service accounts, a role and a policy each.
func identitiesSpec(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\ncluster: {name: %s, region: %s, accountID: %q}\npolicies:\n", benchCluster, benchRegion, benchAccount)
	for i := range n {
		fmt.Fprintf(&b, `- name: bucket-%[1]d
  document:
    Version: "2012-10-17"
    Statement: [{Effect: Allow, Action: ["s3:GetObject", "s3:PutObject"], Resource: "arn:aws:s3:::bucket-%[1]d/*"}]
`, i)
	}
	b.WriteString("serviceAccounts:\n")
	for i := range n {
		fmt.Fprintf(&b, "- name: account-%[1]d\n  role: {name: role-%[1]d, policies: [bucket-%[1]d]}\n", i)
	}
	return b.String()
}

// subfolder makes a folder that a measurement has for itself.
func subfolder(tmp, name string) (string, error) {
	dir := filepath.Join(tmp, name)
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	return dir, nil
}

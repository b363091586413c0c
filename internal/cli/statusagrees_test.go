package cli

import (
	"slices"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/golden/chains"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// TestStatusAgrees holds status against verify on every golden case of verify: what is broken
// there is broken here, and nothing is ok of which a link in AWS is unknown.
func TestStatusAgrees(t *testing.T) {
	t.Parallel()
	cases, err := chains.Read("../..")
	if err != nil {
		t.Fatal(err)
	}
	verdicts := map[verify.Status]int{}
	for _, c := range cases {
		if c.Err != nil {
			continue
		}
		report := verify.Verify(c.Input)
		var pending []awsiam.Pending
		for _, a := range report.ServiceAccounts {
			pending = append(pending, awsiam.Pending{Identity: awsiam.Identity{Namespace: a.Namespace, ServiceAccount: a.Name, RoleARN: a.RoleARN}})
		}
		for i, row := range statusOf(report, pending) {
			a := report.ServiceAccounts[i]
			verdicts[row.Verdict]++
			if (row.Verdict == verify.Broken) != (a.Status == verify.Broken) {
				t.Errorf("%s: %s/%s: status says %s, verify %s", c.Name, a.Namespace, a.Name, row.Verdict, a.Status)
			}
			inAWS := func(l verify.LinkStatus) bool {
				return l.Status == verify.Unknown && !slices.Contains(inCluster, l.Name)
			}
			if row.Verdict == verify.OK && slices.ContainsFunc(a.Links, inAWS) {
				t.Errorf("%s: %s/%s: ok, and verify has links in AWS that are unknown: %v", c.Name, a.Namespace, a.Name, a.Links)
			}
			if row.Verdict != verify.OK && row.Why == "" {
				t.Errorf("%s: %s/%s is %s, and nothing says why", c.Name, a.Namespace, a.Name, row.Verdict)
			}
		}
	}
	for _, v := range []verify.Status{verify.OK, verify.Broken, verify.Unknown} {
		if verdicts[v] == 0 {
			t.Errorf("no case is %s", v)
		}
	}
}

// TestStatusWithoutReport: a service account that verify has nothing of is unknown.
func TestStatusWithoutReport(t *testing.T) {
	t.Parallel()
	rows := statusOf(&verify.Report{}, []awsiam.Pending{{Identity: awsiam.Identity{Namespace: "apps", ServiceAccount: "web"}, Changes: 2}})
	if rows[0].Verdict != verify.Unknown || rows[0].Pending != 2 || rows[0].Why == "" {
		t.Errorf("%+v", rows[0])
	}
}

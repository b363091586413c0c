package awsiam_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// fleet are many releases of two AWS accounts; every third has drifted.
type fleet struct {
	*cloud
	releases []awsiam.Release
}

func newFleet(t *testing.T, n int) *fleet {
	t.Helper()
	f := &fleet{cloud: newCloud(t, localaws.Options{}).furnish(t)}
	text := func(i int, word string) string {
		return fmt.Sprintf(everythingHead+`
policies:
- name: P%[1]d
  document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/%[2]s"}]}
serviceAccounts:
- {name: here, mode: both, role: {name: here-%[1]d, policies: [P%[1]d]}}
- {name: there, role: {name: there-%[1]d, accountID: "444455556666"}}
`, i, word)
	}
	for i := range n {
		r := awsiam.Release{File: load(t, text(i, "one")), Name: fmt.Sprintf("r%d", i), Namespace: fmt.Sprintf("ns%d", i)}
		if err := f.process(r, nil).run(context.Background()); err != nil {
			t.Fatal(err)
		}
		if i%3 == 0 {
			r.File = load(t, text(i, "two"))
		}
		f.releases = append(f.releases, r)
	}
	f.aws.ResetCalls()
	return f
}

// plans makes the plan of every release, side by side, and of each the changes or the error. The
// first is told to stop by first, where that is not nil.
func (f *fleet) plans(reads *awsiam.Reads, first context.Context) []string {
	out := make([]string, len(f.releases))
	var wait sync.WaitGroup
	for i, r := range f.releases {
		p := f.process(r, nil)
		p.options.Reads, p.options.Parallel = reads, 3
		ctx := context.Background()
		if i == 0 && first != nil {
			ctx = first
		}
		wait.Go(func() {
			_, plan, err := p.plan(ctx)
			if err != nil {
				out[i] = "error: " + err.Error()
				return
			}
			out[i] = fmt.Sprintf("%+v %+v", plan.Changes, plan.Warnings)
		})
	}
	wait.Wait()
	return out
}

func counted(calls []localaws.Call) map[string]int {
	out := map[string]int{}
	for _, c := range calls {
		out[c.Account+" "+c.Operation]++
	}
	return out
}

// TestReadsAreShared: the plans of many releases are what each is by itself, and an AWS account
// is read once for all of them.
func TestReadsAreShared(t *testing.T) {
	t.Parallel()
	const releases = 12
	f := newFleet(t, releases)
	alone := f.plans(nil, nil)
	f.aws.ResetCalls()
	together := f.plans(awsiam.NewReads(), nil)
	drifted := 0
	for i := range alone {
		if alone[i] != together[i] {
			t.Errorf("release %d: with shared reads\n%s\nalone\n%s", i, together[i], alone[i])
		}
		if strings.Contains(together[i], "policy") {
			drifted++
		}
	}
	if drifted != releases/3 {
		t.Errorf("%d releases have drifted, want %d", drifted, releases/3)
	}
	calls := counted(f.aws.Calls())
	for _, id := range []string{account, remoteAccount} {
		for _, once := range []string{"GetAccountAuthorizationDetails", "ListRoles", "GetAccountSummary", "GetOpenIDConnectProvider", "GetCallerIdentity"} {
			want := 1
			if once == "GetOpenIDConnectProvider" { // of two clusters
				want = 2
			}
			if n := calls[id+" "+once]; n != want {
				t.Errorf("AWS account %s: %d calls of %s, want %d", id, n, once, want)
			}
		}
	}
	for _, once := range []string{"AssumeRole", "DescribeCluster", "ListPodIdentityAssociations"} {
		if n := calls[account+" "+once]; n != 1 {
			t.Errorf("%d calls of %s, want one", n, once)
		}
	}
}

// TestReadsOfExpiredCredentials: one AWS account cannot be read; the releases without it are
// planned, and it is not asked once for each release.
func TestReadsOfExpiredCredentials(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 6)
	for _, i := range []int{1, 3} {
		f.releases[i].File = load(t, everythingHead+"\nserviceAccounts:\n- {name: here, role: {name: only-here}}\n")
	}
	f.aws.SetFaults(localaws.Faults{Deny: []string{"sts:AssumeRole"}})
	for i, text := range f.plans(awsiam.NewReads(), nil) {
		if here, failed := i == 1 || i == 3, strings.HasPrefix(text, "error: "); here == failed {
			t.Errorf("release %d: %s", i, text)
		} else if failed && !strings.Contains(text, "AssumeRole") {
			t.Errorf("release %d does not say what failed: %s", i, text)
		}
	}
	if n := counted(f.aws.Calls())[account+" GetAccountAuthorizationDetails"]; n > 1 {
		t.Errorf("the AWS account that can be read was read %d times", n)
	}
}

// TestReadsAskAgain: what other credentials were refused, or a session that was stopped did not
// hear the end of, is asked for again.
func TestReadsAskAgain(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	reads := awsiam.NewReads()
	f.aws.SetFaults(localaws.Faults{Deny: []string{"iam:GetAccountAuthorizationDetails"}})
	if got := f.plans(reads, nil); !strings.Contains(got[0], "GetAccountAuthorizationDetails") {
		t.Fatal(got)
	}
	for call := range 12 {
		ctx, cancel := context.WithCancel(context.Background())
		f.aws.SetFaults(localaws.Faults{Before: func(c localaws.Call) {
			if c.Number == call {
				cancel()
			}
		}})
		if got := f.plans(awsiam.NewReads(), ctx); strings.HasPrefix(got[1], "error") {
			t.Errorf("what stopped one at call %d stopped the other: %s", call, got[1])
		}
		cancel()
	}
	f.aws.SetFaults(localaws.Faults{})
	if got := f.plans(reads, nil); !strings.Contains(got[0], "GetAccountAuthorizationDetails") {
		t.Errorf("the same credentials asked again: %s", got[0])
	}
}

// TestReadsDoNotApply: what was read for several is old by the time that something is changed.
func TestReadsDoNotApply(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1)
	p := f.process(f.releases[0], nil)
	p.options.Reads = awsiam.NewReads()
	if err := p.run(context.Background()); err == nil || len(writes(f.aws.Calls())) > 0 {
		t.Errorf("applied: %v", err)
	}
}

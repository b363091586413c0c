package awsiam_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// planAhead opens with WillPlan, plans, and gives what was called, in order of answers.
func (w *world) planAhead(body string, f localaws.Faults) (operations []string, err error) {
	w.Helper()
	w.aws.ResetCalls()
	w.aws.SetFaults(f)
	o := w.options()
	o.WillPlan = true
	s, err := awsiam.Open(w.Context(), awsiam.Release{File: w.file(body), Namespace: "apps", Name: "web"}, o)
	if err == nil {
		_, err = s.Plan(w.Context())
	}
	for _, c := range w.aws.Calls() {
		operations = append(operations, c.Operation)
	}
	return operations, err
}

func count(operations []string, name string) (n int) {
	for _, o := range operations {
		if o == name {
			n++
		}
	}
	return n
}

// TestAheadSaves: who the caller is and what the cluster is are asked at the same time,
// and each once.
func TestAheadSaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localaws.Options{})
	var both sync.WaitGroup
	both.Add(2)
	operations, err := w.planAhead(twoAccounts, localaws.Faults{Before: func(c localaws.Call) {
		if c.Operation == "GetCallerIdentity" || c.Operation == "DescribeCluster" {
			both.Done()
			met := make(chan struct{})
			go func() { both.Wait(); close(met) }()
			select {
			case <-met:
			case <-time.After(10 * time.Second):
				t.Error(c.Operation + " came alone")
			}
		}
	}})
	if err != nil || count(operations, "DescribeCluster") != 1 || count(operations, "GetCallerIdentity") != 1 {
		t.Errorf("%v, %v", operations, err)
	}
}

// TestAheadOnlyWherePlanned: nothing is asked that Plan would not ask.
func TestAheadOnlyWherePlanned(t *testing.T) {
	t.Parallel()
	const head = "apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\n"
	for name, body := range map[string]string{
		"issuer is known": head + "cluster: {name: prod_cluster, region: eu-west-3, issuer: \"" + issuer + "\"}\nserviceAccounts: [{name: web}]\n",
		"no tokens":       "serviceAccounts: [{name: web, mode: podIdentity}]\n",
		"role of others":  "serviceAccounts: [{name: web, role: {arn: \"arn:aws:iam::111122223333:role/r\"}}]\n",
	} {
		w := newWorld(t, localaws.Options{})
		// An issuer that is given is compared, but only once somebody new gets in by it.
		operations, err := w.planAhead(body, localaws.Faults{})
		at := slices.Index(operations, "DescribeCluster")
		if err != nil || at >= 0 && (name != "issuer is known" || at < slices.Index(operations, "ListRoles")) {
			t.Errorf("%s: %v, %v", name, operations, err)
		}
	}
}

// TestAheadFails: what goes wrong ahead is asked again in its place, and said as ever.
func TestAheadFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localaws.Options{})
	for denied, want := range map[string]string{
		"eks:DescribeCluster":   "looking up cluster prod_cluster",
		"sts:GetCallerIdentity": "asking AWS whose credentials these are",
	} {
		if _, err := w.planAhead(twoAccounts, localaws.Faults{Deny: []string{denied}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without %s: %v, want %q", denied, err, want)
		}
	}
	// One answer that got lost is asked for again.
	dropped := false
	_, err := w.planAhead(twoAccounts, localaws.Faults{Before: func(c localaws.Call) {
		if c.Operation == "DescribeCluster" && !dropped {
			dropped = true
			panic(http.ErrAbortHandler)
		}
	}})
	if err != nil || !dropped {
		t.Errorf("dropped %t: %v", dropped, err)
	}
}

// TestAheadOfAnotherAccount: a cluster of the same name that the credentials see is not
// the one in the account that irsa.yaml says.
func TestAheadOfAnotherAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, localaws.Options{})
	_, err := w.planAhead(`apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster: {name: prod_cluster, region: eu-west-3, accountID: "444455556666"}
serviceAccounts: [{name: web}]
`, localaws.Faults{})
	if err == nil || !strings.Contains(err.Error(), "does not say how to reach AWS account 444455556666") {
		t.Errorf("got %v", err)
	}
}

package awsiam_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
)

// stateText is a state without what AWS gives to what is made, such as IDs and times, and
// without what is read of some policies alone.
func stateText(t testing.TB, s *awsstate.State) string {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, policy := range asList(all["Policies"]) {
		delete(asMap(policy), "Description")
		delete(asMap(policy), "Tags")
	}
	var strip func(v any)
	strip = func(v any) {
		for key, value := range asMap(v) {
			if slices.Contains([]string{"RoleId", "PolicyId", "CreateDate", "VersionId", "DefaultVersionId", "associationArn", "associationId", "externalId", "createdAt", "modifiedAt"}, key) {
				delete(asMap(v), key)
				continue
			}
			strip(value)
		}
		for _, item := range asList(v) {
			strip(item)
		}
	}
	strip(all)
	slices.SortFunc(asList(all["podIdentityAssociations"]), func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	out, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// sameState holds the state of a session that has planned and applied against that of one
// which reads anew.
func sameState(t testing.TB, done, fresh *awsiam.Session) {
	t.Helper()
	got, gaps, err := done.State(context.Background())
	if err != nil {
		t.Errorf("the state after a plan: %v", err)
		return
	}
	want, unread, err := fresh.State(context.Background())
	if err != nil {
		t.Errorf("the state as it is read: %v", err)
		return
	}
	if fmt.Sprint(gaps) != fmt.Sprint(unread) {
		t.Errorf("after a plan %v could not be read, else %v", gaps, unread)
	}
	if a, b := stateText(t, want), stateText(t, got); a != b {
		t.Errorf("the state after a plan is not what is read anew:\n%s", difference(a, b))
	}
}

// waves gives a session a client that is 50 ms away from AWS.
type waves struct {
	direct
	mu sync.Mutex
}

const away = 50 * time.Millisecond

func (w *waves) Do(r *http.Request) (*http.Response, error) {
	time.Sleep(away)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.direct.Do(r)
}

// TestCallsOfAPlanAndItsState: where nothing is to be done, what install and upgrade read of
// AWS before Helm, and what they verify from afterwards, are few calls in few round trips. Time
// is the test's own: it passes where somebody waits.
func TestCallsOfAPlanAndItsState(t *testing.T) {
	one := `policies: [{name: Mine, document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "*"}]}}]
serviceAccounts: [{name: app, role: {policies: [Mine]}}]
`
	var policies, accounts strings.Builder
	for i := range 100 {
		fmt.Fprintf(&policies, "- {name: P%d, document: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"s3:Get%d\", Resource: \"*\"}]}}\n", i, i)
		fmt.Fprintf(&accounts, "- {name: a%d, role: {policies: [P%d], policyARNs: [\"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess\"]}}\n", i, i)
	}
	for _, tt := range []struct {
		name, file    string
		calls, rounds int
	}{
		{"one service account", one, 6, 3},
		{"one service account, of an issuer that is given", strings.Replace(one, "policies:", "cluster: {name: prod_cluster, region: eu-west-3, issuer: \""+issuer+"\"}\npolicies:", 1), 6, 3},
		{"a hundred", "policies:\n" + policies.String() + "serviceAccounts:\n" + accounts.String(), 8, 3},
		{"by Pod Identity", "serviceAccounts: [{name: app, mode: podIdentity, role: {name: app-role}}]\n", 7, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.file
			if strings.Contains(text, "cluster:") {
				text = "apiVersion: helm-irsa.dev/v1alpha1\nkind: ReleaseIdentity\n" + text
			}
			f := fileOf(t, text)
			synctest.Test(t, func(t *testing.T) {
				c := newCloud(t, localaws.Options{})
				if err := c.process(released(f), nil).run(context.Background()); err != nil {
					t.Fatal(err)
				}
				c.aws.ResetCalls()
				p := c.process(released(f), nil)
				client := &waves{direct: direct{aws: c.aws}}
				p.options.Parallel, p.options.WillPlan, p.options.WillVerify = 0, true, true
				p.options.Load = []func(*config.LoadOptions) error{
					config.WithBaseEndpoint("http://localaws.invalid"), config.WithHTTPClient(client),
					config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("AKIATEST", "secret", "")),
				}
				from := time.Now()
				s, plan, err := p.plan(context.Background())
				if err != nil || !plan.Empty() {
					t.Fatalf("%v, %+v", err, plan)
				}
				state, unread, err := s.State(context.Background())
				if err != nil || len(unread) > 0 {
					t.Fatal(unread, err)
				}
				rounds := int(time.Since(from) / away)
				var names []string
				for _, call := range c.aws.Calls() {
					names = append(names, call.Operation)
				}
				if len(names) > tt.calls || rounds > tt.rounds {
					t.Errorf("%d calls in %d round trips, want at most %d in %d: %s", len(names), rounds, tt.calls, tt.rounds, strings.Join(names, " "))
				}
				if len(names) < 4 || rounds < 2 {
					t.Errorf("%d calls in %d round trips: they are not counted", len(names), rounds)
				}
				fresh, err := awsiam.Open(context.Background(), p.release, c.process(p.release, nil).options)
				if err != nil {
					t.Fatal(err)
				}
				want, _, err := fresh.State(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				if a, b := stateText(t, want), stateText(t, state); a != b {
					t.Errorf("the state is not what is read anew:\n%s", difference(a, b))
				}
			})
		})
	}
}

// TestStateDenied: what a plan does not need and may not be read is unknown, and is said.
func TestStateDenied(t *testing.T) {
	t.Parallel()
	c := newCloud(t, localaws.Options{})
	r := released(load(t, "serviceAccounts: [{name: app, mode: irsa, role: {name: app-role}}]\n"))
	if err := c.process(r, nil).run(context.Background()); err != nil {
		t.Fatal(err)
	}
	c.aws.SetFaults(localaws.Faults{Deny: []string{"eks:ListPodIdentityAssociations"}})
	p := c.process(r, nil)
	p.options.WillVerify, p.options.WillPlan = true, true
	s, plan, err := p.plan(context.Background())
	if err != nil || !plan.Empty() {
		t.Fatal(plan, err)
	}
	state, unread, err := s.State(context.Background())
	if err != nil || len(unread) != 1 || !strings.Contains(unread[0].Hint(), "eks:ListPodIdentityAssociations") {
		t.Fatalf("%v, %v", unread, err)
	}
	if state.Associations.Read || !state.Roles.Read || !state.Providers.Read {
		t.Errorf("read are %+v", state)
	}
}

// TestStateAfterAFailure: a session whose apply failed reads anew.
func TestStateAfterAFailure(t *testing.T) {
	t.Parallel()
	c := newCloud(t, localaws.Options{})
	r := released(load(t, mineBefore))
	s, plan, err := c.process(r, nil).plan(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	c.aws.SetFaults(localaws.Faults{Deny: []string{"iam:AttachRolePolicy"}})
	if err := s.Apply(context.Background(), plan, nil); err == nil {
		t.Fatal("no error")
	}
	c.aws.SetFaults(localaws.Faults{})
	fresh, _, err := c.process(r, nil).plan(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	sameState(t, s, fresh)
}

// fresh opens a session that has read nothing.
func (w *stage) fresh(c *goldenCase, a goldenArgs) *awsiam.Session {
	s, err := w.session(c, a)
	if err != nil {
		w.Fatal(err)
	}
	return s
}

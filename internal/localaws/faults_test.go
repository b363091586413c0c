package localaws

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// codesOf makes calls and gives the code of each.
func codesOf(t *testing.T, seed uint64, f Faults, calls int) []string {
	t.Helper()
	s := start(t, Options{Seed: seed})
	c := s.clients("AKIATEST")
	s.SetFaults(f)
	var out []string
	for i := range calls {
		_, err := c.createRole(t, fmt.Sprintf("r%d", i), trustEC2)
		out = append(out, code(err))
	}
	return out
}

func count(codes []string, code string) int {
	n := 0
	for _, c := range codes {
		if c == code {
			n++
		}
	}
	return n
}

func TestShares(t *testing.T) {
	t.Parallel()
	f := Faults{Throttled: 0.3, Failed: 0.05}
	codes := codesOf(t, 1, f, 300)
	if n := count(codes, "Throttling"); n < 70 || n > 110 {
		t.Errorf("%d of 300 throttled, want about 90", n)
	}
	if n := count(codes, "ServiceFailure"); n < 5 || n > 30 {
		t.Errorf("%d of 300 failed, want about 15", n)
	}
	if !slices.Equal(codes, codesOf(t, 1, f, 300)) {
		t.Error("the same seed strikes other calls")
	}
	if slices.Equal(codes, codesOf(t, 2, f, 300)) {
		t.Error("another seed strikes the same calls")
	}
	if got := codesOf(t, 1, Faults{Throttled: 1}, 3); count(got, "Throttling") != 3 {
		t.Errorf("with a share of 1: %q", got)
	}
}

// A struck call changes nothing.
func TestStruckIsNotActedOn(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	c := s.clients("AKIATEST")
	s.SetFaults(Faults{Failed: 1})
	_, err := c.createRole(t, "server", trustEC2)
	want(t, "creating", err, "ServiceFailure")
	s.SetFaults(Faults{})
	want(t, "getting", c.getRole(t, "server"), "NoSuchEntity")
}

func TestThrottledEKS(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	s.SetFaults(Faults{Throttled: 1})
	_, err := s.clients("AKIATEST").eks.ListClusters(t.Context(), &eks.ListClustersInput{})
	want(t, "listing", err, "ThrottlingException")
}

func TestDrop(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	c := s.clients("AKIATEST")
	s.SetFaults(Faults{DropAt: 2})
	for i, dropped := range []bool{false, true, false} {
		if _, err := c.createRole(t, fmt.Sprintf("r%d", i), trustEC2); (err != nil) != dropped {
			t.Errorf("call %d: error %v, want one: %v", i+1, err, dropped)
		}
	}
	for i := range 3 {
		want(t, "getting what the server made", c.getRole(t, fmt.Sprintf("r%d", i)), "")
	}
}

func TestStop(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	c := s.clients("AKIATEST")
	s.SetFaults(Faults{StopAt: 2})
	for i := range 4 {
		_, err := c.createRole(t, fmt.Sprintf("r%d", i), trustEC2)
		if got := err == nil; got != (i == 0) {
			t.Errorf("call %d: %v", i+1, err)
		}
	}
	s.SetFaults(Faults{})
	want(t, "the role before", c.getRole(t, "r0"), "")
	want(t, "the role at", c.getRole(t, "r1"), "NoSuchEntity")
	dropped := 0
	for _, call := range s.Calls() {
		if call.Dropped {
			dropped++
		}
		if call.Dropped == call.Acted {
			t.Errorf("call %d: dropped %v, acted on %v", call.Number, call.Dropped, call.Acted)
		}
	}
	if dropped != 3 {
		t.Errorf("the log has %d dropped calls, want 3", dropped)
	}
}

func TestPropagation(t *testing.T) {
	t.Parallel()
	now := newClock()
	s := start(t, Options{Clock: now.now})
	c := s.clients("AKIATEST")
	s.SetFaults(Faults{Propagation: 10 * time.Second})
	arn, err := c.createRole(t, "server", trustEC2)
	want(t, "creating", err, "")
	p, err := c.iam.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: ptr("Reader"), PolicyDocument: ptr(readBucket)})
	want(t, "creating", err, "")
	attach := func() error {
		_, err := c.iam.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: ptr("server"), PolicyArn: p.Policy.Arn})
		return err
	}
	self := strings.Replace(trustEC2, `"Service":"ec2.amazonaws.com"`, `"AWS":"`+arn+`"`, 1)

	now.advance(9 * time.Second)
	want(t, "getting early", c.getRole(t, "server"), "NoSuchEntity")
	want(t, "attaching early", attach(), "NoSuchEntity")
	_, err = c.createRole(t, "server", trustEC2)
	want(t, "creating again", err, "EntityAlreadyExists")
	_, err = c.createRole(t, "other", self)
	want(t, "naming it as principal early", err, "MalformedPolicyDocument")
	list, err := c.iam.ListRoles(t.Context(), nil)
	if err != nil || len(list.Roles) != 0 {
		t.Errorf("listing early: %v, %v", list, err)
	}

	now.advance(time.Second)
	want(t, "getting", c.getRole(t, "server"), "")
	want(t, "attaching", attach(), "")
	_, err = c.createRole(t, "other", self)
	want(t, "naming it as principal", err, "")
}

// Each of the two that a call names may be the one that is not seen yet; providers are
// seen at once.
func TestPropagationOfOne(t *testing.T) {
	t.Parallel()
	now := newClock()
	s := start(t, Options{Clock: now.now})
	c := s.clients("AKIATEST")
	_, err := c.createRole(t, "old", trustEC2)
	want(t, "creating", err, "")
	s.SetFaults(Faults{Propagation: 10 * time.Second})
	p, err := c.iam.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: ptr("Reader"), PolicyDocument: ptr(readBucket)})
	want(t, "creating", err, "")
	fresh, err := c.createRole(t, "fresh", trustEC2)
	want(t, "creating", err, "")
	calls := map[string]func() error{
		"NoSuchEntity attach": func() error {
			_, err := c.iam.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: ptr("old"), PolicyArn: p.Policy.Arn})
			return err
		},
		"NoSuchEntity bound": func() error {
			_, err := c.iam.PutRolePermissionsBoundary(t.Context(), &iam.PutRolePermissionsBoundaryInput{RoleName: ptr("old"), PermissionsBoundary: p.Policy.Arn})
			return err
		},
		"NoSuchEntity put": func() error {
			_, err := c.iam.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: ptr("fresh"), PolicyName: ptr("in"), PolicyDocument: ptr(readBucket)})
			return err
		},
		"MalformedPolicyDocument trust": func() error {
			document := strings.Replace(trustEC2, `"Service":"ec2.amazonaws.com"`, `"AWS":"`+fresh+`"`, 1)
			_, err := c.iam.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: ptr("old"), PolicyDocument: &document})
			if err != nil && !strings.Contains(err.Error(), `Invalid principal in policy: "AWS":"`+fresh+`"`) {
				t.Errorf("got %v", err)
			}
			return err
		},
	}
	for what, call := range calls {
		code, _, _ := strings.Cut(what, " ")
		want(t, what+" early", call(), code)
	}
	made, err := c.iam.CreateOpenIDConnectProvider(t.Context(), &iam.CreateOpenIDConnectProviderInput{Url: ptr(testIssuer)})
	want(t, "making the provider", err, "")
	_, err = c.iam.GetOpenIDConnectProvider(t.Context(), &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: made.OpenIDConnectProviderArn})
	want(t, "getting the provider at once", err, "")
	now.advance(10 * time.Second)
	for what, call := range calls {
		want(t, what, call(), "")
	}
}

func TestDeny(t *testing.T) {
	t.Parallel()
	s := start(t, Options{})
	s.SetFaults(Faults{Deny: []string{"iam:CreateRole", "eks:ListClusters"}})
	c := s.clients("AKIATEST")
	_, err := c.createRole(t, "server", trustEC2)
	want(t, "creating", err, "AccessDenied")
	if text := "User: arn:aws:iam::111122223333:user/local is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::111122223333:role/server because no identity-based policy allows the iam:CreateRole action"; !strings.Contains(err.Error(), text) {
		t.Errorf("got %v, want %s", err, text)
	}
	_, err = c.eks.ListClusters(t.Context(), &eks.ListClustersInput{})
	want(t, "listing", err, "AccessDeniedException")
	want(t, "getting", c.getRole(t, "server"), "NoSuchEntity")
}

func TestLatencyAndHooks(t *testing.T) {
	t.Parallel()
	var slept atomic.Int64
	s := start(t, Options{Sleep: func(d time.Duration) { slept.Add(int64(d)) }})
	var order []string
	s.SetFaults(Faults{
		Latency: time.Hour,
		Before:  func(c Call) { order = append(order, fmt.Sprint("before ", c.Number, " ", c.Operation)) },
		After:   func(c Call) { order = append(order, fmt.Sprint("after ", c.Number, " ", c.Code)) },
	})
	want(t, "getting", s.clients("AKIATEST").getRole(t, "server"), "NoSuchEntity")
	if time.Duration(slept.Load()) != time.Hour {
		t.Errorf("slept %s", time.Duration(slept.Load()))
	}
	if want := []string{"before 1 GetRole", "after 1 NoSuchEntity"}; !slices.Equal(order, want) {
		t.Errorf("got %q, want %q", order, want)
	}
}

func ptr[T any](v T) *T { return &v }

package awsiam_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// A plan in two parts, with Helm in between: the second part takes away what the first plan
// showed, and nothing else.

const splitAfter = `
policies:
- name: Mine
  document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/AFTER"}]}
serviceAccounts:
- name: app
  mode: irsa
  role: {name: app-role, policies: [Mine], policyARNs: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]}
`

// TestSecondPart acts between the two parts.
func TestSecondPart(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		do    func(*hand)
		stops string
	}{
		{name: "nothing"},
		{"the first part taken back", func(h *hand) {
			h.iam("DetachRolePolicy", "RoleName=app-role", "PolicyArn=arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
		}, "policy attachment app-role/AmazonS3ReadOnlyAccess was created, and is not there any more"},
		{"a part of the second done", func(h *hand) {
			h.iam("DetachRolePolicy", "RoleName=app-role", "PolicyArn=arn:aws:iam::aws:policy/AmazonSQSFullAccess")
			h.iam("DeleteRolePolicy", "RoleName=app-role", "PolicyName=extra")
		}, ""},
		{"an attachment", func(h *hand) {
			h.iam("AttachRolePolicy", "RoleName=app-role", "PolicyArn="+adminARN)
		}, "policy attachment app-role/AdministratorAccess would be deleted now"},
		{"a statement", (*hand).statement, "the trust of role app-role changed"},
		{"the role that goes, used by others", func(h *hand) {
			h.iam("UpdateAssumeRolePolicy", "RoleName=other-role", "PolicyDocument="+ec2Trust)
		}, "the trust of role other-role changed"},
		{"the role that goes, made again", func(h *hand) {
			h.iam("DeleteRole", "RoleName=other-role")
			h.iam("CreateRole", "RoleName=other-role", "Path=/helm-irsa/", "AssumeRolePolicyDocument="+ec2Trust)
		}, "role other-role was deleted and made again"},
		{"the policy", func(h *hand) {
			h.iam("CreatePolicyVersion", "PolicyArn="+policyARN, "PolicyDocument="+allowAll, "SetAsDefault=true")
		}, "policy Mine"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			from, _ := (&act{made: true}).begin(t)
			c := restored(t, t.TempDir(), from)
			s, plan, err := c.process(released(load(t, splitAfter)), nil).plan(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			first, second := plan.Split()
			if first.Empty() || second.Empty() {
				t.Fatal("the plan has no two parts")
			}
			if err := s.Apply(context.Background(), first, nil); err != nil {
				t.Fatal(err)
			}
			if tt.do != nil {
				tt.do(&hand{c: c, t: t})
			}
			before := canonical(t, c.snapshot(t), look{})
			err = s.Apply(context.Background(), second, nil)
			var found *awsiam.Meanwhile
			switch {
			case tt.stops == "" && err != nil:
				t.Fatal(err)
			case tt.stops == "":
				if err := c.process(released(load(t, splitAfter)), nil).empty(); err != nil {
					t.Error(err)
				}
			case !errors.As(err, &found) || !strings.Contains(err.Error(), tt.stops) || !found.After:
				t.Errorf("the error is %v, want one with %q", err, tt.stops)
			case canonical(t, c.snapshot(t), look{}) != before:
				t.Errorf("something was written:\n%s", difference(before, canonical(t, c.snapshot(t), look{})))
			}
		})
	}
}

// stale answers the next readings of the whole account from what AWS knew before, as a place
// of IAM's may that lags behind.
func (c *cloud) stale(t testing.TB, p *process, before []byte, readings int) {
	old := restored(t, t.TempDir(), before)
	p.http.before = func(r *http.Request) error {
		p.http.aws = c.aws
		if readings > 0 && nameOf(r) == "GetAccountAuthorizationDetails" {
			readings--
			p.http.aws = old.aws
		}
		return nil
	}
}

// TestLateReading: what IAM does not show yet is nobody else's change.
func TestLateReading(t *testing.T) {
	t.Parallel()
	begin := func(t *testing.T) (c *cloud, from []byte) {
		from, _ = (&act{made: true}).begin(t)
		return restored(t, t.TempDir(), from), from
	}
	t.Run("what the first part did is waited for", func(t *testing.T) {
		t.Parallel()
		c, from := begin(t)
		p := c.process(released(load(t, splitAfter)), nil)
		s, plan, err := p.plan(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		first, second := plan.Split()
		if err := s.Apply(context.Background(), first, nil); err != nil {
			t.Fatal(err)
		}
		c.stale(t, p, from, 6)
		if err := s.Apply(context.Background(), second, nil); err != nil {
			t.Fatal(err)
		}
		if err := c.process(released(load(t, splitAfter)), nil).empty(); err != nil {
			t.Error(err)
		}
	})
	t.Run("a reading that is older than the plan's", func(t *testing.T) {
		t.Parallel()
		c, from := begin(t)
		if err := c.process(released(load(t, mineAfter)), nil).run(context.Background()); err != nil {
			t.Fatal(err)
		}
		p := c.process(released(load(t, splitAfter)), nil)
		s, plan, err := p.plan(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		c.stale(t, p, from, 2)
		if err := s.Apply(context.Background(), plan, nil); err != nil {
			t.Error(err)
		}
	})
	t.Run("a plan that is older than what a run before it did", func(t *testing.T) {
		t.Parallel()
		c := newCloud(t, localaws.Options{})
		from := c.snapshot(t)
		again := c.process(released(load(t, mineBefore)), nil)
		ctx, cancel := context.WithCancel(context.Background())
		killed := c.process(released(load(t, mineBefore)), nil)
		c.aws.SetFaults(localaws.Faults{After: func(call localaws.Call) {
			if call.Operation == "CreateRole" {
				cancel()
			}
		}})
		if err := killed.run(ctx); err == nil {
			t.Fatal("it was not stopped")
		}
		c.aws.SetFaults(localaws.Faults{})
		c.stale(t, again, from, 1)
		s, plan, err := again.plan(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Apply(context.Background(), plan, nil); err != nil {
			t.Fatal(err)
		}
		if err := c.process(released(load(t, mineBefore)), nil).empty(); err != nil {
			t.Error(err)
		}
	})
}

// TestReadsAgain: an apply reads what the plan did, once, and nothing where nothing changes.
func TestReadsAgain(t *testing.T) {
	t.Parallel()
	from, _ := (&act{made: true}).begin(t)
	for body, changes := range map[string]bool{mineBefore: false, mineAfter: true} {
		c := restored(t, t.TempDir(), from)
		names := func() (out []string) {
			for _, call := range c.aws.Calls() {
				if call.Service != "sts" && call.Operation != "DescribeCluster" {
					out = append(out, call.Operation)
				}
			}
			c.aws.ResetCalls()
			return out
		}
		c.aws.ResetCalls()
		s, plan, err := c.process(released(load(t, body)), nil).plan(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		planned := names()
		if err := s.Apply(context.Background(), plan, nil); err != nil {
			t.Fatal(err)
		}
		got := names()
		switch {
		case !changes && len(got) > 0:
			t.Errorf("there is nothing to do, and yet it calls %v", got)
		case !changes:
		case !slices.Equal(sorted(got[:len(planned)]), sorted(planned)): // quotas only once something is to be done
			t.Errorf("it reads %v, the plan read %v", got[:len(planned)], planned)
		case slices.Contains(got[len(planned):], "GetAccountAuthorizationDetails"):
			t.Errorf("it reads more than once: %v", got)
		}
	}
}

func sorted(names []string) []string {
	out := slices.Clone(names)
	slices.Sort(out)
	return out
}

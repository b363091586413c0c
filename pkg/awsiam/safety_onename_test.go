package awsiam_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Two releases that have never heard of each other name one role and one policy, and give
// them different things.

func oneName(t testing.TB, name, action, policy string) *spec.File {
	return load(t, fmt.Sprintf(`
policies:
- name: OneName
  document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: %q, Resource: "*"}]}
serviceAccounts:
- name: %s
  role: {name: one-name, policies: [OneName], policyARNs: ["arn:aws:iam::aws:policy/%s"]}
`, action, name, policy))
}

// oneOwner: the role and the policy are of one release, with what that release gives them
// and nothing of the other, and that release has nothing left to do.
func oneOwner(t testing.TB, again func(*cloud) map[string]*process) func(*cloud, map[string]error) error {
	gives := map[string][2]string{"a": {"s3:GetObject", "AmazonS3ReadOnlyAccess"}, "b": {"sqs:SendMessage", "AmazonSQSFullAccess"}}
	look := func(c *cloud) (string, error) {
		now := (&hand{c: c}).now(t)
		role, policy := now.Roles["one-name"], now.Policies["arn:aws:iam::"+account+":policy/helm-irsa/OneName"]
		keeper, of := releaseOf(role.Tags), releaseOf(policy.Tags)
		for name, other := range map[string]string{"a": "b", "b": "a"} {
			if keeper == name && (strings.Contains(role.Trust, "system:serviceaccount:"+other+":") || slices.Contains(role.Attached, "arn:aws:iam::aws:policy/"+gives[other][1])) {
				return keeper, fmt.Errorf("%s has something on the role of %s: %v %s", other, name, role.Attached, role.Trust)
			}
			if of == name && !strings.Contains(policy.Versions[0].Document, gives[name][0]) || len(policy.Versions) > 1 {
				return keeper, fmt.Errorf("the policy of %s has %v", of, policy.Versions)
			}
		}
		return keeper, nil
	}
	return func(c *cloud, errs map[string]error) error {
		keeper, err := look(c)
		if err != nil {
			return err
		}
		if errs["a"] == nil && errs["b"] == nil {
			return errors.New("both report success")
		}
		// Whose the role is may go on; the other is refused, and changes nothing. Where the
		// policy is one's and the role the other's, neither ends.
		for _, name := range []string{keeper, "a", "b"} {
			if p := again(c)[name]; p != nil {
				before := canonical(t, c.snapshot(t), ofAll)
				if err := p.run(context.Background()); err != nil && name != keeper && canonical(t, c.snapshot(t), ofAll) != before {
					return fmt.Errorf("%s was refused (%w), and changed something", name, err)
				}
			}
			if _, err := look(c); err != nil {
				return fmt.Errorf("%s again: %w", name, err)
			}
		}
		return nil
	}
}

var ofAll = look{versions: true}

func releaseOf(tags []savedTag) string {
	for _, t := range tags {
		if t.Key == spec.TagRelease {
			return t.Value
		}
	}
	return ""
}

func oneNameRuns(t testing.TB) func(*cloud) map[string]*process {
	a, b := oneName(t, "a", "s3:GetObject", "AmazonS3ReadOnlyAccess"), oneName(t, "b", "sqs:SendMessage", "AmazonSQSFullAccess")
	return func(c *cloud) map[string]*process {
		return map[string]*process{"a": c.of(a, "a", false), "b": c.of(b, "b", false)}
	}
}

// TestOneName walks the orders of the calls of two releases whose plans both make a role
// and a policy of one name.
func TestOneName(t *testing.T) {
	t.Parallel()
	runs := oneNameRuns(t)
	x := &together{from: newCloud(t, localaws.Options{}).snapshot(t), runs: runs, turns: turns(), end: oneOwner(t, runs)}
	x.explore(t, 100000)
	x.random(t, 20)
}

// TestOneNameKilled kills the first after each of its calls, and lets the other go on from
// each of its own.
func TestOneNameKilled(t *testing.T) {
	t.Parallel()
	runs := oneNameRuns(t)
	x := &together{from: newCloud(t, localaws.Options{}).snapshot(t), runs: runs}
	dir := t.TempDir()
	for before := range 6 { // calls of the other before
		for calls := range 6 { // calls that it makes until it is killed
			c := restored(t, dir, x.from)
			s := newScheduler(c, x.plans(t))
			first, other := s.parties[0], s.parties[1]
			for range before {
				if !other.ended && other.at != "" {
					s.step(other)
				}
			}
			for range calls {
				if !first.ended && first.at != "" {
					s.step(first)
				}
			}
			s.kill(first)
			for ready := s.ready(); len(ready) > 0; ready = s.ready() {
				s.step(ready[0])
			}
			if err := oneOwner(t, runs)(c, map[string]error{"a": first.err, "b": other.err}); err != nil && !(first.err == nil && other.err == nil) {
				t.Errorf("%v\n%s", err, s)
			}
		}
	}
}

package awsiam_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// sharing is a file whose role several releases name.
func sharing(t testing.TB, subject string) *spec.File {
	return load(t, fmt.Sprintf(`
serviceAccounts:
- name: %s
  role: {name: shared-role, policyARNs: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"], sharedWith: ["a/*", "b/*", "d/*", "k/*", "z/z"]}
`, subject))
}

func (c *cloud) of(f *spec.File, name string, destroy bool) *process {
	r := awsiam.Release{File: f, Name: name, Namespace: name}
	if destroy {
		return c.process(r, &awsiam.DestroyOptions{})
	}
	return c.process(r, nil)
}

// settled: whoever failed succeeds when it tries again, nobody has anything left to do,
// and no tag says that somebody writes. Where the role may be nobody's any more, who tries
// again may be refused with those words, and has left nothing there.
func settled(t testing.TB, again func(*cloud) map[string]*process, mayFail bool, refused ...string) func(*cloud, map[string]error) error {
	return func(c *cloud, errs map[string]error) error {
		out := map[string]bool{}
		for name, err := range errs {
			if err != nil && !mayFail {
				return fmt.Errorf("%s failed: %w", name, err)
			}
		}
		for name, p := range again(c) {
			if errs[name] != nil {
				err := p.run(context.Background())
				if err != nil && slices.ContainsFunc(refused, func(words string) bool { return strings.Contains(err.Error(), words) }) {
					out[name] = true
					if strings.Contains(string(c.snapshot(t)), "system:serviceaccount:"+name+":") {
						return fmt.Errorf("%s was refused, and left a statement", name)
					}
					continue
				}
				if err != nil {
					return fmt.Errorf("%s failed (%v), and again: %w", name, errs[name], err)
				}
			}
		}
		leaves := false
		for _, p := range again(c) {
			leaves = leaves || p.destroy != nil
		}
		for name, p := range again(c) {
			if !leaves || p.destroy != nil || out[name] {
				continue
			}
			if err := p.run(context.Background()); err != nil { // who inherits consents by itself
				return fmt.Errorf("%s, once the other has left: %w", name, err)
			}
		}
		for name, p := range again(c) {
			if out[name] {
				continue
			}
			if err := p.empty(); err != nil {
				return fmt.Errorf("%s (which ended with %v): %w", name, errs[name], err)
			}
		}
		if text := string(c.snapshot(t)); strings.Contains(text, "helm-irsa.dev/writing.") {
			return errors.New("a tag says that somebody writes")
		}
		return nil
	}
}

// heirIsSilent: whoever inherits a role shares it with others only once it was applied.
const heirIsSilent = "which does not share it with"

// turns is 2, or all of them where the environment asks for it: that takes minutes.
func turns() int {
	if os.Getenv("HELM_IRSA_ALL_ORDERS") != "" {
		return allTurns
	}
	return 2
}

// TestTwoAtOnce walks the orders of the calls of two releases that share a role.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	a, a2, b, k := sharing(t, "a"), sharing(t, "changed"), sharing(t, "b"), sharing(t, "k")
	type runs = func(*cloud) map[string]*process
	for _, tt := range []struct {
		name    string
		before  func(*cloud) []*process
		runs    runs
		mayFail bool
	}{
		{"both create", nil, func(c *cloud) map[string]*process {
			return map[string]*process{"a": c.of(a, "a", false), "b": c.of(b, "b", false)}
		}, true},
		{"both add", func(c *cloud) []*process { return []*process{c.of(k, "k", false)} }, func(c *cloud) map[string]*process {
			return map[string]*process{"a": c.of(a, "a", false), "b": c.of(b, "b", false)}
		}, false},
		{"one adds, the keeper updates", func(c *cloud) []*process { return []*process{c.of(a, "a", false)} }, func(c *cloud) map[string]*process {
			return map[string]*process{"a": c.of(a2, "a", false), "b": c.of(b, "b", false)}
		}, false},
		{"one adds, a sharer leaves", func(c *cloud) []*process { return []*process{c.of(k, "k", false), c.of(a, "a", false)} }, func(c *cloud) map[string]*process {
			return map[string]*process{"a": c.of(a, "a", true), "b": c.of(b, "b", false)}
		}, false},
		{"one adds, the keeper leaves", func(c *cloud) []*process { return []*process{c.of(a, "a", false)} }, func(c *cloud) map[string]*process {
			return map[string]*process{"a": c.of(a, "a", true), "b": c.of(b, "b", false)}
		}, true},
		{"one adds, the keeper hands over", func(c *cloud) []*process { return []*process{c.of(a, "a", false), c.of(k, "k", false)} }, func(c *cloud) map[string]*process {
			return map[string]*process{"a": c.of(a, "a", true), "b": c.of(b, "b", false)}
		}, true},
		{"one adds, the keeper leaves what others trust", func(c *cloud) []*process { return []*process{c.of(a, "a", false)} }, func(c *cloud) map[string]*process {
			return map[string]*process{"a": c.of(a, "a", true), "b": c.of(b, "b", false)}
		}, true},
		{"both leave", func(c *cloud) []*process { return []*process{c.of(a, "a", false), c.of(b, "b", false)} }, func(c *cloud) map[string]*process {
			return map[string]*process{"a": c.of(a, "a", true), "b": c.of(b, "b", true)}
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t, localaws.Options{})
			if tt.before != nil {
				for _, p := range tt.before(c) {
					if err := p.run(context.Background()); err != nil {
						t.Fatal(err)
					}
				}
			}
			var refused []string
			switch {
			case strings.HasSuffix(tt.name, "what others trust"):
				c.trustEC2(t, "shared-role")
				refused = []string{"was not made by helm-irsa"}
			case strings.HasSuffix(tt.name, "hands over"):
				refused = []string{heirIsSilent}
			}
			x := &together{from: c.snapshot(t), runs: tt.runs, turns: turns(), end: settled(t, tt.runs, tt.mayFail, refused...)}
			x.explore(t, 100000)
			x.random(t, 10)
		})
	}
}

// trustEC2 adds a statement to a role's trust, as somebody would by hand.
func (c *cloud) trustEC2(t testing.TB, role string) {
	t.Helper()
	var state struct {
		Accounts map[string]struct {
			Roles map[string]struct{ Trust string }
		}
	}
	if err := json.Unmarshal(c.snapshot(t), &state); err != nil {
		t.Fatal(err)
	}
	const byHand = `"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"},`
	before := state.Accounts[account].Roles[role].Trust
	after := strings.Replace(before, `"Statement":[`, byHand, 1)
	if after == before {
		t.Fatalf("the trust is %s", before)
	}
	c.call(t, "AKIAHAND", "UpdateAssumeRolePolicy", map[string]string{"RoleName": role, "PolicyDocument": after})
}

// TestThreeAtOnce lets three releases add at once, and two while one leaves.
func TestThreeAtOnce(t *testing.T) {
	t.Parallel()
	files := map[string]*spec.File{}
	for _, name := range []string{"a", "b", "d", "k"} {
		files[name] = sharing(t, name)
	}
	c := newCloud(t, localaws.Options{})
	for _, name := range []string{"k", "d"} {
		if err := c.of(files[name], name, false).run(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name  string
		leave map[string]bool
	}{
		{"three", map[string]bool{"a": false, "b": false, "k": false}},
		{"a sharer leaves", map[string]bool{"a": false, "b": false, "d": true}},
		{"the keeper leaves", map[string]bool{"a": false, "b": false, "k": true}},
	} {
		runs := func(c *cloud) map[string]*process {
			out := map[string]*process{}
			for name, leaves := range tt.leave {
				out[name] = c.of(files[name], name, leaves)
			}
			return out
		}
		x := &together{from: c.snapshot(t), runs: runs, end: settled(t, runs, tt.leave["k"], heirIsSilent)}
		x.random(t, 25)
	}
}

// TestOneKilled kills a release after each of its calls, while another adds: that one
// ends after it has waited, and both are whole once the first was run again.
func TestOneKilled(t *testing.T) {
	t.Parallel()
	a, b, k := sharing(t, "a"), sharing(t, "b"), sharing(t, "k")
	c := newCloud(t, localaws.Options{})
	if err := c.of(k, "k", false).run(context.Background()); err != nil {
		t.Fatal(err)
	}
	from := c.snapshot(t)
	dir, walked, waited := t.TempDir(), 0, 0
	for _, doomed := range []struct {
		name   string
		leaves bool
	}{{"a", false}, {"k", true}} {
		runs := func(c *cloud) map[string]*process {
			return map[string]*process{doomed.name: c.of(map[string]*spec.File{"a": a, "k": k}[doomed.name], doomed.name, doomed.leaves), "z": c.of(b, "z", false)}
		}
		x := &together{from: from, runs: runs}
		for before := 0; before < 8; before += 2 { // calls of the other before
			for calls := range 9 { // calls that it makes until it is killed
				c := restored(t, dir, from)
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
				from := c.clock.Now()
				for ready := s.ready(); len(ready) > 0; ready = s.ready() {
					if s.step(ready[0]); s.steps > mostSteps {
						s.killAll()
						t.Fatalf("it hangs: %s", s)
					}
				}
				walked++
				took := c.clock.Now().Sub(from)
				if took > 0 {
					waited++
				}
				if took > 5*time.Minute {
					t.Errorf("it took %s: %s", took, s)
				}
				if other.err != nil && !doomed.leaves {
					t.Errorf("the other failed: %v\n%s", other.err, s)
				}
				// The one is run again; then the other too, where it had failed.
				if err := runs(c)[first.name].run(context.Background()); err != nil && !doomed.leaves {
					t.Errorf("run again: %v\n%s", err, s)
				}
				if err := settled(t, runs, true)(c, map[string]error{"z": other.err}); err != nil {
					t.Errorf("%v\n%s", err, s)
				}
			}
		}
	}
	t.Logf("%d moments to be killed at, and %d times the other waited", walked, waited)
	if waited == 0 {
		t.Error("the other never waited")
	}
}

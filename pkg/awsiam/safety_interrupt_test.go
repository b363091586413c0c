package awsiam_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

const remoteAccount = "444455556666"

const everythingHead = `apiVersion: helm-irsa.dev/v1alpha1
kind: ReleaseIdentity
cluster:
  name: prod_cluster
  region: eu-west-3
  additional:
  - {name: standby, region: eu-central-1, accountID: "111122223333", issuer: https://oidc.eks.eu-central-1.amazonaws.com/id/STANDBY}
accounts:
  "444455556666": {assumeRoleARN: "arn:aws:iam::444455556666:role/helm-irsa-access"}
`

// everything has something of all that can be in irsa.yaml for AWS.
const everything = everythingHead + `
defaults: {path: /irsa/, tags: {team: platform}}
policies:
- name: ReadBucket
  description: what the bucket is for
  document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/DOCUMENT"}]}
- name: WriteQueue
  document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "sqs:SendMessage", Resource: "*"}]}
- name: NodeLogs
  document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "logs:PutLogEvents", Resource: "*"}]}
nodeRole:
  name: nodes
  policies: [NodeLogs]
  policyARNs: ["arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"]
serviceAccounts:
- name: web
  role:
    description: the web role
    policies: [ReadBucket, WriteQueue]
    policyARNs: ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
- name: sync
  mode: both
  role:
    name: sync-role
    policies: [ReadBucket]
    inlinePolicies: {extra: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:ListBucket", Resource: "*"}]}}
    trust:
      also: [{principals: {AWS: [self], Service: [s3.amazonaws.com]}, actions: ["sts:AssumeRole"]}]
- name: remote
  role: {name: remote-role, accountID: "444455556666", policies: [ReadBucket], permissionsBoundary: "arn:aws:iam::444455556666:policy/boundary"}
- name: jobs
  role:
    name: jobs-role
    permissionsBoundary: arn:aws:iam::111122223333:policy/boundary
    maxSessionDuration: 2h
    tags: {component: jobs}
    inlinePolicies:
      one: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:ListBucket", Resource: "*"}]}
      two: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "sqs:ListQueues", Resource: "*"}]}
- name: agent
  mode: podIdentity
  role: {name: agent-role, policyARNs: ["arn:aws:iam::aws:policy/AmazonSQSFullAccess"]}
`

// changed is everything after a day's work: documents, descriptions, boundary, tags and
// trust differ, an account and a policy are gone.
const changed = everythingHead + `
defaults: {path: /irsa/, tags: {team: data}}
policies:
- name: ReadBucket
  description: what the bucket is for
  document: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/changed"}]}
nodeRole:
  name: nodes
  policies: [ReadBucket]
  policyARNs: ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"]
serviceAccounts:
- name: web
  role:
    description: another description
    policies: [ReadBucket]
    inlinePolicies: {new: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:ListBucket", Resource: "*"}]}}
- name: sync
  mode: both
  role:
    name: sync-role
    policies: [ReadBucket]
    inlinePolicies: {extra: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:ListAllMyBuckets", Resource: "*"}]}}
    trust:
      also: [{principals: {AWS: [self, "arn:aws:iam::111122223333:role/irsa/jobs-role"]}, actions: ["sts:AssumeRole", "sts:TagSession"]}]
- name: remote
  role: {name: remote-role, accountID: "444455556666", policies: [ReadBucket], permissionsBoundary: "arn:aws:iam::444455556666:policy/boundary2"}
- name: jobs
  role:
    name: jobs-role
    tags: {component: workers, added: "yes"}
    inlinePolicies:
      two: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "sqs:ListQueues", Resource: "*"}]}
`

// furnish puts there what the scenario finds: the role for the other account, the nodes'
// role, and boundaries.
func (c *cloud) furnish(t testing.TB) *cloud {
	t.Helper()
	allow := func(principal string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"}]}`
	}
	for _, r := range []localaws.Role{
		{Account: remoteAccount, Name: "helm-irsa-access", Trust: allow(`{"AWS":"arn:aws:iam::111122223333:root"}`)},
		{Name: "nodes", Trust: allow(`{"Service":"ec2.amazonaws.com"}`), Policies: []string{"arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"}},
	} {
		if _, err := c.aws.AddRole(r); err != nil {
			t.Fatal(err)
		}
	}
	for account, names := range map[string][]string{account: {"boundary"}, remoteAccount: {"boundary", "boundary2"}} {
		for _, name := range names {
			c.aws.AddCredential("AKIAOWNER", localaws.Credential{Account: account})
			c.call(t, "AKIAOWNER", "CreatePolicy", map[string]string{"PolicyName": name, "PolicyDocument": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`})
		}
	}
	return c
}

// released is the release of an irsa.yaml.
func released(f *spec.File) awsiam.Release { return awsiam.Release{File: f, Name: "shop"} }

// walk interrupts one kind of run at every call.
type walk struct {
	name string
	from []byte // what AWS knows before
	run  func(*cloud) *process
	// after is what is done once the run has been interrupted; each is begun with what
	// AWS knew then.
	after []func(*cloud) error
	final string   // what the run leads to
	kinds []string // in which it is interrupted

	mu     sync.Mutex
	known  map[string]error // what after came to, by the state it began with
	points atomic.Int32
}

// kinds are the ways to interrupt a run at a call: AWS acts on it and the process is
// killed, or nothing after it gets through; AWS acts on it and the answer is lost; the
// user stops it before the call is sent, or while AWS acts on it.
var kinds = []string{"killed", "lost answer", "canceled before", "canceled after"}

// interrupted runs and is interrupted at call k.
func (w *walk) interrupted(c *cloud, kind string, k, parallel int) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p := w.run(c)
	p.options.Parallel = parallel
	var sent atomic.Int32
	switch kind {
	case "killed":
		f := localaws.Faults{DropAt: k, StopAt: k + 1}
		if k%4 != 0 { // killed; else it tries all that it can until it gives up
			f.After = func(call localaws.Call) {
				if call.Number >= k {
					cancel()
				}
			}
		}
		c.aws.SetFaults(f)
	case "lost answer":
		c.aws.SetFaults(localaws.Faults{DropAt: k})
	case "canceled before":
		p.http.before = func(*http.Request) error {
			if int(sent.Add(1)) >= k {
				cancel()
			}
			return nil
		}
	case "canceled after":
		c.aws.SetFaults(localaws.Faults{After: func(call localaws.Call) {
			if call.Number >= k {
				cancel()
			}
		}})
	}
	err := p.run(ctx)
	c.aws.SetFaults(localaws.Faults{})
	return err
}

func (w *walk) at(t testing.TB, dir, kind string, k, parallel int) {
	c := restored(t, dir, w.from)
	err := w.interrupted(c, kind, k, parallel)
	w.points.Add(1)
	where := fmt.Sprintf("%s, %s at call %d, %d side by side", w.name, kind, k, parallel)
	text := c.snapshot(t)
	switch {
	case kind == "lost answer" && err != nil:
		t.Errorf("%s: %v", where, err)
		return
	case kind == "lost answer":
		if got := canonical(t, text, look{}); got != w.final {
			t.Errorf("%s: ended elsewhere:\n%s", where, difference(w.final, got))
		}
		return
	case err == nil:
		t.Errorf("%s: no error", where)
	case strings.HasPrefix(kind, "canceled") && !errors.Is(err, context.Canceled):
		t.Errorf("%s: the error is not the cancellation: %v", where, err)
	}
	key := canonical(t, text, look{versions: true})
	w.mu.Lock()
	failed, done := w.known[key]
	w.mu.Unlock()
	if !done {
		for i, f := range w.after {
			if err := f(restored(t, dir, text)); err != nil {
				failed = errors.Join(failed, fmt.Errorf("branch %d: %w", i, err))
			}
		}
		w.mu.Lock()
		w.known[key] = failed
		w.mu.Unlock()
	}
	if failed != nil {
		t.Errorf("%s: %v", where, failed)
	}
}

// calls is how many calls the undisturbed run makes, and what it leads to.
func (w *walk) calls(t testing.TB, dir string, parallel int) int {
	c := restored(t, dir, w.from)
	c.aws.SetFaults(localaws.Faults{})
	p := w.run(c)
	p.options.Parallel = parallel
	if err := p.run(context.Background()); err != nil {
		t.Fatalf("%s, undisturbed: %v", w.name, err)
	}
	w.final = canonical(t, c.snapshot(t), look{})
	return len(c.aws.Calls())
}

// walk interrupts in every way at every call.
func (w *walk) walk(t *testing.T) {
	w.known = map[string]error{}
	n := w.calls(t, t.TempDir(), 1)
	type point struct {
		kind        string
		k, parallel int
	}
	var points []point
	for _, kind := range w.kinds {
		for k := 1; k <= n; k++ {
			points = append(points, point{kind, k, 1})
			if k%6 == 0 && kind == w.kinds[k/6%len(w.kinds)] { // a sample of them side by side
				points = append(points, point{kind, k, 0})
			}
		}
	}
	sideBySide(t, len(points), func(i int, dir string) { w.at(t, dir, points[i].kind, points[i].k, points[i].parallel) })
	t.Logf("%s: %d calls, %d interruptions walked, %d different states to go on from", w.name, n, w.points.Load(), len(w.known))
	if walked := int(w.points.Load()); n < 20 || walked < n*len(w.kinds) {
		t.Errorf("%s: only %d interruptions walked over %d calls", w.name, walked, n)
	}
}

func TestInterruptedEverywhere(t *testing.T) {
	t.Parallel()
	first, second := released(load(t, everything)), released(load(t, changed))
	all := &awsiam.DestroyOptions{Provider: true}
	c := newCloud(t, localaws.Options{}).furnish(t)
	empty := c.snapshot(t)
	must := func(p *process) {
		t.Helper()
		if err := p.run(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{"1", "2", "3", "4", "DOCUMENT"} { // as many versions as IAM keeps
		must(c.process(released(load(t, strings.ReplaceAll(everything, "DOCUMENT", d))), nil))
	}
	full := c.snapshot(t)
	if err := c.process(first, nil).empty(); err != nil {
		t.Fatal(err)
	}
	must(c.process(second, nil))
	updated := c.snapshot(t)

	// What a run leads to depends on nothing but what AWS knew before, so each is made
	// once for every state.
	var known sync.Map
	serial := 0
	reaches := func(r awsiam.Release, destroy *awsiam.DestroyOptions, l look, wanted []byte) func(*cloud) error {
		want := canonical(t, wanted, l)
		serial++
		me := serial
		run := func(c *cloud) error {
			if err := c.process(r, destroy).run(context.Background()); err != nil {
				return fmt.Errorf("the next run: %w", err)
			}
			if got := canonical(t, c.snapshot(t), l); got != want {
				return fmt.Errorf("the next run ended elsewhere:\n%s", difference(want, got))
			}
			return c.process(r, destroy).empty()
		}
		type result struct {
			err   error
			state []byte
		}
		return func(c *cloud) error {
			key := fmt.Sprint(me, canonical(t, c.snapshot(t), look{versions: true}))
			if found, ok := known.Load(key); ok {
				return errors.Join(found.(result).err, c.reload(found.(result).state))
			}
			err := run(c)
			known.Store(key, result{err, c.snapshot(t)})
			return err
		}
	}
	then := func(steps ...func(*cloud) error) func(*cloud) error {
		return func(c *cloud) error {
			for _, step := range steps {
				if err := step(c); err != nil {
					return err
				}
			}
			return nil
		}
	}
	// Tags that irsa.yaml does not name any more stay: nobody knows who made them. And a
	// policy's are not read where its roles are as they should be.
	back := reaches(first, nil, look{ownTags: true}, full)
	makes, removes := reaches(first, nil, look{}, full), reaches(first, all, look{}, empty)
	removesSecond := reaches(second, all, look{}, empty)
	for _, w := range []*walk{
		{name: "apply", kinds: kinds, from: empty, run: func(c *cloud) *process { return c.process(first, nil) },
			after: []func(*cloud) error{then(makes, removes), removes}},
		{name: "update", kinds: kinds, from: full, run: func(c *cloud) *process { return c.process(second, nil) },
			after: []func(*cloud) error{then(reaches(second, nil, look{}, updated), removesSecond), removesSecond, back}},
		{name: "update in two parts", kinds: kinds[:2], from: full, run: func(c *cloud) *process { p := c.process(second, nil); p.split = true; return p },
			after: []func(*cloud) error{reaches(second, nil, look{}, updated), back}},
		{name: "destroy", kinds: kinds, from: full, run: func(c *cloud) *process { return c.process(first, all) },
			after: []func(*cloud) error{removes, makes}},
	} {
		t.Run(w.name, func(t *testing.T) { w.walk(t) })
	}
}

// call is a call of an account's owner, outside of what is tested.
func (c *cloud) call(t testing.TB, key, operation string, args map[string]string) {
	t.Helper()
	form := []string{"Action=" + operation, "Version=2010-05-08"}
	for _, k := range slices.Sorted(maps.Keys(args)) {
		form = append(form, k+"="+url.QueryEscape(args[k]))
	}
	r, err := http.NewRequest(http.MethodPost, "http://localaws.invalid/", strings.NewReader(strings.Join(form, "&")))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+key+"/20260101/us-east-1/iam/aws4_request")
	answer, err := (&direct{aws: c.aws}).Do(r)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v, %v", operation, answer, err)
	}
	c.aws.ResetCalls()
}

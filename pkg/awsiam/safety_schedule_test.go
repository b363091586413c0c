package awsiam_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// A scheduler lets several runs of the program make their calls one at a time, in an
// order that the test decides. A run is held at each of its calls that reads all or is about a role,
// and where it waits; all else follows at once on the call before.

// party is one run under a scheduler.
type party struct {
	name   string
	s      *scheduler
	http   *direct
	cancel context.CancelFunc
	goes   chan bool // true: go on

	// What follows belongs to the scheduler while the party is held.
	at      string // the call that it is held at; empty where it waits
	waits   time.Duration
	waited  int // the step at which it began to wait
	ended   bool
	err     error
	history [32]byte // of all it asked for and got
}

// scheduler decides who makes the next call.
type scheduler struct {
	cloud   *cloud
	parties []*party
	parked  chan *party
	steps   int
	last    *party // who made the last step
	trace   []string
}

const mostSteps = 400 // a schedule with more of them hangs

var gated = regexp.MustCompile(`^(GetAccountAuthorizationDetails|CreatePolicy|CreateOpenIDConnectProvider|CreateRole|DeleteRole|GetRole|UpdateAssumeRolePolicy|TagRole|UntagRole|DetachRolePolicy|AttachRolePolicy)$`)

// Do holds the party, makes its call, and notes what came of it.
func (p *party) Do(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	form, _ := url.ParseQuery(string(body))
	call := form.Get("Action")
	if p.s == nil || !gated.MatchString(call) {
		return p.http.Do(r)
	}
	if state := form.Get("Tags.member.1.Value"); call == "TagRole" && len(state) < 10 {
		call += "=" + state
	}
	p.at = call
	if !p.hold() {
		p.cancel()
		return nil, context.Canceled
	}
	answer, err := p.http.Do(r)
	if err == nil {
		text, _ := io.ReadAll(answer.Body)
		answer.Body = io.NopCloser(bytes.NewReader(text))
		p.history = sha256.Sum256(append(p.history[:], call+idsInAnswers.ReplaceAllString(string(text), "")...))
	}
	return answer, err
}

var idsInAnswers = regexp.MustCompile(`<(RequestId|RoleId|PolicyId|CreateDate|UpdateDate)>[^<]*<`)

func (p *party) Sleep(ctx context.Context, d time.Duration) error {
	p.at, p.waits = "", d
	if !p.hold() {
		p.cancel()
	}
	return ctx.Err()
}

func (p *party) hold() bool {
	p.s.parked <- p
	return <-p.goes
}

// planned is a run up to its plan; what it does from there on can be tried many times.
type planned struct {
	party   *party
	session *awsiam.Session
	plan    *awsiam.Plan
}

// planned plans, and has the session make its further calls through a party.
func (p *process) planned() (*planned, error) {
	held := &party{http: p.http}
	p.options.Sleep = held.Sleep
	p.options.Now = func() time.Time { return held.s.cloud.clock.Now() }
	p.options.Load = append(p.options.Load, config.WithHTTPClient(held))
	session, plan, err := p.plan(context.Background())
	return &planned{held, session, plan}, err
}

// newScheduler starts the runs on this AWS; each is held before its first call.
func newScheduler(c *cloud, runs map[string]*planned) *scheduler {
	s := &scheduler{cloud: c, parked: make(chan *party)}
	for _, name := range slices.Sorted(maps.Keys(runs)) {
		run := runs[name]
		ctx, cancel := context.WithCancel(context.Background())
		p := run.party
		*p = party{name: name, s: s, http: p.http, cancel: cancel, goes: make(chan bool)}
		p.http.aws = c.aws
		s.parties = append(s.parties, p)
		go func() {
			defer cancel()
			p.err = run.session.Apply(ctx, run.plan, nil)
			p.ended = true
			s.parked <- p
		}()
		<-s.parked
	}
	return s
}

// ready are the parties that may go on: those held at a call, and those that wait and
// whom another has made a call since.
func (s *scheduler) ready() []*party {
	var out []*party
	for _, p := range s.parties {
		if !p.ended && (p.at != "" || s.steps > p.waited) {
			out = append(out, p)
		}
	}
	if len(out) > 0 {
		if i := slices.Index(out, s.last); i > 0 { // who is at it first
			out[0], out[i] = out[i], out[0]
		}
		return out
	}
	// All wait: time passes, until the first of them has waited enough.
	for _, p := range s.parties {
		if !p.ended && (out == nil || p.waits < out[0].waits) {
			out = []*party{p}
		}
	}
	if out != nil {
		s.cloud.clock.advance(out[0].waits)
	}
	return out
}

// step lets a party go on until it is held again.
func (s *scheduler) step(p *party) {
	s.last = p
	if p.at != "" {
		s.steps++
		s.trace = append(s.trace, p.name+":"+p.at)
	}
	p.goes <- true
	<-s.parked
	if p.at == "" || p.ended {
		p.waited = s.steps
	}
}

// kill ends a party where it is held: it makes no further call.
func (s *scheduler) kill(p *party) {
	for !p.ended {
		p.cancel()
		p.goes <- false
		<-s.parked
	}
}

func (s *scheduler) killAll() {
	for _, p := range s.parties {
		s.kill(p)
	}
}

// state is all that decides how it goes on.
func (s *scheduler) state(t testing.TB) string {
	sum := sha256.New()
	fmt.Fprint(sum, canonical(t, s.cloud.snapshot(t), look{}))
	for _, p := range s.parties {
		fmt.Fprint(sum, p.name, p.at, p.ended, p.history, p.at != "" || s.steps > p.waited)
	}
	return string(sum.Sum(nil))
}

func (s *scheduler) String() string { return strings.Join(s.trace, " ") }

// together is a case of several runs at once.
type together struct {
	from []byte
	// turns is how often somebody takes the turn from another that could have gone on.
	turns int
	runs  func(*cloud) map[string]*process
	// end looks at what AWS knows when all have ended, and at their errors.
	end func(*cloud, map[string]error) error

	shared map[string]*planned
	orders map[string]float64 // by state: how many orders of calls go on from there
	ends   map[string]error
	runsNo int
}

// tooMany is the error of a schedule that does not end.
var errHangs = errors.New("it hangs")

// plans are made once: all orders begin with the same.
func (x *together) plans(t testing.TB) map[string]*planned {
	if x.shared == nil {
		x.shared = map[string]*planned{}
		for name, process := range x.runs(restored(t, t.TempDir(), x.from)) {
			var err error
			if x.shared[name], err = process.planned(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return x.shared
}

// follow runs with the choices given, then the first that is ready; it stops where the
// state is known. It gives the states and how many could have gone on in each, which is
// one where the turns are used up that others may take from who is at it.
func (x *together) follow(t testing.TB, dir string, choices []int) (states []string, widths []int, s *scheduler, err error) {
	c := restored(t, dir, x.from)
	s = newScheduler(c, x.plans(t))
	defer s.killAll()
	x.runsNo++
	taken := 0
	for {
		ready := s.ready()
		if len(ready) == 0 {
			return states, widths, s, x.ended(t, c, s)
		}
		if s.steps > mostSteps {
			return states, widths, s, errHangs
		}
		at := len(states)
		state := ""                                    // that of the way there is known to whoever asked
		if at >= len(choices) && x.turns == allTurns { // else hardly two of them lead to one state
			state = s.state(t)
			if _, known := x.orders[state]; known {
				return append(states, state), widths, s, nil
			}
		}
		choice, goesOn := 0, ready[0] == s.last
		if at < len(choices) {
			choice = choices[at]
		} else if goesOn && taken >= x.turns {
			ready = ready[:1]
		}
		if choice > 0 && goesOn && x.turns < allTurns {
			taken++
		}
		states, widths = append(states, state), append(widths, len(ready))
		s.step(ready[choice])
	}
}

// allTurns is so many that there is no order with more.
const allTurns = 1000

func (x *together) ended(t testing.TB, c *cloud, s *scheduler) error {
	errs, key := map[string]error{}, canonical(t, c.snapshot(t), look{})
	for _, p := range s.parties {
		if errs[p.name] = p.err; p.err != nil {
			key += p.name + p.err.Error()
		}
	}
	if _, known := x.ends[key]; !known {
		x.ends[key] = x.end(c, errs)
	}
	return x.ends[key]
}

// explore walks all orders of calls: it goes through the graph of the states, in which
// two orders that lead to the same state are one from there on. What a run does next
// depends on nothing but what it asked for and got.
func (x *together) explore(t *testing.T, most int) {
	t.Helper()
	x.orders, x.ends = map[string]float64{}, map[string]error{}
	dir := t.TempDir()
	failures := 0
	var walk func(choices []int) float64
	walk = func(choices []int) float64 {
		states, widths, s, err := x.follow(t, dir, choices)
		if err != nil {
			if failures++; failures <= 3 {
				t.Errorf("%v\nin the order %s", err, s)
			}
		}
		// Backwards, so that what is known of a state is complete.
		below := 1.0
		if len(states) > len(widths) { // it stopped at a state that is known
			below = x.orders[states[len(states)-1]]
		}
		for i := len(widths) - 1; i >= len(choices); i-- {
			total := below
			for other := 1; other < widths[i]; other++ {
				if x.runsNo > most {
					t.Fatalf("more than %d runs are needed", most)
				}
				path := append(slices.Clone(choices), make([]int, i-len(choices))...)
				total += walk(append(path, other))
			}
			if below = total; states[i] != "" {
				x.orders[states[i]] = total
			}
		}
		return below
	}
	all := walk(nil)
	t.Logf("%.0f orders of calls walked, with up to %d turns taken: %d states, %d ends, %d runs", all, x.turns, len(x.orders), len(x.ends), x.runsNo)
}

// random walks n orders that a seed decides.
func (x *together) random(t *testing.T, n int) {
	t.Helper()
	x.ends = map[string]error{}
	dir, longest := t.TempDir(), 0
	for seed := range n {
		dice := rand.New(rand.NewPCG(uint64(seed), 1))
		c := restored(t, dir, x.from)
		s := newScheduler(c, x.plans(t))
		var err error
		for ready := s.ready(); len(ready) > 0 && err == nil; ready = s.ready() {
			if s.step(ready[dice.IntN(len(ready))]); s.steps > mostSteps {
				err = errHangs
			}
		}
		s.killAll()
		if longest = max(longest, s.steps); err == nil {
			err = x.ended(t, c, s)
		}
		if err != nil {
			t.Fatalf("seed %d: %v\nin the order %s", seed, err, s)
		}
	}
	t.Logf("%d orders of chance walked: %d ends, up to %d calls", n, len(x.ends), longest)
}

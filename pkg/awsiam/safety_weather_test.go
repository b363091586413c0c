package awsiam_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// TestBadWeather applies and destroys while a third of the calls is throttled, one in
// twenty fails, and what is made shows after ten seconds only.
func TestBadWeather(t *testing.T) {
	t.Parallel()
	file := load(t, everything)
	calm := newCloud(t, localaws.Options{}).furnish(t)
	empty := canonical(t, calm.snapshot(t), look{})
	if err := calm.process(released(file), nil).run(context.Background()); err != nil {
		t.Fatal(err)
	}
	full := canonical(t, calm.snapshot(t), look{})
	for seed := range uint64(6) {
		c := newCloud(t, localaws.Options{Seed: seed}).furnish(t)
		weather := localaws.Faults{Throttled: 0.3, Failed: 0.05, Propagation: 10 * time.Second}
		delays := &delays{}
		begun := c.clock.Now()
		for _, step := range []struct {
			name    string
			destroy *awsiam.DestroyOptions
			want    string
		}{{"apply", nil, full}, {"destroy", &awsiam.DestroyOptions{Provider: true}, empty}} {
			c.aws.SetFaults(weather)
			p := c.process(released(file), step.destroy)
			p.options.Parallel = 0
			p.options.RetryDelay = func(attempt int) time.Duration {
				d := awsiam.Backoff(attempt)
				delays.note(attempt, d)
				c.clock.advance(d)
				return 0
			}
			if err := p.run(context.Background()); err != nil {
				t.Errorf("seed %d: %s: %v", seed, step.name, err)
			}
			c.aws.SetFaults(localaws.Faults{})
			c.clock.advance(time.Minute) // all is seen
			if got := canonical(t, c.snapshot(t), look{}); got != step.want {
				t.Errorf("seed %d: %s ended elsewhere:\n%s", seed, step.name, difference(step.want, got))
			}
			if err := c.process(released(file), step.destroy).empty(); err != nil {
				t.Errorf("seed %d: %s: %v", seed, step.name, err)
			}
		}
		faults := 0
		for _, call := range c.aws.Calls() {
			if call.Code == "Throttling" || call.Code == "ThrottlingException" {
				faults++
			}
		}
		t.Logf("seed %d: %d calls, %d throttled, waits by attempt up to %v, %s in all", seed, len(c.aws.Calls()), faults, delays.longest(), c.clock.Now().Sub(begun))
		if faults == 0 {
			t.Errorf("seed %d: nothing was throttled", seed)
		}
	}
}

// delays are the waits that were asked for, by attempt.
type delays struct {
	mu  sync.Mutex
	all map[int][]time.Duration
}

func (d *delays) note(attempt int, wait time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.all == nil {
		d.all = map[int][]time.Duration{}
	}
	d.all[attempt] = append(d.all[attempt], wait)
}

func (d *delays) longest() []time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []time.Duration
	for attempt := 0; attempt < 16; attempt++ {
		if len(d.all[attempt]) > 0 {
			out = append(out, slices.Max(d.all[attempt]))
		}
	}
	return out
}

// TestBacksOff holds that each wait is longer than the one before can have been, up to
// the longest.
func TestBacksOff(t *testing.T) {
	t.Parallel()
	c := newCloud(t, localaws.Options{})
	c.aws.SetFaults(localaws.Faults{Throttled: 1})
	p := c.process(released(load(t, twoAccounts)), nil)
	var attempts []int
	p.options.RetryDelay = func(attempt int) time.Duration { attempts = append(attempts, attempt); return 0 }
	err := p.run(context.Background())
	if err == nil || len(attempts) < 11 || !slices.Equal(attempts[len(attempts)-11:], []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}) {
		t.Errorf("the attempts are %v, and then %v", attempts, err)
	}
	for attempt := 0; attempt < 20; attempt++ {
		for range 50 {
			a, b := awsiam.Backoff(attempt), awsiam.Backoff(attempt+1)
			if a <= 0 || a > 10*time.Second || b < a/2 || a < 5*time.Second && b < a {
				t.Fatalf("the wait %d is %s and the next %s", attempt, a, b)
			}
		}
	}
}

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
)

// sample is one run, and what AWS was asked in it.
type sample struct {
	took          time.Duration
	calls, writes int
}

// pair is a run of ours, and then one of Helm alone with the same post-renderer.
type pair struct {
	ours  sample
	plain time.Duration
}

// comparison are pairs.
type comparison struct {
	ours  []sample
	plain []time.Duration
}

func (c *comparison) add(p pair) {
	c.ours, c.plain = append(c.ours, p.ours), append(c.plain, p.plain)
}

// onceMore upgrades a release to what it is, in both ways. AWS must be asked nothing that
// writes.
func (w *world) onceMore(ctx context.Context, r release) (p pair, err error) {
	if p.ours, err = w.measure(ctx, w.ours(r)); err != nil {
		return p, err
	}
	if p.ours.writes > 0 {
		return p, fmt.Errorf("%s: there was something to provision: %d calls", r.name, p.ours.writes)
	}
	p.plain, err = w.plain(r).run(ctx)
	return p, err
}

// measure runs it, and counts.
func (w *world) measure(ctx context.Context, c command) (sample, error) {
	w.aws.ResetCalls()
	took, err := c.run(ctx)
	calls := w.aws.Calls()
	return sample{took, len(calls), writes(calls)}, err
}

// writes are the calls that change something.
func writes(calls []localaws.Call) int {
	n := 0
	for _, c := range calls {
		reads := false
		for _, verb := range []string{"Get", "List", "Describe", "Assume"} {
			reads = reads || strings.HasPrefix(c.Operation, verb)
		}
		if !reads {
			n++
		}
	}
	return n
}

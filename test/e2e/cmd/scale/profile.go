package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/helm-irsa/helm-irsa/bench/results"
)

// profile is what upgrades with nothing to do are made of, in time.
type profile struct {
	// phases are those of helm irsa upgrade, in their order, and took is what each took in every
	// run.
	phases []string
	took   map[string][]time.Duration
}

// beside is the rest: Helm's start, which finds the plugin, and the start of the plugin.
const beside = "beside them"

// profile upgrades a release to what it is. The times are those that helm irsa says with --debug.
func (w *world) profile(ctx context.Context, r release, rounds int) (profile, error) {
	c := w.ours(r)
	c.env = append(c.env[:len(c.env):len(c.env)], "HELM_DEBUG=true")
	out := profile{took: map[string][]time.Duration{}}
	for i := range rounds + 1 {
		all, text, err := c.watch(ctx, nil)
		if err != nil {
			return out, err
		}
		if i == 0 {
			continue
		}
		if err := out.add(all, text); err != nil {
			return out, fmt.Errorf("%s: %w", r.name, err)
		}
	}
	return out, nil
}

var (
	told  = regexp.MustCompile(`(?m)^helm-irsa: debug: time: (.*)$`)
	phase = regexp.MustCompile(`([a-z]+) ([0-9]+) ms`)
)

// add takes what one run said.
func (p *profile) add(all time.Duration, text string) error {
	said := told.FindStringSubmatch(text)
	if said == nil {
		return fmt.Errorf("it does not say how long its phases took: %s", tail(text))
	}
	for _, m := range phase.FindAllStringSubmatch(said[1], -1) {
		n, err := strconv.Atoi(m[2])
		if err != nil {
			return err
		}
		took := time.Duration(n) * time.Millisecond
		p.note(m[1], took)
		all -= took
	}
	p.note(beside, all)
	return nil
}

func (p *profile) note(phase string, took time.Duration) {
	if _, known := p.took[phase]; !known {
		p.phases = append(p.phases, phase)
	}
	p.took[phase] = append(p.took[phase], took)
}

// line is a row of the table: the medians.
func (p profile) line(work string) []string {
	out := []string{work}
	for _, phase := range p.phases {
		out = append(out, results.Millis(results.Median(p.took[phase])))
	}
	return out
}

package awsiam

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Meanwhile is the error of an Apply that found AWS another than its plan was made for:
// somebody else made or changed something after the plan had read it. Nothing is written
// that the plan did not show, and the same command, run again, shows what is to be done
// now.
type Meanwhile struct {
	// Doing is the step that found it, such as "creating role x"; empty where it was
	// found before the first write.
	Doing string
	// Things say what came to be or changed, such as "role x came to be".
	Things []string
	// After says that the first part of the plan was done before.
	After bool
}

// fewThings are as many as an error names.
const fewThings = 3

// Error names the first few things.
func (m *Meanwhile) Error() string {
	things := m.Things
	if more := len(things) - fewThings; more > 0 {
		things = append(things[:fewThings:fewThings], fmt.Sprintf("and %d more", more))
	}
	said := strings.Join(things, "; ")
	switch {
	case m.Doing != "":
		return m.Doing + ": " + said
	case m.After:
		return "AWS changed after the plan was made, so nothing more of it was applied: " + said
	}
	return "AWS changed after the plan was made, so nothing of it was applied: " + said
}

// Hint is what to type next.
func (m *Meanwhile) Hint() string {
	return "run the same command again: it shows what is to be done now"
}

// meanwhile is what a step says that finds something else than the plan saw.
func meanwhile(doing, format string, args ...any) *Meanwhile {
	return &Meanwhile{Doing: doing, Things: []string{fmt.Sprintf(format, args...)}}
}

// basis is what a plan was computed from, so that Apply can compute it again.
type basis struct {
	want    *desired
	seen    *observation
	destroy *DestroyOptions // nil for a plan that makes
	// whole is the plan before it was split.
	whole *Plan
}

// basedOn computes a plan that can be applied.
func basedOn(d *desired, o *observation, destroy *DestroyOptions) (*Plan, error) {
	b := &basis{want: d, seen: o, destroy: destroy}
	p, err := b.compute(o)
	if err != nil {
		return nil, err
	}
	p.basis, b.whole = b, p
	return p, nil
}

func (b *basis) compute(o *observation) (*Plan, error) {
	if b.destroy != nil {
		return planDestroy(b.want, o, *b.destroy)
	}
	return planChanges(b.want, o)
}

// observe reads again what the plan was computed from, by the same calls.
func (b *basis) observe(ctx context.Context, s *Session) (*observation, error) {
	d, leaving := b.want, b.destroy != nil
	if d.Guessed { // it was read before anybody knew the name
		var err error
		if d, err = want(s.release, s.facts, leaving); err != nil {
			return nil, err
		}
		if leaving {
			d.lookAround(s.release.File)
		}
	}
	o, err := observe(s, ctx, d, leaving)
	if err != nil {
		return nil, err
	}
	for id := range o.Unseen { // each refusal has another request's ID in it
		if err, known := b.seen.Unseen[id]; known {
			o.Unseen[id] = err
		}
	}
	return o, nil
}

// looks is how often AWS is read before a difference is believed: IAM may answer from a
// place that lags behind ("eventually consistent",
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html).
const looks = 3

// stillPlanned reads AWS again, computes the plan again, and gives the steps that are left
// to do of what was approved, and what it read. What an earlier run of the same plan did, and AWS did not
// show yet when it was planned, is not done twice. Anything else that differs is a
// *Meanwhile.
func stillPlanned(s *Session, ctx context.Context, p *Plan) ([]planned, *observation, error) {
	end := s.opts.Now().Add(settleTime)
	for attempt := 1; ; attempt++ {
		now, err := p.basis.observe(ctx, s)
		if err != nil {
			return nil, nil, err
		}
		c := compared(p, now)
		if len(c.things) == 0 && len(c.unseen) == 0 {
			return c.todo, now, nil
		}
		if waits := len(c.things) == 0 && !s.opts.Now().After(end); attempt >= looks && !waits {
			return nil, nil, &Meanwhile{Things: append(c.things, c.unseen...), After: len(p.earlier) > 0}
		}
		if err := s.opts.Sleep(ctx, Backoff(attempt)); err != nil {
			return nil, nil, err
		}
	}
}

// compared holds what there is now against what was planned.
func compared(p *Plan, now *observation) *comparison {
	c := newComparison(p, now)
	c.objects()
	fresh, err := p.basis.compute(now)
	if err != nil {
		c.refused(err)
		return c
	}
	c.steps(fresh)
	c.diffs(fresh)
	c.warnings(fresh)
	return c
}

// refused: what is wanted cannot be planned any more. Why is what changed, where that was
// found; else it is what the planner says.
func (c *comparison) refused(err error) {
	if len(c.things) > 0 {
		return
	}
	var faults Faults
	if !errors.As(err, &faults) {
		c.things = append(c.things, err.Error())
	}
	for _, f := range faults {
		c.things = append(c.things, f.Message)
	}
}

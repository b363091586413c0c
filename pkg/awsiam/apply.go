package awsiam

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// stage says when a step may run: after all steps of the stages before it. What is
// needed comes first, what takes away comes last, so that pods keep what they have for
// as long as they can, and an interruption leaves too much rather than too little.
type stage int

const (
	stageNone  stage = iota
	stageGuard       // documents that take something before anything is given: see guard.go
	stageLoss        // and policies that a role loses
	stageBase        // providers and policies, which need nothing
	stageRoles
	stageRoom  // what a full role loses, before it gets something else
	stageEase  // what no longer guards, and what is guarded now: see guard.go
	stageTrust // after roles: a trust may name roles of the same plan
	stageAttach
	stageAssociations
	stageAssociationGone
	stageTrustLess // the trust in Pod Identity stays as long as an association may: it is how that is found
	stageDetach
	stageHandOver // a policy that another release gets: by its tags it is known what it is to be taken off
	stageUnmark
	stageReleased      // a role that is left to others: our statements, which prove that it was ours, go last
	stageOldPolicyGone // before the role that proves whose it is: see planold.go
	stageOldPolicyMark
	stageRoleGone
	stagePolicyGone
	stageProviderGone
)

// step is one thing to do, of one or more calls. It may be done again: what is done
// already is no error.
type step struct {
	stage   stage
	account string
	do      action
}

// takes: the step takes something away that pods may use. Room for something else is made
// before that comes.
func (st step) takes() bool {
	_, leaves := st.do.(leaveRole)
	return leaves || st.stage > stageAssociations
}

// action is what a step does.
type action interface {
	run(ctx context.Context, x *executor) error
	// record makes what was read say what it would if it were read once the step is done.
	record(o *observation, account string)
}

// executor is what an action works with: the client of its AWS account.
type executor struct {
	Session *Session
	client  *client
	// basis is what the plan was made from.
	basis *basis
	// now is what was read before the first step, and agrees with the plan.
	now *observation
}

// Progress is told how many steps of how many are done.
type Progress func(done, total int)

// Apply makes the calls of a plan: the steps of a stage side by side, one stage after
// the other. Before the first it reads AWS again, and stops with a *Meanwhile where that
// is not what the plan was made for. A stage with an error is finished, and no other
// begun, so that a fault in one role does not leave the next half made. The error is an
// Incomplete then.
func (s *Session) Apply(ctx context.Context, p *Plan, progress Progress) error {
	if p.Empty() {
		return nil
	}
	if s.opts.Reads != nil {
		return fault("", "a plan from what several sessions have read is only shown: it is old by the time that something is changed")
	}
	if !p.part {
		p = p.joined()
	}
	steps, now, err := stillPlanned(s, ctx, p)
	if err != nil {
		return err
	}
	if progress == nil {
		progress = func(int, int) {}
	}
	r := &applying{s: s, basis: p.basis, now: now, total: len(steps), progress: progress}
	for from := 0; from < len(steps); {
		to := from
		for to < len(steps) && steps[to].stage == steps[from].stage {
			to++
		}
		if errs := r.stage(ctx, steps[from:to]); first(errs) != nil {
			s.read = nil // how far it came, AWS knows
			return incomplete(errs, int(r.done.Load()), r.total)
		}
		from = to
	}
	record(s, p, now)
	return nil
}

// record keeps what AWS has once a plan is done. What was left to do and what another did
// meanwhile end alike.
func record(s *Session, p *Plan, now *observation) {
	keep(s, p.basis.want, now)
	for _, st := range p.steps {
		st.do.record(s.read.seen, st.account)
	}
}

// applying is an Apply under way.
type applying struct {
	s        *Session
	basis    *basis
	now      *observation
	done     atomic.Int32
	total    int
	progress Progress
}

// stage makes the calls of a stage side by side, and then asks what a person has to
// answer: nothing else runs by then, so that a question stands alone on the terminal.
func (r *applying) stage(ctx context.Context, steps []planned) []error {
	errs := each(ctx, r.s, steps, func(st planned) error { return r.run(ctx, st.account, st.do) })
	for i, err := range errs {
		if wanted := (*thumbprintWanted)(nil); errors.As(err, &wanted) {
			errs[i] = r.run(ctx, steps[i].account, wanted)
		}
	}
	return errs
}

func (r *applying) run(ctx context.Context, account string, do action) error {
	c, err := r.s.in(ctx, account)
	if err != nil {
		return err
	}
	if err := do.run(ctx, &executor{r.s, c, r.basis, r.now}); err != nil {
		return err
	}
	r.progress(int(r.done.Add(1)), r.total)
	return nil
}

// Incomplete is the error of an Apply that ended before its end.
type Incomplete struct {
	Done, Total int
	// Errs are the errors, without repetition; only context.Canceled where the user
	// stopped it.
	Errs []error
}

func incomplete(errs []error, done, total int) *Incomplete {
	out := &Incomplete{Done: done, Total: total}
	var canceled error
	seen := map[string]bool{}
	for _, err := range errs {
		switch {
		case err == nil || seen[err.Error()]:
		case errors.Is(err, context.Canceled):
			canceled = err
		default:
			seen[err.Error()] = true
			out.Errs = append(out.Errs, err)
		}
	}
	if out.Errs == nil && canceled != nil {
		out.Errs = []error{context.Canceled}
	}
	return out
}

// Error is the errors, one a line.
func (e *Incomplete) Error() string { return errors.Join(e.Errs...).Error() }

// Unwrap gives the errors one by one.
func (e *Incomplete) Unwrap() []error { return e.Errs }

// Stopped says how far it came.
func (e *Incomplete) Stopped() string {
	return fmt.Sprintf("%d of %d steps are done; the same command goes on from there", e.Done, e.Total)
}

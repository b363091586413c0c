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
	stageBase stage = iota // providers and policies, which need nothing
	stageRoles
	stageTrust // after roles: a trust may name roles of the same plan
	stageRoom  // what a full role loses, before it gets something else
	stageAttach
	stageAssociations
	stageAssociationGone
	stageTrustLess // the trust in Pod Identity stays as long as an association may: it is how that is found
	stageDetach
	stageUnmark
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
}

// executor is what an action works with: the client of its account.
type executor struct {
	*Session
	*client
}

// Progress is told how many steps of how many are done.
type Progress func(done, total int)

// Apply makes the calls of a plan: the steps of a stage side by side, one stage after
// the other. A stage with an error is finished, and no other begun, so that a fault in
// one role does not leave the next half made. The error is an Incomplete.
func (s *Session) Apply(ctx context.Context, p *Plan, progress Progress) error {
	if progress == nil {
		progress = func(int, int) {}
	}
	var done atomic.Int32
	for from := 0; from < len(p.steps); {
		to := from
		for to < len(p.steps) && p.steps[to].stage == p.steps[from].stage {
			to++
		}
		errs := each(ctx, s, p.steps[from:to], func(st planned) error {
			c, err := s.in(ctx, st.account)
			if err != nil {
				return err
			}
			if err = st.do.run(ctx, &executor{s, c}); err == nil {
				progress(int(done.Add(1)), len(p.steps))
			}
			return err
		})
		for i, err := range errs {
			var wanted *thumbprintWanted
			if !errors.As(err, &wanted) {
				continue
			}
			// Nothing else runs now, so that a question stands alone on the terminal.
			c, err := s.in(ctx, p.steps[from+i].account)
			if err == nil {
				err = wanted.run(ctx, &executor{s, c})
			}
			if errs[i] = err; err == nil {
				progress(int(done.Add(1)), len(p.steps))
			}
		}
		if first(errs) != nil {
			return incomplete(errs, int(done.Load()), len(p.steps))
		}
		from = to
	}
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

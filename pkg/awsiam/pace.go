package awsiam

import (
	"context"
	"sync"
	"time"

	"github.com/aws/smithy-go/middleware"
)

// paced keeps the attempts at calls apart, where Options.QPS bounds them. It stands behind the
// retryer, so that each attempt counts.
func paced(s *Session) []func(*middleware.Stack) error {
	if s.opts.QPS <= 0 {
		return nil
	}
	return []func(*middleware.Stack) error{func(stack *middleware.Stack) error {
		return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("helmIrsaPace", func(
			ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
		) (out middleware.FinalizeOutput, metadata middleware.Metadata, err error) {
			if err := s.opts.Sleep(ctx, s.pace.next(s.opts.Now(), s.opts.QPS)); err != nil {
				return out, metadata, err
			}
			return next.HandleFinalize(ctx, in)
		}), middleware.After)
	}}
}

// pace gives each call its turn.
type pace struct {
	mu   sync.Mutex
	turn time.Time // of the next call
}

// next is how long the next call has to wait, at so many calls a second.
func (p *pace) next(now time.Time, qps float64) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.turn.Before(now) {
		p.turn = now
	}
	wait := p.turn.Sub(now)
	p.turn = p.turn.Add(time.Duration(float64(time.Second) / qps))
	return wait
}

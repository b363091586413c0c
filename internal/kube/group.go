package kube

import (
	"context"
	"sync"
)

// group runs calls side by side; the first error ends the others.
type group struct {
	cancel context.CancelCauseFunc
	wait   sync.WaitGroup
	once   sync.Once
	err    error
}

func newGroup(ctx context.Context) (*group, context.Context) {
	ctx, cancel := context.WithCancelCause(ctx)
	return &group{cancel: cancel}, ctx
}

func (g *group) run(f func() error) {
	g.wait.Go(func() {
		if err := f(); err != nil {
			g.once.Do(func() {
				g.err = err
				g.cancel(err)
			})
		}
	})
}

// end waits for all, and gives the first error.
func (g *group) end() error {
	g.wait.Wait()
	g.cancel(nil)
	return g.err
}

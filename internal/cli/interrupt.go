package cli

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// Interrupts returns a context that an interrupt or a termination ends; its cause
// says which. Signals are caught from the first time that something asks it whether
// it has ended: a command that never asks is ended by them as any program is, and
// one that runs Helm leaves them to internal/helm. After the first, another ends the
// process at once.
func Interrupts() context.Context { return &interrupts{} }

type interrupts struct {
	once   sync.Once
	caught context.Context
}

func (i *interrupts) catch() context.Context {
	i.once.Do(func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		context.AfterFunc(ctx, stop)
		i.caught = ctx
	})
	return i.caught
}

func (i *interrupts) Deadline() (time.Time, bool) { return time.Time{}, false }
func (i *interrupts) Done() <-chan struct{}       { return i.catch().Done() }
func (i *interrupts) Err() error                  { return i.catch().Err() }

// Value is asked by package context, for what it keeps in the contexts that it makes.
func (i *interrupts) Value(key any) any { return i.catch().Value(key) }

// context is Context, or one that never ends.
func (s *System) context() context.Context {
	if s.Context == nil {
		return context.Background()
	}
	return s.Context
}

package cli

import (
	"context"
	"os/signal"
	"syscall"
	"testing"
)

// Until something asks, signals are left alone.
func TestInterruptsAreLazy(t *testing.T) {
	t.Parallel()
	i := &interrupts{}
	if _, has := i.Deadline(); has || i.caught != nil {
		t.Error("caught without being asked")
	}
	ctx, cancel := context.WithCancel(i)
	if i.caught == nil {
		t.Error("not caught for a context made of it")
	}
	cancel()
	if ctx.Err() == nil || i.Err() != nil {
		t.Errorf("got %v, and %v above", ctx.Err(), i.Err())
	}
	if signal.Ignored(syscall.SIGTERM) {
		t.Error("SIGTERM is ignored")
	}
	if (&System{}).context() != context.Background() {
		t.Error("no context is not the background")
	}
}

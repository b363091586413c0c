package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/helm"
	"github.com/helm-irsa/helm-irsa/internal/voice"
)

// Interrupts returns a context that an interrupt, a termination or a hang-up ends; its
// cause says which. Signals are caught from the first time that something asks it whether
// it has ended: a command that never asks is ended by them as any program is. Once one is
// caught, nothing more is written to stdout, and what does not end by itself within
// interruptPatience is ended, unless Helm is at work: it gets the signal from
// internal/helm, and is waited for. After the first signal, another ends the process at
// once, or kills that Helm.
func Interrupts() context.Context {
	return &interrupts{silence: func() { _ = os.Stdout.Close() }, exit: os.Exit}
}

// interruptPatience is how long a command may take to end itself once it was told to: it
// cancels its calls, says how far it came, and removes its temporary folder.
const interruptPatience = 1500 * time.Millisecond

// interrupted is the cause of a context that a signal ended.
type interrupted struct{ os.Signal }

// Error names the signal.
func (i *interrupted) Error() string { return "stopped by a signal: " + i.String() }

// code is the exit code of what a signal ended, as a shell gives it.
func (i *interrupted) code() int {
	if n, ok := i.Signal.(syscall.Signal); ok {
		return 128 + int(n)
	}
	return 1
}

type interrupts struct {
	once    sync.Once
	caught  context.Context
	cause   atomic.Pointer[interrupted]
	silence func()    // ends what is written to stdout
	exit    func(int) // ends the process

	mu   sync.Mutex
	held int           // how many Helms are at work
	free chan struct{} // told when one has ended
}

func (i *interrupts) catch() context.Context {
	i.once.Do(func() {
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, helm.EndingSignals()...)
		ctx, cancel := context.WithCancelCause(context.Background())
		i.caught, i.free = ctx, make(chan struct{}, 1)
		go func() {
			s := <-signals
			cause := &interrupted{s}
			i.cause.Store(cause)
			i.silence()
			cancel(cause)
			signal.Stop(signals) // the next one does what it does to any program
			i.endLater(cause)
		}()
	})
	return i.caught
}

// endLater ends the process that has not ended by itself in time. As long as Helm is at
// work, that is Helm's to decide.
func (i *interrupts) endLater(cause *interrupted) {
	for i.isHeld() {
		<-i.free
	}
	time.Sleep(interruptPatience)
	voice.To(os.Stderr).Error("stopped")
	i.exit(cause.code())
}

func (i *interrupts) isHeld() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.held > 0
}

// hold says that Helm begins, and by the function that it gives that Helm has ended. It
// fails where a signal came before.
func (i *interrupts) hold() (release func(), err error) {
	ctx := i.catch()
	i.mu.Lock()
	defer i.mu.Unlock()
	if ctx.Err() != nil {
		return nil, errors.New("stopped before Helm was run")
	}
	i.held++
	return func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.held--
		select {
		case i.free <- struct{}{}:
		default: // it was told already
		}
	}, nil
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

// hold is for a Helm that is about to be run: see interrupts.
func (s *System) hold() (release func(), err error) {
	if i, ok := s.Context.(*interrupts); ok {
		return i.hold()
	}
	return func() {}, s.context().Err()
}

// signalled is the signal that came; nil where none did, or none was caught.
func (s *System) signalled() *interrupted {
	if i, ok := s.Context.(*interrupts); ok {
		return i.cause.Load()
	}
	return nil
}

// codeAfter is the exit code of a command that a signal reached, once it has ended: that of
// Helm, and of a part that has said why it ends, else the signal's. What could no longer be
// written to stdout is no error of its own.
func (s *System) codeAfter(cause *interrupted, err error) int {
	code, silent := exitCode(err)
	switch {
	case err == nil:
		return cause.code()
	case silent:
		return code
	case errors.Is(err, os.ErrClosed):
		voice.To(s.Stderr).Error("stopped")
	default:
		voice.To(s.Stderr).Failure(err)
	}
	return cause.code()
}

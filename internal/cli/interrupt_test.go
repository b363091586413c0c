package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/helm"
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

// A command that does not end by itself is ended, unless Helm is at work; what a signal
// reached writes nothing more.
func TestInterruptsEnd(t *testing.T) {
	t.Parallel()
	ended := make(chan int, 1)
	i := &interrupts{silence: func() {}, exit: func(code int) { ended <- code }}
	i.catch()
	release, err := i.hold()
	if err != nil {
		t.Fatal(err)
	}
	go i.endLater(&interrupted{syscall.SIGTERM})
	select {
	case <-ended:
		t.Error("ended while Helm was at work")
	case <-time.After(interruptPatience + 200*time.Millisecond):
	}
	release()
	select {
	case code := <-ended:
		if code != 143 {
			t.Errorf("exit code %d", code)
		}
	case <-time.After(time.Minute):
		t.Error("not ended")
	}
}

func TestCodeAfterSignal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		code int
		said string
	}{
		{nil, 129, ""},
		{context.Canceled, 129, "helm-irsa: error: stopped; nothing was changed\n"},
		{fmt.Errorf("printing: %w", os.ErrClosed), 129, "helm-irsa: error: stopped\n"},
		{&helm.ExitError{Command: "upgrade", Code: 5}, 5, ""},
		{exited(0), 0, ""},
	} {
		var said strings.Builder
		s := &System{Stderr: &said}
		if code := s.codeAfter(&interrupted{syscall.SIGHUP}, c.err); code != c.code || said.String() != c.said {
			t.Errorf("%v: exit code %d, said %q", c.err, code, said.String())
		}
	}
}

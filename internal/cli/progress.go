package cli

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// progress says on stderr how far an apply is, once it takes longer than a second: on a
// terminal in one line that changes, elsewhere a line every ten seconds.
type progress struct {
	sys      *System
	terminal bool
	mu       sync.Mutex
	next     time.Time
	shown    bool
	ended    bool
}

func newProgress(sys *System) *progress {
	return &progress{sys: sys, terminal: isTerminal(sys.Stderr), next: time.Now().Add(time.Second)}
}

func (p *progress) step(done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.ended || now.Before(p.next) {
		return
	}
	p.shown = true
	if p.terminal {
		p.next = now.Add(100 * time.Millisecond)
		fmt.Fprintf(safe.Raw(p.sys.Stderr), "\r%s: %d of %d steps\x1b[K", voice.Program, done, total)
		return
	}
	p.next = now.Add(10 * time.Second)
	voice.To(p.sys.Stderr).Info(fmt.Sprintf("%d of %d steps", done, total))
}

// end takes the line off the terminal.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	if p.shown && p.terminal {
		fmt.Fprint(safe.Raw(p.sys.Stderr), "\r\x1b[K")
	}
}

// applyPlan makes the calls of a plan and says how far it came where it did not end.
func applyPlan(ctx context.Context, sys *System, s *awsiam.Session, p *awsiam.Plan) error {
	bar := newProgress(sys)
	err := s.Apply(ctx, p, bar.step)
	bar.end()
	return err
}

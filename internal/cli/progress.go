package cli

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/safe"
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
		fmt.Fprintf(safe.Raw(p.sys.Stderr), "\r%s: %d of %d steps\x1b[K", program, done, total)
		return
	}
	p.next = now.Add(10 * time.Second)
	voice{p.sys.Stderr}.info(fmt.Sprintf("%d of %d steps", done, total))
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
func applyPlan(sys *System, s *awsiam.Session, p *awsiam.Plan) error {
	bar := newProgress(sys)
	err := s.Apply(sys.context(), p, bar.step)
	bar.end()
	return err
}

// afterHelm is the error of a plan that was applied after Helm had done its part: the same
// command would have Helm do that again, and another goes on instead.
func afterHelm(err error, command string) error {
	var changed *awsiam.Meanwhile
	if !errors.As(err, &changed) {
		return err
	}
	var incomplete *awsiam.Incomplete
	if errors.As(err, &incomplete) { // it says how far it came
		return err
	}
	return hinted(errors.New(changed.Error()), "look at what is to be done now: %s", command)
}

package upgrade

import (
	"fmt"
	"strings"
	"time"
)

// laps tells how long each phase took, for who asks with --debug: whether it is Helm, AWS or this
// program that is waited for.
type laps struct {
	last time.Time
	text []string
}

func newLaps() *laps { return &laps{last: time.Now()} }

// end ends a phase.
func (l *laps) end(phase string) {
	now := time.Now()
	l.text = append(l.text, fmt.Sprintf("%s %d ms", phase, now.Sub(l.last).Milliseconds()))
	l.last = now
}

// say says all phases that ended.
func (l *laps) say(d Deps) {
	if d.Debug && len(l.text) > 0 {
		d.Say.Info("debug: time: " + strings.Join(l.text, ", "))
	}
}

// Package voice is the one voice of the program. To a person it says, on stderr,
//
//	helm-irsa: error: <what was being done> <subject>: <cause>
//	helm-irsa: warning: <what is>
//	helm-irsa: <what was done>
//	helm-irsa: hint: <the command to type or the line to change>
//
// lower case, no full stop, one line each. stdout carries data only. Packages
// below return errors and print nothing; what to type next is said here, at the
// edge, with faults.Hinted.
package voice

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/render"
)

// Program is the name that every line begins with.
const Program = "helm-irsa"

// Voice says things on a stream.
type Voice struct{ w io.Writer }

// To is the voice on a stream.
func To(w io.Writer) Voice { return Voice{w} }

// Error says what went wrong.
func (v Voice) Error(text string) { v.say("error", text) }

// Warning says what is, and may be wrong.
func (v Voice) Warning(text string) { v.say("warning", text) }

// Info says what was done.
func (v Voice) Info(text string) { v.say("", text) }

// Hint says what to type next; nothing where there is nothing to say.
func (v Voice) Hint(text string) {
	if text != "" {
		v.say("hint", text)
	}
}

// say keeps one message on one line, and shows what somebody else wrote in it as internal/safe
// does. Where stderr is gone there is nobody left to tell.
func (v Voice) say(kind, text string) {
	if kind != "" {
		kind += ": "
	}
	_, _ = fmt.Fprintf(v.w, "%s: %s%s\n", Program, kind, safe.Text(strings.TrimRight(text, "\r\n")))
}

// Failure says why the program ends: each fault on a line of its own.
func (v Voice) Failure(err error) {
	if state, hint, cause := faults.StateOf(err); cause != nil {
		v.left(cause, state, hint)
		return
	}
	var incomplete *awsiam.Incomplete
	if errors.As(err, &incomplete) {
		if errors.Is(err, context.Canceled) {
			v.Error("stopped")
		} else {
			v.Each(incomplete.Errs)
		}
		v.Hint(incomplete.Stopped())
		return
	}
	if errors.Is(err, context.Canceled) {
		v.Error("stopped; nothing was changed")
		return
	}
	v.Each([]error{err})
}

// left says an error and how it left things: what happened, the state, what to type. Several
// faults have each its own hint.
func (v Voice) left(err error, state, hint string) {
	if errors.Is(err, context.Canceled) {
		v.Error("stopped")
		v.Info(state)
		v.Hint(hint)
		return
	}
	for several := faults.Several(err); len(several) == 1; several = faults.Several(err) {
		err = several[0]
	}
	all := render.Messages(err)
	if len(all) != 1 || len(faults.Several(err)) > 0 {
		v.Failure(err)
		v.Info(state)
		v.Hint(hint)
		return
	}
	if hint == "" {
		hint = all[0].Hint
	}
	v.Failure(faults.Bare(err))
	v.Info(state)
	v.Hint(hint)
}

// Each says errors that hold several one by one.
func (v Voice) Each(errs []error) {
	for _, err := range errs {
		if several := faults.Several(err); len(several) > 0 {
			v.Each(several)
			continue
		}
		for _, m := range render.Messages(err) {
			if m.Message == err.Error() {
				m.Message = faults.OneLine(err)
			}
			v.Error(m.Message)
			v.Hint(m.Hint)
		}
	}
}

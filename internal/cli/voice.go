package cli

// The program has one voice, and this file is it. To a person it says, on stderr,
//
//	helm-irsa: error: <what was being done> <subject>: <cause>
//	helm-irsa: warning: <what is>
//	helm-irsa: <what was done>
//	helm-irsa: hint: <the command to type or the line to change>
//
// lower case, no full stop, one line each. stdout carries data only. Packages
// below return errors and print nothing; what to type next is said here, at the
// edge, with hinted.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/render"
)

// program is the name that every line begins with.
const program = "helm-irsa"

type voice struct{ w io.Writer }

func (v voice) error(text string)   { v.say("error", text) }
func (v voice) warning(text string) { v.say("warning", text) }
func (v voice) info(text string)    { v.say("", text) }

// hint says nothing where there is nothing to say.
func (v voice) hint(text string) {
	if text != "" {
		v.say("hint", text)
	}
}

// say keeps one message on one line, and shows what somebody else wrote in it as internal/safe
// does. Where stderr is gone there is nobody left to tell.
func (v voice) say(kind, text string) {
	if kind != "" {
		kind += ": "
	}
	_, _ = fmt.Fprintf(v.w, "%s: %s%s\n", program, kind, safe.Text(strings.TrimRight(text, "\r\n")))
}

// failure says why the program ends: each fault on a line of its own.
func (v voice) failure(err error) {
	var incomplete *awsiam.Incomplete
	if errors.As(err, &incomplete) {
		if errors.Is(err, context.Canceled) {
			v.error("stopped")
		} else {
			v.each(incomplete.Errs)
		}
		v.hint(incomplete.Stopped())
		return
	}
	if errors.Is(err, context.Canceled) {
		v.error("stopped; nothing was changed")
		return
	}
	v.each([]error{err})
}

// each says errors that hold several one by one.
func (v voice) each(errs []error) {
	for _, err := range errs {
		if several := severalOf(err); len(several) > 0 {
			v.each(several)
			continue
		}
		for _, m := range render.Messages(err) {
			if m.Message == err.Error() {
				m.Message = oneLine(err)
			}
			v.error(m.Message)
			v.hint(m.Hint)
		}
	}
}

// hintedError is an error and what to type next.
type hintedError struct {
	error
	hint string
}

func (e *hintedError) Hint() string  { return e.hint }
func (e *hintedError) Unwrap() error { return e.error }

// hinted adds a hint, made as by fmt.Sprintf, to an error.
func hinted(err error, format string, args ...any) error {
	return &hintedError{err, fmt.Sprintf(format, args...)}
}

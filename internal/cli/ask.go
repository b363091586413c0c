package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/safe"
)

// asker asks questions on a terminal, a line each, so that a screen reader, a slow line and a
// test can follow. An empty answer is the one in brackets.
type asker struct {
	ctx   context.Context
	out   io.Writer
	lines chan string // closed where nobody answers any more
}

// newAsker is one for the terminal; false where there is none.
func newAsker(sys *System) (a *asker, done func(), ok bool) {
	w, done, ok := askOn(sys)
	if !ok {
		return nil, nil, false
	}
	return askFrom(sys.context(), sys.Stdin, w), done, true
}

// askFrom asks on a stream, and reads the answers of another. The goroutine that reads ends with
// that stream, or with the program: a read of a terminal cannot be stopped.
func askFrom(ctx context.Context, in io.Reader, out io.Writer) *asker {
	a := &asker{ctx: ctx, out: out, lines: make(chan string)}
	go func() {
		defer close(a.lines)
		for s := bufio.NewScanner(in); s.Scan(); {
			select {
			case a.lines <- s.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return a
}

// errNoAnswer: the answers ended before the questions did.
var errNoAnswer = errors.New("no answer: the input has ended")

// say shows a line.
func (a *asker) say(format string, args ...any) {
	fmt.Fprintln(a.out, safe.Text(fmt.Sprintf(format, args...)))
}

// ask asks until the answer is taken; take says what is wrong with one that is not. standard is
// what no answer means, and may be empty.
func (a *asker) ask(question, standard string, take func(answer string) error) error {
	for {
		fmt.Fprint(a.out, safe.Text(question))
		if standard != "" {
			fmt.Fprintf(a.out, " [%s]", safe.Text(standard))
		}
		fmt.Fprint(a.out, ": ")
		select {
		case <-a.ctx.Done():
			fmt.Fprintln(a.out)
			return a.ctx.Err()
		case line, ok := <-a.lines:
			if !ok {
				fmt.Fprintln(a.out)
				return errNoAnswer
			}
			answer := strings.TrimSpace(line)
			if answer == "" {
				answer = standard
			}
			err := take(answer)
			if err == nil {
				return nil
			}
			for _, e := range leaves(err) {
				a.say("  %s", faults.OneLine(e))
				if h, ok := e.(interface{ Hint() string }); ok && h.Hint() != "" {
					a.say("  %s", h.Hint())
				}
			}
		}
	}
}

// words takes an answer apart: words with blanks or commas between them.
func words(answer string) []string {
	return strings.FieldsFunc(answer, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' })
}

// leaves are the errors that one joins, or itself.
func leaves(err error) []error {
	if err == nil {
		return nil
	}
	several := faults.Several(err)
	if len(several) == 0 {
		return []error{err}
	}
	var out []error
	for _, e := range several {
		out = append(out, leaves(e)...)
	}
	return out
}

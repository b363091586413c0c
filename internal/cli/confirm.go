package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/voice"
)

// confirm asks on the terminal, and takes nothing but yes for one. Where there is no
// terminal it refuses to ask; flag is what says yes beforehand. Nothing was changed by then, which
// the caller says.
func confirm(ctx context.Context, sys *System, question, flag string) error {
	w, done, ok := askOn(sys)
	if !ok {
		return faults.Hinted(fmt.Errorf("there is no terminal to ask on, and %s was not given", flag), "look at the plan above, then add %s", flag)
	}
	defer done()
	yes, err := answered(ctx, sys, w, question)
	switch {
	case err != nil:
		return err
	case !yes:
		return errors.New("not confirmed")
	}
	return nil
}

// answered asks on w, and reads the answer: only yes is one. The error is that of the
// context.
func answered(ctx context.Context, sys *System, w io.Writer, question string) (bool, error) {
	fmt.Fprintf(w, "%s: %s [yes/no] ", voice.Program, safe.Text(question))
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(sys.Stdin).ReadString('\n') // no answer is no
		answer <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(w)
		return false, ctx.Err()
	case line := <-answer:
		return strings.EqualFold(line, "yes") || strings.EqualFold(line, "y"), nil
	}
}

// askOn is where a question can be seen by who would answer it: stderr, or, where that
// goes to a file, the terminal itself.
func askOn(sys *System) (w io.Writer, done func(), ok bool) {
	if !isTerminal(sys.Stdin) {
		return nil, nil, false
	}
	if isTerminal(sys.Stderr) {
		return sys.Stderr, func() {}, true
	}
	tty, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0)
	if err != nil {
		return nil, nil, false
	}
	return tty, func() { tty.Close() }, true
}

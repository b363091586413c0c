package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
)

// confirm asks on the terminal, and takes nothing but yes for one. Where there is no
// terminal it refuses to ask; flag is what says yes beforehand.
func confirm(sys *System, question, flag string) error {
	w, done, ok := askOn(sys)
	if !ok {
		return hinted(fmt.Errorf("there is no terminal to ask on, and %s was not given", flag), "look at the plan above, then add %s", flag)
	}
	defer done()
	yes, err := answered(sys, w, question)
	switch {
	case err != nil:
		return errors.New("stopped; nothing was changed")
	case !yes:
		return errors.New("not confirmed; nothing was changed")
	}
	return nil
}

// answered asks on w, and reads the answer: only yes is one. The error is that of the
// context.
func answered(sys *System, w io.Writer, question string) (bool, error) {
	fmt.Fprintf(w, "%s: %s [yes/no] ", program, safe.Text(question))
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(sys.Stdin).ReadString('\n') // no answer is no
		answer <- strings.TrimSpace(line)
	}()
	select {
	case <-sys.context().Done():
		fmt.Fprintln(w)
		return false, sys.context().Err()
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

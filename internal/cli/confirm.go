package cli

import (
	"bufio"
	"fmt"
	"strings"
)

// confirm asks on the terminal, and takes nothing but yes for one. Where there is no
// terminal it refuses to ask; flag is what says yes beforehand.
func confirm(sys *System, question, flag string) error {
	if !isTerminal(sys.Stdin) || !isTerminal(sys.Stderr) {
		return hinted(fmt.Errorf("there is no terminal to ask on, and %s was not given", flag), "look at the plan above, then add %s", flag)
	}
	fmt.Fprintf(sys.Stderr, "%s: %s [yes/no] ", program, question)
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(sys.Stdin).ReadString('\n') // no answer is no
		answer <- strings.TrimSpace(line)
	}()
	select {
	case <-sys.context().Done():
		fmt.Fprintln(sys.Stderr)
		return fmt.Errorf("stopped; nothing was changed")
	case line := <-answer:
		if strings.EqualFold(line, "yes") || strings.EqualFold(line, "y") {
			return nil
		}
		return fmt.Errorf("not confirmed; nothing was changed")
	}
}

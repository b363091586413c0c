package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/helm-irsa/helm-irsa/internal/safe"
)

// runCommand runs a program with our streams and this environment, and waits for it,
// however long it takes. Its exit code becomes ours; where a signal ended it, 128 and
// the signal's number, as in a shell.
func runCommand(sys *System, command, env []string) error {
	// Caught before it starts, so that none ends this program alone. A terminal sends
	// an interrupt to the command as well, which a second one might end at once; a
	// termination is sent to this process only.
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)

	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = env, sys.Stdin, sys.stdoutItself(), safe.Raw(sys.Stderr)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("running %s: %w", command[0], err)
	}
	done := make(chan struct{})
	go func() {
		for {
			select {
			case s := <-signals:
				if s == syscall.SIGTERM {
					_ = cmd.Process.Signal(s) // fails where the command has just ended
				}
			case <-done:
				return
			}
		}
	}()
	err := cmd.Wait()
	close(done)
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exited(128 + int(status.Signal()))
	}
	return exited(exit.ExitCode())
}

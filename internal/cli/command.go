package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/helm"
	"github.com/helm-irsa/helm-irsa/internal/safe"
)

// runCommand runs a program with our streams and this environment, and waits for it,
// however long it takes. Its exit code becomes ours; where a signal ended it, 128 and
// the signal's number, as in a shell.
func runCommand(sys *System, command, env []string) error {
	// Caught before it starts, so that none ends this program alone.
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, helm.EndingSignals()...)
	defer signal.Stop(signals)
	release, err := sys.hold()
	if err != nil {
		return fmt.Errorf("stopped before %s was run", command[0])
	}
	defer release()

	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = env, sys.Stdin, sys.stdoutItself(), safe.Raw(sys.Stderr)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("running %s: %w", command[0], err)
	}
	done := make(chan struct{})
	go relay(cmd.Process, isTerminal(sys.Stdin), signals, done)
	err = cmd.Wait()
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

// relay passes signals on to a command. A terminal sends an interrupt to the command as
// well, which a second one might end at once; a termination is sent to this process only.
// A second signal kills the command.
func relay(p *os.Process, terminal bool, signals <-chan os.Signal, done <-chan struct{}) {
	asked := false
	for {
		select {
		case s := <-signals:
			switch {
			case s == os.Interrupt && terminal:
				continue
			case asked:
				_ = p.Kill() // fails where the command has just ended
			default:
				_ = p.Signal(s)
			}
			asked = true
		case <-done:
			return
		}
	}
}

// runUntilSignal runs a command that is of no use once this program is told to end: it is
// told so too, and killed where that does not end it soon. The error is then the signal's
// exit code.
func runUntilSignal(cmd *exec.Cmd) error {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, helm.EndingSignals()...)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return err
	case s := <-signals:
		_ = cmd.Process.Signal(syscall.SIGTERM) // fails where it has just ended
		select {
		case <-ended:
		case <-signals:
			_ = cmd.Process.Kill()
		case <-time.After(interruptPatience):
			_ = cmd.Process.Kill()
		}
		return exited((&interrupted{s}).code())
	}
}

// Package helm runs the user's own Helm and reads the command lines that are
// meant for it. It knows nothing of IRSA and links no part of Helm.
package helm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// Client is one Helm program.
type Client struct {
	// Path is the executable; see Find.
	Path string
	// Env is the environment of every run, as "KEY=value".
	Env []string
	// Stdin, Stdout and Stderr are what Run hands on; Output captures stdout instead.
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	// Hold, where it is set, is told that Helm begins, and by the function that it returns
	// that Helm has ended. Where it gives an error, Helm is not started.
	Hold func() (release func(), err error)
}

// ExitError says that Helm ran and failed. Helm has already told the user why.
type ExitError struct {
	// Command is the Helm command that failed, such as "upgrade".
	Command string
	// Code is the exit code, 1 to 255; 128 plus the signal's number where a signal ended Helm.
	Code int
}

func (e *ExitError) Error() string {
	return fmt.Sprintf("helm %s: exit status %d", e.Command, e.Code)
}

// Find returns the path of the user's Helm: $HELM_BIN, which Helm sets for its
// plugins to its own argv[0] (pkg/cli/environment.go, EnvVars), else helm on PATH.
func Find(getenv func(string) string) (string, error) {
	name := getenv("HELM_BIN")
	if name == "" {
		name = "helm"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("finding Helm: %w", err)
	}
	return path, nil
}

// Run runs Helm with the client's streams and waits for it, however long it takes. The
// first of EndingSignals in the meantime goes to Helm; the second kills it. The error is an
// *ExitError where Helm itself failed.
func (c Client) Run(args ...string) error {
	return c.run(c.Stdout, c.Stderr, 0, args)
}

// lingers is how long what Helm has printed is still read once Helm has ended. Whoever holds
// its output for longer was started by it, and prints for itself: a helper for credentials
// that stays, say.
const lingers = time.Second

// Ask runs a command of Helm's that reads, until the context ends, and returns its whole
// stdout. What Helm said on stderr is part of the error.
func (c Client) Ask(ctx context.Context, args ...string) (string, error) {
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, c.Path, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = c.Env, &out, &said, lingers
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil || errors.Is(err, exec.ErrWaitDelay):
		return out.String(), nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.As(err, &exit):
		err = &ExitError{Command: args[0], Code: exitCode(exit)}
	default:
		return "", fmt.Errorf("starting Helm: %w", err)
	}
	// No *ExitError, whose words Helm has said itself.
	return "", fmt.Errorf("%v: %s", err, strings.TrimSpace(said.String()))
}

// Output runs Helm and returns the first line of its stdout. What Helm said on stderr is part of the error.
func (c Client) Output(args ...string) (string, error) {
	var out, said bytes.Buffer
	if err := c.run(&out, &said, lingers, args); err != nil {
		return "", fmt.Errorf("%w: %s", err, strings.TrimSpace(said.String()))
	}
	line, _, _ := strings.Cut(out.String(), "\n")
	return strings.TrimSpace(line), nil
}

func (c Client) run(stdout, stderr io.Writer, delay time.Duration, args []string) error {
	// Caught before Helm starts, so that none ends this program alone.
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, EndingSignals()...)
	defer signal.Stop(signals)
	if c.Hold != nil {
		release, err := c.Hold()
		if err != nil {
			return err
		}
		defer release()
	}

	cmd := exec.Command(c.Path, args...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = c.Env, c.Stdin, stdout, stderr, delay
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting Helm: %w", err)
	}
	done := make(chan struct{})
	go passSignals(cmd.Process, signals, done)
	err := cmd.Wait()
	close(done)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return &ExitError{Command: args[0], Code: exitCode(exit)}
	}
	if errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	return err
}

func exitCode(err *exec.ExitError) int {
	if status, ok := err.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return err.ExitCode()
}

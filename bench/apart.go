package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// apartVariable is set where this program is started to run another one and to say what
// that took. On Linux the peak of a process is never less than that of the process that
// started it (see peakMemory), and one that has just begun is small.
const apartVariable = "HELM_IRSA_BENCH_APART"

// apartReport is what the small process says of the program that it ran.
type apartReport struct {
	Took time.Duration
	Peak int64
	Code int
	// Failed is why the program could not be run at all.
	Failed string
}

// isApart reports whether this process is such a small one.
func isApart() bool { return os.Getenv(apartVariable) != "" }

// runApart runs a program with our stdin and stdout, and writes the report.
func runApart(args []string, report io.Writer) error {
	if err := os.Unsetenv(apartVariable); err != nil {
		return err
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Dir = os.Stdin, os.Stdout, os.TempDir()
	start := time.Now()
	err := cmd.Run()
	said := apartReport{Took: time.Since(start)}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		said.Failed = err.Error()
	} else {
		said.Peak, said.Code = peakMemory(cmd.ProcessState), cmd.ProcessState.ExitCode()
	}
	return json.NewEncoder(report).Encode(said)
}

// apart runs a program through a small process of its own, and gives its exit code.
func apart(stdin []byte, path string, args []string) (outcome, int, error) {
	self, err := os.Executable()
	if err != nil {
		return outcome{}, 0, err
	}
	cmd := exec.Command(self, append([]string{path}, args...)...)
	cmd.Env = append(os.Environ(), apartVariable+"=1")
	cmd.Stdin = bytes.NewReader(stdin)
	var (
		out    counted
		report bytes.Buffer
		said   apartReport
	)
	cmd.Stdout, cmd.Stderr = &out, &report
	if err := cmd.Run(); err != nil {
		return outcome{}, 0, fmt.Errorf("%w: %s", err, report.Bytes())
	}
	if err := json.Unmarshal(report.Bytes(), &said); err != nil {
		return outcome{}, 0, fmt.Errorf("reading what it took: %w", err)
	}
	if said.Failed != "" {
		return outcome{}, 0, errors.New(said.Failed)
	}
	return outcome{took: said.Took, out: int64(out), peak: said.Peak}, said.Code, nil
}

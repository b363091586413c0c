package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/fileio"
)

// output is stdout, and remembers the first write that failed: whoever prints need not
// look, and Main asks at the end. After a failure it takes no more.
type output struct {
	w      io.Writer
	failed error
	// forHelm: Helm has started this as its plugin, and says "exited with error" of any exit code
	// but 0 (helm.sh/helm/v3 cmd/helm/load_plugins.go).
	forHelm bool
}

// Write is w's, until that fails.
func (o *output) Write(b []byte) (int, error) {
	if o.failed != nil {
		return 0, o.failed
	}
	n, err := o.w.Write(b)
	o.failed = err
	return n, err
}

// watched is the system with a stdout that is watched, and that stdout.
func (s *System) watched() (*System, *output) {
	own, out := *s, &output{w: s.Stdout, forHelm: s.Getenv != nil && s.Getenv("HELM_PLUGIN_NAME") != ""}
	own.Stdout = out
	return &own, out
}

// stdoutItself is stdout as this program got it, for the programs that it starts: a
// terminal stays one for them.
func (s *System) stdoutItself() io.Writer { return itself(safe.Raw(s.Stdout)) }

func itself(w io.Writer) io.Writer {
	if o, ok := w.(*output); ok {
		return o.w
	}
	return w
}

// printed is the error of what was printed on stdout so far. Whoever goes on to change
// something asks it first: a plan that nobody could see is not carried out.
func (s *System) printed() error {
	if o, ok := safe.Raw(s.Stdout).(*output); ok && o.failed != nil {
		return lostOutput{o.failed}
	}
	return nil
}

// lostOutput is the error of a stdout that does not take what is printed.
type lostOutput struct{ error }

// Error leaves off the name that Go has for stdout, whatever it is.
func (e lostOutput) Error() string {
	return fmt.Sprintf("writing to stdout: %v", fileio.Cause(e.error))
}

// Hint says that the output is not whole.
func (lostOutput) Hint() string {
	return "what was printed is not whole: make room, or send it elsewhere"
}

// Unwrap is the error of the write.
func (e lostOutput) Unwrap() error { return e.error }

// ended says what is still to be said of a command that came to err, and gives its exit
// code. Output that was lost is a failure of a command that had no other; a reader that
// has gone, as head does, is nothing to speak of.
func (o *output) ended(v voice.Voice, err error) int {
	code, silent := exitCode(err)
	lost := o.failed != nil && (err == nil || errors.Is(err, o.failed) || isExited(err))
	if !silent && !lost {
		v.Failure(err)
	}
	if o.failed == nil {
		return code
	}
	quiet, gone := fileio.ReaderGone(o.failed)
	if !gone {
		v.Failure(lostOutput{o.failed})
	}
	switch {
	case !lost:
		return code
	case gone && o.forHelm && !errors.Is(err, o.failed): // it did all but print
		return code
	case gone:
		return quiet
	}
	return 1
}

// isExited: the error is only a code, such as 2 for what is broken.
func isExited(err error) bool {
	var done exited
	return errors.As(err, &done)
}

package cli

import (
	"errors"
	"fmt"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/pkg/fileio"
)

// Bounds of what is read whole, in bytes.
const (
	maxVerifyInput = 512 * fileio.MiB // as pkg/verify takes it
	maxKeySet      = fileio.MiB
	maxReport      = 64 * fileio.MiB
	maxPluginFile  = fileio.MiB
)

// readFile reads a file, or stdin for -. What the shell has opened, as <(COMMAND), may be
// a pipe: these files are read once.
func (o *verifyOptions) readFile(path string) (text []byte, name string, err error) {
	return readInput(o.sys, path)
}

// readInput reads a file, or stdin for -.
func readInput(sys *System, path string) (text []byte, name string, err error) {
	if path == "-" {
		if text, err = fileio.Limit(sys.Stdin, maxVerifyInput); err != nil {
			err = fmt.Errorf("reading stdin: %w", err)
		}
		return fileio.UTF8(text), "stdin", err
	}
	text, err = fileio.ReadStream(path, maxVerifyInput)
	return fileio.UTF8(text), path, readFailure(path, err, "name a file, or - for what comes on stdin")
}

// readFailure says which file could not be read, and, where it is a named pipe, what to
// type instead.
func readFailure(path string, err error, instead string) error {
	if err == nil {
		return nil
	}
	said := fmt.Errorf("reading %s: %w", path, fileio.Cause(err))
	var kind *fileio.KindError
	if errors.As(err, &kind) && kind.Pipe() {
		return faults.Hinted(said, "%s", instead)
	}
	return said
}

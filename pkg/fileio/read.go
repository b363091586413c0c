// Package fileio reads the files that people name as inputs, whole and within a bound,
// never waiting for what is no file; and it says when nobody reads the output any more.
package fileio

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// MiB is a mebibyte, for bounds.
const MiB = 1 << 20

// KindError says that a path names something else than a regular file.
type KindError struct {
	// Kind is what it is, with its article: "a directory", "a pipe", "a device", "a socket".
	Kind string
}

// Error is "is a pipe, not a regular file"; that of a directory is as the system says it.
func (e *KindError) Error() string {
	if e.Kind == directory {
		return "is a directory"
	}
	return "is " + e.Kind + ", not a regular file"
}

// Pipe reports whether it is a pipe, as <(COMMAND) and /dev/stdin behind a | are.
func (e *KindError) Pipe() bool { return e.Kind == pipe }

// SizeError says that an input is larger than its bound, in bytes.
type SizeError struct{ Most int64 }

// Error is "is larger than 16 MiB".
func (e *SizeError) Error() string { return fmt.Sprintf("is larger than %d MiB", e.Most/MiB) }

const (
	directory = "a directory"
	pipe      = "a pipe"
)

// Read gives what is in a regular file of at most so many bytes. A symbolic link to one is
// followed. Anything else is refused before a byte of it is read, and without waiting for
// somebody to write into it; the error is then a *KindError or a *SizeError, else an
// *fs.PathError.
func Read(path string, most int64) ([]byte, error) { return read(path, most, false) }

// ReadStream is Read for an input that is read only once: it takes a pipe as well, where
// the shell has opened it, as with <(COMMAND), /dev/stdin and /dev/fd/3.
func ReadStream(path string, most int64) ([]byte, error) {
	return read(path, most, openAlready(path))
}

// openAlready: the path is another name of a descriptor that this process was given
// (https://man7.org/linux/man-pages/man4/fd.4.html). To open it again waits for nobody.
func openAlready(path string) bool {
	return path == "/dev/stdin" || strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "/proc/self/fd/")
}

func read(path string, most int64, pipes bool) ([]byte, error) {
	info, err := os.Stat(path) // first: to open a device may do something to it
	if err == nil {
		err = check(info, most, pipes)
	}
	if err != nil {
		return nil, err
	}
	flags := os.O_RDONLY
	if !pipes {
		// A named pipe that has come in its place since would wait for a writer
		// (https://man7.org/linux/man-pages/man7/fifo.7.html).
		flags |= syscall.O_NONBLOCK
	}
	file, err := os.OpenFile(path, flags, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if info, err = file.Stat(); err == nil {
		err = check(info, most, pipes)
	}
	if err != nil {
		return nil, err
	}
	return Limit(file, most)
}

// Limit reads all there is, and refuses what is larger with a *SizeError.
func Limit(r io.Reader, most int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(data)) > most {
		return nil, &SizeError{most}
	}
	return data, err
}

func check(info fs.FileInfo, most int64, pipes bool) error {
	switch mode := info.Mode(); {
	case mode.IsRegular() && info.Size() > most:
		return &SizeError{most}
	case mode.IsRegular():
		return nil
	case mode&fs.ModeNamedPipe != 0 && pipes:
		return nil
	}
	return &KindError{kindOf(info.Mode())}
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return directory
	case mode&fs.ModeNamedPipe != 0:
		return pipe
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&(fs.ModeDevice|fs.ModeCharDevice) != 0:
		return "a device"
	}
	return "something else"
}

// Cause is an error without the path that it is about, for a message that names it already.
func Cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

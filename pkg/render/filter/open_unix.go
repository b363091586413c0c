//go:build unix

package filter

import (
	"os"
	"syscall"
)

// openHere opens a path that is no link (https://man7.org/linux/man-pages/man2/open.2.html,
// O_NOFOLLOW).
func openHere(path string, how int) (*os.File, error) {
	return os.OpenFile(path, how|syscall.O_NOFOLLOW, 0o600)
}

// openPipe opens a named pipe that somebody reads; where nobody does, that is an error, and
// not waited for.
func openPipe(path string) (*os.File, error) {
	return openHere(path, os.O_WRONLY|syscall.O_NONBLOCK)
}

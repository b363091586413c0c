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

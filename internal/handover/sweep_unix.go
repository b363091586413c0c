//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package handover

import (
	"os"
	"syscall"
)

// isOwn reports whether a folder is this user's, and for this user alone.
func isOwn(info os.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && info.IsDir() && info.Mode().Perm() == 0o700 && int(s.Uid) == os.Geteuid()
}

// openLock opens a file that may be locked; a link is none.
func openLock(root *os.Root, name string) (*os.File, error) {
	return root.OpenFile(name, os.O_RDWR|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
}

// lockFile locks a file until it is closed, or the process ends
// (https://man7.org/linux/man-pages/man2/flock.2.html). It does not wait.
func lockFile(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

// systemTmp is a folder for temporary files whose name is short.
func systemTmp(string) string { return "/tmp" }

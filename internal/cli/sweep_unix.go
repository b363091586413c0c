//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package cli

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

// makePipe makes a named pipe in a folder.
func makePipe(path string) error { return syscall.Mkfifo(path, 0o600) }

// openPipeEnds opens both ends of a named pipe. They are read and written as files are that
// block: of a pipe that is polled, macOS does not say that its last writer has gone
// (https://go.dev/issue/24164).
func openPipeEnds(path string) (r, w *os.File, err error) {
	from, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	to, err := syscall.Open(path, syscall.O_WRONLY|syscall.O_CLOEXEC, 0)
	if err == nil {
		err = syscall.SetNonblock(from, false)
	}
	if err != nil {
		_ = syscall.Close(from)
		return nil, nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(from), path), os.NewFile(uintptr(to), path), nil
}

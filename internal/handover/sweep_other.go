//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package handover

import "os"

// isOwn is true: the folder for temporary files is the user's own (GetTempPath).
func isOwn(info os.FileInfo) bool { return info.IsDir() }

// openLock opens a file that may be in use. A file that a process has open can be neither
// renamed nor removed, so what can be is of no run that is alive.
func openLock(root *os.Root, name string) (*os.File, error) {
	const free = "stale"
	if err := root.Rename(name, free); err != nil {
		return nil, err
	}
	if err := root.Rename(free, name); err != nil {
		return nil, err
	}
	return root.Open(name)
}

// lockFile does nothing: see openLock.
func lockFile(*os.File) error { return nil }

// systemTmp is the folder that there is: what a longer name comes to is said by who listens.
func systemTmp(tmp string) string { return tmp }

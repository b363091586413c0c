package filter

import (
	"os"
	"syscall"
)

// fSetPipeSize is F_SETPIPE_SZ of fcntl(2), which package syscall does not name.
const fSetPipeSize = 1031

// widen asks the kernel for a larger buffer where f is a pipe: a large stream then
// crosses it in a sixteenth of the context switches. A refusal changes nothing.
func widen(f any) {
	if file, ok := f.(*os.File); ok {
		_, _, _ = syscall.Syscall(syscall.SYS_FCNTL, file.Fd(), fSetPipeSize, 1<<20)
	}
}

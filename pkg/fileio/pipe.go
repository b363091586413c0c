package fileio

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// readerGone is the exit code where what read stdout has gone: that which a shell tells of
// a program that SIGPIPE ended, 128 and the signal's number
// (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_08_02).
const readerGone = 141

// ReaderGone reports whether a write to stdout failed since its reader has gone, as head
// does when it has enough, and the exit code that this comes to. There is nothing to say
// then.
func ReaderGone(err error) (code int, gone bool) {
	return readerGone, errors.Is(err, syscall.EPIPE)
}

// KeepFromPipes lets a write to stdout or stderr fail where its reader has gone. Go would
// end the program by SIGPIPE wherever it is, such as between two calls of AWS
// (https://pkg.go.dev/os/signal#hdr-SIGPIPE). Programs that are started have SIGPIPE as
// ever: a signal that is caught here is not ignored there.
func KeepFromPipes() (stop func()) {
	pipes := make(chan os.Signal, 1)
	signal.Notify(pipes, syscall.SIGPIPE)
	return func() { signal.Stop(pipes) }
}

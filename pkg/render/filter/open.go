package filter

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"sync"
)

// errNotAFile is a place that is neither a file nor something to write to.
var errNotAFile = errors.New("it is no regular file, no pipe and no terminal")

// open opens a file that a flag names, to write to it: for this user alone, where it is
// made. It follows no link, which somebody else may have put there, and it writes to no
// folder, socket or disk.
func open(path string, how int) (*os.File, error) {
	file, err := openHere(path, how|os.O_CREATE)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() && info.Mode()&(fs.ModeNamedPipe|fs.ModeCharDevice) == 0 {
		err = fmt.Errorf("open %s: %w", path, errNotAFile)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// streamText is one of this process's own streams by name. These are links of the system's
// (https://man7.org/linux/man-pages/man5/proc_pid_fd.5.html), and are written to as they
// are: opened again, a file that stands behind one would be overwritten from its beginning.
var streamText = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:/dev/(stdout|stderr)|(?:/dev/fd|/proc/self/fd)/(\d{1,6}))$`)
})

// stream is that stream; nil where the path is none.
func stream(path string) *os.File {
	m := streamText().FindStringSubmatch(path)
	switch {
	case m == nil:
		return nil
	case m[1] == "stdout":
		return os.Stdout
	case m[1] == "stderr":
		return os.Stderr
	}
	n, err := strconv.Atoi(m[2])
	if err != nil {
		return nil
	}
	return os.NewFile(uintptr(n), path)
}

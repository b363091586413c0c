package handover

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
)

// The names of what is in a Folder. Only these are ever removed from one.
const (
	lockName   = "lock"
	socketName = "s"
)

// mostAddress is the longest name of a socket that every system takes: 104 bytes with the
// zero at its end on macOS (sys/un.h), 108 on Linux
// (https://man7.org/linux/man-pages/man7/unix.7.html) and Windows.
const mostAddress = 103

// Folder is a folder for this user alone, with the socket at which the post-renderer finds
// us. Its lock tells other runs that this one is still alive; it ends with the process,
// however that ends. No manifest is ever written there, since manifests hold secrets.
type Folder struct {
	dir      string
	lock     *os.File
	listener net.Listener
	visits   chan *Visit
}

// FolderError is the error of a temporary folder that takes no more.
type FolderError struct{ err error }

// Error says what was being done.
func (e *FolderError) Error() string { return e.err.Error() }

// Hint is what to do about it.
func (e *FolderError) Hint() string {
	if errors.Is(e.err, fs.ErrNotExist) {
		return "name a folder that is there: export TMPDIR=FOLDER"
	}
	return "make room there, or name a folder on another disk: export TMPDIR=FOLDER"
}

// Unwrap is the cause.
func (e *FolderError) Unwrap() error { return e.err }

// New makes the folder and listens in it, and removes those that runs before left behind
// that were killed. That is done before anything is changed, so that a disk that is full
// stops the command where nothing is lost. The error is a *FolderError.
func New() (*Folder, error) {
	base := base(os.TempDir())
	sweep(base)
	for range 3 {
		f, err := makeFolder(base)
		if f != nil || err != nil {
			return f, err
		}
	}
	return nil, &FolderError{errors.New("making a folder for the post-renderer: something removes it at once")}
}

// base is where the folder is made: the folder for temporary files, but where a socket in it
// would have too long a name, that of the system.
func base(tmp string) string {
	const digits = 10 // what os.MkdirTemp adds at most
	if len(filepath.Join(tmp, runPrefix, socketName))+digits <= mostAddress {
		return tmp
	}
	return systemTmp(tmp)
}

// makeFolder makes one; nil where another run took it for one that was left behind, before it
// was locked.
func makeFolder(base string) (*Folder, error) {
	fail := func(err error) error {
		return &FolderError{fmt.Errorf("making a folder for the post-renderer: %w", err)}
	}
	dir, err := os.MkdirTemp(base, runPrefix)
	if err != nil {
		return nil, fail(err)
	}
	f := &Folder{dir: dir, visits: make(chan *Visit)}
	f.lock, err = os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		// Where locks are not to be had, nobody removes the folder but this run.
		_ = lockFile(f.lock)
		if _, gone := os.Lstat(f.lock.Name()); errors.Is(gone, fs.ErrNotExist) {
			f.Close()
			return nil, nil
		}
		f.listener, err = net.Listen("unix", f.Address())
	}
	if err != nil {
		f.Close() // what cannot be removed is empty
		return nil, fail(err)
	}
	go f.accept()
	return f, nil
}

// Address is where a post-renderer finds us.
func (f *Folder) Address() string { return filepath.Join(f.dir, socketName) }

// Visits are the post-renderers that come, one after the other. It is closed with the folder.
func (f *Folder) Visits() <-chan *Visit { return f.visits }

func (f *Folder) accept() {
	defer close(f.visits)
	for {
		conn, err := f.listener.Accept()
		if err != nil { // the folder was closed
			return
		}
		v := &Visit{conn}
		if err := v.greet(); err != nil && !errors.Is(err, errAnother) {
			_ = conn.Close() // it has ended, or is none of ours
			continue
		} else if err != nil {
			_ = v.No() // what it reads of that is its own
			continue
		}
		f.visits <- v
	}
}

// Close ends it and removes the folder. A renderer that waits then ends by itself.
func (f *Folder) Close() {
	if f.listener != nil {
		_ = f.listener.Close()
		go func() { // one that comes in this moment is not left waiting
			for v := range f.visits {
				_ = v.No()
			}
		}()
	}
	if f.lock != nil {
		_ = f.lock.Close() // Windows removes no file that is open
	}
	_ = os.RemoveAll(f.dir) // what stays is swept by the next run
}

package localaws

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// errLocked: another process has the lock.
var errLocked = errors.New("another local-aws is using it")

// stateLock is held by the one server that writes a state file. Each call writes all that
// the server knows, so of two servers each would undo what the other was told.
type stateLock struct {
	file *os.File
	path string
}

// lockState takes the lock of a state file, in a file beside it: the state itself is
// replaced whenever it is written. Where the folder is not there it gives none: nothing can
// be written there either. The system lets go of the lock when the process ends, however.
func lockState(path string) (*stateLock, error) {
	beside := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".lock")
	for {
		file, err := openLocked(beside)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		ours, err := file.Stat()
		there, failed := os.Stat(beside)
		if err == nil && failed == nil && os.SameFile(ours, there) {
			return &stateLock{file, beside}, nil
		}
		// Who had it before has removed it since we opened it.
		_ = file.Close()
		if err != nil {
			return nil, err
		}
	}
}

// release lets go of the lock; nil has none.
func (l *stateLock) release() {
	if l == nil {
		return
	}
	_ = os.Remove(l.path) // where it stays, it is nobody's
	_ = l.file.Close()
}

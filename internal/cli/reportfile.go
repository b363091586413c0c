package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// notCalled is what stands in the report's file until the post-renderer has written to it.
const notCalled = "the post-renderer was not called\n"

// anotherFolder is what to do where the temporary folder takes no more.
const anotherFolder = "make room there, or name a folder on another disk: export TMPDIR=FOLDER"

// The names of what is in a runFolder. Only these are ever removed from one.
const (
	reportFile = "report.json"
	pipeFile   = "manifests" // a named pipe: what goes through it is on no disk
)

// runFolder is a folder for this user alone, in which the post-renderer leaves its report
// for us. The lock on that file tells other runs that this one is still alive; it ends with
// the process, however that ends. No manifest is ever written there.
type runFolder struct {
	dir, report string
	lock        *os.File
}

// newRunFolder makes the folder, and the report in it, and removes those that runs before
// left behind that were killed. That is done before anything is changed, so that a disk
// that is full stops the command where nothing is lost. From then on the report has a block
// of the disk: errors, which Helm 4 does not show, fit into that whatever else the disk takes.
func newRunFolder() (*runFolder, error) {
	sweep(os.TempDir())
	for range 3 {
		f, err := makeRunFolder()
		if f != nil || err != nil {
			return f, err
		}
	}
	return nil, hinted(errors.New("making a folder for the report: something removes it at once"), anotherFolder)
}

// makeRunFolder makes one; nil where another run took it for one that was left behind,
// before it was locked.
func makeRunFolder() (*runFolder, error) {
	dir, err := os.MkdirTemp("", runPrefix)
	if err != nil {
		return nil, hinted(fmt.Errorf("making a folder for the report: %w", err), anotherFolder)
	}
	f := &runFolder{dir: dir, report: filepath.Join(dir, reportFile)}
	f.lock, err = os.OpenFile(f.report, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		// Where locks are not to be had, nobody removes the folder but this run.
		_ = lockFile(f.lock)
		if _, gone := os.Lstat(f.report); errors.Is(gone, fs.ErrNotExist) {
			f.remove()
			return nil, nil
		}
		_, err = f.lock.WriteString(notCalled)
	}
	if err != nil {
		f.remove() // what cannot be removed is empty
		return nil, hinted(fmt.Errorf("making the report: %w", err), anotherFolder)
	}
	return f, nil
}

// remove removes the folder.
func (f *runFolder) remove() {
	if f.lock != nil {
		_ = f.lock.Close() // Windows removes no file that is open
	}
	_ = os.RemoveAll(f.dir) // what stays is swept by the next run
}

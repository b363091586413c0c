package controlplane

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// temporary is how the names of folders begin that clusters make for themselves.
const temporary = "helm-irsa-cluster-"

// owner is a file in each of those, locked for as long as the process lives that made it.
const owner = "owner.lock"

// folder makes the folder of the cluster. One of the caller's with something in it is
// refused, since Stop removes it. A temporary one comes with its lock.
func (o Options) folder() (string, *os.File, error) {
	if o.Dir == "" {
		sweep()
		return newTemporary()
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return "", nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", nil, err
	}
	if len(entries) > 0 {
		return "", nil, fmt.Errorf("%s is not empty", dir)
	}
	return dir, nil, nil
}

// newTemporary gives a folder its name once it is locked, so that nobody sweeps it.
func newTemporary() (string, *os.File, error) {
	young, err := os.MkdirTemp("", "helm-irsa-new-")
	if err != nil {
		return "", nil, err
	}
	lock, err := os.OpenFile(filepath.Join(young, owner), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(young))
	}
	dir := filepath.Join(os.TempDir(), temporary+rand.Text())
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		err = os.Rename(young, dir)
	}
	if err != nil {
		return "", nil, errors.Join(err, lock.Close(), os.RemoveAll(young))
	}
	return dir, lock, nil
}

// sweep removes the folders, of some 130 MB each, of processes that were killed. What
// cannot be removed stays: it is in nobody's way.
func sweep() {
	locks, _ := filepath.Glob(filepath.Join(os.TempDir(), temporary+"*", owner)) // the pattern is a good one
	for _, path := range locks {
		lock, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(filepath.Dir(path))
		}
		lock.Close()
	}
}

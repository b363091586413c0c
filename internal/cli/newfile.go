package cli

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"

	"github.com/helm-irsa/helm-irsa/pkg/fileio"
)

// writeNew writes a file that is not there, and makes sure that it is kept. Where it is there, the
// error is fs.ErrExist; where it cannot be written whole, nothing of it stays.
func writeNew(path string, text []byte, perm fs.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, fileio.Cause(err))
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = cmp.Or(err, f.Close()); err != nil {
		_ = os.Remove(path) // it is ours, and half of it is of no use
		return fmt.Errorf("writing %s: %w", path, fileio.Cause(err))
	}
	return nil
}

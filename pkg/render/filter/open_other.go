//go:build !unix

package filter

import (
	"fmt"
	"io/fs"
	"os"
)

// openHere opens a path that is no link.
func openHere(path string, how int) (*os.File, error) {
	if info, err := os.Lstat(path); err == nil && info.Mode()&(fs.ModeSymlink|fs.ModeIrregular) != 0 {
		return nil, fmt.Errorf("open %s: it is a link", path)
	}
	return os.OpenFile(path, how, 0o600)
}

// Package golden reads the folders of golden cases for the tests that run them: a case
// is a folder, and a harness must not pass on nothing or on half a case.
package golden

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Case is one folder, read.
type Case struct {
	// Name is the folder's, Dir its path.
	Name, Dir string
	// Files are all its files, by name.
	Files map[string][]byte
}

// Has reports whether the case has the file, be it empty.
func (c *Case) Has(name string) bool { _, ok := c.Files[name]; return ok }

// Read reads every case of a folder, and has make look at each and turn it into what the
// test wants. That there is no case is an error; what is wrong with the cases is given
// all at once, each with its name.
func Read[T any](folder string, make func(*Case) (T, error)) ([]T, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("%s has no case", folder)
	}
	var (
		out    []T
		faults []error
	)
	for _, e := range entries {
		c := &Case{Name: e.Name(), Dir: filepath.Join(folder, e.Name()), Files: map[string][]byte{}}
		err := c.read()
		var made T
		if err == nil {
			made, err = make(c)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("case %s: %w", c.Name, err))
		}
		out = append(out, made)
	}
	return out, errors.Join(faults...)
}

func (c *Case) read() error {
	entries, err := os.ReadDir(c.Dir)
	for _, e := range entries {
		if err == nil {
			c.Files[e.Name()], err = os.ReadFile(filepath.Join(c.Dir, e.Name()))
		}
	}
	return err
}

// Write makes the folder of a case, for the tests of a harness: files, and what changes
// in them; an empty text drops the file.
func Write(dir string, files, change map[string]string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, set := range []map[string]string{files, change} {
		for name, text := range set {
			path := filepath.Join(dir, name)
			err := os.WriteFile(path, []byte(text), 0o644)
			if text == "" {
				err = os.Remove(path)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

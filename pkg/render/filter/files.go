package filter

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/render"
)

// fullError is a file that could not be written.
type fullError struct{ error }

// Hint is what to do about it.
func (e fullError) Hint() string { return "make room on that disk, or name a file on another" }

func (e fullError) Unwrap() error { return e.error }

// WriteReport writes the report where one is wanted; an empty path is nowhere. What is in the file is overwritten,
// and only then cut off: where the disk is full, the room that the file has is all there is.
func (p Program) WriteReport(path string, report *render.Report) error {
	if path == "" {
		return nil
	}
	data, err := json.MarshalIndent(report, "", "  ")
	if err == nil {
		err = p.overwrite(path, append(safe.JSON(data), '\n'))
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ELOOP):
		return fmt.Errorf("writing the report to %s: it is a link, which is not followed", path)
	case errors.Is(err, errNotAFile):
		return fmt.Errorf("writing the report to %s: %w", path, errNotAFile)
	}
	return fullError{fmt.Errorf("writing the report to %s: %w", path, err)}
}

func (p Program) overwrite(path string, data []byte) error {
	switch file := stream(path); {
	case file == os.Stderr:
		_, err := p.Stderr.Write(data)
		return err
	case file == os.Stdout:
		_, err := p.Stdout.Write(data)
		return err
	case file != nil:
		_, err := file.Write(data)
		return errors.Join(err, file.Close())
	}
	file, err := open(path, os.O_WRONLY)
	if err != nil {
		return err
	}
	n, err := file.Write(data)
	if info, failed := file.Stat(); failed == nil && info.Mode().IsRegular() { // a terminal or a pipe has no end to cut
		err = errors.Join(err, file.Truncate(int64(n)))
	}
	return errors.Join(err, file.Close())
}

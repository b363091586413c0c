package filter

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/render"
)

// fullError is a file that could not be written.
type fullError struct{ error }

// Hint is what to do about it. The wrapper names files in a folder that it makes.
func (e fullError) Hint() string {
	return "make room on that disk; helm irsa writes where TMPDIR says: export TMPDIR=FOLDER"
}

func (e fullError) Unwrap() error { return e.error }

// keep renders into a file, behind what it has, and only then to standard output: where
// the file cannot take it, nothing is written there.
func (p Program) keep(r *render.Renderer, f flags) (*render.Report, error) {
	lost := func(err error) (*render.Report, error) {
		err = fullError{fmt.Errorf("keeping the manifests: %w", err)}
		return render.FailedReport(f.namespace, f.release, err), err
	}
	// Manifests hold secrets, so the file is for this user alone.
	file, err := os.OpenFile(f.keep, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return lost(err)
	}
	defer file.Close() // all that is in it was read again by then
	from, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return lost(err)
	}
	kept := &counter{to: file}
	report, err := r.Stream(p.Stdin, kept)
	if kept.failed != nil {
		// Half of them is of no use, and its room on the disk may be what the report lacks;
		// where it cannot be cut off, nobody reads it.
		_ = file.Truncate(from)
		return lost(kept.failed)
	}
	if err != nil {
		return report, err
	}
	switch n, err := io.Copy(p.Stdout, io.NewSectionReader(file, from, kept.written)); {
	case err != nil:
		err = fmt.Errorf("writing the manifests: %w", err)
		return render.FailedReport(f.namespace, f.release, err), err
	case n < kept.written:
		return lost(fmt.Errorf("%s gives back %d bytes of %d", f.keep, n, kept.written))
	}
	return report, nil
}

// counter counts what was written, and remembers why no more was.
type counter struct {
	to      io.Writer
	written int64
	failed  error
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.to.Write(b)
	c.written += int64(n)
	c.failed = err
	return n, err
}

// writeReport writes the report where one is wanted. What is in the file is overwritten,
// and only then cut off: where the disk is full, the room that the file has is all there is.
func (p Program) writeReport(path string, report *render.Report) error {
	if path == "" {
		return nil
	}
	data, err := json.MarshalIndent(report, "", "  ")
	if err == nil {
		err = overwrite(path, append(safe.JSON(data), '\n'))
	}
	if err != nil {
		return fullError{fmt.Errorf("writing the report to %s: %w", path, err)}
	}
	return nil
}

func overwrite(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	n, err := file.Write(data)
	if info, failed := file.Stat(); failed == nil && info.Mode().IsRegular() { // a terminal or a pipe has no end to cut
		err = errors.Join(err, file.Truncate(int64(n)))
	}
	return errors.Join(err, file.Close())
}

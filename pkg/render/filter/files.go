package filter

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

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
	if info, err := os.Lstat(f.keep); err == nil && info.Mode()&fs.ModeNamedPipe != 0 {
		return p.keepInPipe(r, f)
	}
	// Manifests hold secrets, so the file is for this user alone.
	file, err := open(f.keep, os.O_RDWR|os.O_APPEND)
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

// keepInPipe hands what it renders to whoever reads the pipe, as helm irsa does, and writes
// it to standard output. A line comes first, by which the reader knows that rendering has
// begun; it keeps the documents of several runs apart as well.
func (p Program) keepInPipe(r *render.Renderer, f flags) (*render.Report, error) {
	pipe, err := openPipe(f.keep)
	if err == nil {
		defer pipe.Close() // what was written to it has arrived
		widen(pipe)
		_, err = pipe.WriteString("---\n")
	}
	if err != nil {
		err = fmt.Errorf("handing the manifests to helm irsa, which has ended: %w", err)
		return render.FailedReport(f.namespace, f.release, err), err
	}
	return r.Stream(p.Stdin, io.MultiWriter(pipe, p.Stdout))
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

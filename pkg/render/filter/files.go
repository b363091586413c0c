package filter

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
// In a folder, each release has a file of its own.
func (p Program) WriteReport(path string, report *render.Report) error {
	if path == "" {
		return nil
	}
	path, err := reportFile(path, report)
	if err != nil {
		return err
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

// noReleaseError is a folder for reports, and a release whose file there has no name.
type noReleaseError struct{ folder string }

func (e noReleaseError) Error() string {
	return fmt.Sprintf("writing the report into folder %s: the release's name is not known", e.folder)
}

// Hint is what to do about it.
func (noReleaseError) Hint() string {
	return "add --release NAME to the post-renderer's arguments, or name a file"
}

// reportFile is the file of a report: in a folder, NAMESPACE.RELEASE.json. A folder is one that is
// there, or a path that ends as one, which is made.
func reportFile(path string, report *render.Report) (string, error) {
	ends := os.IsPathSeparator(path[len(path)-1])
	// A link is not followed, wherever it leads: see open.
	if info, err := os.Lstat(filepath.Clean(path)); stream(path) != nil || err == nil && !info.IsDir() || err != nil && !ends {
		return path, nil
	}
	name := report.Release
	if report.Namespace != "" {
		name = report.Namespace + "." + name
	}
	if report.Release == "" {
		return "", noReleaseError{path}
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return "", fullError{fmt.Errorf("writing the report into folder %s: %w", path, err)}
	}
	return filepath.Join(path, name+".json"), nil
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

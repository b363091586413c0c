package layouts

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/helm-irsa/helm-irsa/pkg/fileio"
)

// mostYAML bounds what is read of a file to see whether it is of helmfile or Argo CD.
const mostYAML = fileio.MiB

// add takes one path that somebody named.
func (f *finder) add(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		f.walk(path)
		return nil
	case err == nil:
		f.named(path)
		return nil
	case strings.ContainsAny(path, "*?[{") && !errors.Is(err, fs.ErrPermission):
		// Windows has another error than "not there" for a name with such a letter
		// (ERROR_INVALID_NAME, https://learn.microsoft.com/windows/win32/debug/system-error-codes--0-499-).
		return f.glob(path)
	}
	return fmt.Errorf("reading %s: %w", path, fileio.Cause(err))
}

// glob takes all that a pattern of paths means.
func (f *finder) glob(pattern string) error {
	found, err := doublestar.FilepathGlob(pattern, doublestar.WithFailOnIOErrors())
	if err != nil {
		return fmt.Errorf("reading %s: %w", pattern, err)
	}
	if len(found) == 0 {
		return fmt.Errorf("no file is called %s", pattern)
	}
	for _, path := range found {
		if err := f.add(path); err != nil {
			return err
		}
	}
	return nil
}

// walk goes through a folder and all below it. Hidden folders hold no irsa.yaml of a release but
// caches and git's own; node_modules is not the user's.
func (f *finder) walk(dir string) {
	f.roots = append(f.roots, dir)
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			f.failed = append(f.failed, File{Path: path, Err: fmt.Errorf("reading %s: %w", path, fileio.Cause(err))})
			return nil
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != dir && (strings.HasPrefix(name, ".") || name == "node_modules") {
				return filepath.SkipDir
			}
			return nil
		}
		if entry.Type()&fs.ModeSymlink != 0 && leadsOut(path, dir) {
			f.note("%s is a link to a folder, and is not followed: where it holds irsa.yaml files, name it as well", filepath.Clean(path))
			return nil
		}
		f.inFolder(path, name)
		return nil
	}) // the function gives no error
}

// leadsOut: a link to a folder that is not below dir. What is below it is found where it lies.
func leadsOut(link, dir string) bool {
	info, err := os.Stat(link)
	if err != nil || !info.IsDir() {
		return false
	}
	target, err1 := filepath.EvalSymlinks(link)
	top, err2 := filepath.EvalSymlinks(dir)
	if err1 != nil || err2 != nil {
		return true
	}
	below, err := filepath.Rel(absolute(top), absolute(target))
	return err != nil || !filepath.IsLocal(below)
}

// inFolder takes a file of a folder by its name.
func (f *finder) inFolder(path, name string) {
	switch {
	case isIdentity(name):
		f.files[absolute(path)] = filepath.Clean(path)
	case isHelmfile(path, name):
		f.helmfile[absolute(path)] = filepath.Clean(path)
	case isYAML(name):
		f.yaml[absolute(path)] = filepath.Clean(path)
	}
}

// named takes a file that somebody named: what is neither a helmfile nor Argo CD's is an irsa.yaml.
func (f *finder) named(path string) {
	name := filepath.Base(path)
	f.roots = append(f.roots, filepath.Dir(path))
	if isHelmfile(path, name) {
		f.helmfile[absolute(path)] = filepath.Clean(path)
		return
	}
	if text, err := fileio.Read(path, mostYAML); err == nil && hasApplications(text) {
		f.yaml[absolute(path)] = filepath.Clean(path)
		return
	}
	f.files[absolute(path)] = filepath.Clean(path)
}

func isIdentity(name string) bool {
	return name == "irsa.yaml" || name == "irsa.yml" || strings.HasSuffix(name, ".irsa.yaml") || strings.HasSuffix(name, ".irsa.yml")
}

func isYAML(name string) bool {
	return strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

// isHelmfile: helmfile reads helmfile.yaml, or all of helmfile.d, with .gotmpl behind either
// (https://helmfile.readthedocs.io/en/latest/configuration/).
func isHelmfile(path, name string) bool {
	plain := strings.TrimSuffix(name, ".gotmpl")
	if !isYAML(plain) {
		return false
	}
	return strings.HasPrefix(plain, "helmfile.") || filepath.Base(filepath.Dir(path)) == "helmfile.d"
}

// hasApplications is a quick look that most files fail.
func hasApplications(text []byte) bool {
	return bytes.Contains(text, []byte("argoproj.io/")) && bytes.Contains(text, []byte("Application"))
}

package spec

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/fileio"
)

// maxPolicyFile bounds a policy file; IAM takes 6,144 characters.
const maxPolicyFile = fileio.MiB

// readPolicyFiles reads the documents that policies name as files: each is looked for from the
// irsa.yaml that names it, and lies in its folder, or in one of the folders.
func (l *loader) readPolicyFiles(f *File, folders []string) {
	for i := range f.Policies {
		p := &f.Policies[i]
		if message, _ := formats["policyFile"].test(p.File); p.File == "" || message != "" || !p.Document.IsZero() {
			continue
		}
		at := policyAt(i).key("file")
		_, node := l.find(at)
		data, message, hint := readInside(l.folderOf(node), p.File, folders)
		if message != "" {
			l.fault(at, show(p.File)+" "+message, hint)
			continue
		}
		doc, err := parseDocument(p.File, data, l.values)
		var list *FaultList
		if errors.As(err, &list) {
			for _, fault := range list.Faults {
				l.fault(at, p.File+":"+fault.String(), "")
			}
		}
		p.Document = doc
	}
}

// readInside reads a file that is named from dir, and must lie there or in one of the folders
// once symbolic links are followed.
func readInside(dir, name string, folders []string) (data []byte, message, hint string) {
	const inside = "keep the file beside irsa.yaml, or name its folder: --policy-folder FOLDER"
	home, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, "cannot be read: irsa.yaml's folder is gone", inside
	}
	named := filepath.Join(home, filepath.FromSlash(name))
	if !within(named, home, folders) { // before it is looked for: what lies elsewhere is nobody's to know
		return nil, "leads out of irsa.yaml's folder", inside
	}
	path, err := filepath.EvalSymlinks(named)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "does not exist", "the path is relative to irsa.yaml"
	}
	if err != nil {
		return nil, "cannot be read: " + cause(err), inside
	}
	if !within(path, home, folders) {
		return nil, "leads out of irsa.yaml's folder through a symbolic link", inside
	}
	data, err = fileio.Read(path, maxPolicyFile)
	var kind *fileio.KindError
	var size *fileio.SizeError
	switch {
	case errors.As(err, &kind):
		return nil, "is not a regular file", inside
	case errors.As(err, &size):
		return nil, size.Error(), "IAM takes policies of 6,144 characters"
	case err != nil:
		return nil, "cannot be read: " + cause(err), inside
	}
	return data, "", ""
}

// within reports whether a path is in irsa.yaml's folder, or in one of the others. A folder that
// is not there holds nothing.
func within(path, home string, folders []string) bool {
	if below(path, home) {
		return true
	}
	for _, folder := range folders {
		whole, err := filepath.Abs(folder)
		if err != nil {
			continue
		}
		if below(path, whole) {
			return true
		}
		if linked, err := filepath.EvalSymlinks(whole); err == nil && below(path, linked) {
			return true
		}
	}
	return false
}

func below(path, folder string) bool {
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	if whole, err := filepath.Abs(folder); err == nil {
		folder = whole
	}
	rel, err := filepath.Rel(folder, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// cause is an error without the machine's paths.
func cause(err error) string { return fileio.Cause(err).Error() }

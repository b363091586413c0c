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

// readPolicyFiles reads the documents that policies name as files.
func (l *loader) readPolicyFiles(f *File, dir string) {
	for i := range f.Policies {
		p := &f.Policies[i]
		if message, _ := formats["policyFile"].test(p.File); p.File == "" || message != "" || !p.Document.IsZero() {
			continue
		}
		data, message, hint := readInside(dir, p.File)
		at := policyAt(i).key("file")
		if message != "" {
			l.fault(at, show(p.File)+" "+message, hint)
			continue
		}
		doc, err := ParseDocument(p.File, data)
		var list *FaultList
		if errors.As(err, &list) {
			for _, fault := range list.Faults {
				l.fault(at, p.File+":"+fault.String(), "")
			}
		}
		p.Document = doc
	}
}

// readInside reads a file that must stay in dir once symbolic links are followed.
func readInside(dir, name string) (data []byte, message, hint string) {
	const inside = "keep the file beside irsa.yaml"
	home, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, "cannot be read: irsa.yaml's folder is gone", inside
	}
	path, err := filepath.EvalSymlinks(filepath.Join(home, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "does not exist", "the path is relative to irsa.yaml"
	}
	if err != nil {
		return nil, "cannot be read: " + cause(err), inside
	}
	rel, err := filepath.Rel(home, path)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
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

// cause is an error without the machine's paths.
func cause(err error) string { return fileio.Cause(err).Error() }

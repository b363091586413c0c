package spec

import (
	"path/filepath"
	"reflect"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/fileio"
)

// maxFile bounds irsa.yaml, in bytes: with 20,000 service accounts it has about 4 MiB.
const maxFile = 16 * fileio.MiB

// Load reads the irsa.yaml at path, with the policy files that it names. The path must be
// that of a regular file, or of a symbolic link to one: irsa.yaml is read again by the
// post-renderer, and a pipe gives what it has only once. The error is a *ReadError where
// the file cannot be read, else a *FaultList with all that is wrong.
//
// Each check is asked once the file has been read, for rules that others know, such as those
// of the catalogue; what it finds is reported with all else.
func Load(path string, checks ...func(*File) []Fault) (*File, error) {
	data, err := fileio.Read(path, maxFile)
	if err != nil {
		return nil, &ReadError{Path: path, Err: err}
	}
	return parse(path, data, filepath.Dir(path), checks)
}

// Parse reads an irsa.yaml from memory; path is for messages. It reads no other file, so
// a policy that names one keeps an empty Document. The error is a *FaultList with all that
// is wrong.
func Parse(path string, data []byte) (*File, error) { return parse(path, data, "", nil) }

// parse reads the file in four steps: YAML, types, defaults, rules that look across types.
// Policy files are read from dir, unless it is empty.
func parse(path string, data []byte, dir string, checks []func(*File) []Fault) (*File, error) {
	root, fault := readYAML(data, `begin with "apiVersion: `+APIVersion+`" and "kind: `+Kind+`"`)
	if fault != nil {
		return nil, newFaultList(path, []Fault{*fault})
	}
	f := &File{Path: path}
	l := newLoader(path, root)
	if target(root).Kind != yaml.MappingNode {
		l.mustBe(target(root), nil, "a mapping", `begin with "apiVersion: `+APIVersion+`"`)
		return nil, newFaultList(path, l.faults)
	}
	l.value(root, reflect.ValueOf(f).Elem(), nil, &rules{})
	applyDefaults(f)
	l.validate(f)
	if dir != "" {
		l.readPolicyFiles(f, dir)
	}
	for _, check := range checks {
		l.faults = append(l.faults, check(f)...)
	}
	if l.faults != nil {
		return nil, newFaultList(path, l.faults)
	}
	return f, nil
}

func newLoader(path string, root *yaml.Node) *loader {
	return &loader{path: path, root: root, open: map[*yaml.Node]bool{}}
}

package spec

import (
	"cmp"
	"maps"
	"path/filepath"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/fileio"
)

// maxFile bounds irsa.yaml, in bytes: with 20,000 service accounts it has about 4 MiB.
const maxFile = 16 * fileio.MiB

// Options say what is known beside irsa.yaml; the zero value is that nothing is.
type Options struct {
	// Known is given the section cluster as irsa.yaml writes it, and gives what is known. It
	// may be called several times. Its error is that of LoadFiles.
	Known func(Cluster) (Known, error)
	// Unknown says what becomes of placeholders whose value is not known.
	Unknown Unknown
	// PolicyFolders are folders beside irsa.yaml's own that a policy's file may lie in.
	PolicyFolders []string
	// Checks are asked once the files have been read, for rules that others know, such as those
	// of the catalogue; what they find is reported with all else.
	Checks []func(*File) []Fault
}

// Load reads the irsa.yaml at path as LoadFiles does, with nothing known beside it.
func Load(path string, checks ...func(*File) []Fault) (*File, error) {
	return LoadFiles([]string{path}, Options{Checks: checks})
}

// LoadFiles reads one irsa.yaml, or several that are merged left to right, with the policy files
// that they name. Each path must be that of a regular file, or of a symbolic link to one:
// irsa.yaml is read again by the post-renderer, and a pipe gives what it has only once. The
// error is a *ReadError where a file cannot be read, else a *FaultList with all that is wrong.
func LoadFiles(paths []string, o Options) (*File, error) {
	texts := make([][]byte, len(paths))
	for i, path := range paths {
		data, err := fileio.Read(path, maxFile)
		if err != nil {
			return nil, &ReadError{Path: path, Err: err}
		}
		texts[i] = data
	}
	return parse(paths, texts, o, true)
}

// Parse reads an irsa.yaml from memory; path is for messages. It reads no other file, so
// a policy that names one keeps an empty Document. The error is a *FaultList with all that
// is wrong.
func Parse(path string, data []byte) (*File, error) {
	return parse([]string{path}, [][]byte{data}, Options{}, false)
}

// parse reads the files in five steps: YAML, merging, types with placeholders, defaults, rules
// that look across types. Policy files are read where they may be.
func parse(paths []string, texts [][]byte, o Options, reads bool) (*File, error) {
	l, faults := readAll(paths, texts)
	if faults != nil {
		return nil, newFaultList(paths[0], faults, paths...)
	}
	known := func(c Cluster) (Known, error) { return Known{Cluster: c}, nil }
	if o.Known != nil {
		known = o.Known
	}
	l.values = &values{unknown: o.Unknown, used: map[string]string{}, examples: map[string]bool{}}
	if err := l.learn(known); err != nil {
		return nil, err
	}
	if l.faults != nil {
		return nil, newFaultList(paths[0], l.faults, paths...)
	}
	f := &File{Path: paths[0], Paths: paths}
	l.value(l.root, reflect.ValueOf(f).Elem(), nil, &rules{})
	f.Cluster.complete(l.values.known.Cluster)
	applyDefaults(f)
	l.validate(f)
	if reads {
		l.readPolicyFiles(f, o.PolicyFolders)
	}
	f.Values, f.Examples = l.values.used, slices.Sorted(maps.Keys(l.values.examples))
	for _, check := range o.Checks {
		l.faults = append(l.faults, check(f)...)
	}
	if l.faults != nil {
		return nil, newFaultList(paths[0], l.faults, paths...)
	}
	return f, nil
}

// complete takes over what was found elsewhere.
func (c *Cluster) complete(found Cluster) {
	c.Name, c.Region = cmp.Or(c.Name, found.Name), cmp.Or(c.Region, found.Region)
	c.AccountID, c.Issuer = cmp.Or(c.AccountID, found.AccountID), cmp.Or(c.Issuer, found.Issuer)
	c.ByIssuer = found.ByIssuer
}

// readAll parses the files and merges them.
func readAll(paths []string, texts [][]byte) (*loader, []Fault) {
	l := newLoader(paths[0], nil)
	var docs []*yaml.Node
	for i, data := range texts {
		name := ""
		if len(paths) > 1 {
			name = paths[i]
		}
		root, fault := readYAML(data, `begin with "apiVersion: `+APIVersion+`" and "kind: `+Kind+`"`)
		if fault != nil {
			fault.File = name
			l.faults = append(l.faults, *fault)
			continue
		}
		docs = append(docs, root)
		if n := target(root); n.Kind != yaml.MappingNode {
			l.mustBe(n, nil, "a mapping", `begin with "apiVersion: `+APIVersion+`"`)
			l.faults[len(l.faults)-1].File = name
		}
	}
	if l.faults != nil {
		return nil, l.faults
	}
	l.origins, l.root = newOrigins(paths, docs), docs[0]
	for _, d := range docs[1:] {
		l.root = l.layOver(l.root, d, nil)
	}
	return l, l.faults
}

func newLoader(path string, root *yaml.Node) *loader {
	return &loader{path: path, root: root, open: map[*yaml.Node]bool{}, deletions: map[*yaml.Node]bool{}}
}

// folderOf is the folder of the file that a node is from.
func (l *loader) folderOf(n *yaml.Node) string {
	return filepath.Dir(cmp.Or(l.origins.file(n), l.path))
}

package catalog

import (
	"bytes"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

//go:embed entries/*.yaml
var files embed.FS

// all reads the entries once. A fault in one is a fault of the build, seen by every test.
var all = sync.OnceValue(func() []Entry {
	folder, err := fs.Sub(files, "entries")
	if err == nil {
		var out []Entry
		if out, err = Read(folder); err == nil {
			return out
		}
	}
	panic("catalog: " + err.Error())
})

// Entries are all entries, by name. They are shared: do not change them.
func Entries() []Entry { return all() }

// Read reads a folder of entries, one a file NAME.yaml, by name. An unknown field is an error,
// and so is a file that is called otherwise than its entry.
func Read(folder fs.FS) ([]Entry, error) {
	names, err := fs.Glob(folder, "*.yaml")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no entries")
	}
	var out []Entry
	for _, name := range names {
		data, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		e, err := readEntry(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if e.Name+".yaml" != name {
			return nil, fmt.Errorf("%s: the entry is called %s", name, e.Name)
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b Entry) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return out, nil
}

func readEntry(data []byte) (Entry, error) {
	var e Entry
	err := decodeOne(data, &e)
	return e, err
}

// decodeOne reads the only document of a file.
func decodeOne(data []byte, to any) error {
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(to); err != nil {
		return err
	}
	if err := d.Decode(&struct{}{}); err != io.EOF {
		return fmt.Errorf("more than one document")
	}
	return nil
}

// Find finds an entry by its name or one of its aliases. The error, an *Error, names the
// nearest.
func Find(name string) (*Entry, error) {
	entries := Entries()
	for i := range entries {
		if e := &entries[i]; e.Name == name || slices.Contains(e.Aliases, name) {
			return e, nil
		}
	}
	hint := "helm irsa catalog lists them"
	if near, ok := Nearest(name); ok {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return nil, &Error{Entry: name, Faults: []Fault{{Index: -1, Message: fmt.Sprintf("the catalogue has no entry %q", name), Hint: hint}}}
}

// Nearest is the name of the entry that was most likely meant, by its name, its aliases and
// the names of its charts.
func Nearest(name string) (string, bool) {
	var known []string
	meant := map[string]string{}
	for _, e := range Entries() {
		names := append([]string{e.Name}, e.Aliases...)
		for _, c := range e.Charts {
			names = append(names, c.Name)
		}
		for _, n := range names {
			if _, ok := meant[n]; !ok {
				known, meant[n] = append(known, n), e.Name
			}
		}
	}
	near, ok := spec.Nearest(name, known)
	return meant[near], ok
}

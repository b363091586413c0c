// Package layouts finds the irsa.yaml files below folders, and says of which release each is:
// from where it lies, or from what helmfile and Argo CD say of it. It reads files and nothing
// else, and runs no templates: what only helmfile or Argo CD could compute is a note.
package layouts

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// File is an irsa.yaml and the release that it is for.
type File struct {
	// Path is as a person would type it from where the program runs.
	Path string
	// Under are those that it is laid over, where its release is given several, first to last.
	Under []string
	// Release and Namespace are empty where nothing says them.
	Release, Namespace string
	// By says what named the release: a file's path, or a pattern; empty where nothing did.
	By string
	// Err is why a folder or a file could not be looked at; then Path is that.
	Err error
}

// Layout is what Find found.
type Layout struct {
	Files []File
	// Notes say what was found and could not be read plainly.
	Notes []string
}

// Find looks for irsa.yaml files at the paths: a folder with all below it, a file, or a
// pattern of paths in which ** stands for any folders. In folders, files called irsa.yaml,
// irsa.yml or NAME.irsa.yaml are meant. A file that is named itself is an irsa.yaml whatever it
// is called, unless it is a helmfile or holds Applications of Argo CD. Patterns say where in
// a path the release's name and namespace stand; the first that fits a file counts, before
// helmfile and Argo CD.
//
// The error says which path names nothing.
func Find(paths []string, patterns []Pattern) (*Layout, error) {
	f := newFinder()
	for _, p := range paths {
		if err := f.add(p); err != nil {
			return nil, err
		}
	}
	f.readHelmfiles()
	f.readApplications()
	return f.layout(patterns), nil
}

// mention is a release that something says an irsa.yaml is for.
type mention struct {
	release, namespace, by string
	// under are the paths that the irsa.yaml is laid over, with a NUL behind each: no path has one.
	under string
}

func (m mention) file(path string) File {
	out := File{Path: path, Release: m.release, Namespace: m.namespace, By: m.by}
	for under := range strings.SplitSeq(strings.TrimSuffix(m.under, "\x00"), "\x00") {
		if under != "" {
			out.Under = append(out.Under, under)
		}
	}
	return out
}

// finder collects what there is; keys are absolute paths.
type finder struct {
	files    map[string]string // an irsa.yaml, and how its path is shown
	helmfile map[string]string
	yaml     map[string]string // other YAML files
	roots    []string
	mentions map[string][]mention
	left     map[string]bool // named only by releases that are not installed
	below    map[string]bool // what another is laid over
	failed   []File
	notes    []string
}

func newFinder() *finder {
	return &finder{
		files: map[string]string{}, helmfile: map[string]string{}, yaml: map[string]string{},
		mentions: map[string][]mention{}, left: map[string]bool{}, below: map[string]bool{},
	}
}

func (f *finder) note(format string, args ...any) {
	f.notes = append(f.notes, fmt.Sprintf(format, args...))
}

// mentioned notes that something says of which release an irsa.yaml is. One that lies outside of
// the folders is judged, too, and so is one that is not there.
func (f *finder) mentioned(path string, m mention) {
	key := absolute(path)
	if _, known := f.files[key]; !known {
		f.files[key] = filepath.Clean(path)
	}
	if !slices.Contains(f.mentions[key], m) {
		f.mentions[key] = append(f.mentions[key], m)
	}
}

func absolute(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil { // there is no working folder; then paths are compared as they are
		return filepath.Clean(path)
	}
	return abs
}

// layout brings together what was found.
func (f *finder) layout(patterns []Pattern) *Layout {
	out := &Layout{Files: f.failed, Notes: f.notes}
	for key, path := range f.files {
		if f.below[key] && len(f.mentions[key]) == 0 {
			continue
		}
		if m, ok := matched(patterns, key); ok {
			if said := f.mentions[key]; len(said) > 0 { // what it lies over is no matter of its path
				m.under = said[0].under
			}
			out.Files = append(out.Files, m.file(path))
			continue
		}
		mentions := distinct(f.mentions[key])
		for _, m := range mentions {
			out.Files = append(out.Files, m.file(path))
		}
		if len(mentions) == 0 && !f.left[key] {
			out.Files = append(out.Files, File{Path: path})
		}
	}
	slices.SortFunc(out.Files, func(a, b File) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Release, b.Release))
	})
	return out
}

// distinct leaves out releases that are named a second time.
func distinct(all []mention) []mention {
	var out []mention
	for _, m := range all {
		if !slices.ContainsFunc(out, func(had mention) bool {
			return had.release == m.release && had.namespace == m.namespace && had.under == m.under
		}) {
			out = append(out, m)
		}
	}
	return out
}

func matched(patterns []Pattern, path string) (mention, bool) {
	for _, p := range patterns {
		if release, namespace, ok := p.match(path); ok {
			return mention{release: release, namespace: namespace, by: p.text}, true
		}
	}
	return mention{}, false
}

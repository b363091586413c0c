package layouts

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/helm-irsa/helm-irsa/pkg/fileio"
	"github.com/helm-irsa/helm-irsa/pkg/manifest/yamldoc"
)

// The parts of a helmfile that say which irsa.yaml is of which release
// (https://helmfile.readthedocs.io/en/latest/#configuration).
type helmfileDoc struct {
	Namespace    string `yaml:"namespace"` // that of all releases
	HelmDefaults struct {
		PostRendererArgs []string `yaml:"postRendererArgs"`
	} `yaml:"helmDefaults"`
	Releases  []helmfileRelease          `yaml:"releases"`
	Templates map[string]helmfileRelease `yaml:"templates"`
	// DefaultInherit are templates of all releases.
	DefaultInherit []string `yaml:"defaultInherit"`
}

type helmfileRelease struct {
	Name, Namespace  string
	Installed        string         `yaml:"installed"` // a truth, or a template
	PostRendererArgs []string       `yaml:"postRendererArgs"`
	Hooks            []helmfileHook `yaml:"hooks"`
	Inherit          inherits       `yaml:"inherit"`
}

type helmfileHook struct {
	Args []string `yaml:"args"`
}

// inherits are the names of templates of releases.
type inherits []string

// UnmarshalYAML reads a list, or the one mapping of earlier versions. What is of another form names
// none.
func (i *inherits) UnmarshalYAML(n *yaml.Node) error {
	all := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		all = n.Content
	}
	for _, one := range all {
		var from struct{ Template string }
		if one.Decode(&from) == nil && from.Template != "" {
			*i = append(*i, from.Template)
		}
	}
	return nil
}

// inherited is a release, or a template on a way of templates, with what its templates say: a later one
// before an earlier one, and itself before all; lists are put together (helmfile:
// pkg/state/state_exec_tmpl.go, releaseWithInheritedTemplate).
func (d helmfileDoc) inherited(r helmfileRelease, from inherits, way []string) helmfileRelease {
	var out helmfileRelease
	for _, name := range from {
		if t, there := d.Templates[name]; there && !slices.Contains(way, name) {
			out = out.under(d.inherited(t, t.Inherit, append(slices.Clone(way), name)))
		}
	}
	return out.under(r)
}

// under is a release with another laid over it.
func (r helmfileRelease) under(o helmfileRelease) helmfileRelease {
	return helmfileRelease{
		Name: o.Name, Namespace: cmp.Or(o.Namespace, r.Namespace), Installed: cmp.Or(o.Installed, r.Installed),
		PostRendererArgs: slices.Concat(r.PostRendererArgs, o.PostRendererArgs), Hooks: slices.Concat(r.Hooks, o.Hooks),
	}
}

// readHelmfiles reads what helmfiles say. Templates are not run, but for the release's own name
// and namespace, which the arguments of post-renderers and hooks usually have.
func (f *finder) readHelmfiles() {
	for _, key := range slices.Sorted(maps.Keys(f.helmfile)) {
		path := f.helmfile[key]
		text, err := fileio.Read(path, mostYAML)
		if err != nil {
			f.note("%s was not read: %v", path, fileio.Cause(err))
			continue
		}
		docs := yamldoc.NewDecoder(bytes.NewReader(text))
		for {
			doc, err := docs.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			var found helmfileDoc
			if err == nil {
				err = decode(doc, &found)
			}
			if err != nil {
				f.note("%s is a template that only helmfile can read, and says nothing here: its releases are known by --layout, or by AWS", path)
				break
			}
			for _, r := range found.Releases {
				f.release(path, found, found.inherited(r, append(slices.Clone(found.DefaultInherit), r.Inherit...), nil))
			}
		}
	}
}

// decode reads a document whose aliases stand for no more than is there.
func decode(doc *yaml.Node, to any) error {
	if _, err := yamldoc.CheckAliases(doc); err != nil {
		return err
	}
	return doc.Decode(to)
}

// release takes what one release of a helmfile says.
func (f *finder) release(path string, doc helmfileDoc, r helmfileRelease) {
	if doc.Namespace != "" {
		r.Namespace = doc.Namespace
	}
	own := r.PostRendererArgs
	if len(own) == 0 {
		own = doc.HelmDefaults.PostRendererArgs
	}
	f.given(path, irsaFiles(own), r)
	for _, hook := range r.Hooks {
		if slices.Contains(hook.Args, "irsa") {
			f.given(path, irsaFiles(hook.Args), r)
		}
	}
}

// given takes the irsa.yaml files that one command of a release is given: the last, which is laid
// over the others. Those are no files of the release by themselves.
func (f *finder) given(path string, names []string, r helmfileRelease) {
	m := mention{release: r.Name, namespace: r.Namespace, by: path}
	for i, name := range names {
		name = filled(name, r)
		if strings.Contains(name+r.Name+r.Namespace, "{{") {
			f.note("%s: release %s has a template in its names, which only helmfile can run: it is left out", path, r.Name)
			return
		}
		if !filepath.IsAbs(name) { // from the helmfile's folder, where helmfile runs hooks and Helm
			name = filepath.Join(filepath.Dir(path), name)
		}
		switch last := i == len(names)-1; {
		case r.Installed == "false":
			f.left[absolute(name)] = true
			f.note("%s: release %s is not installed: %s is not judged for it", path, r.Name, name)
		case last:
			f.mentioned(name, m)
		default:
			f.below[absolute(name)] = true
			m.under += name + "\x00"
		}
	}
}

// irsaFiles are the values of --irsa-file and -f among arguments.
func irsaFiles(args []string) []string {
	var out []string
	for i, arg := range args {
		if value, ok := strings.CutPrefix(arg, "--irsa-file="); ok {
			out = append(out, value)
		} else if (arg == "--irsa-file" || arg == "-f") && i+1 < len(args) {
			out = append(out, args[i+1])
		}
	}
	return out
}

// own are the templates of the release's own name and namespace, also where they are written for
// a file that is a template itself.
var own = regexp.MustCompile("(?:\\{\\{`)?\\{\\{-?\\s*\\.Release\\.(Name|Namespace)\\s*-?\\}\\}(?:`\\}\\})?")

func filled(text string, r helmfileRelease) string {
	return own.ReplaceAllStringFunc(text, func(found string) string {
		if strings.Contains(found, "Namespace") {
			return r.Namespace
		}
		return r.Name
	})
}

package layouts

import (
	"bytes"
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/fileio"
	"github.com/helm-irsa/helm-irsa/pkg/manifest/yamldoc"
)

// application is the part of an Application that says which folder is rendered as which release
// (https://argo-cd.readthedocs.io/en/stable/user-guide/application-specification/).
type application struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Items      []application // of a List, as kubectl get prints several
	Metadata   struct{ Name string }
	Spec       struct {
		Source      appSource
		Sources     []appSource
		Destination struct{ Namespace string }
	}
}

type appSource struct {
	Path string
	Helm struct {
		ReleaseName string `yaml:"releaseName"`
		Namespace   string
	}
	// Plugin is what it says to a plugin, as to that of docs/argocd.md.
	Plugin struct {
		Env        []struct{ Name, Value string }
		Parameters []struct{ Name, String string }
	}
}

// setting is what a source says to the plugin of docs/argocd.md: env goes before a parameter there.
func (s appSource) setting(env, parameter string) string {
	for _, e := range s.Plugin.Env {
		if e.Name == env && e.Value != "" {
			return e.Value
		}
	}
	for _, p := range s.Plugin.Parameters {
		if p.Name == parameter {
			return p.String
		}
	}
	return ""
}

// expand puts in what Argo CD calls the Application in the words for a plugin
// (https://argo-cd.readthedocs.io/en/stable/user-guide/build-environment/). What else stands there
// for something keeps its $.
func (a application) expand(text string) string {
	return os.Expand(text, func(name string) string {
		switch name {
		case "ARGOCD_APP_NAME":
			return a.Metadata.Name
		case "ARGOCD_APP_NAMESPACE":
			return a.Spec.Destination.Namespace
		}
		return "${" + name + "}"
	})
}

// readApplications reads the Applications of Argo CD. The folder of one is below the top of its
// repository: that of the checkout that the Application lies in, else one of the folders that
// were named, else the working folder: CI may have no .git. The Applications that an ApplicationSet makes are known to Argo CD alone.
func (f *finder) readApplications() {
	for _, key := range slices.Sorted(maps.Keys(f.yaml)) {
		path := f.yaml[key]
		text, err := fileio.Read(path, mostYAML)
		if err != nil || !hasApplications(text) {
			continue // most YAML files are none of Argo CD's
		}
		docs := yamldoc.NewDecoder(bytes.NewReader(text))
		for {
			doc, err := docs.Next()
			if err != nil { // the end, or a template such as those of charts
				break
			}
			var app application
			if decode(doc, &app) != nil {
				continue
			}
			for _, one := range append(app.Items, app) {
				if strings.HasPrefix(one.APIVersion, "argoproj.io/") {
					f.application(path, one)
				}
			}
		}
	}
}

func (f *finder) application(path string, app application) {
	switch app.Kind {
	case "ApplicationSet":
		f.note("%s: the Applications of ApplicationSet %s are made by Argo CD and are not read: their releases are known by --layout, or by AWS", path, app.Metadata.Name)
	case "Application":
		for _, source := range append(slices.Clone(app.Spec.Sources), app.Spec.Source) {
			release := app.expand(cmp.Or(source.setting("RELEASE", "release"), source.Helm.ReleaseName, app.Metadata.Name))
			namespace := cmp.Or(source.Helm.Namespace, app.Spec.Destination.Namespace)
			names := []string{"irsa.yaml", "irsa.yml"}
			if named := app.expand(source.setting("IRSA_FILE", "irsa-file")); named != "" {
				names = []string{named}
			}
			for _, file := range f.inSource(path, source.Path, names) {
				if said := release + namespace; strings.Contains(said, "{{") || strings.Contains(said, "$") {
					f.note("%s: Application %s has something in its names that only Argo CD knows: it is left out", path, app.Metadata.Name)
					continue
				}
				f.mentioned(file, mention{release: release, namespace: namespace, by: path})
			}
		}
	}
}

// inSource are the files of these names in a source's folder.
func (f *finder) inSource(from, folder string, names []string) []string {
	if folder == "" || !filepath.IsLocal(folder) {
		return nil
	}
	for _, root := range slices.Concat([]string{checkout(from)}, f.roots, []string{"."}) {
		if root == "" {
			continue
		}
		var out []string
		for _, name := range names {
			if !filepath.IsLocal(filepath.Join(folder, name)) {
				continue
			}
			at := filepath.Join(root, folder, name)
			if info, err := os.Stat(at); err == nil && info.Mode().IsRegular() {
				out = append(out, at)
			}
		}
		if out != nil {
			return out
		}
	}
	return nil
}

// checkout is the folder above a file that git's own lies in; empty where there is none. Where it
// can be, it is written as the file's path is.
func checkout(path string) string {
	for dir := filepath.Dir(path); ; dir = filepath.Join(dir, "..") {
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		if abs := absolute(dir); filepath.Dir(abs) == abs {
			return ""
		}
	}
}

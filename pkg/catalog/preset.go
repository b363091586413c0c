package catalog

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

//go:embed presets/*.yaml
var presetFiles embed.FS

// presets reads the presets once. A fault in one is a fault of the build, seen by every test.
var presets = sync.OnceValue(func() []spec.Preset {
	out, err := readPresets(presetFiles)
	if err != nil {
		panic("catalog: " + err.Error())
	}
	return out
})

// Presets are all presets, by name. They are shared: do not change them.
func Presets() []spec.Preset { return presets() }

// readPresets reads the presets of a folder, one a file NAME.yaml.
func readPresets(folder fs.FS) ([]spec.Preset, error) {
	names, err := fs.Glob(folder, "presets/*.yaml")
	if err != nil {
		return nil, err
	}
	var out []spec.Preset
	for _, name := range names {
		data, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		var p spec.Preset
		if err := decodeOne(data, &p); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if "presets/"+p.Name+".yaml" != name {
			return nil, fmt.Errorf("%s: the preset is called %s", name, p.Name)
		}
		out = append(out, p)
	}
	return out, nil
}

// WithPresets gives an irsa.yaml with the presets, where a target names one or a Helm value,
// which a preset may know from another generation of the chart. The file that is given is not
// changed. A name that no preset has is a fault.
func WithPresets(f *spec.File) (*spec.File, []spec.Fault) {
	var faults []spec.Fault
	wanted := false
	var walk func(targets []spec.Target, at string)
	walk = func(targets []spec.Target, at string) {
		for i, t := range targets {
			field := fmt.Sprintf("%s[%d]", at, i)
			wanted = wanted || t.Preset != "" || t.Value != ""
			if t.Preset != "" && !isPreset(t.Preset) {
				faults = append(faults, unknownPreset(t, field+".preset"))
			}
			walk(t.AnyOf, field+".anyOf")
		}
	}
	for i, sa := range f.ServiceAccounts {
		walk(sa.UsedBy, fmt.Sprintf("serviceAccounts[%d].usedBy", i))
		walk(sa.RoleIn, fmt.Sprintf("serviceAccounts[%d].roleIn", i))
	}
	if !wanted {
		return f, nil
	}
	out := *f
	out.Presets = Presets()
	return &out, faults
}

func isPreset(name string) bool {
	return slices.ContainsFunc(Presets(), func(p spec.Preset) bool { return p.Name == name })
}

func unknownPreset(t spec.Target, field string) spec.Fault {
	var names []string
	for _, p := range Presets() {
		names = append(names, p.Name)
	}
	hint := "the presets are " + strings.Join(names, ", ")
	if near, ok := spec.Nearest(t.Preset, names); ok {
		hint = "did you mean " + near + "?"
	}
	return spec.Fault{Line: t.Line, Column: t.Column, Field: field, Message: fmt.Sprintf("no preset is called %q", t.Preset), Hint: hint}
}

package render

import (
	"embed"
	"fmt"
	"maps"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

//go:embed presets/*.yaml
var presetFiles embed.FS

// preset is a named target for a known chart: where each generation of the chart
// says which service account something runs as. A preset names targets and nothing else.
type preset struct {
	Name        string       `yaml:"name"`
	Description string       `yaml:"description"`
	Generations []generation `yaml:"generations"`
}

// generation is one way a chart has done it. The first one whose targets match counts.
type generation struct {
	Chart string `yaml:"chart"`
	// Value is the Helm value that does the same in the chart itself.
	Value   string        `yaml:"value"`
	Targets []spec.Target `yaml:"targets"`
}

// presets reads the embedded presets.
func presets() (map[string]preset, error) {
	entries, err := presetFiles.ReadDir("presets")
	if err != nil {
		return nil, err
	}
	out := map[string]preset{}
	for _, e := range entries {
		data, err := presetFiles.ReadFile("presets/" + e.Name())
		if err != nil {
			return nil, err
		}
		var p preset
		if err := yaml.Unmarshal(data, &p); err != nil {
			return nil, fmt.Errorf("reading preset %s: %w", e.Name(), err)
		}
		out[p.Name] = p
	}
	return out, nil
}

// usesPresets reports whether a target, or one below it, needs the presets' text.
func usesPresets(targets []spec.Target) bool {
	for _, t := range targets {
		if t.Preset != "" || t.Value != "" || usesPresets(t.AnyOf) {
			return true
		}
	}
	return false
}

// checkPresets finds names of presets that do not exist.
func checkPresets(f *spec.File, known map[string]preset) error {
	names := slices.Sorted(maps.Keys(known))
	var faults faults
	var walk func([]spec.Target)
	walk = func(targets []spec.Target) {
		for _, t := range targets {
			if _, ok := known[t.Preset]; t.Preset != "" && !ok {
				m := Message{
					Message: fmt.Sprintf("reading %s:%d: no preset is called %q", fileName(f), t.Line, t.Preset),
					Hint:    "the presets are: " + fmt.Sprint(names),
				}
				if near, ok := spec.Nearest(t.Preset, names); ok {
					m.Hint = "did you mean " + near
				}
				faults.add(m)
			}
			walk(t.AnyOf)
		}
	}
	for _, a := range f.ServiceAccounts {
		walk(a.UsedBy)
	}
	return faults.err()
}

// preset takes the first generation whose targets match.
func (s *session) preset(w wanted, p preset) outcome {
	type miss struct {
		chart string
		outcome
	}
	var misses []miss
	for _, g := range p.Generations {
		all := missed(Message{})
		for _, t := range g.Targets {
			out := s.target(w, t)
			if out.fault {
				return out
			}
			if !out.ok {
				misses = append(misses, miss{g.Chart, out})
				continue
			}
			all.ok = true
			all.do = append(all.do, out.do...)
		}
		if all.ok {
			return all
		}
	}
	return outcome{why: func() Message {
		said := ""
		for _, m := range misses {
			said += fmt.Sprintf("; %s: %s", m.chart, m.message().Message)
		}
		return Message{
			Message: fmt.Sprintf("preset %s does not know this chart%s", p.Name, said),
			Hint:    "name the place yourself with env, field or embedded in usedBy",
		}
	}}
}

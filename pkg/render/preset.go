package render

import (
	"fmt"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// presetsOf are the presets that an irsa.yaml has, by name.
func presetsOf(f *spec.File) map[string]spec.Preset {
	out := map[string]spec.Preset{}
	for _, p := range f.Presets {
		out[p.Name] = p
	}
	return out
}

// checkPresets finds names of presets that the irsa.yaml has not: whoever loaded it did not put
// them there (pkg/catalog, WithPresets).
func checkPresets(f *spec.File, known map[string]spec.Preset) error {
	var faults faults
	var walk func([]spec.Target)
	walk = func(targets []spec.Target) {
		for _, t := range targets {
			if _, ok := known[t.Preset]; t.Preset != "" && !ok {
				faults.add(Message{
					Message: fmt.Sprintf("reading %s:%d: preset %q is not among those that came with the file", fileOf(f, t.File), t.Line, t.Preset),
					Hint:    "in Go, give render.New the file that catalog.WithPresets gives",
				})
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
func (s *session) preset(w wanted, p spec.Preset) outcome {
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

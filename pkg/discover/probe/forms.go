package probe

import (
	"bytes"
	"slices"
	"strings"
)

// otherForms tries annotations as text where the chart's values do not say what they are and
// a mapping did not come out: many charts put what is there through tpl.
func (p *prober) otherForms(markers []*candidate) {
	if !slices.ContainsFunc(indexes(p.base.accounts), func(i int) bool { return !p.anyOf(i, setsAnnotations) && !p.anyOf(i, setsRoleARN) }) {
		return
	}
	reads := p.engine.textTemplates()
	var out []*candidate
	for _, c := range markers {
		if c.role != setsAnnotations || c.text || !mayBeText(c, reads) || p.any(c) {
			continue
		}
		if m, _ := c.before.(map[string]any); len(m) > 0 {
			continue
		}
		other := *c
		other.text, other.before = true, nil
		other.number += len(p.candidates)
		out = append(out, &other)
	}
	p.candidates = append(p.candidates, out...)
	p.read(out)
}

func indexes[T any](of []T) []int {
	out := make([]int, len(of))
	for i := range of {
		out[i] = i
	}
	return out
}

// anyOf reports whether a candidate of that role drives the service account.
func (p *prober) anyOf(i int, r role) bool {
	return slices.ContainsFunc(p.candidates, func(c *candidate) bool { return c.role == r && p.proven[proof{i, c}] })
}

// any reports whether the candidate drives any service account.
func (p *prober) any(c *candidate) bool {
	return slices.ContainsFunc(indexes(p.base.accounts), func(i int) bool { return p.proven[proof{i, c}] })
}

// switchesOn are values that are off, or not there, and with which the chart makes a service account.
func (p *prober) switchesOn() []string {
	var off []*candidate
	for _, c := range p.candidates {
		if on, _ := c.before.(bool); c.role == switches && !on {
			off = append(off, c)
		}
	}
	// One that is of service accounts alone does less than one of all that RBAC is.
	slices.SortStableFunc(off, func(a, b *candidate) int { return ordered(rbacSwitch(a.path), rbacSwitch(b.path)) })
	var out []string
	for _, c := range off {
		if r, err := p.engine.render([]change{c.change()}); err == nil && len(r.accounts) > 0 && p.engine.accepts(c.forUser()) {
			out = append(out, c.path.String())
		}
	}
	return out
}

// textTemplates are the templates that put a value through tpl.
func (e *chartEngine) textTemplates() []string {
	var out []string
	for _, s := range e.scopes {
		for _, t := range s.chart.Templates {
			if bytes.Contains(t.Data, []byte("tpl")) {
				out = append(out, string(t.Data))
			}
		}
	}
	return out
}

// mayBeText: one of the templates reads the path's last two keys, or makes service accounts and
// reads the last.
func mayBeText(c *candidate, templates []string) bool {
	both := strings.Join(c.path[max(len(c.path)-2, 0):], ".")
	return slices.ContainsFunc(templates, func(t string) bool {
		return strings.Contains(t, both) || makesAccount.MatchString(t) && strings.Contains(t, c.path.Last())
	})
}

// ordered puts false before true.
func ordered(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

package probe

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/helm-irsa/helm-irsa/pkg/discover"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// asUser sets values as a user would, the role's annotation and nothing else, where the marker of
// one value may have had a part in what another did, or have hidden it: where a template writes the
// role's annotation by itself, or reads several values of which one counts, and where there are
// annotations only together with a name.
func (p *prober) asUser() {
	if !p.engine.writesRole() && !p.engine.merges() && !p.choosing() && !p.nameDecides() {
		return
	}
	for more := true; more; {
		more = p.hidden()
	}
	var ways []*candidate
	for _, c := range p.candidates {
		if (c.role == setsAnnotations || c.role == setsRoleARN) && p.any(c) {
			ways = append(ways, c)
		}
	}
	for len(ways) > 0 {
		together, rest := p.apartFor(ways)
		p.confirm(together)
		ways = rest
	}
}

// hidden sets what has led nowhere so far, and reports whether any of it does when what has is left out.
func (p *prober) hidden() bool {
	var with []*candidate
	for _, c := range p.candidates {
		if c.role != switches && !p.any(c) && !p.broken[c] && !p.spread[c] {
			with = append(with, c)
		}
	}
	p.readAs(with, (*candidate).forUser)
	return slices.ContainsFunc(with, p.any)
}

// apartFor takes values of which no two lead to one service account; the rest waits.
func (p *prober) apartFor(ways []*candidate) (together, rest []*candidate) {
	taken := make([]bool, len(p.base.accounts))
	for _, c := range ways {
		free := true
		for i := range taken {
			free = free && !(taken[i] && p.proven[proof{i, c}])
		}
		if !free {
			rest = append(rest, c)
			continue
		}
		for i := range taken {
			taken[i] = taken[i] || p.proven[proof{i, c}]
		}
		together = append(together, c)
	}
	return together, rest
}

// confirm takes back what a value does not do when it is set as a user would.
func (p *prober) confirm(together []*candidate) {
	r, err := p.engine.render(changesOf(together, (*candidate).forUser))
	if err != nil && len(together) > 1 {
		for _, c := range together {
			p.confirm([]*candidate{c})
		}
		return
	}
	var found []*account
	if err == nil {
		found, _ = p.match(r)
	}
	for _, c := range together {
		for i := range p.base.accounts {
			if err != nil || found[i] == nil || manifest.Text(found[i].annotations, roleKey) != c.arn() {
				delete(p.proven, proof{i, c})
			}
		}
	}
}

// writesRole: a template that makes service accounts, or one that others include, has the role's annotation.
func (e *chartEngine) writesRole() bool {
	return e.anyTemplate(func(t *chart.File) bool {
		return bytes.Contains(t.Data, []byte(roleKey)) && (makesAccount.Match(t.Data) || strings.HasPrefix(path.Base(t.Name), "_"))
	})
}

// merging is what templates call to lay one mapping over another.
var merging = regexp.MustCompile(`[\s(](?:mustM|m)erge(?:Overwrite)?\s`)

// merges: a template that makes service accounts lays one mapping of values over another.
func (e *chartEngine) merges() bool {
	return e.anyTemplate(func(t *chart.File) bool { return makesAccount.Match(t.Data) && merging.Match(t.Data) })
}

func (e *chartEngine) anyTemplate(is func(*chart.File) bool) bool {
	return slices.ContainsFunc(e.scopes, func(s *scope) bool { return slices.ContainsFunc(s.chart.Templates, is) })
}

// choosing: a line of a template reads a value that leads to a service account, and another one that
// may do the same and did not.
func (p *prober) choosing() bool {
	return p.lineOf(true, func(_ string, read []string) bool {
		return slices.ContainsFunc(p.candidates, func(c *candidate) bool {
			return c.role != switches && !p.any(c) && !p.spread[c] && slices.Contains(read, c.path.String()) && slices.ContainsFunc(p.candidates, func(o *candidate) bool {
				return o.role == c.role && p.any(o) && slices.Contains(read, o.path.String())
			})
		})
	})
}

// nameDecides: a template that makes service accounts asks whether there is a name.
func (p *prober) nameDecides() bool {
	return p.lineOf(false, func(line string, read []string) bool {
		return strings.Contains(line, "if ") && slices.ContainsFunc(p.candidates, func(c *candidate) bool {
			return c.role == setsName && p.any(c) && slices.Contains(read, c.path.String())
		})
	})
}

// lineOf reports whether there is such a line in a template that makes service accounts, or with
// partials in one that others include; read are the values that the line reads.
func (p *prober) lineOf(partials bool, is func(line string, read []string) bool) bool {
	for _, s := range p.engine.scopes {
		for _, t := range s.chart.Templates {
			if partial := strings.HasPrefix(path.Base(t.Name), "_"); !(partials && partial) && !makesAccount.Match(t.Data) {
				continue
			}
			for line := range strings.Lines(string(t.Data)) {
				if all := valuesPath.FindAllStringSubmatch(line, -1); len(all) > 0 {
					for _, at := range placesOf(s) {
						if is(line, readBy(all, at)) {
							return true
						}
					}
				}
			}
		}
	}
	return false
}

// readBy are the paths of values that a template of a chart there reads.
func readBy(found [][]string, at discover.Path) []string {
	var out []string
	for _, m := range found {
		keys := discover.Path(strings.Split(strings.ReplaceAll(m[1], ")", "")[1:], "."))
		if keys[0] == "global" {
			out = append(out, keys.String())
			continue
		}
		out = append(out, at.With(keys...).String())
	}
	return out
}

package probe

import (
	"regexp"
	"slices"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// proof is that a candidate drives a service account, by its place among those of the first render.
type proof struct {
	account   int
	candidate *candidate
}

// prober finds out what candidates do.
type prober struct {
	engine     *chartEngine
	base       *rendering
	candidates []*candidate
	proven     map[proof]bool
	// shown are the service accounts that were there in a render with markers.
	shown []bool
	// unclear: in a render, it could not be told which service account had which new name.
	unclear bool
	// broken are the candidates that do not render by themselves: no later render has them.
	broken map[*candidate]bool
	// spread are annotations that others get as well.
	spread map[*candidate]bool
}

// probe renders with all markers at once. So that switches cost few renders, each is turned off
// in some of them, and in others not: the renders in which a service account is missing say
// which switch it has. That needs two renders with markers where there is a switch, and three
// for three switches.
func (p *prober) probe() {
	p.proven, p.shown, p.broken, p.spread = map[proof]bool{}, make([]bool, len(p.base.accounts)), map[*candidate]bool{}, map[*candidate]bool{}
	var markers, own, rbac []*candidate
	for _, c := range p.candidates {
		switch on, _ := c.before.(bool); {
		case c.role != switches:
			markers = append(markers, c)
		case on && rbacSwitch(c.path):
			rbac = append(rbac, c)
		case on:
			own = append(own, c)
		}
	}
	p.turnOff(own, markers)
	if slices.Contains(p.shown, false) { // those that two switches kept away from all markers
		p.read(markers)
	}
	if slices.Contains(p.shown, false) { // those that a chart makes only where nobody names another
		p.read(slices.DeleteFunc(slices.Clone(markers), func(c *candidate) bool { return c.role == setsName }))
	}
	if p.unclear {
		p.apart(slices.DeleteFunc(slices.Clone(markers), func(c *candidate) bool { return c.role != setsName }))
	}
	if slices.ContainsFunc(indexes(p.base.accounts), func(i int) bool { return !p.base.accounts[i].hook && !p.anyOf(i, switches) }) {
		p.turnOff(rbac, nil)
	}
	p.otherForms(markers)
	p.asUser()
	p.alone()
}

// apart sets names, ever fewer of them in one render, until it is clear which is whose.
func (p *prober) apart(names []*candidate) {
	for len(names) > 1 {
		half := names[:len(names)/2]
		names = names[len(names)/2:]
		p.unclear = false
		if p.read(half); p.unclear {
			p.apart(half)
		}
	}
	p.read(names)
}

// refusing is what templates call to refuse values.
var refusing = regexp.MustCompile(`\b(fail|required)\s`)

// alone leaves out switches that the chart's schema refuses, and those that it takes only together
// with a marker: one that wants the name of another service account, when it makes none.
func (p *prober) alone() {
	var proven []*candidate
	for _, c := range p.candidates {
		if c.role != switches || !p.any(c) {
			continue
		}
		if !p.engine.accepts(c.change()) {
			p.disprove(c)
			continue
		}
		proven = append(proven, c)
	}
	refuses := p.engine.anyTemplate(func(t *chart.File) bool { return refusing.Match(t.Data) })
	if len(proven) == 0 || !refuses || p.rendersWith(proven) {
		return
	}
	for _, c := range proven {
		if p.rendersWith([]*candidate{c}) {
			continue
		}
		p.disprove(c)
	}
}

// disprove takes back what was seen of a candidate in renders with others.
func (p *prober) disprove(c *candidate) {
	for i := range p.base.accounts {
		delete(p.proven, proof{i, c})
	}
}

func (p *prober) rendersWith(candidates []*candidate) bool {
	_, err := p.engine.render(changesOf(candidates, (*candidate).change))
	return err == nil
}

func changesOf(candidates []*candidate, how func(*candidate) change) []change {
	out := make([]change, len(candidates))
	for i, c := range candidates {
		out[i] = how(c)
	}
	return out
}

// turnOff turns switches off, in as few renders as tell them apart, and sets the markers in each,
// where that leaves it clear which service account is which.
func (p *prober) turnOff(turned, markers []*candidate) {
	together := p.onePerTemplate() && len(markers) > 0
	codes, width := codesFor(len(turned), together)
	if width == 0 || !together {
		p.read(markers)
	}
	missing := make([]uint, len(p.base.accounts))
	used := make([]uint, len(turned)) // the renders that a switch was turned off in
	for bit := range width {
		all := turnedIn(turned, codes, bit)
		if together {
			all = append(slices.Clone(markers), all...)
		}
		for _, r := range p.read(all) {
			for i, gone := range r.missing {
				if gone {
					missing[i] |= 1 << bit
				}
			}
			for j, c := range turned {
				if slices.Contains(r.with, c) {
					used[j] |= 1 << bit
				}
			}
		}
	}
	p.attribute(turned, codes, used, missing)
}

func turnedIn(turned []*candidate, codes []uint, bit int) []*candidate {
	var out []*candidate
	for j, c := range turned {
		if codes[j]&(1<<bit) != 0 {
			out = append(out, c)
		}
	}
	return out
}

// codesFor gives each of n switches the renders that it is turned off in, out of width: all as
// many, so that two switches together never look like a third. Where markers are in the same
// renders, each switch is on in one of them.
func codesFor(n int, together bool) (codes []uint, width int) {
	if n == 0 {
		return nil, 0
	}
	width = 1
	if together {
		width = 2
	}
	for ; ; width++ {
		codes = codes[:0]
		for code := uint(0); code < 1<<width && len(codes) < n; code++ {
			if ones(code) == max(width/2, 1) {
				codes = append(codes, code)
			}
		}
		if len(codes) == n {
			return codes, width
		}
	}
}

func ones(code uint) int {
	n := 0
	for ; code != 0; code &= code - 1 {
		n++
	}
	return n
}

// attribute says which switch a service account has. Where what is missing is the mark of no
// single switch, several are needed, and each that might be one is turned by itself.
func (p *prober) attribute(turned []*candidate, codes, used, missing []uint) {
	alone := map[*candidate][]seen{}
	for i, bits := range missing {
		if bits == 0 {
			continue
		}
		if j := slices.Index(codes, bits); j >= 0 && used[j] == bits {
			p.proven[proof{i, turned[j]}] = true
			continue
		}
		for j, c := range turned {
			if codes[j]&bits != codes[j] {
				continue
			}
			if _, ok := alone[c]; !ok {
				alone[c] = p.read([]*candidate{c})
			}
			if slices.ContainsFunc(alone[c], func(r seen) bool { return r.missing[i] }) {
				p.proven[proof{i, c}] = true
			}
		}
	}
}

// seen is one render with candidates: those that were in it, and which service accounts of the
// first render were missing.
type seen struct {
	with    []*candidate
	missing []bool
}

// read renders with candidates and notes what came out. What does not render is halved, until
// the ones that break it are alone; those are left out.
func (p *prober) read(with []*candidate) []seen { return p.readAs(with, (*candidate).change) }

func (p *prober) readAs(with []*candidate, how func(*candidate) change) []seen {
	with = slices.DeleteFunc(slices.Clone(with), func(c *candidate) bool { return p.broken[c] })
	if len(with) == 0 {
		return nil
	}
	r, err := p.engine.render(changesOf(with, how))
	if err != nil {
		if len(with) == 1 {
			p.broken[with[0]] = true
			return nil
		}
		a, b := halves(with, err)
		return append(p.readAs(a, how), p.readAs(b, how)...)
	}
	out := seen{with, make([]bool, len(p.base.accounts))}
	found, unclear := p.match(r)
	for i, a := range found {
		if a == nil {
			out.missing[i] = true
			continue
		}
		p.note(i, a, r, with)
	}
	p.unclear = p.unclear || unclear
	return []seen{out}
}

// halves parts candidates by what the error names, by what they do, and those of one kind in the
// middle.
func halves(with []*candidate, err error) (a, b []*candidate) {
	for _, c := range with {
		if named(err, c.path.String()) {
			a = append(a, c)
		} else {
			b = append(b, c)
		}
	}
	if len(a) > 0 && len(b) > 0 {
		return a, b
	}
	a, b = nil, nil
	for _, c := range with {
		if c.role == setsAnnotations || c.role == setsRoleARN {
			a = append(a, c)
		} else {
			b = append(b, c)
		}
	}
	if len(a) > 0 && len(b) > 0 {
		return a, b
	}
	return with[:len(with)/2], with[len(with)/2:]
}

// named: the error has the path, and not as a part of another.
func named(err error, path string) bool {
	whole := regexp.MustCompile(`(^|[^\w.])` + regexp.QuoteMeta(path) + `($|[^\w.]|\.(\s|$))`)
	return whole.MatchString(err.Error())
}

// note reads the markers on a service account.
func (p *prober) note(i int, a *account, r *rendering, with []*candidate) {
	for _, c := range with {
		p.shown[i] = p.shown[i] || c.role != switches
		is := false
		switch c.role {
		case setsAnnotations:
			is = manifest.Text(a.annotations, c.key()) == c.label() || manifest.Text(a.annotations, roleKey) == c.arn()
			if is && (r.annotated(c.key(), c.label()) || r.annotated(roleKey, c.arn())) {
				is, p.spread[c] = false, true
			}
		case setsRoleARN:
			is = manifest.Text(a.annotations, roleKey) == c.arn()
		case setsName:
			is = a.name == c.label()
		}
		if is && !p.proven[proof{i, c}] && p.engine.accepts(c.forUser()) {
			p.proven[proof{i, c}] = true
		}
	}
}

// onePerTemplate: no template makes two service accounts, so that one with a new name, or that
// is missing, is known by its template.
func (p *prober) onePerTemplate() bool {
	files := map[string]bool{}
	for _, a := range p.base.accounts {
		if files[a.file] {
			return false
		}
		files[a.file] = true
	}
	return true
}

// match finds the service accounts of the first render in another; nil where one is missing, or
// where it cannot be told. Those of one template that have a new name stand in the same order, as
// long as none of them is missing: then nobody knows which.
func (p *prober) match(r *rendering) (out []*account, unclear bool) {
	out = make([]*account, len(p.base.accounts))
	taken := map[*account]bool{}
	for i, want := range p.base.accounts {
		for _, a := range r.accounts {
			if out[i] == nil && !taken[a] && a.file == want.file && a.name == want.name && a.namespace == want.namespace {
				out[i], taken[a] = a, true
			}
		}
	}
	renamed := map[string][]*account{}
	for _, a := range r.accounts {
		if !taken[a] {
			renamed[a.file] = append(renamed[a.file], a)
		}
	}
	sought := map[string][]int{}
	for i, want := range p.base.accounts {
		if out[i] == nil {
			sought[want.file] = append(sought[want.file], i)
		}
	}
	for file, places := range sought {
		if len(places) != len(renamed[file]) {
			unclear = unclear || len(renamed[file]) > 0
			continue
		}
		for n, i := range places {
			out[i] = renamed[file][n]
		}
	}
	return out, unclear
}

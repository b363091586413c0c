package probe

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/helm-irsa/helm-irsa/pkg/discover"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// errNothing says that the chart rendered, and came to no object.
var errNothing = errors.New("the chart renders nothing with these values")

// noServiceAccountError says that the chart makes none.
type noServiceAccountError struct {
	// Switches are values of which each, set to true, makes the chart make one.
	Switches []string
	// Elsewhere are the workloads and what they run as.
	Elsewhere []discover.Runner
	// Made are objects whose operators make service accounts for them.
	Made []maker
}

// maker is an object, and the service accounts that its operator makes for it.
type maker struct {
	discover.Workload
	serviceAccounts []string
}

// Error says so.
func (e *noServiceAccountError) Error() string {
	text := "the chart makes no service account with these values"
	if len(e.Made) > 0 {
		m := e.Made[0]
		text += fmt.Sprintf("; the operator of %s %s makes %s", m.Kind, m.Name, strings.Join(m.serviceAccounts, ", "))
	} else if len(e.Elsewhere) > 0 {
		r := e.Elsewhere[0]
		text += fmt.Sprintf("; %s runs as %s", strings.TrimSpace(r.Kind+" "+r.Name), r.ServiceAccount)
	}
	return text
}

// Hint is the flag that makes the chart make one, or where one comes from instead.
func (e *noServiceAccountError) Hint() string {
	if len(e.Switches) > 0 {
		return "--set " + e.Switches[0] + "=true makes one"
	}
	if len(e.Made) > 0 {
		m := e.Made[0]
		return fmt.Sprintf("name %s in irsa.yaml with usedBy: [{workload: {kind: %s, name: %s}}]: the role is written where the operator takes it from", m.serviceAccounts[0], m.Kind, m.Name)
	}
	return "name one in irsa.yaml with usedBy: it is made then, and what usedBy names runs as it"
}

// Inspect renders the chart and finds out. The errors say in one line that the chart does not
// render with the caller's values, and which is missing, that it comes to nothing, or that it
// makes no service account; with a method Hint where there is something to type. A
// *discover.DependencyError says what a folder lacks.
func Inspect(o discover.Options) (*discover.Result, error) {
	e, err := newEngine(o)
	if err != nil {
		return nil, err
	}
	base, err := e.render(nil)
	if err != nil {
		return nil, e.explain(err)
	}
	p := &prober{engine: e, base: base, candidates: e.candidates()}
	if len(base.objects) == 0 {
		if on := p.switchesOn(); len(on) > 0 { // all that the chart has is off by default
			return nil, &noServiceAccountError{Switches: on}
		}
		return nil, errNothing
	}
	if err := e.renderAgain(base); err != nil {
		return nil, e.explain(err)
	}
	if len(base.accounts) == 0 {
		none := &noServiceAccountError{Switches: p.switchesOn(), Elsewhere: base.elsewhere(), Made: base.makers()}
		if !o.Bare || len(none.Switches) > 0 || len(none.Elsewhere) == 0 {
			return nil, none
		}
	} else {
		p.probe()
	}
	out := &discover.Result{Chart: discover.Chart{Name: e.chart.Metadata.Name, Version: e.chart.Metadata.Version}, Elsewhere: base.elsewhere()}
	for i, a := range base.accounts {
		out.ServiceAccounts = append(out.ServiceAccounts, p.accountOf(i, a))
	}
	out.Renders, out.Whole = e.renders, e.whole
	return out, nil
}

// inconstant is what templates call for something that is another with each render: random text,
// keys, the time (https://masterminds.github.io/sprig/).
var inconstant = regexp.MustCompile(`\b(rand[A-Z]\w*|uuidv4|shuffle|now|htpasswd|gen[A-Z]\w*|encryptAES)\b`)

// renderAgain notes which service accounts have another name in a second render, where templates
// may make one.
func (e *chartEngine) renderAgain(base *rendering) error {
	if len(base.accounts) == 0 || !e.anyTemplate(func(t *chart.File) bool { return inconstant.Match(t.Data) }) {
		return nil
	}
	again, err := e.render(nil)
	if err != nil {
		return err
	}
	for _, a := range base.accounts {
		a.varies = !slices.ContainsFunc(again.accounts, func(b *account) bool { return b.file == a.file && b.namespace == a.namespace && b.name == a.name })
	}
	return nil
}

// accountOf is what was found out of one service account.
func (p *prober) accountOf(i int, a *account) discover.ServiceAccount {
	out := discover.ServiceAccount{
		Namespace: a.namespace, Name: a.name, NameVaries: a.varies, Hook: a.hook, Workloads: []discover.Workload{},
		Values: discover.Values{Annotations: []string{}, Name: []string{}, Create: []string{}, RoleARN: []string{}},
	}
	out.Workloads = append(out.Workloads, p.base.workloadsOf(a)...)
	out.Refers = p.base.refersTo(a)
	for _, c := range p.candidates {
		if !p.proven[proof{i, c}] {
			continue
		}
		path := c.path.String()
		switch c.role {
		case setsAnnotations:
			out.Values.Annotations = append(out.Values.Annotations, path)
			out.Ways = append(out.Ways, c.way(false))
		case setsRoleARN:
			out.Values.RoleARN = append(out.Values.RoleARN, path)
			out.Ways = append(out.Ways, c.way(true))
		case setsName:
			out.Values.Name = append(out.Values.Name, path)
		case switches:
			out.Values.Create = append(out.Values.Create, path)
		}
	}
	out.Catalog = entryFor(&out, p.engine.scopeOf(a.file), p.engine.options.Release)
	return out
}

// hookOf is the hook annotation of an object; empty where it is none.
func hookOf(o *manifest.Object) string {
	return strings.TrimSpace(manifest.Text(o.Body, "metadata", "annotations", "helm.sh/hook"))
}

// Render gives what the chart comes to as a stream, like helm template, hooks included.
func Render(o discover.Options) ([]byte, error) {
	e, err := newEngine(o)
	if err != nil {
		return nil, err
	}
	files, err := e.files(nil)
	if err != nil {
		return nil, e.explain(err)
	}
	var out bytes.Buffer
	for _, file := range manifest.SortedKeys(files) {
		if isManifest(file, files[file]) {
			fmt.Fprintf(&out, "---\n# Source: %s\n%s\n", file, strings.TrimSpace(asHelmCuts(files[file])))
		}
	}
	return out.Bytes(), nil
}

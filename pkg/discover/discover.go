package discover

import (
	"errors"
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// Options say what is rendered, and how.
type Options struct {
	// Chart is the path of a chart's folder or archive.
	Chart string
	// Values are the caller's own values; see MergeValues. They are not changed.
	Values             map[string]any
	Release, Namespace string
	// KubeVersion and APIVersions are what the chart is told of the cluster; where they are
	// empty it is told what Helm's own library assumes.
	KubeVersion string
	APIVersions []string
	IsUpgrade   bool
	// NoHooks leaves hooks out, and SkipTests those that are tests.
	NoHooks, SkipTests bool
	// SkipSchema takes values that the chart's schema refuses.
	SkipSchema bool
	// Through renders the chart with values as helm template prints it, by the user's own Helm:
	// for a chart whose templates need Helm 4. Nil where there is none.
	Through func(values map[string]any, skipSchema bool) ([]byte, error)
}

// Result is what a chart makes. Its JSON is that of `helm irsa inspect -o json`.
type Result struct {
	Chart Chart `json:"chart"`
	// Renders is how often the chart was rendered.
	Renders         int              `json:"renders"`
	ServiceAccounts []ServiceAccount `json:"serviceAccounts"`
	// Elsewhere are workloads that run as a service account that the chart does not make.
	Elsewhere []Runner `json:"-"`
}

// Chart is the chart that was inspected.
type Chart struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// ServiceAccount is one that the chart makes.
type ServiceAccount struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Hook is true where Helm makes it as a hook, which may be gone while the release runs.
	Hook      bool       `json:"hook"`
	Workloads []Workload `json:"workloads"`
	Values    Values     `json:"values"`
	// Catalog is the name of the catalogue's entry that fits; empty where none does.
	Catalog string `json:"catalog"`
	// Refers are objects whose controller asks for a token of it.
	Refers []Workload `json:"-"`
	chart  *scope
	ways   []Way
}

// Workload is an object that runs pods, or that asks for tokens.
type Workload struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// Runner is a workload, and the name of the service account that it runs as.
type Runner struct {
	Workload
	Namespace, ServiceAccount string
}

// Values are paths into the chart's values, each proven by a render: setting it does this and
// nothing else has to be set.
type Values struct {
	// Annotations are mappings, or texts, that become annotations of the service account.
	Annotations []string `json:"annotations"`
	// Name are texts that become its name.
	Name []string `json:"name"`
	// Create are switches that keep the chart from making it.
	Create []string `json:"create"`
	// RoleARN are texts that end as the ARN of its role annotation.
	RoleARN []string `json:"roleARN"`
}

// errNothing says that the chart rendered, and came to no object.
var errNothing = errors.New("the chart renders nothing with these values")

// noServiceAccountError says that the chart makes none.
type noServiceAccountError struct {
	// Switches are values of which each, set to true, makes the chart make one.
	Switches []string
	// Elsewhere are the workloads and what they run as.
	Elsewhere []Runner
}

// Error says so.
func (e *noServiceAccountError) Error() string {
	text := "the chart makes no service account with these values"
	if len(e.Elsewhere) > 0 {
		r := e.Elsewhere[0]
		text += fmt.Sprintf("; %s %s runs as %s", r.Kind, r.Name, r.ServiceAccount)
	}
	return text
}

// Hint is the flag that makes the chart make one, or where one comes from instead.
func (e *noServiceAccountError) Hint() string {
	if len(e.Switches) > 0 {
		return "--set " + e.Switches[0] + "=true makes one"
	}
	return "name one in irsa.yaml with usedBy: helm irsa makes it, and what usedBy names runs as it"
}

// Inspect renders the chart and finds out. The errors say in one line that the chart does not
// render with the caller's values, and which is missing, that it comes to nothing, or that it
// makes no service account; with a method Hint where there is something to type. A
// *DependencyError says what a folder lacks.
func Inspect(o Options) (*Result, error) {
	e, err := newEngine(o)
	if err != nil {
		return nil, err
	}
	base, err := e.render(nil)
	if err != nil {
		return nil, e.explain(err)
	}
	if len(base.objects) == 0 {
		return nil, errNothing
	}
	p := &prober{engine: e, base: base, candidates: e.candidates()}
	if len(base.accounts) == 0 {
		return nil, &noServiceAccountError{Switches: p.switchesOn(), Elsewhere: base.elsewhere()}
	}
	p.probe()
	out := &Result{Chart: Chart{Name: e.chart.Metadata.Name, Version: e.chart.Metadata.Version}, Elsewhere: base.elsewhere()}
	for i, a := range base.accounts {
		out.ServiceAccounts = append(out.ServiceAccounts, p.accountOf(i, a))
	}
	out.Renders = e.renders
	return out, nil
}

// accountOf is what was found out of one service account.
func (p *prober) accountOf(i int, a *account) ServiceAccount {
	out := ServiceAccount{
		Namespace: a.namespace, Name: a.name, Hook: a.hook, Workloads: []Workload{},
		Values: Values{Annotations: []string{}, Name: []string{}, Create: []string{}, RoleARN: []string{}},
		chart:  p.engine.scopeOf(a.file),
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
			out.ways = append(out.ways, Way{path, false, c, p.engine.whole})
		case setsRoleARN:
			out.Values.RoleARN = append(out.Values.RoleARN, path)
			out.ways = append(out.ways, Way{path, true, c, p.engine.whole})
		case setsName:
			out.Values.Name = append(out.Values.Name, path)
		case switches:
			out.Values.Create = append(out.Values.Create, path)
		}
	}
	out.Catalog = entryFor(&out, p.engine.options.Release)
	return out
}

// hookOf is the hook annotation of an object; empty where it is none.
func hookOf(o *manifest.Object) string {
	return strings.TrimSpace(manifest.Text(o.Body, "metadata", "annotations", "helm.sh/hook"))
}

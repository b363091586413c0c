package discover

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// chartEngine renders one chart.
type chartEngine struct {
	options Options
	chart   *chart.Chart
	scopes  []*scope
	caps    *chartutil.Capabilities
	// whole are the caller's values and the chart's, as templates see them.
	whole   map[string]any
	renders int
	// through: the caller's Helm renders the chart.
	through bool
	kinds   *manifest.Table
}

// newEngine loads the chart as Helm does (helm.sh/helm/v3 pkg/action/install.go, RunWithContext).
func newEngine(o Options) (*chartEngine, error) {
	c, err := loader.Load(o.Chart)
	if err != nil {
		return nil, fmt.Errorf("loading it: %w", err)
	}
	if c.Metadata.Type == "library" {
		return nil, fmt.Errorf("chart %s is a library: it makes nothing by itself", c.Name())
	}
	if missing := lacking(c); len(missing) > 0 {
		return nil, &DependencyError{Chart: o.Chart, Missing: missing}
	}
	e := &chartEngine{options: o, chart: c, kinds: manifest.Kinds()}
	if e.caps, err = capabilities(o); err != nil {
		return nil, err
	}
	if want := c.Metadata.KubeVersion; want != "" && !chartutil.IsCompatibleRange(want, e.caps.KubeVersion.String()) {
		return nil, &renderError{Message: fmt.Sprintf("the chart is for Kubernetes %s, and was told %s", want, e.caps.KubeVersion.String()), hint: "--kube-version VERSION"}
	}
	values, names := clone(o.Values).(map[string]any), aliased(c, nil)
	// Leaves out what a condition or a tag switches off, and calls the others by their aliases.
	if err := chartutil.ProcessDependenciesWithMerge(c, values); err != nil {
		return nil, fmt.Errorf("reading the dependencies of chart %s: %w", c.Name(), err)
	}
	if e.whole, err = chartutil.CoalesceValues(c, values); err != nil {
		return nil, &renderError{Message: err.Error()}
	}
	e.scopes = scopes(c, nil, names)
	return e, nil
}

// DependencyError says that a chart's folder lacks charts that it depends on.
type DependencyError struct {
	Chart   string
	Missing []string
}

// Error names them.
func (e *DependencyError) Error() string {
	return fmt.Sprintf("loading chart %s: it depends on %s, which its charts folder does not have", e.Chart, strings.Join(e.Missing, ", "))
}

// lacking are the names of dependencies that are declared and not there, as Helm looks for them
// (pkg/action/install.go, CheckDependencies).
func lacking(c *chart.Chart) []string {
	var out []string
	for _, d := range c.Metadata.Dependencies {
		if !slices.ContainsFunc(c.Dependencies(), func(have *chart.Chart) bool { return have.Name() == d.Name }) {
			out = append(out, d.Name)
		}
	}
	return out
}

// kubeVersion is the Kubernetes version that a chart is told of by default. Helm's programs say
// that of the Kubernetes library that they are built with (helm.sh/helm/v3 Makefile,
// K8S_MODULES_VER: v0.N.P of k8s.io/client-go is Kubernetes 1.N); so does this one, and a test
// holds it against go.mod.
const kubeVersion = "v1.37.0"

func capabilities(o Options) (*chartutil.Capabilities, error) {
	caps := chartutil.DefaultCapabilities.Copy()
	if v, err := chartutil.ParseKubeVersion(kubeVersion); err == nil {
		caps.KubeVersion = *v
	}
	if o.KubeVersion != "" {
		v, err := chartutil.ParseKubeVersion(o.KubeVersion)
		if err != nil {
			return nil, fmt.Errorf("reading --kube-version %s: %w", o.KubeVersion, err)
		}
		caps.KubeVersion = *v
	}
	caps.APIVersions = append(slices.Clone(caps.APIVersions), o.APIVersions...)
	return caps, nil
}

// scopeOf is the chart that a template is of: the template of a chart below another begins with
// the names of both.
func (e *chartEngine) scopeOf(file string) *scope {
	best := e.scopes[0]
	for _, s := range e.scopes {
		if strings.HasPrefix(file, s.chart.ChartFullPath()+"/") && len(s.at) >= len(best.at) {
			best = s
		}
	}
	return best
}

// render renders the chart with changes to the caller's values. The schema is asked of the
// caller's own values only; accepts asks it of changes.
func (e *chartEngine) render(changes []change) (*rendering, error) {
	files, err := e.files(changes)
	if err != nil {
		return nil, err
	}
	return e.read(files)
}

// unknownFunction is how text/template refuses a function that it does not have.
var unknownFunction = regexp.MustCompile(`function "\w+" not defined`)

// files are what the templates come to, by the template. A chart whose templates call functions
// that came with Helm 4 is rendered by the caller's Helm.
func (e *chartEngine) files(changes []change) (map[string]string, error) {
	given, err := e.given(changes)
	if err != nil {
		return nil, err
	}
	skipSchema := len(changes) > 0 || e.options.SkipSchema
	values, err := e.rendered(given, skipSchema)
	if err != nil {
		return nil, err
	}
	e.renders++
	if !e.through {
		files, err := engine.Engine{}.Render(e.chart, values)
		if err == nil || e.options.Through == nil || !unknownFunction.MatchString(err.Error()) {
			return files, err
		}
		e.through = true
	}
	stream, err := e.options.Through(given, skipSchema)
	return bySource(stream), err
}

// bySource takes a stream apart by the comments with which Helm names templates.
func bySource(stream []byte) map[string]string {
	out, file := map[string]string{}, ""
	for line := range strings.Lines(string(stream)) {
		if name, ok := strings.CutPrefix(line, "# Source: "); ok {
			file = strings.TrimSpace(name)
		}
		if file != "" {
			out[file] += line
		}
	}
	return out
}

// given are the caller's values with changes.
func (e *chartEngine) given(changes []change) (map[string]any, error) {
	values := clone(e.options.Values).(map[string]any)
	for _, c := range changes {
		if !store(values, e.whole, c.path, c.value) {
			return nil, fmt.Errorf("nothing can be set at %s", c.path)
		}
	}
	return values, nil
}

// rendered are values as templates see them.
func (e *chartEngine) rendered(given map[string]any, skipSchema bool) (chartutil.Values, error) {
	return chartutil.ToRenderValuesWithSchemaValidation(e.chart, clone(given).(map[string]any), chartutil.ReleaseOptions{
		Name: e.options.Release, Namespace: e.options.Namespace, Revision: 1,
		IsInstall: !e.options.IsUpgrade, IsUpgrade: e.options.IsUpgrade,
	}, e.caps, skipSchema)
}

// accepts reports whether the chart's schema takes the caller's values with a change.
func (e *chartEngine) accepts(c change) bool {
	if e.options.SkipSchema || !slices.ContainsFunc(e.scopes, func(s *scope) bool { return len(s.chart.Schema) > 0 }) {
		return true
	}
	given, err := e.given([]change{c})
	if err == nil {
		_, err = e.rendered(given, false)
	}
	return err == nil
}

// isManifest: Helm drops NOTES.txt, what is called _NAME, and what is empty
// (helm.sh/helm/v3 pkg/releaseutil/manifest_sorter.go, SortManifests).
func isManifest(file, text string) bool {
	base := path.Base(file)
	return !strings.HasPrefix(base, "_") && !strings.HasSuffix(base, "NOTES.txt") && strings.TrimSpace(text) != ""
}

// read reads what the templates came to.
func (e *chartEngine) read(files map[string]string) (*rendering, error) {
	out := &rendering{kinds: e.kinds, namespace: e.options.Namespace}
	for _, file := range manifest.SortedKeys(files) {
		text := files[file]
		if !isManifest(file, text) {
			continue
		}
		objects, err := manifest.Read(file, strings.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("reading what the chart rendered: %w", err)
		}
		for i := range objects.List {
			o := &objects.List[i]
			hook := hookOf(o)
			if o.Kind == "" || hook != "" && (e.options.NoHooks || e.options.SkipTests && isTest(hook)) {
				continue
			}
			out.add(file, o)
		}
	}
	return out, nil
}

// isTest: helm.sh/helm/v3 pkg/release/hook.go calls the event test, and once called it test-success.
func isTest(hook string) bool {
	return slices.ContainsFunc(strings.Split(hook, ","), func(event string) bool {
		event = strings.TrimSpace(event)
		return event == "test" || event == "test-success"
	})
}

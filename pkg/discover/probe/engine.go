package probe

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

	"github.com/helm-irsa/helm-irsa/pkg/discover"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// chartEngine renders one chart.
type chartEngine struct {
	options discover.Options
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
func newEngine(o discover.Options) (*chartEngine, error) {
	c, err := loader.Load(o.Chart)
	if err != nil {
		return nil, &discover.Error{Message: "loading it: " + oneLine(err.Error()), Next: "name a folder with a Chart.yaml, an archive that helm package made, REPOSITORY/CHART or oci://…"}
	}
	if c.Metadata.Type == "library" {
		return nil, &discover.Error{Message: fmt.Sprintf("chart %s is a library: it makes nothing by itself", c.Name()), Next: "name a chart that depends on it"}
	}
	if missing := lacking(c); len(missing) > 0 {
		return nil, &discover.DependencyError{Chart: o.Chart, Missing: missing}
	}
	e := &chartEngine{options: o, chart: c, kinds: manifest.Kinds()}
	if e.caps, err = capabilities(o); err != nil {
		return nil, err
	}
	if want := c.Metadata.KubeVersion; want != "" && !chartutil.IsCompatibleRange(want, e.caps.KubeVersion.String()) {
		return nil, &discover.Error{Message: fmt.Sprintf("the chart is for Kubernetes %s, and was told %s", want, e.caps.KubeVersion.String()), Next: "--kube-version VERSION"}
	}
	values, names := discover.Clone(o.Values).(map[string]any), aliased(c, nil)
	// Leaves out what a condition or a tag switches off, and calls the others by their aliases.
	if err := chartutil.ProcessDependenciesWithMerge(c, values); err != nil {
		return nil, fmt.Errorf("reading the dependencies of chart %s: %w", c.Name(), err)
	}
	if e.whole, err = chartutil.CoalesceValues(c, values); err != nil {
		return nil, &discover.Error{Message: err.Error()}
	}
	e.scopes = scopes(c, nil, names)
	return e, nil
}

// lacking are the names of dependencies that are declared and not there, as Helm looks for them
// (pkg/action/install.go, CheckDependencies).
func lacking(c *chart.Chart) []string {
	var out []string
	for _, d := range c.Metadata.Dependencies {
		// One that is there under several aliases is missing once.
		if !slices.Contains(out, d.Name) && !slices.ContainsFunc(c.Dependencies(), func(have *chart.Chart) bool { return have.Name() == d.Name }) {
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

func capabilities(o discover.Options) (*chartutil.Capabilities, error) {
	caps := chartutil.DefaultCapabilities.Copy()
	if v, err := chartutil.ParseKubeVersion(kubeVersion); err == nil {
		caps.KubeVersion = *v
	}
	if o.KubeVersion != "" {
		v, err := chartutil.ParseKubeVersion(o.KubeVersion)
		if err != nil {
			return nil, &discover.Error{Message: fmt.Sprintf("reading --kube-version %s: %s", o.KubeVersion, oneLine(err.Error())), Next: "--kube-version " + strings.TrimPrefix(kubeVersion, "v")}
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
	values := discover.Clone(e.options.Values).(map[string]any)
	for _, c := range changes {
		value := c.value
		if added, ok := value.(map[string]any); ok { // beside what the caller has there, which the chart may ask for
			had, _ := discover.Lookup(values, c.path)
			before, _ := had.(map[string]any)
			value = discover.Merged(before, added)
		}
		if !discover.Store(values, e.whole, c.path, value) {
			return nil, fmt.Errorf("nothing can be set at %s", c.path)
		}
	}
	return values, nil
}

// rendered are values as templates see them.
func (e *chartEngine) rendered(given map[string]any, skipSchema bool) (chartutil.Values, error) {
	return chartutil.ToRenderValuesWithSchemaValidation(e.chart, discover.Clone(given).(map[string]any), chartutil.ReleaseOptions{
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
		objects, err := manifest.Read(file, strings.NewReader(asHelmCuts(text)))
		if err != nil {
			return nil, &discover.Error{Message: fmt.Sprintf("reading what the chart rendered: %v", err), Next: "helm template --debug, with the same chart and flags, shows it"}
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

// glued is a separator with something right behind it.
var glued = regexp.MustCompile(`(?m)^---[ \t]*([^\s-].*)$`)

// asHelmCuts puts on a line of its own what a template glued to a separator, as "---" and
// "{{- if … -}}" do before a comment: YAML has no such separator, and Helm cuts there all the same
// (helm.sh/helm/v3 pkg/releaseutil/manifest.go, sep).
func asHelmCuts(text string) string {
	return glued.ReplaceAllString(text, "---\n$1")
}

// isTest: helm.sh/helm/v3 pkg/release/hook.go calls the event test, and once called it test-success.
func isTest(hook string) bool {
	return slices.ContainsFunc(strings.Split(hook, ","), func(event string) bool {
		event = strings.TrimSpace(event)
		return event == "test" || event == "test-success"
	})
}

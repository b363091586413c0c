package catalog

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/pkg/catalog"
)

// release is the release that charts are rendered for: its name holds no chart's.
const release = "rel"

// marker is written into values, to be found where they come out.
const marker = "marked-by-check"

// TestCharts renders every chart of the catalogue that is in IRSA_CHARTS, and looks whether the
// service accounts and values that the entry names are there.
func TestCharts(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("IRSA_CHARTS")
	if folder == "" {
		t.Skip("IRSA_CHARTS is not set: no chart is rendered")
	}
	charts := chartsIn(t, folder)
	seen, missing := 0, map[string]bool{}
	for _, e := range catalog.Entries() {
		for _, c := range e.Charts {
			ch := charts[c.Name]
			if ch == nil {
				missing[c.Name] = true
				continue
			}
			if _, err := serviceAccounts(ch, c.Set); err != nil && lacking(ch) != "" {
				missing[c.Name+" (without its chart "+lacking(ch)+")"] = true
				continue
			}
			seen++
			wrong := checkChart(ch, c)
			if len(wrong) > 0 && anotherFits(ch, e.Charts, c) {
				continue
			}
			for _, w := range wrong {
				t.Errorf("%s: chart %s %s: %s", e.Name, c.Name, ch.Metadata.Version, w)
			}
		}
	}
	if seen == 0 {
		t.Errorf("%s has no chart of the catalogue", folder)
	}
	t.Logf("%d charts were rendered; not there: %s", seen, strings.Join(slices.Sorted(maps.Keys(missing)), ", "))
}

// anotherFits: of one name there are several charts, and this is another one of the entry's.
func anotherFits(ch *chart.Chart, charts []catalog.Chart, not catalog.Chart) bool {
	return slices.ContainsFunc(charts, func(c catalog.Chart) bool {
		return c.Name == not.Name && c.Home != not.Home && len(checkChart(ch, c)) == 0
	})
}

// chartsIn loads the charts of a folder, each a folder or an archive, by name.
func chartsIn(t *testing.T, folder string) map[string]*chart.Chart {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*chart.Chart{}
	for _, path := range paths {
		c, err := loader.Load(path)
		if err != nil {
			t.Logf("%s is no chart: %v", filepath.Base(path), err)
			continue
		}
		out[c.Name()] = c
	}
	return out
}

// lacking is a chart that this one depends on, and that is not in its folder: most render
// without.
func lacking(c *chart.Chart) string {
	for _, d := range c.Metadata.Dependencies {
		if !slices.ContainsFunc(c.Dependencies(), func(below *chart.Chart) bool { return below.Name() == d.Name }) {
			return d.Name
		}
	}
	return ""
}

// checkChart says what of an entry's chart is not so.
func checkChart(c *chart.Chart, entry catalog.Chart) []string {
	rendered, err := serviceAccounts(c, entry.Set)
	if err != nil {
		return []string{err.Error()}
	}
	var wrong []string
	for _, sa := range entry.ServiceAccounts {
		name := catalog.NameFor(sa.Name, release)
		if _, made := rendered.accounts[name]; made == sa.Off {
			wrong = append(wrong, fmt.Sprintf("the service account %s is made by default: %v; it makes %s", name, made, strings.Join(slices.Sorted(maps.Keys(rendered.accounts)), ", ")))
		}
		if err := checkValues(c, entry.Set, sa, name); err != nil {
			wrong = append(wrong, err.Error())
		}
	}
	return wrong
}

// checkValues sets each value and looks what comes of it.
func checkValues(c *chart.Chart, set map[string]any, sa catalog.ServiceAccount, name string) error {
	v := sa.Values
	on := set
	if v.Create != "" {
		on = with(set, v.Create, true)
		if r, err := serviceAccounts(c, on); err != nil || r.accounts[name] == nil && !onlyNamed(sa) {
			return fmt.Errorf("with %s=true there is no service account %s (%v)", v.Create, name, err)
		}
		// Without it, a chart may make none, or refuse to render at all.
		if r, err := serviceAccounts(c, with(set, v.Create, false)); err == nil && r.accounts[name] != nil {
			return fmt.Errorf("with %s=false there is the service account %s still", v.Create, name)
		}
	}
	if v.Annotations != "" {
		r, err := serviceAccounts(c, with(on, v.Annotations, map[string]any{"eks.amazonaws.com/role-arn": marker}))
		if err != nil || r.accounts[name]["eks.amazonaws.com/role-arn"] != marker {
			return fmt.Errorf("%s does not annotate the service account %s (%v): %v", v.Annotations, name, err, r.accounts)
		}
	}
	if v.RoleARN != "" {
		r, err := serviceAccounts(c, with(on, v.RoleARN, marker))
		if err != nil || r.accounts[name]["eks.amazonaws.com/role-arn"] != marker {
			return fmt.Errorf("%s is not the ARN on the service account %s (%v)", v.RoleARN, name, err)
		}
	}
	if v.Name != "" {
		r, err := serviceAccounts(c, with(on, v.Name, marker))
		if err != nil || r.accounts[marker] == nil && !(onlyNamed(sa) && strings.Contains(r.text, marker)) {
			return fmt.Errorf("%s does not name the service account (%v)", v.Name, err)
		}
	}
	return nil
}

// onlyNamed is true for a service account that something else makes, and that the chart only
// names.
func onlyNamed(sa catalog.ServiceAccount) bool { return sa.Off && sa.Values.Create == "" }

// rendering is what came of a chart.
type rendering struct {
	// accounts are the annotations of the service accounts, by name.
	accounts map[string]map[string]string
	text     string
}

func serviceAccounts(c *chart.Chart, values map[string]any) (rendering, error) {
	out := rendering{accounts: map[string]map[string]string{}}
	fresh, err := copied(c)
	if err != nil {
		return out, err
	}
	if err := chartutil.ProcessDependenciesWithMerge(fresh, values); err != nil {
		return out, err
	}
	caps := chartutil.DefaultCapabilities.Copy()
	caps.KubeVersion = chartutil.KubeVersion{Version: "v1.34.0", Major: "1", Minor: "34"}
	all, err := chartutil.ToRenderValuesWithSchemaValidation(fresh, values, chartutil.ReleaseOptions{Name: release, Namespace: "apps", Revision: 1, IsInstall: true}, caps, true)
	if err != nil {
		return out, err
	}
	files, err := engine.Render(fresh, all)
	if err != nil {
		return out, errors.New(strings.Join(strings.Fields(err.Error()), " "))
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		for _, document := range strings.Split("\n"+files[name], "\n---") {
			out.text += document
			var object struct {
				Kind     string
				Metadata struct {
					Name        string
					Annotations map[string]string
				}
			}
			if yaml.Unmarshal([]byte(document), &object) == nil && object.Kind == "ServiceAccount" {
				if object.Metadata.Annotations == nil {
					object.Metadata.Annotations = map[string]string{}
				}
				out.accounts[object.Metadata.Name] = object.Metadata.Annotations
			}
		}
	}
	return out, nil
}

// copied is the chart with dependencies of its own: those that are switched off are taken out
// of it when it is rendered.
func copied(c *chart.Chart) (*chart.Chart, error) {
	out := *c
	metadata := *c.Metadata
	out.Metadata = &metadata
	out.Values = merged(c.Values, nil)
	var below []*chart.Chart
	for _, d := range c.Dependencies() {
		sub, err := copied(d)
		if err != nil {
			return nil, err
		}
		below = append(below, sub)
	}
	out.SetDependencies(below...)
	return &out, nil
}

// with is the values with one more at a dotted path.
func with(values map[string]any, path string, value any) map[string]any {
	head, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		return merged(values, map[string]any{head: value})
	}
	below, _ := values[head].(map[string]any)
	return merged(values, map[string]any{head: with(below, rest, value)})
}

// merged is a copy of values, with some of them replaced.
func merged(values, over map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range values {
		if m, ok := v.(map[string]any); ok {
			v = merged(m, nil)
		}
		out[k] = v
	}
	maps.Copy(out, over)
	return out
}

// TestChartCheckFails: what an entry has wrong of a chart is found. The chart is one of three
// files, made here.
func TestChartCheckFails(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"Chart.yaml":             "apiVersion: v2\nname: app\nversion: 1.0.0\n",
		"values.yaml":            "part: {serviceAccount: {create: true, name: \"\", annotations: {}}}\naws: {role: \"\"}\n",
		"templates/account.yaml": "{{- if .Values.part.serviceAccount.create }}\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {{ .Values.part.serviceAccount.name | default (printf \"%s-app\" .Release.Name) }}\n  annotations:\n    eks.amazonaws.com/role-arn: {{ .Values.aws.role | quote }}\n    {{- with .Values.part.serviceAccount.annotations }}\n    {{- toYaml . | nindent 4 }}\n    {{- end }}\n{{- end }}\n",
	} {
		path := filepath.Join(folder, "app", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	app := chartsIn(t, folder)["app"]
	good := catalog.ServiceAccount{Name: "RELEASE-app", Values: catalog.Values{Annotations: "part.serviceAccount.annotations", Name: "part.serviceAccount.name", Create: "part.serviceAccount.create", RoleARN: "aws.role"}}
	if wrong := checkChart(app, catalog.Chart{ServiceAccounts: []catalog.ServiceAccount{good}}); wrong != nil {
		t.Errorf("%q", wrong)
	}
	for want, change := range map[string]func(*catalog.ServiceAccount){
		"the service account rel-ap is made by default: false":                        func(sa *catalog.ServiceAccount) { sa.Name = "RELEASE-ap" },
		"the service account rel-app is made by default: true":                        func(sa *catalog.ServiceAccount) { sa.Off = true },
		"serviceAccount.annotations does not annotate the service account rel-app":    func(sa *catalog.ServiceAccount) { sa.Values.Annotations = "serviceAccount.annotations" },
		"serviceAccount.name does not name the service account":                       func(sa *catalog.ServiceAccount) { sa.Values.Name = "serviceAccount.name" },
		"with serviceAccount.create=false there is the service account rel-app still": func(sa *catalog.ServiceAccount) { sa.Values.Create = "serviceAccount.create" },
		"aws.arn is not the ARN on the service account rel-app":                       func(sa *catalog.ServiceAccount) { sa.Values.RoleARN = "aws.arn" },
	} {
		sa := good
		change(&sa)
		if wrong := strings.Join(checkChart(app, catalog.Chart{ServiceAccounts: []catalog.ServiceAccount{sa}}), "\n"); !strings.Contains(wrong, want) {
			t.Errorf("got %s\nwant %s", wrong, want)
		}
	}
}

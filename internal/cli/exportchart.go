package cli

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"slices"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/discover"
	"github.com/helm-irsa/helm-irsa/pkg/export"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// checkChart: a chart is given for the formats that need one, and for no other.
func (o *exportOptions) checkChart() error {
	switch needed := slices.Contains(export.Engines(), o.kind); {
	case needed && o.chart == "":
		return faults.Hinted(fmt.Errorf("export %s renders the chart, and --chart does not say which", o.kind), "add --chart CHART")
	case !needed && (o.chart != "" || len(o.chartFlags) > 0):
		return faults.Hinted(fmt.Errorf("export %s has nothing to do with a chart", o.kind), "leave --chart out, and what is behind --")
	}
	return nil
}

// forEngine renders the chart as the engine does, and says what it takes for the rest.
func (o *exportOptions) forEngine() (*export.Export, error) {
	r, err := o.namespaced()
	if err != nil {
		return nil, err
	}
	file, err := withFacts(o.sys, o.connect, r)
	if err != nil {
		return nil, err
	}
	i, err := o.inspection(r)
	if err != nil {
		return nil, err
	}
	chart, done, err := i.opened()
	if err != nil {
		return nil, err
	}
	defer done()
	release, err := i.rendered(chart, file)
	if err != nil {
		return nil, err
	}
	release.Chart.Ref, release.Chart.Repo = i.chart, i.pull.Lookup("repo").Value.String()
	_, missing := os.Stat(i.chart)
	release.Chart.Local = missing == nil
	return export.ForEngine(o.kind, release)
}

// inspection reads the flags of helm template.
func (o *exportOptions) inspection(r awsiam.Release) (*inspected, error) {
	i := &inspected{sys: o.sys}
	flags := &cobra.Command{Use: "template"}
	i.addFlags(flags)
	if err := flags.ParseFlags(o.chartFlags); err != nil {
		return nil, faults.Hinted(fmt.Errorf("reading the flags behind --: %w", err), "those of helm template that choose the chart and its values go there")
	}
	if rest := flags.Flags().Args(); len(rest) > 0 {
		return nil, faults.Hinted(fmt.Errorf("%s stands behind --, where only flags of helm template do", safe.Word(rest[0])), "--chart CHART -- -f values.yaml")
	}
	i.chart, i.options.Release, i.options.Namespace = o.chart, r.Name, r.Namespace
	return i, nil
}

// rendered is the release with the values that give it what they can, and what they leave.
func (i *inspected) rendered(chart discover.Options, file *spec.File) (export.Release, error) {
	out := export.Release{Name: chart.Release, Namespace: chart.Namespace}
	p, err := i.byValues(chart, file)
	if err != nil {
		return out, err
	}
	found, err := i.inspect(p.chart)
	if err != nil {
		// A chart may make no service account, and only then does it render.
		if _, bare := i.render(p.chart); bare != nil {
			return out, err
		}
		found = &discover.Result{Chart: discover.Chart{Name: path.Base(i.chart), Version: i.pull.Lookup("version").Value.String()}}
	}
	out.Chart.Name, out.Chart.Version = found.Chart.Name, found.Chart.Version
	if out.Values, out.Proven, _, err = p.taken(found); err != nil {
		return out, err
	}
	p.chart.Values = discover.Merged(chart.Values, out.Values)
	if out.Rendered, err = i.render(p.chart); err != nil {
		return out, err
	}
	if out.Wanted, err = written(p.chart, p.file, out.Rendered); err != nil {
		return out, err
	}
	out.Rolling, err = written(p.chart, file, out.Rendered)
	return out, err
}

// written is what the post-renderer writes.
func written(chart discover.Options, file *spec.File, manifests []byte) ([]byte, error) {
	result, err := postRendered(chart, file, manifests)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	_, err = result.WriteTo(&out)
	return out.Bytes(), err
}

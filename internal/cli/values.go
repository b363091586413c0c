package cli

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/helm"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/discover"
	"github.com/helm-irsa/helm-irsa/pkg/render"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

const valuesHelp = `Writes a values file that does for a chart what the post-renderer does: it sets the roles'
annotations of irsa.yaml through the chart's own values. It is for Argo CD, Flux, Terraform
and whatever else installs charts without a post-renderer. ARNs are computed, and AWS is
not asked.

The chart is rendered to find the values (helm irsa inspect shows them), and again with the
file; what the post-renderer would still change then no value reaches. That is listed on
stderr, and the exit code is 2. Pods do not restart by themselves when a role changes:
irsa.yaml's rollout needs the post-renderer.

With --check it writes nothing, and says whether the values that are given do it already.

Exit codes: 0 the values do all of it, 2 something is left, 1 the command failed.`

// valuesOptions are one `helm irsa values`.
type valuesOptions struct {
	inspected
	file  string
	check bool
}

func newValues(sys *System, run func(*valuesOptions) error) *cobra.Command {
	if run == nil {
		run = runValues
	}
	o := &valuesOptions{inspected: inspected{sys: sys}}
	cmd := &cobra.Command{
		Use:   "values RELEASE CHART [flags of helm template]",
		Short: "Write the values that give a chart's service accounts their roles",
		Long:  valuesHelp,
		Example: `  helm irsa values epinio epinio/epinio -n epinio -f values.yaml > identity.yaml
  helm irsa values epinio epinio/epinio -n epinio -f values.yaml -f identity.yaml --check`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault // files and folders
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return faults.Hinted(fmt.Errorf("%s takes a release and a chart, not %d arguments", cmd.CommandPath(), len(args)), "%s RELEASE CHART", cmd.CommandPath())
			}
			if err := o.read(cmd, args); err != nil {
				return err
			}
			return run(o)
		},
	}
	cmd.Flags().BoolVar(&o.check, "check", false, "say whether the given values do it already")
	cmd.Flags().StringVar(&o.file, "irsa-file", "", "irsa.yaml (default $HELM_IRSA_FILE, else ./irsa.yaml)")
	o.addFlags(cmd)
	return cmd
}

func runValues(o *valuesOptions) error {
	file, _, err := loadFile(o.sys, o.file)
	if err != nil {
		return err
	}
	chart, done, err := o.opened()
	if err != nil {
		return err
	}
	defer done()
	p := &byValues{chart: chart, file: still(file)}
	if o.check {
		left, err := p.left(chart.Values)
		if err != nil {
			return o.said(err)
		}
		return o.ended(left)
	}
	// What irsa.yaml says of values decides how service accounts are called.
	if p.named, err = namedValues(file, chart.Namespace); err != nil {
		return err
	}
	p.chart.Values = discover.Merged(chart.Values, p.named)
	found, err := discover.Inspect(p.chart)
	if err != nil {
		return o.said(err)
	}
	text, left, err := p.write(found)
	if err != nil {
		return o.said(err)
	}
	fmt.Fprint(o.sys.Stdout, text)
	if err := o.sys.printed(); err != nil {
		return err
	}
	return o.ended(left)
}

// still is irsa.yaml without rollout, which no value can do.
func still(f *spec.File) *spec.File {
	out := *f
	out.ServiceAccounts = slices.Clone(f.ServiceAccounts)
	for i := range out.ServiceAccounts {
		out.ServiceAccounts[i].Rollout = false
	}
	return &out
}

// ended says what is left.
func (o *valuesOptions) ended(left []string) error {
	if len(left) == 0 {
		return nil
	}
	for _, line := range left {
		voice.To(o.sys.Stderr).Warning(line)
	}
	voice.To(o.sys.Stderr).Hint("helm irsa upgrade does the rest while Helm renders the chart")
	return exited(2)
}

// byValues is a chart, and an irsa.yaml that is to come true by values.
type byValues struct {
	chart discover.Options
	file  *spec.File
	// named are the values that irsa.yaml itself names.
	named map[string]any
}

// namedValues are the values of usedBy and roleIn, as helm irsa upgrade gives them to Helm.
func namedValues(f *spec.File, namespace string) (map[string]any, error) {
	var set []string
	for _, v := range render.Values(f, namespace) {
		set = append(set, helm.SetString(v.Path, v.Value))
	}
	return discover.MergeValues(discover.Sources{String: set}, func(string) ([]byte, error) { return nil, errors.New("no file is read") })
}

// left is what the post-renderer would change in the chart with values.
func (p *byValues) left(values map[string]any) ([]string, error) {
	o := p.chart
	o.Values = values
	manifests, err := discover.Render(o)
	if err != nil {
		return nil, err
	}
	r, err := render.New(render.Options{Spec: p.file, Namespace: o.Namespace, Release: o.Release})
	if err != nil {
		return nil, err
	}
	result, err := r.Render(bytes.NewReader(manifests))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, a := range result.Report.Accounts {
		if a.State == "absent" && a.Mode != spec.ModePodIdentity {
			out = append(out, fmt.Sprintf("service account %s/%s: the chart makes none, and nothing in it runs as it", a.Namespace, a.Name))
		}
	}
	for _, c := range result.Report.Changes {
		object := c.Object.Kind + " " + c.Object.Name
		if line := fmt.Sprintf("%s: no value sets %s (%s)", object, c.Field, c.Reason); c.Field != "" {
			out = append(out, line)
		} else {
			out = append(out, fmt.Sprintf("%s: no value adds it (%s)", object, c.Reason))
		}
	}
	return out, nil
}

// write makes the values file, proves it by rendering the chart with it, and says what is left.
func (p *byValues) write(found *discover.Result) (text string, left []string, err error) {
	before, err := p.left(p.chart.Values)
	if err != nil {
		return "", nil, err
	}
	values, said := p.named, []string(nil)
	if len(before) > 0 || len(values) > 0 {
		if values, said, err = p.values(found); err != nil {
			return "", nil, err
		}
	}
	if left, err = p.left(discover.Merged(p.chart.Values, values)); err != nil {
		return "", nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Values of chart %s %s for release %s, by helm irsa values.\n", safe.Text(found.Chart.Name), safe.Text(found.Chart.Version), safe.Text(p.chart.Release))
	if len(said) == 0 {
		b.WriteString("# They have nothing to set.\n")
	}
	for _, line := range said {
		b.WriteString("# " + safe.Text(line) + "\n")
	}
	body, err := yaml.Marshal(values)
	if err != nil {
		return "", nil, fmt.Errorf("writing values: %w", err)
	}
	return b.String() + string(body), left, nil
}

// values are those that set the annotations, and what was proven of each.
func (p *byValues) values(found *discover.Result) (values map[string]any, said []string, err error) {
	values = discover.Merged(nil, p.named)
	for _, v := range render.Values(p.file, p.chart.Namespace) {
		said = append(said, fmt.Sprintf("%s: irsa.yaml names the value; %s shows in what is rendered.", v.Path, v.Value))
	}
	wanted := map[[2]string][]spec.Annotation{}
	for _, sa := range p.file.ServiceAccounts {
		arn, err := p.file.RoleARN(sa, sa.NamespaceIn(p.chart.Namespace))
		if err != nil && sa.Mode != spec.ModePodIdentity {
			return nil, nil, err
		}
		wanted[[2]string{sa.NamespaceIn(p.chart.Namespace), sa.Name}] = sa.Annotations(arn)
	}
	for i := range found.ServiceAccounts {
		a := &found.ServiceAccounts[i]
		want := wanted[[2]string{a.Namespace, a.Name}]
		if len(want) == 0 {
			continue
		}
		for _, way := range found.Ways(a) {
			alike := !slices.ContainsFunc(found.Sharing(way), func(other *discover.ServiceAccount) bool {
				return !slices.Equal(wanted[[2]string{other.Namespace, other.Name}], want)
			})
			if !alike {
				continue
			}
			for _, n := range want {
				way.Put(values, n.Key, n.Value)
			}
			said = append(said, fmt.Sprintf("%s: service account %s/%s has its annotations by it, seen in a render.", way.Path, a.Namespace, a.Name))
			break
		}
	}
	return values, said, nil
}

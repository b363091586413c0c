package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/helm"
	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/discover"
	"github.com/helm-irsa/helm-irsa/pkg/render"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

const valuesHelp = `Writes a values file that does for a chart what the post-renderer does: it sets the roles'
annotations of irsa.yaml through the chart's own values. It is for Argo CD, Flux, Terraform
and whatever else installs charts without a post-renderer. ARNs are computed; AWS is asked
only where neither irsa.yaml nor the kubeconfig says the AWS account.

The chart is rendered to find the values (helm irsa inspect shows them), and again with the
file; what the post-renderer would still change then no value reaches. That is listed on
stderr, and the exit code is 2. Pods do not restart by themselves when a role changes:
irsa.yaml's rollout needs the post-renderer.

-o writes them in another form:
  json    as JSON
  set     flags of Helm's, one a line as a shell or xargs reads it
  argocd  a patch of the Application that is called as the release, in spec.source.helm.valuesObject
  flux    a patch of the HelmRelease, in spec.values

With --check it writes nothing, and says whether the values that are given do it already.

Exit codes: 0 the values do all of it, 2 something is left, 1 the command failed.`

// valuesOptions are one `helm irsa values`.
type valuesOptions struct {
	inspected
	sourceFlags
	format string
	check  bool
	// connect is awsiam.Open, or what a test puts in its place.
	connect connector
}

func newValues(sys *System, run func(*valuesOptions) error) *cobra.Command {
	if run == nil {
		run = runValues
	}
	o := &valuesOptions{inspected: inspected{sys: sys}, connect: awsiam.Open}
	cmd := &cobra.Command{
		Use:   "values RELEASE CHART [flags of helm template]",
		Short: "Write the values that give a chart's service accounts their roles",
		Long:  valuesHelp,
		Example: `  helm irsa values epinio epinio/epinio -n epinio -f values.yaml > identity.yaml
  helm irsa values epinio epinio/epinio -n epinio -f values.yaml -f identity.yaml --check
  helm irsa values epinio epinio/epinio -n epinio -o set | xargs helm upgrade epinio epinio/epinio -n epinio
  helm irsa values epinio epinio/epinio -n epinio -o argocd > patch.yaml`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault // files and folders
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return faults.Hinted(fmt.Errorf("%s takes a release and a chart, not %d arguments", cmd.CommandPath(), len(args)), "%s RELEASE CHART", cmd.CommandPath())
			}
			if !slices.Contains(valuesFormats, o.format) {
				return faults.Hinted(fmt.Errorf("-o %s: not %s", o.format, listed(valuesFormats)), "%s RELEASE CHART -o yaml", cmd.CommandPath())
			}
			if err := o.read(cmd, args); err != nil {
				return err
			}
			return run(o)
		},
	}
	cmd.Flags().BoolVar(&o.check, "check", false, "say whether the given values do it already")
	cmd.Flags().StringVarP(&o.format, "output", "o", "yaml", listed(valuesFormats))
	addSource(&o.sourceFlags, cmd.Flags(), "")
	o.inspected.addFlags(cmd)
	return cmd
}

func runValues(o *valuesOptions) error {
	namespace := cmp.Or(o.options.Namespace, o.namespace())
	got, err := load(o.sys, reading{
		sourceFlags: o.sourceFlags, prefix: ownCluster, release: o.options.Release, namespace: namespace,
		kube: kube.Options{Getenv: o.sys.Getenv}, unknown: spec.RenderOnly, offline: true,
	})
	if err != nil {
		return err
	}
	file, err := withFacts(o.sys, o.connect, awsiam.Release{File: got.file, Name: o.options.Release, Namespace: namespace})
	if err != nil {
		return err
	}
	chart, done, err := o.opened()
	if err != nil {
		return err
	}
	defer done()
	if o.check {
		p := &byValues{chart: chart, render: o.render, file: still(file)}
		left, err := p.left(chart.Values)
		if err != nil {
			return err
		}
		return o.ended(left)
	}
	p, err := o.byValues(chart, file)
	if err != nil {
		return err
	}
	found, err := o.inspect(p.chart)
	if err != nil {
		return err
	}
	c, left, err := p.carry(found)
	if err != nil {
		return err
	}
	text, err := c.text(o.format)
	if err != nil {
		return err
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
	chart  discover.Options
	render func(discover.Options) ([]byte, error)
	file   *spec.File
	// named are the values that irsa.yaml itself names.
	named map[string]any
}

// byValues is a chart with the values that irsa.yaml itself names: they decide how service accounts
// are called.
func (i *inspected) byValues(chart discover.Options, file *spec.File) (*byValues, error) {
	named, err := namedValues(file, chart.Namespace)
	if err != nil {
		return nil, err
	}
	p := &byValues{chart: chart, render: i.render, file: still(file), named: named}
	p.chart.Values = discover.Merged(chart.Values, named)
	p.chart.Bare = true // irsa.yaml may add the only service account
	return p, nil
}

// namedValues are the values of usedBy and roleIn, as helm irsa upgrade gives them to Helm.
func namedValues(f *spec.File, namespace string) (map[string]any, error) {
	values, err := render.Values(f, namespace)
	if err != nil {
		return nil, err
	}
	var set []string
	for _, v := range values {
		set = append(set, helm.SetString(v.Path, v.Value))
	}
	return discover.MergeValues(discover.Sources{String: set}, func(string) ([]byte, error) { return nil, errors.New("no file is read") })
}

// left is what the post-renderer would change in the chart with values.
func (p *byValues) left(values map[string]any) ([]string, error) {
	o := p.chart
	o.Values = values
	manifests, err := p.render(o)
	if err != nil {
		return nil, err
	}
	result, err := postRendered(o, p.file, manifests)
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

// postRendered is what the post-renderer makes of a chart's manifests.
func postRendered(chart discover.Options, file *spec.File, manifests []byte) (*render.Result, error) {
	r, err := render.New(render.Options{Spec: file, Namespace: chart.Namespace, Release: chart.Release})
	if err != nil {
		return nil, err
	}
	return r.Render(bytes.NewReader(manifests))
}

// carry finds the values, proves them by rendering the chart with them, and says what is left.
func (p *byValues) carry(found *discover.Result) (c *carried, left []string, err error) {
	values, said, left, err := p.taken(found)
	if err != nil {
		return nil, nil, err
	}
	if len(said) == 0 {
		said = []string{"They have nothing to set."}
	}
	said = slices.Insert(said, 0, fmt.Sprintf("Values of chart %s %s for release %s, by helm irsa values.", found.Chart.Name, found.Chart.Version, p.chart.Release))
	return &carried{release: p.chart.Release, namespace: p.chart.Namespace, values: values, said: said}, left, nil
}

// taken are the values that the chart's lack, and what is left with them; none where those that are
// given do it already. A chart may refuse annotations by its schema, or by fail: then it gets the role
// alone, or what irsa.yaml names, and the rest is left.
func (p *byValues) taken(found *discover.Result) (values map[string]any, said, left []string, err error) {
	before, err := p.left(p.chart.Values)
	if err != nil || len(before) == 0 && len(p.named) == 0 {
		return p.named, nil, before, err
	}
	var refused error
	for _, takes := range []func(key string) bool{
		func(string) bool { return true },
		func(key string) bool { return key == spec.RoleAnnotation },
		func(string) bool { return false },
	} {
		if values, said, err = p.values(found, takes); err != nil {
			return nil, nil, nil, err
		}
		if left, err = p.left(discover.Merged(p.chart.Values, values)); err == nil {
			break
		}
		if refused == nil {
			refused = err
		}
	}
	if err == nil && refused != nil {
		said = append(said, "The chart refuses further annotations: "+faults.FirstLine(refused))
	}
	return values, said, left, err
}

// values are those that set the annotations whose keys are taken, and what was proven of each.
func (p *byValues) values(found *discover.Result, takes func(key string) bool) (values map[string]any, said []string, err error) {
	values = discover.Merged(nil, p.named)
	named, err := render.Values(p.file, p.chart.Namespace)
	if err != nil {
		return nil, nil, err
	}
	for _, v := range named {
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
		if !slices.ContainsFunc(want, func(n spec.Annotation) bool { return takes(n.Key) }) {
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
				if takes(n.Key) {
					found.Put(way, values, n.Key, n.Value)
				}
			}
			said = append(said, fmt.Sprintf("%s: service account %s/%s has its annotations by it, seen in a render.", way.Path, a.Namespace, a.Name))
			break
		}
	}
	return values, said, nil
}

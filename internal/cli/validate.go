package cli

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/helm"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/render"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// chartOptions are a chart that targets are matched against, and Helm's flags for it.
type chartOptions struct {
	chart string
	flags []string
}

const chartUsage = "a `CHART` to match usedBy and roleIn against, rendered by your own Helm; its flags go behind --"

// addChart adds the flag, and lets Helm's own stand behind two dashes.
func (o *chartOptions) addChart(cmd *cobra.Command) {
	cmd.Use += " [--chart CHART [-- flags of helm template]]"
	cmd.Flags().StringVar(&o.chart, "chart", "", chartUsage)
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if at := cmd.ArgsLenAtDash(); at >= 0 {
			if o.chart == "" {
				return faults.Hinted(errors.New("flags of helm template are given, and no chart"), "%s --chart CHART -- …", cmd.CommandPath())
			}
			args, o.flags = args[:at], args[at:]
		}
		return oneRelease(cmd, args)
	}
}

// matched renders the chart and matches irsa.yaml's targets against it. What Helm says where it
// fails is part of the error.
func (o *chartOptions) matched(sys *System, r awsiam.Release, known awsiam.Facts) error {
	if o.chart == "" {
		return nil
	}
	file := r.File.InCluster(known.Account, known.Region)
	renderer, err := render.New(render.Options{Spec: file, Namespace: r.Namespace, Release: r.Name})
	if err != nil {
		return err
	}
	values, err := render.Values(file, r.Namespace)
	if err != nil {
		return err
	}
	client, err := newHelm(sys)
	if err != nil {
		return err
	}
	major, err := client.Major()
	if err != nil {
		return err
	}
	args := []string{"template", cmp.Or(r.Name, "release-name"), o.chart, "--namespace", cmp.Or(r.Namespace, "default")}
	if major == 3 { // which hands no hook to a post-renderer
		args = append(args, "--no-hooks")
	}
	for _, v := range values {
		args = append(args, "--set-string", helm.SetString(v.Path, v.Value))
	}
	text, err := client.Ask(sys.context(), append(args, o.flags...)...)
	if err != nil {
		return fmt.Errorf("rendering chart %s: %w", o.chart, err)
	}
	result, err := renderer.Render(strings.NewReader(text))
	for _, w := range result.Report.Warnings {
		voice.To(sys.Stderr).Warning(w.Message)
		voice.To(sys.Stderr).Hint(w.Hint)
	}
	return err
}

// validateOptions are one `helm irsa validate`.
type validateOptions struct {
	*awsOptions
	chartOptions
}

const validateHelp = `Checks irsa.yaml without asking AWS or a cluster: its fields, names, documents and trust
policies, sizes and patterns, all faults at once, each with its place. With --chart it renders
the chart with your own Helm, and says which of usedBy and roleIn match nothing in it.

What only AWS knows, such as whether a policy exists, helm irsa plan says.`

func newValidate(sys *System, run func(*validateOptions) error) *cobra.Command {
	if run == nil {
		run = runValidate
	}
	o := &validateOptions{awsOptions: newAWSOptions(sys)}
	cmd := &cobra.Command{
		Use:   "validate [RELEASE]",
		Short: "Check irsa.yaml without AWS",
		Long:  validateHelp,
		Example: `  helm irsa validate
  helm irsa validate -f prod/irsa.yaml
  helm irsa validate epinio -n epinio --chart epinio/epinio -- -f values.yaml`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if at := cmd.ArgsLenAtDash(); at >= 0 {
				args = args[:at]
			}
			if len(args) == 1 {
				o.release = args[0]
			}
			return run(o)
		},
	}
	o.addFlags(cmd)
	o.addChart(cmd)
	return cmd
}

func runValidate(o *validateOptions) error {
	r, err := o.requestFor(spec.Examples)
	if err != nil {
		return err
	}
	r.Namespace = cmp.Or(r.Namespace, "default") // where it is not known, no fault depends on it
	file := *r.File
	file.Cluster.Name = cmp.Or(file.Cluster.Name, "cluster-name") // likewise
	r.File = &file
	if err := awsiam.Check(r); err != nil {
		return err
	}
	known := awsiam.Facts{}
	if o.chart != "" && r.File.Cluster.AccountID == "" { // an ARN that stands nowhere but in what is matched
		known = awsiam.Facts{Account: "111122223333", Region: cmp.Or(r.File.Cluster.Region, "us-east-1")}
	}
	if err := o.matched(o.sys, r, known); err != nil {
		return err
	}
	if all := r.File.Examples; len(all) > 0 {
		voice.To(o.sys.Stderr).Info("an example stood for what is not known here: ${" + strings.Join(all, "}, ${") + "}")
	}
	fmt.Fprintf(o.sys.Stdout, "%s: %s\n", strings.Join(r.File.Paths, ", "), validWords(o.chart, len(r.File.ServiceAccounts)))
	return o.sys.printed()
}

func validWords(chart string, accounts int) string {
	text := fmt.Sprintf("no fault in it; %d service accounts", accounts)
	if accounts == 1 {
		text = "no fault in it; 1 service account"
	}
	if chart != "" {
		text += ", and all targets match"
	}
	return text
}

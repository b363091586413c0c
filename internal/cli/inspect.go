package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/pkg/discover"
)

const inspectHelp = `Shows the service accounts that a chart makes, what runs as each, and which of the chart's
values drive it: its annotations, its name, whether it is made, its role's ARN. Beside that
stands the entry of the catalogue that fits; helm irsa catalog shows one.

The chart is rendered, with your values, and again with markers in their place: each value
that is shown was seen to lead there. Where none leads to the annotations, helm irsa upgrade
writes them while Helm renders the chart.

A chart that is neither a folder nor an archive is pulled by your own Helm. Helm's flags
mean what they mean for helm template. Nothing is written, and no cluster is asked.`

// inspectOptions are one `helm irsa inspect`.
type inspectOptions struct {
	inspected
	format string
}

func newInspect(sys *System, run func(*inspectOptions) error) *cobra.Command {
	if run == nil {
		run = runInspect
	}
	o := &inspectOptions{inspected: inspected{sys: sys}}
	cmd := &cobra.Command{
		Use:   "inspect [RELEASE] CHART [flags of helm template]",
		Short: "Show a chart's service accounts and the values that drive them",
		Long:  inspectHelp,
		Example: `  helm irsa inspect ./chart
  helm irsa inspect epinio epinio/epinio -n epinio -f values.yaml
  helm irsa inspect external-dns --repo https://kubernetes-sigs.github.io/external-dns/
  helm irsa inspect ./chart -o json | jq -r '.serviceAccounts[].values.annotations[]'`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault // files and folders
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.read(cmd, args); err != nil {
				return err
			}
			if err := checkTextOrJSON(cmd, o.format); err != nil {
				return err
			}
			return run(o)
		},
	}
	cmd.Flags().StringVarP(&o.format, "output", "o", "text", "text or json")
	o.addFlags(cmd)
	return cmd
}

func runInspect(o *inspectOptions) error {
	found, err := o.found()
	if err != nil {
		return err
	}
	if o.format == "json" {
		return printJSON(o.sys.Stdout, found)
	}
	return showInspected(o.sys.Stdout, found)
}

// showInspected prints what was found, a part for each service account: paths of values are too
// long for columns beside each other.
func showInspected(out io.Writer, r *discover.Result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", r.Chart.Name, r.Chart.Version)
	for _, a := range r.ServiceAccounts {
		fmt.Fprintf(&b, "\nSERVICE ACCOUNT %s/%s", a.Namespace, a.Name)
		if a.Hook {
			b.WriteString(" (a hook)")
		}
		if a.NameVaries {
			b.WriteString(" (called otherwise with each render)")
		}
		b.WriteByte('\n')
		w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, row := range []struct {
			head   string
			all    []string
			always bool
		}{
			{"runs", workloadWords(a.Workloads), true},
			{"token asked for by", workloadWords(a.Refers), false},
			{"annotations", a.Values.Annotations, true},
			{"role's ARN", a.Values.RoleARN, false},
			{"name", a.Values.Name, true},
			{"create", a.Values.Create, true},
			{"catalogue", slices.DeleteFunc([]string{a.Catalog}, func(s string) bool { return s == "" }), true},
		} {
			if len(row.all) == 0 && row.always {
				row.all = []string{"-"}
			}
			for i, text := range row.all {
				head := row.head
				if i > 0 {
					head = ""
				}
				fmt.Fprintf(w, "  %s\t%s\n", head, text)
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if len(r.Elsewhere) > 0 {
		b.WriteString("\nOF NO SERVICE ACCOUNT OF THE CHART\n")
		w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, run := range r.Elsewhere {
			fmt.Fprintf(w, "  %s\truns as %s\n", run.Kind+" "+run.Name, run.ServiceAccount)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func workloadWords(all []discover.Workload) []string {
	var out []string
	for _, w := range all {
		out = append(out, w.Kind+" "+w.Name)
	}
	return out
}

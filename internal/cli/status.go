package cli

import (
	"cmp"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

type statusOptions struct{ *awsOptions }

const statusHelp = `Shows each account of irsa.yaml, its role, and what AWS would say to its token: the
role and the OIDC provider are there, and the trust lets the account in. Beside it
stands how many changes apply would make to it; changes of no account are counted below,
on stderr. It does not look into the cluster.

Exit codes: 0 all ok, 2 something is broken, 3 nothing is broken but something could
not be looked at, 1 the command failed.`

func newStatus(sys *System, run func(*statusOptions) error) *cobra.Command {
	if run == nil {
		run = runStatus
	}
	o := &statusOptions{newAWSOptions(sys)}
	cmd := &cobra.Command{
		Use:     "status [RELEASE]",
		Short:   "Show each account, its role and AWS's verdict",
		Long:    statusHelp,
		Example: "  helm irsa status epinio -n epinio\n  helm irsa status epinio -n epinio -o json",
		Args:    oneRelease,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.release = args[0]
			}
			if err := o.checkOutput(cmd); err != nil {
				return err
			}
			return run(o)
		},
	}
	o.addFlags(cmd)
	o.addOutput(cmd)
	return cmd
}

func runStatus(o *statusOptions) error {
	s, err := o.open(o.sys.context())
	if err != nil {
		return err
	}
	all, others, err := s.Status(o.sys.context())
	if err != nil {
		return err
	}
	if o.format == "json" {
		if err := printJSON(o.sys.Stdout, map[string]any{"serviceAccounts": all, "otherChanges": others}); err != nil {
			return err
		}
	} else if err := o.table(all); err != nil {
		return err
	}
	o.next(all, others)
	return statusCode(all)
}

func (o *statusOptions) table(all []awsiam.Status) error {
	w := tabwriter.NewWriter(o.sys.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ACCOUNT\tROLE\tMODE\tVERDICT\tPENDING")
	for _, st := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\n", safe.Text(st.Namespace+"/"+st.ServiceAccount), safe.Value(st.RoleARN), st.Mode, st.Verdict, st.Pending)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, st := range all {
		if st.Why != "" {
			fmt.Fprintln(o.sys.Stdout, safe.Text(fmt.Sprintf("%s/%s: %s", st.Namespace, st.ServiceAccount, st.Why)))
		}
		for _, w := range st.Warnings {
			fmt.Fprintf(o.sys.Stdout, "%s/%s: %s\n", st.Namespace, st.ServiceAccount, w)
		}
	}
	return nil
}

// next says what a plan would change beside the accounts, and what to type.
func (o *statusOptions) next(all []awsiam.Status, others int) {
	v := voice{o.sys.Stderr}
	if others > 0 {
		what := "changes of no account are"
		if others == 1 {
			what = "change of no account is"
		}
		v.info(fmt.Sprintf("%d %s pending: of policies, the provider, or what irsa.yaml no longer has", others, what))
		v.hint(o.command("plan"))
	}
	mends := func(st awsiam.Status) bool { return st.Verdict == awsiam.Broken && st.Pending > 0 }
	if slices.ContainsFunc(all, mends) {
		v.hint(o.command("apply"))
	}
}

// command is one of this plugin's own for the same release and file.
func (o *statusOptions) command(name string) string {
	return irsaCommand(name, o.release, cmp.Or(o.namespace, o.sys.Getenv("HELM_NAMESPACE")), o.file)
}

// statusCode is the exit code for verdicts.
func statusCode(all []awsiam.Status) error {
	code := 0
	for _, st := range all {
		switch st.Verdict {
		case awsiam.Broken:
			code = 2
		case awsiam.Unknown:
			if code == 0 {
				code = 3
			}
		}
	}
	if code != 0 {
		return exited(code)
	}
	return nil
}

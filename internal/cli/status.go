package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/helm"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/upgrade"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

type statusOptions struct{ *awsOptions }

const statusHelp = `Shows each service account of irsa.yaml, its role, and what verify finds in AWS and in what
Helm holds of the release. The role and the OIDC provider are there, the trust policy lets the
service account in, and no Pod Identity association of somebody else goes before it. The
release gives it its role. Beside it stands how many changes apply would make to it; changes
of no service account are counted below, on stderr.

Pods, and what changed in the cluster since, are not looked at: helm irsa verify does. Where
Helm has no such release, or cannot be asked, AWS alone is looked at.

Exit codes: 0 all ok, 2 something is broken, 3 nothing is broken but something could
not be looked at, 1 the command failed.`

func newStatus(sys *System, run func(*statusOptions) error) *cobra.Command {
	if run == nil {
		run = runStatus
	}
	o := &statusOptions{newAWSOptions(sys)}
	cmd := &cobra.Command{
		Use:     "status [RELEASE]",
		Short:   "Show each service account, its role and the verdict on it",
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
	ctx := o.sys.context()
	r, err := o.namespaced()
	if err != nil {
		return err
	}
	s, err := o.connect(ctx, r, awsiam.Options{Trace: tracer(o.sys), WillPlan: true, WillVerify: true})
	if err != nil {
		return err
	}
	held := o.beginHeld(ctx, r.Namespace)
	pending, others, err := s.Pending(ctx)
	if err != nil {
		return err
	}
	in := verify.Input{File: r.File, Typed: o.typed(), Namespace: r.Namespace, Release: o.release}
	var unread []*awsiam.Fault
	if in.Snapshot, unread, err = s.State(ctx); err != nil {
		return err
	}
	sayUnread(o.sys, unread)
	in.Objects = <-held
	all := statusOf(verify.Verify(in), pending)
	if in.Objects != nil {
		unnamed(all, r.File)
	}
	if o.format == "json" {
		if err := printJSON(o.sys.Stdout, map[string]any{"serviceAccounts": all, "otherChanges": others}); err != nil {
			return err
		}
	} else if err := o.table(all); err != nil {
		return err
	}
	o.next(all, others)
	if awsiam.Makes(r.File) {
		o.gone(all, r.Namespace)
	}
	return verifyCode(worstOf(all))
}

// heldPatience is how long Helm is waited for: what it holds is the lesser half of a status.
const heldPatience = 10 * time.Second

// beginHeld asks Helm, while AWS is asked, what it holds of the release. nil comes where no
// release was named, there is none, or Helm could not be asked, which is said then.
func (o *statusOptions) beginHeld(ctx context.Context, namespace string) <-chan *manifest.Objects {
	out := make(chan *manifest.Objects, 1)
	if o.release == "" {
		close(out)
		return out
	}
	go func() {
		defer close(out)
		ctx, stop := context.WithTimeout(ctx, heldPatience)
		defer stop()
		switch all, err := o.held(ctx, namespace); {
		case err == nil:
			out <- all
		case !strings.Contains(err.Error(), "release: not found"): // ErrReleaseNotFound of Helm's pkg/storage/driver; gone tells of that
			voice.To(o.sys.Stderr).Info("what Helm holds of the release was not read, and AWS alone was looked at: " + faults.FirstLine(err))
		}
	}()
	return out
}

// held is what Helm holds of the release: its manifest and its hooks.
func (o *statusOptions) held(ctx context.Context, namespace string) (*manifest.Objects, error) {
	client, err := newHelm(o.sys)
	if err != nil {
		return nil, err
	}
	all := &manifest.Objects{}
	return all, addHeld(all, o.release, func(what string) (io.Reader, error) {
		text, err := client.Ask(ctx, "get", what, o.release, "--namespace", namespace)
		return strings.NewReader(text), err
	})
}

// statusRow is a service account, its role, what verify found, and what is pending.
type statusRow struct {
	awsiam.Identity
	Mode    string        `json:"mode"`
	Verdict verify.Status `json:"verdict"`
	// Why is the reason of a verdict other than ok, in words.
	Why string `json:"why,omitempty"`
	// Pending is how many changes a plan would make to the role and what is on it.
	Pending int `json:"pending"`
	// Warnings are findings that change no verdict, each with its code.
	Warnings []string `json:"warnings,omitempty"`

	unnamed bool // in what Helm holds: it makes none, and nothing runs as it
}

// inCluster are the links that only the cluster shows as a whole: of them status tells what is
// broken in what Helm holds.
var inCluster = []verify.Link{verify.LinkWorkload, verify.LinkServiceAccount, verify.LinkAnnotation, verify.LinkWebhook, verify.LinkAgent}

// inRelease are those of them that a release itself shows.
var inRelease = []verify.Link{verify.LinkWorkload, verify.LinkServiceAccount, verify.LinkAnnotation}

// statusOf is the table over verify's report: what is broken there is broken here, by the same
// finding, and ok is what is ok of the links that are in AWS.
func statusOf(r *verify.Report, pending []awsiam.Pending) []statusRow {
	out := make([]statusRow, len(pending))
	for i, p := range pending {
		row := statusRow{Identity: p.Identity, Mode: p.Mode, Verdict: verify.Unknown, Why: "it was not looked at", Pending: p.Changes}
		j := slices.IndexFunc(r.ServiceAccounts, func(a verify.ServiceAccountReport) bool {
			return a.Namespace == p.Namespace && a.Name == p.ServiceAccount
		})
		if j >= 0 {
			row.judged(r.ServiceAccounts[j])
		}
		out[i] = row
	}
	return out
}

// judged takes over what verify says of the service account.
func (row *statusRow) judged(a verify.ServiceAccountReport) {
	row.Verdict, row.Why = verify.OK, ""
	row.unnamed = !slices.ContainsFunc(a.Links, func(l verify.LinkStatus) bool {
		return slices.Contains(inRelease, l.Name) && l.Status != verify.Unknown
	})
	for _, l := range a.Links {
		if l.Status == verify.Unknown && !slices.Contains(inCluster, l.Name) && row.Why == "" {
			row.Verdict, row.Why = verify.Unknown, fmt.Sprintf("%s: %s", l.Name, l.Why)
		}
	}
	if a.Status == verify.Broken {
		row.Verdict, row.Why = verify.Broken, ""
	}
	for _, f := range a.Findings {
		switch said := f.Code + ": " + f.Message; {
		case f.Severity == verify.Error && row.Why == "":
			row.Why = said
		case f.Severity != verify.Info:
			row.Warnings = append(row.Warnings, said)
		}
	}
	if row.Verdict == verify.Broken && row.Why == "" { // a link that is broken without a finding
		i := slices.IndexFunc(a.Links, func(l verify.LinkStatus) bool { return l.Status == verify.Broken })
		row.Why = fmt.Sprintf("%s: %s", a.Links[i].Name, a.Links[i].Why)
	}
}

// unnamed marks the service accounts that what Helm holds does not name at all: a chart that calls
// its own otherwise by now, or a release that was upgraded without irsa.yaml.
func unnamed(all []statusRow, f *spec.File) {
	for i := range all {
		row := &all[i]
		elsewhere := slices.ContainsFunc(f.ServiceAccounts, func(sa spec.ServiceAccount) bool {
			return sa.Name == row.ServiceAccount && cmp.Or(sa.Namespace, row.Namespace) == row.Namespace && sa.Create == spec.CreateNever
		})
		if row.Verdict == verify.OK && row.unnamed && !elsewhere {
			row.Verdict, row.Why = verify.Unknown, fmt.Sprintf("%s: what Helm holds of the release does not name it", verify.LinkServiceAccount)
		}
	}
}

func worstOf(all []statusRow) verify.Status {
	out := verify.OK
	for _, row := range all {
		switch {
		case row.Verdict == verify.Broken:
			return verify.Broken
		case row.Verdict == verify.Unknown:
			out = verify.Unknown
		}
	}
	return out
}

func (o *statusOptions) table(all []statusRow) error {
	w := tabwriter.NewWriter(o.sys.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SERVICE ACCOUNT\tROLE\tMODE\tVERDICT\tPENDING")
	for _, row := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\n", safe.Text(row.Namespace+"/"+row.ServiceAccount), safe.Value(row.RoleARN), row.Mode, row.Verdict, row.Pending)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, row := range all {
		if row.Why != "" {
			fmt.Fprintln(o.sys.Stdout, safe.Text(fmt.Sprintf("%s/%s: %s", row.Namespace, row.ServiceAccount, row.Why)))
		}
		for _, w := range row.Warnings {
			fmt.Fprintln(o.sys.Stdout, safe.Text(fmt.Sprintf("%s/%s: %s", row.Namespace, row.ServiceAccount, w)))
		}
	}
	return nil
}

// next says what a plan would change beside the service accounts, and what to type.
func (o *statusOptions) next(all []statusRow, others int) {
	v := voice.To(o.sys.Stderr)
	if others > 0 {
		what := "more changes are"
		if others == 1 {
			what = "more change is"
		}
		v.Info(fmt.Sprintf("%d %s pending: of the OIDC provider, of policies, or of what irsa.yaml no longer names", others, what))
		v.Hint(o.command("plan"))
	}
	if slices.ContainsFunc(all, func(row statusRow) bool { return row.Verdict == verify.Broken && row.Pending > 0 }) {
		v.Hint(o.command("apply"))
	}
	if slices.ContainsFunc(all, func(row statusRow) bool { return row.Verdict == verify.Broken && row.Pending == 0 }) && o.release != "" {
		v.Hint(o.command("verify"))
	}
}

// gone says that Helm has no such release, where something is in AWS for it: after an uninstall
// without helm irsa, or while AWS could not be reached, nothing else tells.
func (o *statusOptions) gone(all []statusRow, namespace string) {
	there := slices.ContainsFunc(all, func(row statusRow) bool { return row.Verdict == verify.OK })
	if o.release == "" || !there {
		return
	}
	args := &helm.Args{Command: "uninstall", Positional: []string{o.release}}
	if !upgrade.Gone(depsOf(o.sys), args, namespace) {
		return
	}
	v := voice.To(o.sys.Stderr)
	v.Info(fmt.Sprintf("Helm has no release %s in namespace %s; unless another engine renders it, its roles are left over", o.release, namespace))
	v.Hint("where it is gone for good: " + o.command("destroy"))
}

// command is one of this plugin's own for the same release and file.
func (o *statusOptions) command(name string) string {
	return safe.Irsa(name, o.release, cmp.Or(o.namespace, o.sys.Getenv("HELM_NAMESPACE")), o.typed()).String()
}

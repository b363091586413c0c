package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/fileio"
)

// restoreOptions are one `helm irsa restore`.
type restoreOptions struct {
	sys      *System
	file     string
	profiles []string
	yes      bool
}

// maxRestoreFile bounds a restore file, in bytes: ten thousand roles with policies have less.
const maxRestoreFile = 256 * fileio.MiB

const restoreHelp = `Makes again what helm irsa gc deleted, from the restore file that it wrote: the same names,
paths, tags, documents, boundaries, attachments and associations. Shows what it would make,
and asks.

What is there already and the same is left as it is. Where something of that name is there
and is another, nothing at all is made. It may be run again after any interruption.

A role that is made again has another unique ID: a policy of others that named the old
one has to be written again. Of a policy the version in force is made again.`

func newRestore(sys *System, run func(*restoreOptions) error) *cobra.Command {
	if run == nil {
		run = runRestore
	}
	o := &restoreOptions{sys: sys}
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Make again what gc deleted",
		Long:  restoreHelp,
		Example: `  helm irsa restore helm-irsa-restore-20260102T030405Z.json
  helm irsa restore staging.json --yes`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return faults.Hinted(fmt.Errorf("restore takes the file that gc wrote, not %d arguments", len(args)), "helm irsa restore FILE")
			}
			o.file = args[0]
			return run(o)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringArrayVar(&o.profiles, "aws-profile", nil, "an AWS `PROFILE` for each AWS account of the file (repeatable; default: the current credentials)")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	return cmd
}

func runRestore(o *restoreOptions) error {
	text, err := fileio.Read(o.file, maxRestoreFile)
	if err != nil {
		return readFailure(o.file, err, "name the file that gc wrote")
	}
	backup, err := awsiam.ReadBackup(text)
	if err != nil {
		return faults.Hinted(fmt.Errorf("reading %s: %w", o.file, err), "name the file that gc wrote")
	}
	ctx := o.sys.context()
	fleet, err := awsiam.OpenFleet(ctx, o.profiles, awsiam.Options{Trace: tracer(o.sys)})
	if err != nil {
		return err
	}
	for _, err := range fleet.Unreached {
		voice.To(o.sys.Stderr).Warning(faults.FirstLine(err))
	}
	plan, err := fleet.PlanRestore(ctx, backup)
	if err != nil {
		return faults.Stated(err, "nothing was made", "")
	}
	if err := o.print(backup, plan); err != nil || plan.Empty() {
		return err
	}
	if !o.yes {
		if err := confirm(ctx, o.sys, "make this?", "--yes"); err != nil {
			return faults.Stated(err, "nothing was made", "")
		}
	}
	bar := newProgress(o.sys)
	err = fleet.Restore(ctx, plan, bar.step)
	bar.end()
	if err != nil {
		return err
	}
	voice.To(o.sys.Stderr).Info(plural(len(plan.Changes), "thing") + " restored")
	return nil
}

// print shows what would be made.
func (o *restoreOptions) print(b *awsiam.Backup, p *awsiam.Restore) error {
	v := newPlanView(o.sys, o.sys.Stdout)
	if b.Made == "" || b.By == "" {
		return errors.New("the restore file does not say when it was made, and by whom")
	}
	v.line("", fmt.Sprintf("Deleted from %s on, by %s:", b.Made, b.By))
	for _, c := range p.Changes {
		s := actionSigns[c.Action]
		v.line(s.colour, fmt.Sprintf("%s %s %s %s (AWS account %s)", s.sign, c.Action, typeNames[c.Type], safe.Value(c.Name), safe.Value(c.Account)))
	}
	for _, w := range p.Warnings {
		v.line(yellow, "! "+w)
	}
	v.line("", fmt.Sprintf("%d to make, %d there already", len(p.Changes), p.Same))
	return o.sys.printed()
}

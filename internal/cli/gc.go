package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// gcOptions are one `helm irsa gc`.
type gcOptions struct {
	sys *System
	// now tells the time.
	now func() time.Time

	contexts, profiles, clustersGone []string
	olderThan, unusedFor             days
	restoreFile                      string
	yes, dryRun, all                 bool
	format                           string
}

const gcHelp = `Finds roles, policies, Pod Identity associations and OIDC providers that helm-irsa made for
releases that are gone, shows them, and deletes them once it was told to. Before that it
writes a restore file: helm irsa restore FILE makes all of it again.

Something is left over only where all of this is proven:
  - helm-irsa made it: its tags, and the proof of them in its trust policy or description;
  - its release is in no record of Helm's, in the cluster that its tags name;
  - no service account that its trust policy lets in, and no pod of one, is in any cluster
    whose tokens it takes; no service account or association names it;
  - nothing else has it: no instance profile, no other release, no statement of others.
What cannot be proven stays, and is named with the reason. So each of those clusters must be
read: name a context for each with --context. What others made is told where no service
account can use it any more, and never deleted.

How long a release has been gone nobody knows: Helm keeps nothing of it. --older-than and
--unused-for ask that something was made, or used last, so long ago; IAM tells the last use
of roles for 400 days back.

--cluster-gone CLUSTER says that a cluster is gone for good, by its name in EKS or by its
issuer. EKS must not know one of that name any more. An OIDC provider is deleted only where
its issuer is named so, and no role that stays trusts it.

Needs the permission to list secrets, configmaps, service accounts and pods in each
cluster, and in AWS what helm irsa permissions --gc prints. Of the records of Helm only the
labels are read. Releases of Argo CD, of helm template, and of Helm with another store leave
no record: what they run as does.

Exit codes: 0 done, 1 failed; with --dry-run 2 where something is left over, 3 where nothing
is but something is not known.`

func newGC(sys *System, run func(*gcOptions) error) *cobra.Command {
	if run == nil {
		run = runGC
	}
	o := &gcOptions{sys: sys, now: time.Now}
	cmd := &cobra.Command{
		Use:   "gc",
		Short: "Delete what helm-irsa made for releases that are gone",
		Long:  gcHelp,
		Example: `  helm irsa gc --context prod --dry-run
  helm irsa gc --context prod --context standby --unused-for 30d
  helm irsa gc --context prod --cluster-gone staging --restore-file staging.json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkTextOrJSON(cmd, o.format); err != nil {
				return err
			}
			return run(o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVar(&o.contexts, "context", nil, "a `CONTEXT` of the kubeconfig, for each cluster to read (repeatable; default: the one that Helm uses)")
	f.StringArrayVar(&o.profiles, "aws-profile", nil, "an AWS `PROFILE` for each AWS account to read (repeatable; default: the current credentials)")
	f.StringArrayVar(&o.clustersGone, "cluster-gone", nil, "a `CLUSTER` that is gone for good: its name in EKS, or its issuer (repeatable)")
	f.Var(&o.olderThan, "older-than", "delete only what was made so long ago: 30d, 12h")
	f.Var(&o.unusedFor, "unused-for", "delete only roles that were not used for so long: 30d, 12h")
	f.StringVar(&o.restoreFile, "restore-file", "", "where to write what is deleted (default helm-irsa-restore-TIME.json)")
	f.BoolVar(&o.dryRun, "dry-run", false, "only show what is left over")
	f.BoolVar(&o.all, "all", false, "show also what is in use")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	f.StringVarP(&o.format, "output", "o", "text", "text or json")
	return cmd
}

// days is a duration that may be said in days.
type days time.Duration

// Set reads 30d or what Go takes for a duration.
func (d *days) Set(text string) error {
	if n, ok := strings.CutSuffix(text, "d"); ok {
		count, err := strconv.Atoi(n)
		if err != nil || count < 0 || count > 100_000 {
			return errors.New("write it as 30d or 12h")
		}
		*d = days(time.Duration(count) * 24 * time.Hour)
		return nil
	}
	got, err := time.ParseDuration(text)
	if err != nil || got < 0 {
		return errors.New("write it as 30d or 12h")
	}
	*d = days(got)
	return nil
}

// String is empty for none.
func (d *days) String() string {
	if *d == 0 {
		return ""
	}
	return time.Duration(*d).String()
}

// Type is what help calls it.
func (*days) Type() string { return "duration" }

// gcFound is what one reading of AWS and the clusters came to.
type gcFound struct {
	inventory *awsiam.Inventory
	clusters  []gcCluster
	all       []awsiam.Leftover
}

func runGC(o *gcOptions) error {
	if driver := strings.ToLower(o.sys.Getenv("HELM_DRIVER")); driver == "sql" || driver == "memory" {
		return faults.Hinted(fmt.Errorf("HELM_DRIVER is %s: no cluster shows which releases there are, so nothing can be proven to be gone", driver),
			"to remove what one release owns: helm irsa destroy RELEASE -n NAMESPACE")
	}
	file := cmp.Or(o.restoreFile, "helm-irsa-restore-"+o.now().UTC().Format("20060102T150405Z")+".json")
	if _, err := os.Lstat(file); err == nil && !o.dryRun {
		return faults.Hinted(fmt.Errorf("%s is there already", file), "name another: --restore-file FILE")
	}
	if len(o.contexts) > 0 {
		if err := areContexts(o.sys, "gc", o.contexts); err != nil {
			return err
		}
	}
	ctx := o.sys.context()
	fleet, err := awsiam.OpenFleet(ctx, o.profiles, awsiam.Options{Trace: tracer(o.sys)})
	if err != nil {
		return err
	}
	found, err := o.gather(ctx, fleet)
	if err != nil {
		return err
	}
	o.warn(fleet, found)
	if err := o.print(found); err != nil {
		return err
	}
	if o.dryRun {
		return found.code(fleet)
	}
	if found.leftOver() == 0 {
		return nil
	}
	if !o.yes {
		question := fmt.Sprintf("delete %s? %s will hold all of it", plural(found.leftOver(), "thing"), file)
		if err := confirm(ctx, o.sys, question, "--yes"); err != nil {
			return faults.Stated(err, "nothing was deleted", "")
		}
	}
	return o.sweep(ctx, fleet, found, file)
}

// sweep reads all again, writes the restore file, and deletes what was shown and is left over still.
func (o *gcOptions) sweep(ctx context.Context, fleet *awsiam.Fleet, shown *gcFound, file string) error {
	now, err := o.gather(ctx, fleet)
	if err != nil {
		return faults.Stated(err, "nothing was deleted", "")
	}
	all, err := awsiam.Same(shown.all, now.all)
	if err != nil {
		return err
	}
	text, err := fleet.Backup(all, o.now().UTC().Format(time.RFC3339)).Text()
	if err == nil {
		err = writeNew(file, text, 0o600)
	}
	if err != nil {
		return faults.Stated(err, "nothing was deleted: what cannot be restored stays", "name another place: --restore-file FILE")
	}
	bar := newProgress(o.sys)
	err = fleet.Delete(ctx, now.inventory, all, bar.step)
	bar.end()
	v := voice.To(o.sys.Stderr)
	back := safe.Type("helm", "irsa", "restore").With(safe.Word(file)).String()
	if err != nil {
		v.Info(file + " holds all that was to be deleted; " + back + " makes again what was")
		return err
	}
	v.Info(plural(len(all), "thing") + " deleted")
	v.Hint("to make it again: " + back)
	return nil
}

func (f *gcFound) leftOver() int {
	n := 0
	for _, l := range f.all {
		if l.Delete {
			n++
		}
	}
	return n
}

// code is the exit code of a dry run.
func (f *gcFound) code(fleet *awsiam.Fleet) error {
	if f.leftOver() > 0 {
		return exited(2)
	}
	for _, l := range f.all {
		if l.Class == awsiam.Unknown {
			return exited(3)
		}
	}
	if len(fleet.Unreached)+len(f.inventory.Unread) > 0 {
		return exited(3)
	}
	return nil
}

// warn says what could not be read.
func (o *gcOptions) warn(fleet *awsiam.Fleet, f *gcFound) {
	v := voice.To(o.sys.Stderr)
	for _, err := range append(fleet.Unreached, f.inventory.Unread...) {
		v.Warning("an AWS account was not read: " + faults.FirstLine(err))
	}
	for _, c := range f.clusters {
		if c.Reason != "" {
			v.Warning(c.Reason)
		}
	}
}

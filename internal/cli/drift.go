package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/layouts"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// driftOptions are one `helm irsa drift`.
type driftOptions struct {
	sys *System
	// connect is awsiam.Open, or what a test puts in its place.
	connect func(context.Context, awsiam.Release, awsiam.Options) (*awsiam.Session, error)

	paths, layouts []string
	// cluster is that of files that leave it out.
	cluster   whichcluster.Flags
	namespace string
	parallel  int
	format    string
}

// driftFormats are what -o takes.
var driftFormats = []string{"text", "json", "junit", "sarif", "markdown"}

const driftHelp = `Compares AWS with every irsa.yaml below the folders, and prints one table. It writes
nothing. An AWS account is read once for all of them, so a hundred files cost hardly
more calls than one.

In folders, files called irsa.yaml, irsa.yml or NAME.irsa.yaml are meant; a path may also
be a file, or a pattern in quotes, such as 'apps/*/identity.yaml' or 'clusters/**/irsa.yaml'.

Which release a file is for is said by the first of these that knows:
  --layout   where in the path the names stand: --layout '{namespace}/{release}/irsa.yaml'
  helmfile   a helmfile.yaml below the folders whose post-renderer or hooks name the file
  Argo CD    an Application below the folders whose path is the file's folder
  AWS        the one release that the roles and policies of the file belong to
The flags of the cluster are for files that leave it out; the kubeconfig is not asked.
The namespace may also be what all service accounts of the file say, or -n. Templates of
helmfile, but for {{ .Release.Name }} and {{ .Release.Namespace }}, and ApplicationSets are
not run: what says its releases so is named on stderr.

A file that cannot be read or judged is a row and hides no other:
  in sync  AWS is as the file says
  drift    apply would change something
  blocked  AWS differs, and something stands in the way of an apply
  broken   the file has faults
  unknown  AWS could not be read, or the release is not known

Exit codes: 0 all in sync, 2 something drifted or is blocked, 3 nothing did but something
is broken or unknown, 1 the command failed.`

func newDrift(sys *System, run func(*driftOptions) error) *cobra.Command {
	if run == nil {
		run = runDrift
	}
	o := &driftOptions{sys: sys, connect: awsiam.Open}
	cmd := &cobra.Command{
		Use:   "drift DIR...",
		Short: "Compare AWS with many irsa.yaml files",
		Long:  driftHelp,
		Example: `  helm irsa drift apps/
  helm irsa drift clusters/prod --layout '{namespace}/{release}/irsa.yaml'
  helm irsa drift . -o junit > drift.xml
  helm irsa drift . -o markdown | gh pr comment --body-file -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.paths = args
			if err := o.check(); err != nil {
				return err
			}
			return run(o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVar(&o.layouts, "layout", nil, "where a path names the release and its namespace, such as '{namespace}/{release}/irsa.yaml' (repeatable)")
	f.StringVarP(&o.namespace, "namespace", "n", "", "the namespace of releases for which nothing else says one")
	addCluster(&o.cluster, f)
	f.IntVar(&o.parallel, "parallel", 4, "how many files are compared at once")
	f.StringVarP(&o.format, "output", "o", "text", "text, json, junit, sarif or markdown")
	return cmd
}

func (o *driftOptions) check() error {
	if len(o.paths) == 0 {
		return faults.Hinted(errors.New("drift takes the folders in which the irsa.yaml files are"), "helm irsa drift .")
	}
	if !slices.Contains(driftFormats, o.format) {
		return suggesting(fmt.Errorf("-o %s: not %s", o.format, strings.Join(driftFormats, ", ")), o.format, driftFormats, "helm irsa drift -o %s", "one of "+strings.Join(driftFormats, ", "))
	}
	if o.parallel < 1 {
		return faults.Hinted(fmt.Errorf("--parallel %d: at least one file is compared at once", o.parallel), "--parallel 4")
	}
	return nil
}

func runDrift(o *driftOptions) error {
	patterns := make([]layouts.Pattern, len(o.layouts))
	for i, text := range o.layouts {
		var err error
		if patterns[i], err = layouts.ParsePattern(text); err != nil {
			return faults.Hinted(fmt.Errorf("--layout: %w", err), "--layout '{namespace}/{release}/irsa.yaml'")
		}
	}
	found, err := layouts.Find(o.paths, patterns)
	if err != nil {
		return faults.Hinted(err, "name folders, irsa.yaml files, or patterns of paths in quotes")
	}
	v := voice.To(o.sys.Stderr)
	for _, note := range found.Notes {
		v.Warning(note)
	}
	if len(found.Files) == 0 {
		return faults.Hinted(fmt.Errorf("there is no irsa.yaml below %s", strings.Join(o.paths, ", ")),
			"in folders, files called irsa.yaml, irsa.yml or NAME.irsa.yaml are meant; others are named themselves: helm irsa drift 'apps/*/identity.yaml'")
	}
	report := o.compared(found.Files)
	if err := o.sys.context().Err(); err != nil {
		return err
	}
	if err := o.print(report); err != nil {
		return err
	}
	return report.code()
}

func (o *driftOptions) print(r *driftReport) error {
	w := o.sys.Stdout
	switch o.format {
	case "json":
		return printJSON(w, r)
	case "junit":
		return printXML(w, driftJUnit(r))
	case "sarif":
		return printJSON(w, driftSARIF(r, o.sys.Version))
	case "markdown":
		_, err := fmt.Fprint(w, driftMarkdown(r))
		return err
	}
	driftView{newPlanView(o.sys, w)}.print(r)
	return o.sys.printed()
}

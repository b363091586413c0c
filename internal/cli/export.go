package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/awsstate"
	"github.com/helm-irsa/helm-irsa/pkg/export"
)

// exportOptions are one `helm irsa export`.
type exportOptions struct {
	*awsOptions
	what     export.Options
	kind     string // the format
	folder   string
	provider bool
	strict   bool
	scope    string // of Crossplane's kinds
	// chart and its flags are for the formats of engines that render.
	chart      string
	chartFlags []string
}

const exportHelp = `Writes what irsa.yaml wants in AWS in the language of another tool, for teams that
let that tool write IAM. It writes nothing in AWS. irsa.yaml stays the source: change
it, and export again. Names, tags and documents are those that apply makes.

FORMAT is FORMATS.
argocd and flux write how the release is rendered there, and nothing of AWS: they need
--chart. What the chart's own values reach is in values; the rest is in patches (Flux) or
left to the plugin (Argo CD).

What FORMAT cannot say is a comment at its place and a line on stderr; with --strict it
is an error, and nothing is written.

AWS is asked only where irsa.yaml lacks cluster.accountID, cluster.region or
cluster.issuer, or has nodeRole.fromNodegroups; for argocd and flux, where it lacks
cluster.accountID.`

func newExport(sys *System, run func(*exportOptions) error) *cobra.Command {
	if run == nil {
		run = runExport
	}
	o := &exportOptions{awsOptions: newAWSOptions(sys)}
	formats := slices.Sorted(slices.Values(append(export.Formats(), export.Engines()...)))
	cmd := &cobra.Command{
		Use:   "export FORMAT RELEASE [--chart CHART [-- flags of helm template]]",
		Short: "Write what irsa.yaml wants in the language of another tool",
		Long:  strings.Replace(exportHelp, "FORMATS", listed(formats), 1),
		Example: `  helm irsa export terraform epinio -n epinio > epinio.tf
  helm irsa export terraform epinio -n epinio --adopt-existing -o terraform/epinio
  helm irsa export cloudformation epinio -n epinio --strict -o stacks
  helm irsa export aws-cli epinio -n epinio > epinio.sh
  helm irsa export flux epinio -n epinio --chart epinio/epinio -- -f values.yaml`,
		ValidArgs: formats,
		RunE: func(cmd *cobra.Command, args []string) error {
			if at := cmd.ArgsLenAtDash(); at >= 0 {
				args, o.chartFlags = args[:at], args[at:]
			}
			if len(args) == 0 {
				return faults.Hinted(errors.New("export takes a format and a release"), "helm irsa export %s RELEASE", formats[0])
			}
			if o.kind = args[0]; !slices.Contains(formats, o.kind) {
				return suggesting(fmt.Errorf("export: unknown format %q", o.kind), o.kind, formats, "helm irsa export %s RELEASE", "one of "+strings.Join(formats, ", "))
			}
			if len(args) != 2 {
				return faults.Hinted(fmt.Errorf("export takes a format and one release, not %s", plural(len(args)-1, "name")), "helm irsa export %s RELEASE", o.kind)
			}
			o.release = args[1]
			if o.scope != "namespaced" && o.scope != "cluster" {
				return faults.Hinted(fmt.Errorf("--crossplane-scope %s: not namespaced or cluster", o.scope), "--crossplane-scope namespaced")
			}
			if err := o.checkChart(); err != nil {
				return err
			}
			o.what.NoProvider, o.what.ClusterScope = !o.provider, o.scope == "cluster"
			return run(o)
		},
	}
	o.addFlags(cmd)
	f := cmd.Flags()
	f.StringVarP(&o.folder, "output", "o", "", "write the files into this `FOLDER` instead of stdout")
	f.BoolVar(&o.what.AdoptExisting, "adopt-existing", false, "also write what the tool needs to take over what is in AWS already")
	f.BoolVar(&o.provider, "oidc-provider", true, "also write the OIDC provider, which all releases of a cluster share")
	f.StringVar(&o.scope, "crossplane-scope", "namespaced", "Crossplane's kinds of a namespace or of the whole cluster: namespaced or cluster")
	f.StringVar(&o.chart, "chart", "", "the `CHART` that argocd or flux renders; flags of helm template go behind --")
	f.BoolVar(&o.strict, "strict", false, "fail where the format cannot say something")
	return cmd
}

// listed is a list in words.
func listed(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

func runExport(o *exportOptions) error {
	e, err := o.exported()
	if err != nil {
		return err
	}
	if err := o.say(e.Notes); err != nil {
		return err
	}
	if o.folder != "" {
		return o.save(e.Files)
	}
	if len(e.Files) > 1 {
		return faults.Hinted(fmt.Errorf("there are %d files, and stdout is one", len(e.Files)), "add -o FOLDER")
	}
	for _, f := range e.Files {
		if _, err := o.sys.Stdout.Write(f.Text); err != nil {
			return err
		}
	}
	return nil
}

func (o *exportOptions) exported() (*export.Export, error) {
	if slices.Contains(export.Engines(), o.kind) {
		return o.forEngine()
	}
	w, err := o.wanted()
	if err != nil {
		return nil, err
	}
	return export.To(o.kind, w, o.what)
}

// wanted asks AWS only for what irsa.yaml does not say.
func (o *exportOptions) wanted() (*awsstate.Wanted, error) {
	r, err := o.namespaced()
	if err != nil {
		return nil, err
	}
	o.what.Accounts = r.File.Accounts
	bare := *r.File
	bare.Accounts = nil // how they are reached matters to whoever calls them
	unsaid := awsiam.Unsaid(&bare, awsiam.PermissionsOptions{})
	if len(unsaid) == 0 {
		return awsiam.Wanted(r, awsiam.FactsOf(r.File))
	}
	if _, err := o.clustered(); err != nil {
		return nil, err
	}
	s, err := o.connect(o.sys.context(), r, awsiam.Options{Trace: tracer(o.sys)})
	if err != nil {
		return nil, notAsked(unsaid, err)
	}
	w, err := s.Wanted(o.sys.context())
	return w, notAsked(unsaid, err)
}

// say tells what the format cannot say, and what is to be done by hand.
func (o *exportOptions) say(notes []export.Note) error {
	v := voice.To(o.sys.Stderr)
	var lacks []string
	for _, n := range notes {
		switch {
		case n.Lacks && o.strict:
			lacks = append(lacks, n.About+": "+n.Text)
		case n.Lacks:
			v.Warning(n.About + ": " + n.Text)
		default:
			v.Info(n.About + ": " + n.Text)
		}
	}
	if len(lacks) == 0 {
		return nil
	}
	return faults.Hinted(fmt.Errorf("%s cannot say all that irsa.yaml wants: %s", o.kind, strings.Join(lacks, "; ")), "without --strict these are comments, and the rest is written")
}

func (o *exportOptions) save(files []export.File) error {
	if err := os.MkdirAll(o.folder, 0o777); err != nil {
		return fmt.Errorf("writing the export: %w", err)
	}
	for _, f := range files {
		mode := os.FileMode(0o666)
		if f.Program {
			mode = 0o777
		}
		path := filepath.Join(o.folder, f.Name)
		if err := os.WriteFile(path, f.Text, mode); err != nil {
			return fmt.Errorf("writing the export: %w", err)
		}
		voice.To(o.sys.Stderr).Info("wrote " + path)
	}
	for _, path := range o.left(files) {
		voice.To(o.sys.Stderr).Warning(path + " is of an AWS account in which irsa.yaml wants nothing any more: what was made of it is still there")
		voice.To(o.sys.Stderr).Hint("have the tool remove what it made of it, then delete the file")
	}
	return nil
}

// ofAccount is the part of a file's name that says which AWS account it is of.
var ofAccount = regexp.MustCompile(`-[0-9]{12}\.`)

// left are files of earlier exports of the same format that this one did not write: the tool that
// reads the folder would go on with them.
func (o *exportOptions) left(files []export.File) []string {
	written, out := map[string]bool{}, []string{}
	for _, f := range files {
		written[f.Name] = true
	}
	there, _ := os.ReadDir(o.folder) // written a moment ago
	for _, entry := range there {
		if written[entry.Name()] || !ofAccount.MatchString(entry.Name()) || !entry.Type().IsRegular() {
			continue
		}
		path := filepath.Join(o.folder, entry.Name())
		if text, err := os.ReadFile(path); err == nil && strings.Contains(string(text), "helm irsa export "+o.kind+":") {
			out = append(out, path)
		}
	}
	return out
}

// Package filter is the post-renderer as a program: flags and environment in,
// stdin to stdout, the report to a file. cmd/irsa-post-renderer and
// `helm-irsa post-render` are both this and nothing else.
package filter

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/helm-irsa/helm-irsa/internal/handover"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/catalog"
	"github.com/helm-irsa/helm-irsa/pkg/fileio"
	"github.com/helm-irsa/helm-irsa/pkg/render"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// Program is what a run may touch.
type Program struct {
	// Name is how messages call the program, such as "irsa-post-renderer".
	Name string
	// Version is what --version prints.
	Version string
	Getenv  func(string) string
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
}

// flags are what a person or a host says.
type flags struct {
	files, folders             []string // of irsa.yaml, and for the files of policies
	namespace, release, report string
	cluster                    whichcluster.Flags
	handOver                   string // where helm irsa waits; empty where nobody does
	version                    bool
	// assumed is true where the namespace is Helm's default, which nobody may have meant.
	assumed bool
}

// Flags says which flags there are, as help shows them: a flag a paragraph, without --version and
// --help, which each program has in its own way.
const Flags = `  -f, --irsa-file FILE   irsa.yaml; several are merged, left to right; default:
                         those of $HELM_IRSA_FILE, told apart as in $PATH, else
                         ./irsa.yaml
      --policy-folder FOLDER
                         a folder beside irsa.yaml's own that a policy's file may
                         lie in (repeatable)
  -n, --namespace NS     the release's namespace; default: $HELM_NAMESPACE, else
                         the one that every service account of irsa.yaml names
      --namespace-assumed
                         the namespace is a default that nobody named: warn where
                         it decides whose pods get a role
      --release NAME     the release's name, for the report
      --cluster-name NAME, --cluster-region REGION, --cluster-account-id ID,
      --cluster-issuer URL
                         the cluster, where irsa.yaml leaves it out; default:
                         $HELM_IRSA_CLUSTER_NAME, _REGION, _ACCOUNT_ID, _ISSUER
      --report FILE      write a JSON report there, or into this folder as
                         NAMESPACE.RELEASE.json; default: $HELM_IRSA_REPORT
`

const usage = `%[1]s gives the pods of a Helm release their AWS identity: it reads the
rendered manifests from standard input, adds and annotates ServiceAccounts as
irsa.yaml says, and writes the manifests to standard output.

Usage:
  %[1]s [-f irsa.yaml] [--namespace NS] [--release NAME] [--report FILE]

With Helm 4, once the plugin is installed:
  helm upgrade app chart --post-renderer irsa-post-renderer --post-renderer-args -f=irsa.yaml
With Helm 3:
  helm upgrade app chart --post-renderer %[1]s --post-renderer-args -f=irsa.yaml

Flags:
` + Flags + `      --version          print the version
  -h, --help             print this

Exit codes: 0 done, 1 failed with nothing written to standard output, 141 where
what reads standard output has gone.
`

// Main runs with args (without the program's name) and returns the exit code: 0
// done, 1 failed with nothing on stdout, 141 where the reader of stdout has gone.
func (p Program) Main(args []string) int {
	defer fileio.KeepFromPipes()()
	f, err := p.parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, err := fmt.Fprintf(p.Stdout, usage, p.Name)
		return p.ended(err)
	case err != nil:
		return p.ended(err)
	case f.version:
		_, err := fmt.Fprintln(p.Stdout, p.Name, p.Version)
		return p.ended(err)
	}
	if f.handOver != "" {
		return p.ended(p.handOver(f))
	}
	report, err := p.run(f)
	reportErr := p.WriteReport(f.report, report)
	code := p.ended(err)
	if err == nil {
		p.say(report)
	}
	// A report that could not be written does not undo a rendering that Helm already
	// has; where nothing was rendered, the exit code says so anyway.
	if reportErr != nil {
		p.fail(reportErr)
	}
	return code
}

// define gives the flags that set f.
func (f *flags) define(program string) *flag.FlagSet {
	set := flag.NewFlagSet(program, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	for _, name := range []string{"f", "irsa-file"} {
		set.Func(name, "", into(&f.files))
	}
	set.Func("policy-folder", "", into(&f.folders))
	for _, name := range []string{"n", "namespace"} {
		set.StringVar(&f.namespace, name, "", "")
	}
	set.StringVar(&f.release, "release", "", "")
	set.StringVar(&f.report, "report", "", "")
	for _, one := range f.cluster.Fields() {
		set.StringVar(one.Into, "cluster-"+one.Name, "", "")
	}
	set.StringVar(&f.cluster.AccountID, "account-id", "", "") // what two of them were called before
	set.StringVar(&f.cluster.Region, "region", "", "")
	set.StringVar(&f.handOver, "hand-over", "", "")
	set.BoolVar(&f.version, "version", false, "")
	set.BoolVar(&f.assumed, "namespace-assumed", false, "")
	return set
}

// parse reads the flags; what they leave open comes from the environment.
func (p Program) parse(args []string) (flags, error) {
	var f flags
	set := f.define(p.Name)
	if err := set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return f, err
		}
		return f, fmt.Errorf("reading the arguments: %w; see %s --help", err, p.Name)
	}
	if set.NArg() > 0 {
		return f, fmt.Errorf("reading the arguments: %q is no flag; see %s --help", set.Arg(0), p.Name)
	}
	if len(f.files) == 0 {
		f.files = slices.DeleteFunc(filepath.SplitList(p.Getenv("HELM_IRSA_FILE")), func(s string) bool { return s == "" })
	}
	if len(f.files) == 0 {
		f.files = []string{spec.DefaultFile()}
	}
	if f.namespace == "" {
		// Helm sets it for plugins, to default where neither -n nor the context names one
		// (helm.sh/helm/v4@v4.3.1 pkg/cli/environment.go, Namespace).
		f.namespace = p.Getenv("HELM_NAMESPACE")
		f.assumed = f.namespace == "default"
	}
	f.report = cmp.Or(f.report, p.Getenv("HELM_IRSA_REPORT"))
	if err := cmp.Or(spec.CheckNamespace(f.namespace), spec.CheckRelease(f.release)); err != nil {
		return f, fmt.Errorf("reading the arguments: %w", err)
	}
	return f, nil
}

// run renders. The report is never nil.
func (p Program) run(f flags) (*render.Report, error) {
	r, err := f.renderer(p.known(f))
	if err != nil {
		return render.FailedReport(f.namespace, f.release, err), err
	}
	p.sayWaiting()
	widen(p.Stdin)
	widen(p.Stdout)
	return r.Stream(p.Stdin, p.Stdout)
}

// into gathers the values of a flag that may be repeated.
func into(all *[]string) func(string) error {
	return func(value string) error {
		if value == "" {
			return errors.New("it needs a value")
		}
		*all = append(*all, value)
		return nil
	}
}

// renderer reads irsa.yaml with what is known of its cluster.
func (f flags) renderer(known func(spec.Cluster) (spec.Known, error)) (*render.Renderer, error) {
	var file *spec.File
	presets := func(read *spec.File) (faults []spec.Fault) {
		file, faults = catalog.WithPresets(read)
		return faults
	}
	_, err := spec.LoadFiles(f.files, spec.Options{Known: known, Unknown: spec.RenderOnly, PolicyFolders: f.folders, Checks: []func(*spec.File) []spec.Fault{presets}})
	if err != nil {
		return nil, err
	}
	return render.New(render.Options{Spec: file, Namespace: f.namespace, NamespaceAssumed: f.assumed, Release: f.release})
}

// known is what the flags and the environment say of the cluster and of placeholders. Nobody
// else is asked: this program has neither AWS nor a kubeconfig.
func (p Program) known(f flags) func(spec.Cluster) (spec.Known, error) {
	var said []string
	return func(own spec.Cluster) (spec.Known, error) {
		c, err := whichcluster.Find(whichcluster.Sources{File: own, Typed: f.cluster, Prefix: "--cluster-", Getenv: p.Getenv, Unread: errNoKubeconfig})
		for _, text := range c.Unused {
			if !slices.Contains(said, text) {
				p.line("warning", text)
				said = append(said, text)
			}
		}
		return spec.Known{Cluster: c.Complete(own), Release: f.release, Namespace: f.namespace, Getenv: p.Getenv, Ask: f.ask(c)}, err
	}
}

var errNoKubeconfig = errors.New("the post-renderer reads none")

// ask says what to type for what a placeholder needs.
func (f flags) ask(c whichcluster.Cluster) func(string) (string, error) {
	return func(fact string) (string, error) {
		if fact == "release.name" {
			return "", hinted{"Helm does not tell a post-renderer", "add --release NAME"}
		}
		return "", c.Missing(fact)
	}
}

// hinted is an error and what to type next.
type hinted struct{ text, hint string }

func (e hinted) Error() string { return e.text }

// Hint is what to type next.
func (e hinted) Hint() string { return e.hint }

// handed is what helm irsa handed over. What irsa.yaml says itself wins, as it did there.
func (p Program) handed(f flags, facts handover.Facts) func(spec.Cluster) (spec.Known, error) {
	return func(own spec.Cluster) (spec.Known, error) {
		own.Name, own.Region = cmp.Or(own.Name, facts.Name), cmp.Or(own.Region, facts.Region)
		own.AccountID, own.Issuer = cmp.Or(own.AccountID, facts.AccountID), cmp.Or(own.Issuer, facts.Issuer)
		return spec.Known{
			Cluster: own, Release: f.release, Namespace: f.namespace,
			Getenv: func(name string) string { return facts.Values["env."+name] },
			Ask:    func(fact string) (string, error) { return facts.Values[fact], nil },
		}, nil
	}
}

// sayWaiting tells whoever runs the program at a terminal what it waits for.
func (p Program) sayWaiting() {
	file, ok := p.Stdin.(interface{ Stat() (os.FileInfo, error) })
	if !ok {
		return
	}
	info, err := file.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return
	}
	if null, err := os.Stat(os.DevNull); err == nil && os.SameFile(info, null) {
		return
	}
	fmt.Fprintln(p.Stderr, "helm-irsa: waiting for rendered manifests on standard input, which is a terminal")
	p.line("hint", "helm template RELEASE CHART | "+p.Name+" -f irsa.yaml -n NAMESPACE")
}

// say prints the warnings.
func (p Program) say(report *render.Report) {
	for _, w := range report.Warnings {
		p.line("warning", w.Message)
		p.line("hint", w.Hint)
	}
}

// fail prints an error: a line a fault, and what to type next.
func (p Program) fail(err error) {
	for _, m := range render.Messages(err) {
		p.line("error", m.Message)
		p.line("hint", m.Hint)
	}
}

// line prints one line in the voice of all programs of this project.
func (p Program) line(what, text string) {
	if text != "" {
		fmt.Fprintf(p.Stderr, "helm-irsa: %s: %s\n", what, safe.Text(text))
	}
}

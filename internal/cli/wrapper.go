package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/helm"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/upgrade"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// wrapperOptions are one `helm irsa install|upgrade|template|uninstall`.
type wrapperOptions struct {
	sys *System
	upgrade.Options
	full bool // --irsa-full
}

// newWrapper makes the command that wraps Helm's command of the same name. run replaces runUpgrade in tests.
func newWrapper(sys *System, name string, run func(*wrapperOptions) error) *cobra.Command {
	if run == nil {
		run = runUpgrade
	}
	return helmCommand(sys, name, "RELEASE CHART", run)
}

// helmCommand is a command of Helm's that we have something to add to: arguments are
// what the user has to name.
func helmCommand(sys *System, name, arguments string, run func(*wrapperOptions) error) *cobra.Command {
	return &cobra.Command{
		Use:     name + " " + arguments + " [flags of helm " + name + "]",
		Short:   wrapperShort[name],
		Long:    wrapperLong(name),
		Example: wrapperExamples[name],
		// Helm's flags are Helm's business: they go to it as they came.
		DisableFlagParsing: true,
		ValidArgsFunction: func(_ *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
			return completeWrapped(sys, name, args, toComplete)
		},
		RunE: func(cmd *cobra.Command, argv []string) error {
			args, err := helm.ParseArgs(name, argv, own())
			if err != nil {
				return err
			}
			if args.Help() {
				return cmd.Help()
			}
			if _, ok := args.Given("yes"); ok {
				return faults.Hinted(fmt.Errorf("helm %s has no --yes: our own flags begin with --irsa-", name), "--irsa-yes")
			}
			if n := len(args.Positional); name == "upgrade" && n < 2 {
				return lacksChart(args)
			}
			o := newWrapperOptions(sys, args)
			if err := readOwn(o, args.Own); err != nil {
				return err
			}
			return run(o)
		},
	}
}

// lacksChart is for an upgrade, which has no name of its own making: what stands alone is
// the release.
func lacksChart(args *helm.Args) error {
	release, lacks := "RELEASE", "the release and the chart are missing"
	if len(args.Positional) == 1 {
		release, lacks = args.Positional[0], "the chart is missing"
	}
	return faults.Hinted(fmt.Errorf("upgrade takes a release and a chart: %s", lacks), "%s", safe.Type("helm", "irsa", "upgrade").Value(safe.Release, release).With("CHART"))
}

func newWrapperOptions(sys *System, args *helm.Args) *wrapperOptions {
	return &wrapperOptions{sys: sys, Options: upgrade.Options{Args: args, Provision: true, Verify: true}}
}

// runUpgrade is helm irsa install, upgrade and template.
func runUpgrade(o *wrapperOptions) error { return o.ended(upgrade.Run(o.deps(), o.Options)) }

// ended gives the error of a broken chain, which has been said, its exit code.
func (o *wrapperOptions) ended(err error) error {
	if errors.Is(err, upgrade.ErrBroken) {
		return exited(2)
	}
	return err
}

// deps are what a transaction works with.
func (o *wrapperOptions) deps() upgrade.Deps {
	d := depsOf(o.sys)
	d.View = upgradeView{o.sys, o.full}
	return d
}

func depsOf(sys *System) upgrade.Deps {
	return upgrade.Deps{
		Context: sys.context(), Getenv: sys.Getenv, Environ: sys.Environ, Executable: sys.Executable,
		Stdin: sys.Stdin, Stdout: sys.stdoutItself(), Stderr: safe.Raw(sys.Stderr), // what Helm prints is Helm's
		Hold: sys.hold, Say: voice.To(sys.Stderr),
		Connect: awsiam.Open, Trace: tracer(sys), Debug: debugging(sys),
		LoadFile: func(n upgrade.Named) (*upgrade.Loaded, error) { return loadFor(sys, n) },
	}
}

// newHelm is the user's Helm with our streams.
func newHelm(sys *System) (helm.Client, error) { return depsOf(sys).FindHelm() }

// loadFor reads irsa.yaml for a transaction.
func loadFor(sys *System, n upgrade.Named) (*upgrade.Loaded, error) {
	r := reading{
		sourceFlags: sourceFlags{files: n.Files, folders: n.Folders, cluster: n.Cluster}, prefix: helmCluster,
		release: n.Release, namespace: n.Namespace, askNamespace: n.AskNamespace, kube: n.Kube,
	}
	if n.RenderOnly {
		r.unknown = spec.RenderOnly
	}
	got, err := load(sys, r)
	if err != nil {
		return nil, err
	}
	out := &upgrade.Loaded{File: got.file, Which: got.cluster}
	if out.Paths, err = absolute(pathsOf(&r.sourceFlags, sys)); err == nil {
		out.Folders, err = absolute(r.folders)
	}
	return out, err
}

var wrapperShort = map[string]string{
	"install":   "Install a chart with its AWS identity (helm install)",
	"upgrade":   "Upgrade a release with its AWS identity (helm upgrade)",
	"template":  "Render a chart with its AWS identity (helm template)",
	"uninstall": "Remove a release and what it owns in AWS (helm uninstall)",
}

var wrapperExamples = map[string]string{
	"install": `  helm irsa install epinio epinio/epinio -n epinio --create-namespace
  helm irsa install epinio epinio/epinio --irsa-file prod/irsa.yaml -f prod/values.yaml`,
	"upgrade": `  helm irsa upgrade --install epinio epinio/epinio -n epinio
  helm irsa upgrade epinio epinio/epinio --reuse-values --dry-run`,
	"template": `  helm irsa template epinio epinio/epinio -n epinio
  helm irsa template epinio ./chart --irsa-file prod/irsa.yaml | kubectl diff -f -`,
	"uninstall": `  helm irsa uninstall epinio -n epinio
  helm irsa uninstall epinio -n epinio --irsa-keep-roles`,
}

// wrapperText says what each does with Helm.
var wrapperText = map[string]string{
	"install":  changingText,
	"upgrade":  changingText,
	"template": renderingText + "It writes nothing to AWS.\n",
	"uninstall": `Shows what the release owns in AWS and asks, runs your own Helm's uninstall
($HELM_BIN, else helm on PATH, version 3 or 4), and then deletes that: roles,
policies that nothing else uses, associations, its statements in a shared trust. The
OIDC provider stays. Every flag of helm uninstall goes to Helm as it came.

Nothing goes from AWS unless the release was in Helm's cluster and Helm has removed it,
history included; --keep-history keeps the roles too. That cluster has to be the one of
irsa.yaml: see helm irsa upgrade --help.
`,
}

const renderingText = `Runs your own Helm's %[1]s ($HELM_BIN, else helm on PATH, version 3 or 4) with the
service accounts and roles of irsa.yaml in what it renders. Every flag of helm %[1]s goes
to Helm as it came; a --post-renderer of yours runs first, then ours.
`

const changingText = `Starts Helm, and reads AWS while it renders the chart. What Helm rendered waits: the plan
is shown and asked for, AWS gets what new pods need (OIDC provider, policies, roles), and only
then Helm goes on. A chart, values or a target that is wrong, and a no, change nothing. After
Helm, each service account is verified with its running pods (exit code 2 where something is
broken), and AWS loses what no pod needs any more. A dry run shows the plan and changes nothing.

Helm's cluster has to be the one of irsa.yaml. They are compared first: by the issuer
that the API server publishes, the endpoint that EKS says, the names in the kubeconfig.
Another cluster is an error. Where nothing can be compared, the plan says so, and what
takes away from AWS needs --irsa-cluster-unchecked.

A service account that is in the cluster already and belongs to another tool would stop Helm.
It is looked for before anything is changed, and named with its owner. With
--irsa-adopt it gets Helm's label and annotations, right before Helm goes on.

` + renderingText

func wrapperLong(name string) string {
	var b strings.Builder
	text := wrapperText[name]
	if strings.Contains(text, "%[1]s") {
		text = fmt.Sprintf(text, name)
	}
	b.WriteString(text + "\nOwn flags:\n")
	has := ownFlagsOf(name)
	for _, f := range ownFlags {
		if !slices.Contains(has, f.name) {
			continue
		}
		flag := "--" + f.name
		if f.value != "" {
			flag += "=" + f.value
		}
		fmt.Fprintf(&b, "  %-28s %s\n", flag, f.help)
	}
	return strings.TrimRight(b.String(), "\n")
}

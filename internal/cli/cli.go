// Package cli is the command line: the only package that knows cobra, the
// environment, printing and exit codes.
package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/fileio"
)

// System is what the program may touch.
type System struct {
	// Context ends when the user interrupts; nil never does. See Interrupts.
	Context context.Context
	// Name is the name that the program was run by, without folders; empty is helm-irsa.
	Name string
	// Args are the arguments without the program's name.
	Args   []string
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Getenv func(string) string
	// Environ lists the environment as "KEY=value", for the programs that are started.
	Environ func() []string
	// Executable is the path of this program; its neighbours are looked for beside it.
	Executable func() (string, error)
	// Version is the version that was linked in; empty where there was none.
	Version string
}

// Main runs the program and returns its exit code.
func Main(sys *System) int {
	defer fileio.KeepFromPipes()()
	sys, out := sys.watched()
	sys, flush := sys.guarded()
	root := newRoot(sys)
	root.SetArgs(sys.Args)
	err := root.ExecuteContext(sys.context())
	flush()
	if cause := sys.signalled(); cause != nil {
		return sys.codeAfter(cause, err)
	}
	return out.ended(voice.To(sys.Stderr), err)
}

// guarded is the system with streams on which nothing that this program prints drives a
// terminal, wherever it came from: see safe.Writer. Programs that are run get the streams
// behind them.
func (s *System) guarded() (_ *System, flush func()) {
	out := *s
	var streams []*safe.Writer
	for _, w := range []*io.Writer{&out.Stdout, &out.Stderr} {
		var own []string
		if coloured(s, *w) {
			own = []string{green, yellow, red, plain}
		}
		guarded := safe.NewWriter(*w, own...)
		*w, streams = guarded, append(streams, guarded)
	}
	return &out, func() {
		for _, w := range streams {
			_ = w.Close() // what is left is a part of a character
		}
	}
}

const rootHelp = `helm-irsa gives the pods of a Helm release their AWS identity.

It makes the OIDC provider, IAM policies and roles in AWS. While Helm renders the
chart, it adds ServiceAccounts, writes the ARN of their role on them, and makes the
workloads run as them. One file, irsa.yaml, says which service account gets which role.`

const rootExamples = `  helm irsa plan epinio -n epinio
  helm irsa template epinio epinio/epinio -n epinio
  helm irsa upgrade --install epinio epinio/epinio -n epinio -f values.yaml
  helm template epinio epinio/epinio | helm irsa post-render -f irsa.yaml -n epinio`

func newRoot(sys *System) *cobra.Command {
	root := &cobra.Command{
		Use:     voice.Program,
		Short:   "AWS identity for the pods of a Helm release",
		Long:    rootHelp,
		Example: rootExamples,
		Args:    knownCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		// Helm's users type `helm irsa`; the display name is what help shows.
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "helm irsa"},
		SilenceErrors: true,
		SilenceUsage:  true,
		// `completion` is ours, to keep to the same voice.
		CompletionOptions:          cobra.CompletionOptions{DisableDefaultCmd: true},
		SuggestionsMinimumDistance: 2,
	}
	root.SetIn(sys.Stdin)
	root.SetOut(sys.Stdout)
	root.SetErr(sys.Stderr)
	root.SetFlagErrorFunc(flagFault)
	shown := colourAuto // read before anything is printed: see coloured
	root.PersistentFlags().Var(&shown, "color", "whether what is printed is coloured")
	root.AddCommand(
		newWrapper(sys, "install", nil),
		newWrapper(sys, "upgrade", nil),
		newWrapper(sys, "template", nil),
		newUninstall(sys, nil),
		newValidate(sys, nil),
		newPlan(sys, nil),
		newApply(sys, nil),
		newDestroy(sys, nil),
		newDrift(sys, nil),
		newGC(sys, nil),
		newRestore(sys, nil),
		newStatus(sys, nil),
		newVerify(sys, nil),
		newReport(sys, nil),
		newPermissions(sys, nil),
		newSnapshot(sys, nil),
		newExport(sys, nil),
		newImport(sys, nil),
		newPostRender(sys),
		newDropIn(sys),
		newChain(sys),
		newInit(sys, nil),
		newInspect(sys, nil),
		newValues(sys, nil),
		newCatalog(sys, nil),
		newSchema(),
		newLocalAWS(sys, nil),
		newVersion(sys, nil),
		newCompletion(),
	)
	complete(sys, root)
	if sys.asKubectl() {
		forKubectl(root)
	}
	return root
}

// knownCommand refuses what cobra would otherwise hand to the root as an argument.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("unknown command %q", args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return faults.Hinted(err, "%s %s", cmd.CommandPath(), near[0])
	}
	return faults.Hinted(err, "%s --help lists the commands", cmd.CommandPath())
}

// noArguments is cobra.NoArgs in our voice.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return faults.Hinted(fmt.Errorf("%s takes no argument, not %q", cmd.CommandPath(), args[0]), "%s --help", cmd.CommandPath())
}

package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/helm-irsa/helm-irsa/internal/faults"
)

// kubectlName is the name by which kubectl finds this program, for `kubectl irsa`
// (https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/).
const kubectlName = "kubectl-irsa"

// kubectlCommands are the commands of `kubectl irsa`: those that change nothing. The others
// are those of the Helm plugin.
var kubectlCommands = []string{"verify", "status", "report", "drift", "plan", "snapshot", "permissions", "catalog", "version"}

// asKubectl reports whether kubectl runs this program.
func (s *System) asKubectl() bool { return strings.TrimSuffix(s.Name, ".exe") == kubectlName }

// forKubectl leaves the commands of `kubectl irsa`, with help that says so.
func forKubectl(root *cobra.Command) {
	renamed := func(text string) string { return strings.ReplaceAll(text, "helm irsa", "kubectl irsa") }
	root.Annotations[cobra.CommandDisplayNameAnnotation] = "kubectl irsa"
	root.Short, root.Long = "Show whether pods can assume their AWS roles, and why not", kubectlHelp
	root.Example = "  kubectl irsa verify epinio -n epinio\n  kubectl irsa status epinio -n epinio"
	var gone []string
	for _, c := range root.Commands() {
		if !slices.Contains(kubectlCommands, c.Name()) {
			root.RemoveCommand(c)
			gone = append(gone, c.Name())
			continue
		}
		c.Long, c.Example = renamed(c.Long), renamed(c.Example)
		c.Flags().VisitAll(func(f *pflag.Flag) { f.Usage = renamed(f.Usage) })
	}
	known := root.Args
	root.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 && slices.Contains(gone, args[0]) {
			return faults.Hinted(fmt.Errorf("%s is a command of the Helm plugin, and not of kubectl irsa", args[0]), "helm irsa %s", args[0])
		}
		return known(cmd, args)
	}
}

const kubectlHelp = `kubectl irsa shows whether the pods of a Helm release can assume their AWS roles, by IRSA
or EKS Pod Identity, and which link is broken where they cannot. It only reads.

It is helm-irsa under another name. What changes AWS or a release is done by the Helm
plugin, as helm irsa.`

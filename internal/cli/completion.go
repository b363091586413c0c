package cli

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/safe"
)

const completionHelp = `Prints the completion script of helm-irsa for a shell. Helm users need none of
it: Helm's own completion asks the plugin (see plugin.complete).`

const completionExamples = `  source <(helm-irsa completion bash)
  helm-irsa completion fish > ~/.config/fish/completions/helm-irsa.fish`

func newCompletion() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:       "completion bash|zsh|fish|powershell",
		Short:     "Print a shell completion script",
		Long:      completionHelp,
		Example:   completionExamples,
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return faults.Hinted(fmt.Errorf("completion takes one shell, not %d", len(args)), "helm irsa completion bash")
			}
			root, w := cmd.Root(), cmd.OutOrStdout()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(w, true)
			case "zsh":
				return root.GenZshCompletion(w)
			case "fish":
				return root.GenFishCompletion(w, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(w)
			}
			return suggesting(fmt.Errorf("completion: unknown shell %q", args[0]), args[0], shells,
				"helm irsa completion %s", "one of "+strings.Join(shells, ", "))
		},
	}
}

// completeWrapped completes a wrapper's command line: our flags, and what Helm
// itself proposes for the command that is wrapped. Helm is asked the way its own
// shell scripts ask it.
func completeWrapped(sys *System, name string, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
	var found []string
	has := ownFlagsOf(name)
	for _, f := range ownFlags {
		if flag := "--" + f.name; slices.Contains(has, f.name) && strings.HasPrefix(toComplete, "-") && strings.HasPrefix(flag, toComplete) {
			found = append(found, flag+"\t"+f.help)
		}
	}
	if strings.HasPrefix(toComplete, "--"+ownPrefix) {
		return found, cobra.ShellCompDirectiveNoFileComp
	}
	client, err := newHelm(sys)
	if err != nil {
		return found, cobra.ShellCompDirectiveDefault
	}
	var out bytes.Buffer
	client.Stdout, client.Stderr = &out, nil
	if client.Run(append(append([]string{cobra.ShellCompRequestCmd, name}, args...), toComplete)...) != nil {
		return found, cobra.ShellCompDirectiveDefault
	}
	return readCompletions(out.String(), found)
}

// readCompletions reads cobra's answer: a proposal a line, then ":" and the directive.
func readCompletions(text string, found []string) ([]string, cobra.ShellCompDirective) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if number, ok := strings.CutPrefix(line, ":"); ok {
			if d, err := strconv.Atoi(number); err == nil {
				return found, cobra.ShellCompDirective(d)
			}
		}
		if line != "" && !safe.Hidden([]byte(line)) { // what is completed goes into the command line
			found = append(found, line)
		}
	}
	return found, cobra.ShellCompDirectiveDefault
}

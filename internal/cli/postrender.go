package cli

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/render/filter"
)

const postRenderHelp = `Reads what Helm rendered on stdin and writes it to stdout with the service accounts and
roles of irsa.yaml: the same as the program irsa-post-renderer. On an error
stdout stays empty and the exit code is 1.

` + filter.Flags

const postRenderExamples = `  helm template epinio epinio/epinio | helm irsa post-render -f irsa.yaml -n epinio
  helm upgrade epinio epinio/epinio --post-renderer irsa-post-renderer`

func newPostRender(sys *System) *cobra.Command {
	return &cobra.Command{
		Use:     "post-render [-f FILE] [-n NS] [--release NAME] [--report FILE]",
		Short:   "Filter rendered manifests from stdin to stdout",
		Long:    postRenderHelp,
		Example: postRenderExamples,
		// The filter reads its own flags, so that both programs read the same.
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && (args[0] == "--help" || args[0] == "-h") {
				return cmd.Help()
			}
			return runFilter(sys, sys.Stdin, args)
		},
	}
}

// runFilter is the post-renderer in this process.
func runFilter(sys *System, in io.Reader, args []string) error {
	p := filter.Program{Name: voice.Program, Getenv: sys.Getenv, Stdin: in, Stdout: sys.stdoutItself(), Stderr: sys.Stderr}
	if code := p.Main(args); code != 0 {
		return exited(code)
	}
	return nil
}

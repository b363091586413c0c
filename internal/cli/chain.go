package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"slices"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/handover"
	"github.com/helm-irsa/helm-irsa/internal/upgrade"
	"github.com/helm-irsa/helm-irsa/pkg/render/filter"
)

// Helm takes one post-renderer. Where the user names one as well, Helm is given
// `helm-irsa chain-post-render` instead, which runs theirs and then ours. It
// lives in this program since irsa-post-renderer starts no others.

// chainOptions are one run of both renderers.
type chainOptions struct {
	sys *System
	// first is the user's: the program, its arguments, and what it finds in its environment.
	first struct {
		path      string
		args, env []string
	}
	filterArgs []string
}

func newChain(sys *System) *cobra.Command {
	o := &chainOptions{sys: sys}
	cmd := &cobra.Command{
		Use:    upgrade.ChainVerb + " --exec PROGRAM [--exec-arg ARG]... -- [post-render flags]",
		Short:  "Run another post-renderer, then ours",
		Hidden: true,
		RunE: func(_ *cobra.Command, args []string) error {
			o.filterArgs = args
			return runChain(o)
		},
	}
	cmd.Flags().StringVar(&o.first.path, "exec", "", "the program that renders first")
	cmd.Flags().StringArrayVar(&o.first.args, "exec-arg", nil, "an argument of that program")
	cmd.Flags().StringArrayVar(&o.first.env, "exec-env", nil, "a KEY=value for its environment")
	return cmd
}

func runChain(o *chainOptions) error {
	out, err := o.runFirst()
	if err != nil {
		if _, silent := exitCode(err); !silent {
			return o.giveUp(err)
		}
		return err
	}
	return runFilter(o.sys, out, o.filterArgs)
}

// runFirst runs the user's renderer and returns what it rendered. Its last words become part of the error.
func (o *chainOptions) runFirst() (*bytes.Buffer, error) {
	cmd := exec.Command(o.first.path, o.first.args...)
	cmd.Env = append(o.sys.Environ(), o.first.env...)
	var out, said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = o.sys.Stdin, &out, &said
	if err := runUntilSignal(cmd); err != nil {
		if done := exited(0); errors.As(err, &done) {
			return nil, err
		}
		err = fmt.Errorf("running the post-renderer %s: %w", o.first.path, err)
		if text := faults.OutputLines(said.String()); text != "" {
			err = fmt.Errorf("%w: %s", err, text)
		}
		return nil, err
	}
	_, err := o.sys.Stderr.Write(said.Bytes())
	return &out, err
}

// giveUp tells helm irsa why nothing is rendered, which says it: Helm 4 throws away
// what a post-renderer says (internal/plugin/runtime_subprocess.go, runPostrenderer).
func (o *chainOptions) giveUp(failed error) error {
	i := slices.Index(o.filterArgs, "--hand-over")
	if i < 0 || i+1 >= len(o.filterArgs) {
		return failed
	}
	err := filter.Program{Stdout: o.sys.Stdout, Stderr: o.sys.Stderr}.GiveUp(o.filterArgs[i+1], failed)
	if errors.Is(err, handover.ErrNo) {
		return exited(1)
	}
	return err
}

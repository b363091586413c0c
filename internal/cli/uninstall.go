package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/upgrade"
)

// newUninstall makes `helm irsa uninstall`. run replaces runUninstall in tests.
func newUninstall(sys *System, run func(*wrapperOptions) error) *cobra.Command {
	if run == nil {
		run = runUninstall
	}
	cmd := helmCommand(sys, "uninstall", "RELEASE", func(o *wrapperOptions) error {
		if n := len(o.Args.Positional); n != 1 {
			return faults.Hinted(fmt.Errorf("uninstall takes one release, not %d", n), "helm irsa uninstall RELEASE")
		}
		return run(o)
	})
	cmd.Aliases = []string{"delete", "del", "un"} // as helm's own
	return cmd
}

func runUninstall(o *wrapperOptions) error { return upgrade.Uninstall(o.deps(), o.Options) }

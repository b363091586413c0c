package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// newUninstall makes `helm irsa uninstall`. run replaces runUninstall in tests.
func newUninstall(sys *System, run func(*wrapperOptions) error) *cobra.Command {
	if run == nil {
		run = runUninstall
	}
	cmd := helmCommand(sys, "uninstall", "RELEASE", func(o *wrapperOptions) error {
		if n := len(o.args.Positional); n != 1 {
			return hinted(fmt.Errorf("uninstall takes one release, not %d", n), "helm irsa uninstall RELEASE")
		}
		return run(o)
	})
	cmd.Aliases = []string{"delete", "del", "un"} // as helm's own
	return cmd
}

// runUninstall shows what goes from AWS, asks, lets Helm remove the release, and then
// removes what it owned. Helm goes first, so that no pod is left without its role.
func runUninstall(o *wrapperOptions) error {
	file, _, err := loadFile(o.sys, o.file)
	if err != nil {
		return err
	}
	o.named = o.file
	if o.helm, err = newHelm(o.sys); err != nil {
		return err
	}
	if o.keepRoles || !needsAWS(file) {
		return o.helm.Run(o.args.Line()...)
	}
	namespace, err := o.helm.Namespace(o.args, o.sys.Getenv)
	if err != nil {
		return err
	}
	s, err := o.connect(file, namespace)
	if err != nil {
		return err
	}
	p, err := s.PlanDestroy(o.sys.context(), awsiam.DestroyOptions{})
	if err != nil {
		return err
	}
	newPlanView(o.sys, o.sys.Stderr).print(p)
	if o.args.DryRun() {
		voice{o.sys.Stderr}.info("this is a dry run: AWS was not changed")
		return o.helm.Run(o.args.Line()...)
	}
	if !o.yes {
		if err := confirm(o.sys, "uninstall the release, and delete this from AWS?", "--irsa-yes"); err != nil {
			return err
		}
	}
	if err := o.helm.Run(o.args.Line()...); err != nil {
		v := voice{o.sys.Stderr}
		v.info("nothing was deleted from AWS, since Helm failed")
		v.hint("to delete it without Helm: " + o.irsaAgain("destroy", namespace))
		return err
	}
	if p.Empty() {
		return nil
	}
	if err := applyPlan(o.sys, s, p); err != nil {
		voice{o.sys.Stderr}.info("the release is gone; to delete the rest from AWS: " + o.irsaAgain("destroy", namespace))
		return err
	}
	voice{o.sys.Stderr}.info(doneWords(p))
	return nil
}

package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
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
	if o.keepRoles || !needsAWS(file) && !namesCluster(file) {
		return o.helm.Run(o.args.Line()...)
	}
	namespace, err := o.helm.Namespace(o.args, o.sys.Getenv)
	if err != nil {
		return err
	}
	if err := checkNames(o.args.Release(), namespace); err != nil {
		return err
	}
	s, p, err := o.planLeaving(file, namespace)
	switch {
	case err != nil && needsAWS(file):
		return err
	case err != nil:
		voice{o.sys.Stderr}.warning("what the release may own in AWS stays there, since AWS could not be asked: " + firstLine(err))
		return o.helm.Run(o.args.Line()...)
	case p.Empty() && !needsAWS(file):
		return o.helm.Run(o.args.Line()...)
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
		if p.Empty() {
			v.info(fmt.Sprintf("release %s in namespace %s has nothing in AWS that could be deleted", o.args.Release(), namespace))
			return err
		}
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

// leavingPatience is how long AWS is waited for where irsa.yaml wants nothing of it.
const leavingPatience = 20 * time.Second

// planLeaving is what the release owns in AWS, which may be more than irsa.yaml still names.
func (o *wrapperOptions) planLeaving(file *spec.File, namespace string) (*awsiam.Session, *awsiam.Plan, error) {
	ctx := o.sys.context()
	if !needsAWS(file) {
		soon, stop := context.WithTimeout(ctx, leavingPatience)
		defer stop()
		ctx = soon
	}
	s, err := o.session(ctx, file, namespace)
	if err != nil {
		return nil, nil, err
	}
	p, err := s.PlanDestroy(ctx, awsiam.DestroyOptions{})
	return s, p, err
}

// namesCluster: the release can be known in AWS by its cluster.
func namesCluster(f *spec.File) bool { return f.Cluster.Name != "" || f.Cluster.Issuer != "" }

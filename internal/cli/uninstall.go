package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
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
// removes what it owned. Helm goes first, so that no pod is left without its role. Nothing
// goes from AWS but what belongs to a release that this Helm has really removed, from the
// cluster that irsa.yaml means.
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
	l, err := planLeaving(o, file, namespace)
	switch {
	case err != nil:
		return err
	case l.plan == nil, l.plan.Empty() && !needsAWS(file):
		return o.helm.Run(o.args.Line()...)
	}
	status, err := releaseStatus(o, namespace)
	switch kept := keepsForRelease(o); {
	case err != nil:
		return hinted(fmt.Errorf("nothing was changed: asking Helm for release %s: %w", o.args.Release(), err), "%s", afterMending)
	case status == "":
		return removeNothing(o, l, namespace, "release "+o.args.Release()+" is not in namespace "+namespace+" of Helm's cluster, so nothing was deleted from AWS")
	case kept != "":
		return removeNothing(o, l, namespace, "what the release owns in AWS stays: "+kept)
	}
	if err := l.check.allows(l.cluster, l.plan); err != nil {
		return err
	}
	v := newPlanView(o.sys, o.sys.Stderr)
	if !l.plan.Empty() {
		v.headed(l.cluster)
	}
	v.print(l.plan)
	if o.args.DryRun() {
		voice{o.sys.Stderr}.info("this is a dry run: AWS was not changed")
		return o.helm.Run(o.args.Line()...)
	}
	if !o.yes {
		if err := confirm(o.sys, "uninstall the release, and delete this from AWS?", "--irsa-yes"); err != nil {
			return err
		}
	}
	return removeOwned(o, l, namespace)
}

// removeNothing lets Helm do its part, which may be to say what is wrong, and says why AWS
// stays as it is.
func removeNothing(o *wrapperOptions, l leaving, namespace, why string) error {
	err := o.helm.Run(o.args.Line()...)
	v := voice{o.sys.Stderr}
	if l.plan.Empty() {
		sayNothingOwned(o, namespace)
		return err
	}
	v.info(why)
	v.hint("to delete from AWS what the release owns there: " + o.irsaAgain("destroy", namespace))
	return err
}

func sayNothingOwned(o *wrapperOptions, namespace string) {
	voice{o.sys.Stderr}.info(fmt.Sprintf("release %s in namespace %s has nothing in AWS that could be deleted", o.args.Release(), namespace))
}

// keepsForRelease is why a release that Helm removes may need its roles afterwards; empty
// where it does not. One whose history is kept can be rolled back (helm rollback), and with
// --cascade=orphan its pods go on running (pkg/action/uninstall.go, parseCascadingFlag).
func keepsForRelease(o *wrapperOptions) string {
	if o.args.On("keep-history") {
		return "with --keep-history the release can be rolled back, and would need it"
	}
	if o.given("cascade") == "orphan" {
		return "with --cascade=orphan its pods go on running, and need it"
	}
	return ""
}

// removeOwned lets Helm remove the release, looks whether it has, and then deletes from AWS.
func removeOwned(o *wrapperOptions, l leaving, namespace string) error {
	v, name := voice{o.sys.Stderr}, o.args.Release()
	if err := o.helm.Run(o.args.Line()...); err != nil {
		if l.plan.Empty() {
			sayNothingOwned(o, namespace)
			return err
		}
		v.info("nothing was deleted from AWS, since Helm failed")
		v.hint("to delete it without Helm: " + o.irsaAgain("destroy", namespace))
		return err
	}
	if l.plan.Empty() {
		return nil
	}
	status, err := releaseStatus(o, namespace)
	if err == nil && status != "" {
		err = fmt.Errorf("release %s is still there, or again: it is %s", name, status)
	}
	if err != nil {
		return hinted(fmt.Errorf("nothing was deleted from AWS: looking whether the release is gone: %w", err),
			"where it is gone, to delete what it owned in AWS: %s", o.irsaAgain("destroy", namespace))
	}
	held, err := o.stillRunning(l.file, namespace, l.plan)
	switch {
	case err != nil:
		return hinted(fmt.Errorf("the release is gone, and nothing was deleted from AWS: looking whether pods still run with what it owned: %w", err),
			"once none does, to delete what it owned in AWS: %s", o.irsaAgain("destroy", namespace))
	case len(held) > 0:
		o.sayStillRunning(namespace, held)
		return nil
	}
	if err := applyPlan(o.sys, l.session, l.plan); err != nil {
		v.info("the release is gone; to delete the rest from AWS: " + o.irsaAgain("destroy", namespace))
		return afterHelm(err, o.irsaAgain("destroy", namespace))
	}
	v.info(doneWords(l.plan))
	return nil
}

// releaseStatus asks Helm for the release's status, such as deployed; it is empty where
// there is no such release. Only Helm knows where it keeps its releases (HELM_DRIVER). One
// that was uninstalled, and whose history was kept, is there: helm uninstall removes that.
func releaseStatus(o *wrapperOptions, namespace string) (string, error) {
	name := o.args.Release()
	text, err := o.askHelm(o.helm, "list", "--namespace", namespace, "--filter", "^"+regexp.QuoteMeta(name)+"$", "--output", "json",
		"--deployed", "--failed", "--pending", "--uninstalling", "--uninstalled")
	if err != nil {
		return "", err
	}
	var releases []struct{ Name, Status string }
	if err := json.Unmarshal([]byte(text), &releases); err != nil {
		return "", fmt.Errorf("reading what helm list prints: %w", err)
	}
	for _, r := range releases {
		if r.Name == name {
			return r.Status, nil
		}
	}
	return "", nil
}

// leavingPatience is how long AWS is waited for where irsa.yaml wants nothing of it.
const leavingPatience = 20 * time.Second

// leaving is what goes from AWS with a release.
type leaving struct {
	file    *spec.File
	session *awsiam.Session
	// plan is nil where AWS could not be asked, and irsa.yaml wants nothing of it.
	plan    *awsiam.Plan
	check   *clusterCheck
	cluster *comparison
}

// planLeaving is what the release owns in AWS, which may be more than irsa.yaml still
// names. Another cluster than irsa.yaml's is an error.
func planLeaving(o *wrapperOptions, file *spec.File, namespace string) (leaving, error) {
	l := leaving{file: file, check: o.beginClusterCheck(file, namespace)}
	defer l.check.leave()
	var failed, err error
	l.session, l.plan, failed = planDestroy(o, file, namespace)
	if l.cluster, err = l.check.against(l.session); err != nil {
		return l, err
	}
	if failed == nil {
		return l, nil
	}
	if needsAWS(file) || o.sys.context().Err() != nil {
		return l, failed
	}
	voice{o.sys.Stderr}.warning("what the release may own in AWS stays there, since AWS could not be asked: " + firstLine(failed))
	l.plan = nil
	return l, nil
}

func planDestroy(o *wrapperOptions, file *spec.File, namespace string) (*awsiam.Session, *awsiam.Plan, error) {
	ctx := o.sys.context()
	if !needsAWS(file) {
		soon, stop := context.WithTimeout(ctx, leavingPatience)
		defer stop()
		ctx = soon
	}
	s, err := sessionFor(o, ctx, file, namespace)
	if err != nil {
		return nil, nil, err
	}
	p, err := s.PlanDestroy(ctx, awsiam.DestroyOptions{})
	return s, p, err
}

// namesCluster: the release can be known in AWS by its cluster.
func namesCluster(f *spec.File) bool { return f.Cluster.Name != "" || f.Cluster.Issuer != "" }

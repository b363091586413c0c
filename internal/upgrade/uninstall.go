package upgrade

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/helm"
	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// Uninstall shows what goes from AWS, asks, lets Helm remove the release, and then
// removes what it owned. Helm goes first, so that no pod is left without its role. Nothing
// goes from AWS but what belongs to a release that this Helm has really removed, from the
// cluster that irsa.yaml means.
func Uninstall(d Deps, o Options) error {
	r, err := load(d, o)
	if err != nil {
		return unchanged(o, err)
	}
	if r.KeepRoles || !awsiam.Makes(r.file) && !r.namesCluster() {
		return r.helm.Run(r.Args.Line()...)
	}
	l, err := planLeaving(r)
	switch {
	case err != nil:
		return unchanged(o, err)
	case l.plan == nil, l.plan.Empty() && !awsiam.Makes(r.file):
		return r.helm.Run(r.Args.Line()...)
	}
	status, err := releaseStatus(r)
	switch kept := keepsForRelease(r); {
	case err != nil:
		return faults.Hinted(fmt.Errorf("nothing was changed: asking Helm for release %s: %w", r.Args.Release(), err), "%s", afterMending)
	case status == "":
		return removeNothing(r, l, "release "+r.Args.Release()+" is not in namespace "+r.namespace+" of Helm's cluster, so nothing was deleted from AWS")
	case kept != "":
		return removeNothing(r, l, "what the release owns in AWS stays: "+kept)
	}
	if err := l.check.allows(l.cluster, l.plan); err != nil {
		return err
	}
	shown := Proposal{Plan: l.plan}
	if !l.plan.Empty() {
		shown.Heading = heading(r, l.session, l.cluster)
	}
	r.View.Plan(shown)
	if r.Args.DryRun() {
		r.Say.Info("this is a dry run: AWS was not changed")
		return r.helm.Run(r.Args.Line()...)
	}
	if !r.Yes {
		if err := r.View.Confirm(r.Context, "uninstall the release, and delete this from AWS?", "--irsa-yes"); err != nil {
			return faults.Stated(err, nothingChanged, "")
		}
	}
	return removeOwned(r, l)
}

// removeNothing lets Helm do its part, which may be to say what is wrong, and says why AWS
// stays as it is.
func removeNothing(r *request, l leaving, why string) error {
	err := r.helm.Run(r.Args.Line()...)
	v := r.Say
	if l.plan.Empty() {
		sayNothingOwned(r)
		return err
	}
	v.Info(why)
	v.Hint("to delete from AWS what the release owns there: " + r.again("destroy"))
	return err
}

func sayNothingOwned(r *request) {
	r.Say.Info(fmt.Sprintf("release %s in namespace %s has nothing in AWS that could be deleted", r.Args.Release(), r.namespace))
}

// keepsForRelease is why a release that Helm removes may need its roles afterwards; empty
// where it does not. One whose history is kept can be rolled back (helm rollback), and with
// --cascade=orphan its pods go on running (pkg/action/uninstall.go, parseCascadingFlag).
func keepsForRelease(r *request) string {
	if r.Args.On("keep-history") {
		return "with --keep-history the release can be rolled back, and would need it"
	}
	if r.given("cascade") == "orphan" {
		return "with --cascade=orphan its pods go on running, and need it"
	}
	return ""
}

// removeOwned lets Helm remove the release, looks whether it has, and then deletes from AWS.
func removeOwned(r *request, l leaving) error {
	v, name := r.Say, r.Args.Release()
	if err := r.helm.Run(r.Args.Line()...); err != nil {
		if l.plan.Empty() {
			sayNothingOwned(r)
			return err
		}
		v.Info("nothing was deleted from AWS, since Helm failed")
		v.Hint("to delete it without Helm: " + r.again("destroy"))
		return err
	}
	if l.plan.Empty() {
		return nil
	}
	status, err := releaseStatus(r)
	if err == nil && status != "" {
		err = fmt.Errorf("release %s is still there, or again: it is %s", name, status)
	}
	if err != nil {
		return faults.Hinted(fmt.Errorf("nothing was deleted from AWS: looking whether the release is gone: %w", err),
			"where it is gone, to delete what it owned in AWS: %s", r.again("destroy"))
	}
	held, err := stillRunning(r, l.plan)
	switch {
	case err != nil:
		return faults.Hinted(fmt.Errorf("the release is gone, and nothing was deleted from AWS: looking whether pods still run with what it owned: %w", err),
			"once none does, to delete what it owned in AWS: %s", r.again("destroy"))
	case len(held) > 0:
		sayStillRunning(r, held)
		return nil
	}
	if err := r.View.Apply(r.Context, l.session, l.plan); err != nil {
		v.Info("the release is gone; to delete the rest from AWS: " + r.again("destroy"))
		return afterHelm(err, r.again("destroy"))
	}
	v.Info(r.View.Done(l.plan))
	return nil
}

// Gone reports whether Helm says that there is no such release. It is false where Helm cannot be
// asked, or does not answer in time.
func Gone(d Deps, args *helm.Args, namespace string) bool {
	ctx, cancel := context.WithTimeout(d.Context, gonePatience)
	defer cancel()
	d.Context = ctx
	client, err := d.FindHelm()
	if err != nil {
		return false
	}
	status, err := releaseStatus(&request{Deps: d, Options: Options{Args: args}, helm: client, namespace: namespace})
	return err == nil && status == ""
}

// gonePatience is how long Helm is waited for where its answer is no more than a remark.
const gonePatience = 5 * time.Second

// releaseStatus asks Helm for the release's status, such as deployed; it is empty where
// there is no such release. Only Helm knows where it keeps its releases (HELM_DRIVER). One
// that was uninstalled, and whose history was kept, is there: helm uninstall removes that.
func releaseStatus(r *request) (string, error) {
	name := r.Args.Release()
	text, err := r.askHelm("list", "--namespace", r.namespace, "--filter", "^"+regexp.QuoteMeta(name)+"$", "--output", "json",
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
	session *awsiam.Session
	// plan is nil where AWS could not be asked, and irsa.yaml wants nothing of it.
	plan    *awsiam.Plan
	check   *clusterCheck
	cluster *whichcluster.Comparison
}

// planLeaving is what the release owns in AWS, which may be more than irsa.yaml still
// names. Another cluster than irsa.yaml's is an error.
func planLeaving(r *request) (leaving, error) {
	l := leaving{check: beginClusterCheck(r)}
	defer l.check.leave()
	var failed, err error
	l.session, l.plan, failed = planDestroy(r)
	if l.cluster, err = l.check.against(l.session); err != nil {
		return l, err
	}
	if failed == nil {
		return l, nil
	}
	if awsiam.Makes(r.file) || r.Context.Err() != nil {
		return l, failed
	}
	r.Say.Warning("what the release may own in AWS stays there, since AWS could not be asked: " + faults.FirstLine(failed))
	l.plan = nil
	return l, nil
}

func planDestroy(r *request) (*awsiam.Session, *awsiam.Plan, error) {
	ctx := r.Context
	if !awsiam.Makes(r.file) {
		soon, stop := context.WithTimeout(ctx, leavingPatience)
		defer stop()
		ctx = soon
	}
	s, err := r.connect(ctx, false)
	if err != nil {
		return nil, nil, err
	}
	p, err := s.PlanDestroy(ctx, awsiam.DestroyOptions{})
	return s, p, err
}

// afterMending is the hint where the same command failed in the same way again.
const afterMending = "after mending that, the same command again"

package upgrade

import (
	"context"
	"errors"
	"fmt"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// Run is one helm irsa install, upgrade or template. The error is what is still to be said;
// Helm's own, a *helm.ExitError, Helm has said.
func Run(d Deps, o Options) error {
	took := newLaps()
	defer took.say(d)
	r, err := load(d, o)
	took.end("load")
	if err != nil {
		return unchanged(o, err)
	}
	b, err := start(r)
	took.end("start")
	if err != nil {
		return unchanged(o, err)
	}
	defer b.leave()
	go watch(b)

	h, rendered := receive(b)
	took.end("render")
	if h == nil && (rendered == nil || errors.Is(rendered, errCut)) {
		return endedEarly(b, rendered)
	}
	if b.Context.Err() != nil {
		return refuse(b, h, applied{}, b.Context.Err())
	}
	p, err := propose(b, h, rendered)
	took.end("plan")
	if err != nil {
		return refuse(b, h, applied{}, err)
	}
	if err := confirm(b, h, p); err != nil {
		return refuse(b, h, applied{}, err)
	}
	took.end("confirm")
	done, err := apply(b, p)
	took.end("apply")
	if err != nil {
		return refuse(b, h, done, err)
	}
	check := beginVerify(b, h, p)
	defer check.leave()
	err = release(b, h, done)
	took.end("release")
	if err != nil {
		return err
	}
	proof, err := check.end(h, done.later != nil)
	took.end("verify")
	err = errors.Join(err, prune(b, done, proof, check.rolling()))
	took.end("prune")
	return err
}

// nothingChanged is the state that most errors leave.
const nothingChanged = "nothing was changed in AWS or the cluster"

// unchanged says of an error that came before Helm was run that nothing was changed, where
// something was to be.
func unchanged(o Options, err error) error {
	if o.Args.Command == "template" || o.Args.DryRun() {
		return err
	}
	return faults.Stated(err, nothingChanged, "")
}

// watch ends what goes on beside Helm, when Helm ends.
func watch(b *begun) {
	<-b.helm.ended
	b.stop(errHelmEnded)
}

// endedEarly is for a Helm that ended before it called the post-renderer: it has said why.
func endedEarly(b *begun, cut error) error {
	b.stop(errHelmEnded)
	failed := b.helm.wait()
	if cut != nil {
		b.Say.Error(cut.Error())
	}
	if failed == nil {
		b.Say.Warning(notCalled + ": nothing got an identity" + unless(b.request, "; nothing was changed in AWS"))
		return nil
	}
	sayPending(b.request)
	if b.changes() {
		b.Say.Info("nothing was changed in AWS: Helm ended before it had rendered the chart")
	}
	return failed
}

// unless is the text, but for a command that changes nothing anyway.
func unless(r *request, text string) string {
	if !r.changes() {
		return ""
	}
	return text
}

// refuse lets Helm fail, and says how that leaves things.
func refuse(b *begun, h *handed, done applied, err error) error {
	b.helm.said.close()
	killed := b.helm.over()
	if h != nil {
		_ = h.visit.No() // where it has gone, Helm knows
	}
	b.folder.Close()
	failed := b.helm.wait()
	if b.Context.Err() == nil && (errors.Is(err, errHelmEnded) || killed && errors.Is(err, context.Canceled)) {
		err = fmt.Errorf("helm %s ended while it was waited for: %v", b.Args.Command, failed)
	}
	var incomplete *awsiam.Incomplete
	switch {
	case !b.changes():
		return err
	case errors.As(err, &incomplete), done.changed:
		return faults.Stated(err, leftWords(b, done), goOn(b))
	}
	return faults.Stated(err, nothingChanged, "")
}

// confirm shows the proposal and asks.
func confirm(b *begun, h *handed, p *proposal) error {
	sayWarnings(b.request, h.report)
	b.View.Plan(shown(b, p))
	switch {
	case p.nothing():
		return nil
	case b.Args.DryRun():
		b.Say.Info("this is a dry run: " + p.unchangedWords())
		return nil
	case b.Yes:
		return nil
	}
	return b.View.Confirm(b.ctx, "apply this, and go on with helm "+b.Args.Command+"?", "--irsa-yes")
}

// release lets the post-renderer answer, and waits for Helm's end.
func release(b *begun, h *handed, done applied) error {
	_ = h.visit.Yes() // where it has gone, Helm fails and says so
	go answer(b, h)
	failed := b.helm.wait()
	if failed == nil {
		if b.Args.Command != "template" {
			sayServiceAccounts(b.request, h.report)
		}
		return nil
	}
	if b.Args.Command != "template" {
		b.Say.Each(b.look.Explain(b.Context, wanted(b.request, b.aws.known())))
	}
	sayPending(b.request)
	sayThatTheyStay(b, done)
	return failed
}

// answer is for a Helm that calls the post-renderer more than once, as for hooks apart from
// the rest: what was agreed to holds for all of it.
func answer(b *begun, first *handed) {
	for v := range b.folder.Visits() {
		if v.Tell(facts(b)) != nil {
			continue
		}
		rendered, err := v.Rendered()
		if err != nil {
			continue
		}
		first.more(rendered)
		_ = v.Yes()
	}
}

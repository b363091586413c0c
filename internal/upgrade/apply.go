package upgrade

import (
	"errors"
	"fmt"
	"slices"

	"github.com/helm-irsa/helm-irsa/internal/ownership"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// applied is what was done before Helm went on.
type applied struct {
	// later is what is taken away from AWS once no pod needs it; nil for nothing.
	later *awsiam.Plan
	// changed: something was made or changed in AWS; given: Helm got service accounts.
	changed, given bool
}

// apply makes in AWS what new pods need, and gives Helm its service accounts. What takes
// something away waits.
func apply(b *begun, p *proposal) (applied, error) {
	var done applied
	if b.Args.DryRun() || p.nothing() {
		return done, nil
	}
	if !p.leavesAWS() {
		now, later := p.plan.Split()
		if !later.Empty() {
			done.later = later
		}
		if !now.Empty() {
			err := b.View.Apply(b.ctx, b.aws.session, now)
			var incomplete *awsiam.Incomplete
			done.changed = err == nil || errors.As(err, &incomplete)
			if err != nil {
				return done, err
			}
			b.Say.Info(b.View.Done(now))
		}
		if done.later != nil {
			b.Say.Info("what is no longer wanted is taken away once Helm has succeeded")
		}
	}
	err := p.adoption.CarryOut(b.ctx, func(a *ownership.Account) {
		done.given = true
		b.Say.Info(fmt.Sprintf("%s is Helm's now, of release %s", a, p.adoption.Release()))
	})
	if b.ctx.Err() != nil {
		return done, errors.New("stopped before Helm went on")
	}
	return done, err
}

// leftWords say what is changed where Helm did not go on, or failed.
func leftWords(b *begun, done applied) string {
	if done.given {
		return "what was made in AWS and the service accounts that were given to Helm stay, for the next try; Helm changed nothing"
	}
	return "what was made in AWS stays, for the next try; in the cluster nothing was changed"
}

// goOn is what to type where things were left in the middle, before Helm had recorded anything.
func goOn(b *begun) string {
	const again = "the same command again goes on from there; "
	if status, err := releaseStatus(b.request); err == nil && status == "" {
		return again + "where the release is not to be: " + b.again("destroy")
	}
	return again + "the same command with the irsa.yaml of before takes it back"
}

// sayThatTheyStay says how a Helm that failed leaves what was done before it.
func sayThatTheyStay(b *begun, done applied) {
	if done.given {
		if flag := b.removesOnFailure(); flag != "" {
			b.Say.Warning(fmt.Sprintf("the service accounts that were given to Helm are a part of what %s removes", flag))
		} else {
			b.Say.Info("the service accounts that were given to Helm stay so, which changes nothing for their pods; the next try finds them so")
		}
	}
	switch {
	case done.changed:
		b.Say.Info("AWS keeps what was made for this release, and nothing was taken away: running pods have the access that they had")
		b.Say.Hint(takeBack(b))
	case done.later != nil:
		b.Say.Info("nothing was taken away in AWS: running pods have the access that they had")
	case b.changes() && b.aws.plan != nil:
		b.Say.Info("nothing was changed in AWS")
	}
}

// takeBack is what to type after Helm failed. A release that worked before has an irsa.yaml of
// before, with which the same command goes back; to apply that alone would look at no pod.
func takeBack(b *begun) string {
	const again = "run the same command again once that is mended; "
	history := revisions(b.request)
	switch worked := slices.ContainsFunc(history, func(r revision) bool { return r.Status == "deployed" || r.Status == "superseded" }); {
	case worked:
		return again + "with the irsa.yaml of before it takes back what was made"
	case len(history) > 0:
		return again + "where the release is not to be: " + safe.Irsa("uninstall", b.Args.Release(), b.namespace, safe.Source{}).FromHelm(b.typed()).String()
	}
	return again + "where the release is not to be: " + b.again("destroy")
}

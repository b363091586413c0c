package upgrade

import (
	"errors"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// prune takes from AWS what waited for Helm, unless the new identities turned out to be broken,
// or were to be verified and could not be: the old ones may be all that works. So they are
// while pods run with what would go.
func prune(b *begun, done applied, proof proof, rolling map[string]string) error {
	if done.later == nil {
		return nil
	}
	const installed = "the release is installed, and what irsa.yaml no longer wants is still in AWS"
	switch proof {
	case broken:
		sayThatNothingGoes(b, "what irsa.yaml no longer wants stays in AWS until this is mended")
		return nil
	case unread:
		sayThatNothingGoes(b, installed)
		return errors.New("taking away what irsa.yaml no longer wants: the new roles were not verified")
	}
	held, err := stillHeld(b.request, done.later, rolling)
	switch {
	case err != nil:
		b.Say.Warning("whether pods still run with what would be taken away is not known: " + faults.FirstLine(err))
		sayThatNothingGoes(b, installed)
		return nil
	case len(held) > 0:
		sayStillHeld(b.request, held)
		return nil
	}
	if err := b.View.Apply(b.Context, b.aws.session, done.later); err != nil {
		sayThatNothingGoes(b, installed)
		return afterHelm(err, b.again("apply"))
	}
	b.Say.Info(b.View.Done(done.later))
	return nil
}

func sayThatNothingGoes(b *begun, words string) {
	b.Say.Info(words)
	b.Say.Hint("the same command again takes it away, once no pod needs it; without a look at pods: " + b.again("apply"))
}

// afterHelm is the error of a plan that was applied after Helm had done its part: the same
// command would have Helm do that again, and another goes on instead.
func afterHelm(err error, command string) error {
	var changed *awsiam.Meanwhile
	if !errors.As(err, &changed) {
		return err
	}
	var incomplete *awsiam.Incomplete
	if errors.As(err, &incomplete) { // it says how far it came
		return err
	}
	return faults.Hinted(errors.New(changed.Error()), "look at what is to be done now: %s", command)
}

package ownership

import (
	"context"
	"errors"
	"fmt"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/kube"
)

// Adoption is what --irsa-adopt is to give to Helm.
type Adoption struct {
	q        Question
	accounts []foreign
}

// Adopted is a service account that is to be given to Helm, as a plan shows it.
type Adopted struct {
	// Account is the service account as it is now.
	Account *Account
	// Owner is whose it is, in a few words; Records says that the owner keeps a list of what
	// it made, and does not learn of this.
	Owner   string
	Records bool
	// Diff is what is written on it, as lines of a unified diff.
	Diff string
}

// attempts is how often a service account is read and written again that others write as
// well.
const attempts = 5

// Release is the release that gets them.
func (a *Adoption) Release() Release { return a.q.Release }

// Accounts are what is to be given.
func (a *Adoption) Accounts() []Adopted {
	if a == nil {
		return nil
	}
	var out []Adopted
	for _, f := range a.accounts {
		out = append(out, Adopted{f.account, f.owner.Who, f.owner.Records, f.account.Diff(a.q.Release)})
	}
	return out
}

func (a *Adoption) options(dry bool) Options {
	return Options{ServerSide: a.q.Major >= 4, DryRun: dry}
}

// rehearse asks the API server whether it would: what it forbids is to be said before
// anything is changed. Whatever else it says comes again, where it matters.
func (a *Adoption) rehearse(ctx context.Context) error {
	var errs []error
	for _, f := range a.accounts {
		err := Write(ctx, a.q.Client, f.account, a.q.Release, a.options(true))
		if unread := (*kube.Unread)(nil); errors.As(err, &unread) {
			errs = append(errs, fmt.Errorf("--irsa-adopt: %w", err))
		}
	}
	return errors.Join(errs...)
}

// CarryOut gives the service accounts to Helm, and tells of each that was given.
func (a *Adoption) CarryOut(ctx context.Context, given func(*Account)) error {
	if a == nil {
		return nil
	}
	for _, f := range a.accounts {
		if err := a.give(ctx, f); err != nil {
			return fmt.Errorf("giving %s to Helm: %w", f.account, err)
		}
		given(f.account)
	}
	return nil
}

// give writes the marks on the service account as it is now: where somebody else wrote to
// it since it was read, it is read again, and is still to be of the same owner.
func (a *Adoption) give(ctx context.Context, f foreign) error {
	for range attempts {
		err := Write(ctx, a.q.Client, f.account, a.q.Release, a.options(false))
		if !errors.Is(err, ErrChanged) {
			return err
		}
		now, err := readLive(ctx, a.q.Client, kube.Account{Namespace: f.account.Namespace, Name: f.account.Name})
		switch {
		case err != nil:
			return err
		case now == nil || now.Owned(a.q.Release): // gone, or done already
			return nil
		case now.Owner(a.q.Release).Who != f.owner.Who:
			return faults.Hinted(fmt.Errorf("it belongs to %s now", now.Owner(a.q.Release)), "try again, to see the plan for that")
		}
		f.account = now
	}
	return faults.Hinted(ErrChanged, "something writes it all the time: %s", f.owner)
}

package ownership

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/internal/safe"
)

// Question is what is asked of a cluster before Helm changes it.
type Question struct {
	// Release is the one that is to be installed or upgraded.
	Release Release
	// Names are the service accounts that it may bring.
	Names []kube.Account
	// Upgrade: the release may have them already, which is no conflict.
	Upgrade bool
	// Adopt: those of somebody else are to be given to it.
	Adopt bool
	// Major is Helm's major version.
	Major int
	// Client is the cluster that Helm will change.
	Client *kube.Client
	// Ask runs a command of Helm's that reads, and gives what it printed.
	Ask func(args ...string) (string, error)
}

// patience is how long the cluster is waited for, once all else is known or Helm has ended.
// What comes later is left to Helm, which asks the same.
const patience = 10 * time.Second

// Look is a question under way.
type Look struct {
	q      Question
	stop   context.CancelFunc
	answer chan found
	got    *found
}

// found is what a look found.
type found struct {
	// foreign are the service accounts that Helm would stop at.
	foreign []foreign
	// own are the service accounts that are the release's.
	own []*Account
	// unread could not be looked at; nor could anything where err is set.
	unread []error
	err    error
}

// foreign is a service account of somebody else.
type foreign struct {
	account *Account
	owner   Owner
	// alive: the owner is a release that is there still, or about which Helm could not be
	// asked, which why says.
	alive bool
	why   error
}

// Begin starts the look, which goes on while other things are done; nil where there is nothing
// to look for.
func Begin(ctx context.Context, q Question) *Look {
	if len(q.Names) == 0 || q.Client == nil {
		return nil
	}
	ctx, stop := context.WithCancel(ctx)
	l := &Look{q: q, stop: stop, answer: make(chan found, 1)}
	go func() { l.answer <- l.read(ctx) }()
	return l
}

// Leave ends the look, whether it was waited for or not.
func (l *Look) Leave() {
	if l != nil {
		l.stop()
	}
}

// read looks at the service accounts side by side.
func (l *Look) read(ctx context.Context) found {
	accounts, errs := make([]*Account, len(l.q.Names)), make([]error, len(l.q.Names))
	var g errgroup.Group
	for i, name := range l.q.Names {
		g.Go(func() error {
			accounts[i], errs[i] = readLive(ctx, l.q.Client, name)
			return nil // what may not be read of one is said beside the others
		})
	}
	_ = g.Wait()
	var out found
	for i, a := range accounts {
		switch unread := (*kube.Unread)(nil); {
		case errors.As(errs[i], &unread):
			out.unread = append(out.unread, errs[i])
		case errs[i] != nil:
			out.err = errs[i]
		case a != nil && !a.Owned(l.q.Release) && !a.OfHook():
			out.foreign = append(out.foreign, foreign{account: a})
		case a != nil && a.Owned(l.q.Release):
			out.own = append(out.own, a)
		}
	}
	return l.judge(out)
}

// readLive is a service account of the cluster; nil where there is none.
func readLive(ctx context.Context, client *kube.Client, name kube.Account) (*Account, error) {
	d, err := client.ServiceAccount(ctx, name.Namespace, name.Name)
	if d == nil || err != nil {
		return nil, err
	}
	return Parse(d)
}

// judge asks Helm, where there is something to ask about: what the release has already
// is no conflict for upgrade (pkg/action/upgrade.go, toBeCreated), and another release
// may be gone.
func (l *Look) judge(in found) found {
	if len(in.foreign) == 0 {
		return in
	}
	has := l.accountsOfRelease()
	kept := in.foreign[:0]
	for _, f := range in.foreign {
		if has[kube.Account{Namespace: f.account.Namespace, Name: f.account.Name}] {
			continue
		}
		f.owner = f.account.Owner(l.q.Release)
		if f.owner.Release != nil {
			f.alive, f.why = l.releaseIsThere(*f.owner.Release)
		}
		kept = append(kept, f)
	}
	in.foreign = kept
	return in
}

// wait gives what was found; false where nothing was looked for, or that takes too long. Where
// adoption was asked for, it is waited for: each call of the cluster has an end of its own.
func (l *Look) wait(ctx context.Context) (found, bool) {
	if l == nil {
		return found{}, false
	}
	if l.got != nil {
		return *l.got, true
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	if l.q.Adopt {
		timer.Stop()
	}
	select {
	case got := <-l.answer:
		l.got = &got
		return got, true
	case <-timer.C:
		return found{}, false
	case <-ctx.Done():
		return found{}, false
	}
}

// Wanted is the role that a service account is to have in its annotation; false where that
// is not known, or there is to be none.
type Wanted func(*Account) (string, bool)

// End waits for the look and gives what is to be adopted; nil where that is nothing. The error
// is a refusal: of service accounts, and of a cluster that Helm would not reach either. What
// could not be looked at is one only where adoption was asked for.
func (l *Look) End(ctx context.Context, wanted Wanted) (*Adoption, error) {
	got, ok := l.wait(ctx)
	if !ok {
		return nil, nil
	}
	if err := got.err; err != nil && !l.q.Adopt && !errors.Is(err, context.Canceled) {
		return nil, fmt.Errorf("looking at the service accounts in the cluster: %w", err)
	}
	if err := l.held(got, wanted); err != nil {
		return nil, err
	}
	return l.adoption(ctx, got)
}

// Explain says, after Helm failed, whose the service account is that it may have stopped at,
// or the role.
func (l *Look) Explain(ctx context.Context, wanted Wanted) []error {
	got, ok := l.wait(ctx)
	if !ok {
		return nil
	}
	_, err := l.adoption(ctx, got)
	var out []error
	for _, err := range []error{l.held(got, wanted), err} {
		if err != nil {
			out = append(out, err)
		}
	}
	return out
}

// Unread are what could not be looked at.
func (l *Look) Unread(ctx context.Context) []error {
	got, ok := l.wait(ctx)
	if !ok {
		return nil
	}
	out := got.unread
	if got.err != nil {
		out = append(out, got.err)
	}
	return out
}

func (l *Look) adoption(ctx context.Context, got found) (*Adoption, error) {
	if !l.q.Adopt {
		var refusals []error
		for _, f := range got.foreign {
			refusals = append(refusals, f.refusal(l.q.Release, false))
		}
		return nil, errors.Join(refusals...)
	}
	if got.err != nil {
		return nil, fmt.Errorf("--irsa-adopt: %w", got.err)
	}
	var errs []error
	for _, err := range got.unread {
		errs = append(errs, fmt.Errorf("--irsa-adopt: %w", err))
	}
	a := &Adoption{q: l.q}
	for _, f := range got.foreign {
		if !f.adoptable() {
			errs = append(errs, f.refusal(l.q.Release, true))
			continue
		}
		a.accounts = append(a.accounts, f)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if len(a.accounts) == 0 {
		return nil, nil
	}
	return a, a.rehearse(ctx)
}

// adoptable: nobody would take it back.
func (f foreign) adoptable() bool { return !f.owner.Controller && !f.alive }

// refusal says whose the service account is, what Helm would say, and what to do.
func (f foreign) refusal(r Release, asked bool) error {
	text := fmt.Sprintf("%s is in the cluster already and belongs to %s", f.account, f.owner)
	switch {
	case f.why != nil:
		text += fmt.Sprintf(", and whether that is still there is not known: %s", faults.FirstLine(f.why))
	case f.alive:
		text += ", which is still there"
	}
	text += `: Helm stops with "invalid ownership metadata"`
	if f.alive && f.why == nil && f.owner.Release != nil && !asked {
		return faults.Hinted(errors.New(text), "an irsa.yaml is for one release: take service account %s out of it, into the irsa.yaml of release %s", safe.Word(f.account.Name), f.owner.Release)
	}
	keep := "in irsa.yaml, write create: never under it, and let the chart not make it"
	switch {
	case f.adoptable():
		return faults.Hinted(errors.New(text), "add --irsa-adopt to give it to release %s; or, to leave it to its owner, %s", safe.Word(r.Name), keep)
	case asked:
		text += "; --irsa-adopt does not take it, since its owner would write or delete it again"
	}
	return faults.Hinted(errors.New(text), "to leave it to its owner, %s; or take it out of there first", keep)
}

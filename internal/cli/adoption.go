package cli

import (
	"errors"
	"fmt"

	"github.com/helm-irsa/helm-irsa/internal/adopt"
	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// adoption is what --irsa-adopt is to give to Helm; nil where that is nothing.
type adoption struct {
	look     *look
	client   *kube.Client
	accounts []foreign
	// done: they are Helm's.
	done bool
}

// attempts is how often a service account is read and written again that others write as
// well.
const attempts = 5

func (a *adoption) options(dry bool) adopt.Options {
	return adopt.Options{ServerSide: a.look.major >= 4, DryRun: dry}
}

// rehearse asks the API server whether it would: what it forbids is to be said before
// AWS is changed. Whatever else it says comes again, where it matters.
func (a *adoption) rehearse() error {
	var errs []error
	for _, f := range a.accounts {
		err := adopt.Write(a.look.o.sys.context(), a.client, f.account, a.look.release, a.options(true))
		if unread := (*kube.Unread)(nil); errors.As(err, &unread) {
			errs = append(errs, fmt.Errorf("--irsa-adopt: %w", err))
		}
	}
	return errors.Join(errs...)
}

// print shows the adoption as a part of the plan.
func (a *adoption) print(v planView, file *spec.File) {
	if a == nil {
		return
	}
	r := a.look.release
	v.line("", fmt.Sprintf("In the cluster, for Helm release %s:", r))
	fmt.Fprintln(v.w)
	for _, f := range a.accounts {
		v.line(yellow, fmt.Sprintf("~ adopt %s: becomes Helm's (belonged to %s)", f.account, f.owner.Who))
		v.diff(f.account.Diff(r))
	}
	fmt.Fprintln(v.w)
	for _, f := range a.accounts {
		for _, text := range f.warnings(a.look.o, file, r) {
			v.line(yellow, "! "+text)
		}
	}
	fmt.Fprintf(v.w, "\n%d to adopt\n", len(a.accounts))
}

// warnings are what a release's service account means for one that was somebody else's.
func (f foreign) warnings(o *wrapperOptions, file *spec.File, r adopt.Release) []string {
	text := fmt.Sprintf("%s: from now on helm uninstall deletes it", f.account)
	if flag := o.removesOnFailure(); flag != "" {
		text += fmt.Sprintf(", and so does %s where the release fails", flag)
	}
	out := []string{text}
	if f.owner.Records {
		out = append(out, fmt.Sprintf("%s: %s does not learn of this: take it out there, or it may write or delete it again", f.account, f.owner.Who))
	}
	for _, sa := range file.ServiceAccounts {
		if sa.Name != f.account.Name || sa.NamespaceIn(r.Namespace) != f.account.Namespace {
			continue
		}
		is := f.account.Annotation(spec.RoleAnnotation)
		if arn, err := file.RoleARN(sa, r.Namespace); err == nil && is != "" && is != arn && sa.Mode != "podIdentity" {
			out = append(out, fmt.Sprintf("%s: its role changes from %s to %s, for pods that start from then on", f.account, is, arn))
		}
	}
	return out
}

// removesOnFailure is the flag, if any, by which Helm removes again what it could not
// install: --atomic in Helm 3, --rollback-on-failure in Helm 4.
func (o *wrapperOptions) removesOnFailure() string {
	for _, flag := range []string{"atomic", "rollback-on-failure"} {
		if o.args.On(flag) {
			return "--" + flag
		}
	}
	return ""
}

// flags are Helm's in a dry run: nothing was given to it, and its own check would stop
// it there.
func (a *adoption) flags() []string {
	if a == nil || !a.look.o.args.DryRun() {
		return nil
	}
	voice{a.look.o.sys.Stderr}.info("Helm gets --take-ownership for this dry run, since nothing was adopted (Helm 3.17 or later)")
	return []string{"--take-ownership"}
}

// carryOut gives the service accounts to Helm, right before it is run; not in a dry run.
func (a *adoption) carryOut() error {
	if a == nil || a.look.o.args.DryRun() {
		return nil
	}
	for _, f := range a.accounts {
		err := a.give(f)
		switch {
		case a.look.o.sys.context().Err() != nil: // AWS may have been changed before
			return errors.New("stopped before Helm was run")
		case err != nil:
			return fmt.Errorf("giving %s to Helm: %w", f.account, err)
		}
		voice{a.look.o.sys.Stderr}.info(fmt.Sprintf("%s is Helm's now, of release %s", f.account, a.look.release))
		a.done = true
	}
	return nil
}

// give writes the marks on the service account as it is now: where somebody else wrote to
// it since it was read, it is read again, and is still to be of the same owner.
func (a *adoption) give(f foreign) error {
	ctx := a.look.o.sys.context()
	for range attempts {
		err := adopt.Write(ctx, a.client, f.account, a.look.release, a.options(false))
		if !errors.Is(err, adopt.ErrChanged) {
			return err
		}
		now, err := readLive(ctx, a.client, kube.Account{Namespace: f.account.Namespace, Name: f.account.Name})
		switch {
		case err != nil:
			return err
		case now == nil || now.Owned(a.look.release): // gone, or done already
			return nil
		case now.Owner(a.look.release).Who != f.owner.Who:
			return hinted(fmt.Errorf("it belongs to %s now", now.Owner(a.look.release)), "try again, to see the plan for that")
		}
		f.account = now
	}
	return hinted(adopt.ErrChanged, "something writes it all the time: %s", f.owner)
}

// sayThatTheyStay: Helm failed after service accounts were given to it.
func (a *adoption) sayThatTheyStay() {
	if a == nil || !a.done {
		return
	}
	v := voice{a.look.o.sys.Stderr}
	if flag := a.look.o.removesOnFailure(); flag != "" {
		v.warning(fmt.Sprintf("the service accounts that were given to Helm are a part of what %s removes", flag))
		return
	}
	v.info("the service accounts that were given to Helm stay so, which changes nothing for their pods; the next try finds them so")
}

package upgrade

import (
	"context"
	"errors"
	"fmt"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/ownership"
	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// proposal is what is to be done, all that was read held together.
type proposal struct {
	plan     *awsiam.Plan
	adoption *ownership.Adoption
	cluster  *whichcluster.Comparison
}

// propose holds together what was read. The error is all that stands in the way, that of the
// rendering included.
func propose(b *begun, h *handed, rendered error) (*proposal, error) {
	p := &proposal{}
	plan, err := compared(b)
	if b.ctx.Err() != nil {
		return nil, b.stopped()
	}
	if err == nil {
		p.plan = plan
		// Whose service accounts are in another cluster does not matter.
		if p.cluster, err = b.check.against(b.aws.session); err != nil {
			return nil, err
		}
		if err := b.check.allows(p.cluster, p.plan); err != nil {
			return nil, err
		}
	}
	all := errors.Join(err, rendered, rendering(b, h), unreached(b, p))
	// Where nothing is to be changed, Helm does not wait for the look: it changes nothing either
	// where it stops.
	if all == nil && !b.Adopt && (p.leavesAWS() || b.Args.DryRun()) {
		return p, nil
	}
	adoption, refused := b.look.End(b.ctx, wanted(b.request, b.aws.known()))
	p.adoption = adoption
	debugLook(b)
	return p, errors.Join(all, refused)
}

// stopped is why nothing goes on: Helm has ended, or the user wants no more.
func (b *begun) stopped() error {
	if errors.Is(context.Cause(b.ctx), errHelmEnded) {
		return errHelmEnded
	}
	return b.ctx.Err()
}

// unreached is the error of a cluster that we do not find, where AWS is to be changed for it.
func unreached(b *begun, p *proposal) error {
	if b.clusterErr == nil || p.leavesAWS() || !b.changes() {
		return nil
	}
	return fmt.Errorf("finding the cluster that Helm changes: %w", b.clusterErr)
}

// debugLook says what could not be looked at, where Helm was asked to debug: what Helm says
// of it comes next.
func debugLook(b *begun) {
	if !b.Debug || b.Adopt {
		return
	}
	for _, err := range b.look.Unread(b.ctx) {
		b.Say.Info("debug: looking for service accounts of others: " + faults.FirstLine(err))
	}
}

// leavesAWS: nothing of AWS is to be changed.
func (p *proposal) leavesAWS() bool { return p.plan == nil || p.plan.Empty() }

// nothing is to be changed at all.
func (p *proposal) nothing() bool { return p.leavesAWS() && p.adoption == nil }

// unchangedWords say what a dry run left as it was.
func (p *proposal) unchangedWords() string {
	switch {
	case p.adoption == nil:
		return "AWS was not changed"
	case p.leavesAWS():
		return "the cluster was not changed"
	}
	return "AWS and the cluster were not changed"
}

// shown is the proposal as a person reads it.
func shown(b *begun, p *proposal) Proposal {
	out := Proposal{Plan: p.plan, Adoption: p.adoption, AdoptionWarnings: adoptionWarnings(b, p.adoption)}
	out.Heading = heading(b.request, b.aws.session, p.cluster)
	return out
}

// adoptionWarnings are what a release's service account means for one that was somebody else's.
func adoptionWarnings(b *begun, a *ownership.Adoption) []string {
	var out []string
	file := informed(b)
	for _, f := range a.Accounts() {
		text := fmt.Sprintf("%s: from now on helm uninstall deletes it", f.Account)
		if flag := b.removesOnFailure(); flag != "" {
			text += fmt.Sprintf(", and so does %s where the release fails", flag)
		}
		out = append(out, text)
		if f.Records {
			out = append(out, fmt.Sprintf("%s: %s does not learn of this: take it out there, or it may write or delete it again", f.Account, f.Owner))
		}
		for _, sa := range file.ServiceAccounts {
			if sa.Name != f.Account.Name || sa.NamespaceIn(b.namespace) != f.Account.Namespace {
				continue
			}
			is := f.Account.Annotation(spec.RoleAnnotation)
			if arn, err := file.RoleARN(sa, b.namespace); err == nil && is != "" && is != arn && sa.Mode != spec.ModePodIdentity {
				out = append(out, fmt.Sprintf("%s: its role changes from %s to %s, for pods that start from then on", f.Account, is, arn))
			}
		}
	}
	return out
}

// informed is irsa.yaml with what AWS knew and it does not say.
func informed(b *begun) *spec.File {
	known := b.aws.known()
	return b.file.InCluster(known.Account, known.Region)
}

// removesOnFailure is the flag, if any, by which Helm removes again what it could not
// install: --atomic in Helm 3, --rollback-on-failure in Helm 4.
func (r *request) removesOnFailure() string {
	for _, flag := range []string{"atomic", "rollback-on-failure"} {
		if r.Args.On(flag) {
			return "--" + flag
		}
	}
	return ""
}

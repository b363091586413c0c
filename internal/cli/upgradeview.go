package cli

import (
	"context"
	"fmt"

	"github.com/helm-irsa/helm-irsa/internal/ownership"
	"github.com/helm-irsa/helm-irsa/internal/upgrade"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/verify"
)

// upgradeView shows a transaction on stderr: stdout is Helm's.
type upgradeView struct {
	sys  *System
	full bool // --irsa-full
}

// Plan shows what is to be done; where that is nothing in AWS, only its warnings.
func (u upgradeView) Plan(p upgrade.Proposal) {
	v := newPlanView(u.sys, u.sys.Stderr)
	v.full = u.full
	switch {
	case p.Plan == nil:
	case p.Plan.Leaving:
		if p.Heading != "" {
			v.line("", p.Heading)
		}
		v.print(p.Plan)
	case p.Plan.Empty():
		for _, w := range p.Plan.Warnings {
			voice.To(u.sys.Stderr).Warning(w)
		}
	default:
		if p.Heading != "" {
			v.line("", p.Heading)
		}
		v.print(p.Plan)
		if p.Adoption != nil {
			fmt.Fprintln(v.w)
		}
	}
	v.adoption(p.Adoption, p.AdoptionWarnings)
}

// adoption shows what is given to Helm as a part of the plan.
func (v planView) adoption(a *ownership.Adoption, warnings []string) {
	all := a.Accounts()
	if len(all) == 0 {
		return
	}
	v.line("", fmt.Sprintf("In the cluster, for Helm release %s:", a.Release()))
	fmt.Fprintln(v.w)
	for _, f := range all {
		v.line(yellow, fmt.Sprintf("~ adopt %s: becomes Helm's (belonged to %s)", f.Account, f.Owner))
		v.diff(f.Diff)
	}
	fmt.Fprintln(v.w)
	for _, text := range warnings {
		v.line(yellow, "! "+text)
	}
	fmt.Fprintf(v.w, "\n%d to adopt\n", len(all))
}

// Confirm asks.
func (u upgradeView) Confirm(ctx context.Context, question, flag string) error {
	return confirm(ctx, u.sys, question, flag)
}

// Certificate asks about a certificate that nobody vouches for.
func (u upgradeView) Certificate(ctx context.Context, c awsiam.Certificate) (bool, error) {
	return askCertificate(u.sys)(ctx, c)
}

// Apply carries out a plan and shows how far it is.
func (u upgradeView) Apply(ctx context.Context, s *awsiam.Session, p *awsiam.Plan) error {
	return applyPlan(ctx, u.sys, s, p)
}

// Findings shows a report of verify.
func (u upgradeView) Findings(r *verify.Report) {
	verifyView{newPlanView(u.sys, u.sys.Stderr)}.print(r)
}

// Done are the words for a plan that was carried out.
func (u upgradeView) Done(p *awsiam.Plan) string { return doneWords(p) }

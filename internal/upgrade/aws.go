package upgrade

import (
	"cmp"
	"context"
	"errors"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/handover"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// awsRead is AWS being read, while Helm renders.
type awsRead struct {
	// opened is closed once the AWS account is known, or cannot be; planned once AWS was
	// compared with irsa.yaml.
	opened, planned chan struct{}
	session         *awsiam.Session
	plan            *awsiam.Plan
	openErr, err    error
}

// wants is what is wanted of AWS: to plan, or facts alone.
func (r *request) wants() (plan, facts bool) {
	facts = r.file.LacksFacts(r.namespace)
	if r.Args.Command == "template" || !r.Provision || !awsiam.Makes(r.file) && !r.emptied() {
		return false, facts
	}
	return true, true
}

// beginAWS starts to read AWS, where something is wanted of it.
func beginAWS(b *begun) *awsRead {
	a := &awsRead{opened: make(chan struct{}), planned: make(chan struct{})}
	plan, facts := b.wants()
	if !plan && !facts {
		close(a.opened)
		close(a.planned)
		return a
	}
	go func() {
		a.session, a.openErr = b.connect(b.ctx, plan)
		close(a.opened)
		defer close(a.planned)
		if a.err = a.openErr; a.err == nil && plan {
			a.plan, a.err = a.session.Plan(b.ctx)
		}
	}()
	return a
}

// connect opens AWS for the release.
func (r *request) connect(ctx context.Context, willPlan bool) (*awsiam.Session, error) {
	options := awsiam.Options{Trace: r.Trace, WillPlan: willPlan, WillVerify: r.verifies()}
	if !r.Yes {
		options.AcceptCertificate = r.View.Certificate
	}
	return r.Connect(ctx, r.release(), options)
}

// facts are what is known of the cluster, and what placeholders stand for. Where AWS cannot be
// asked, what only it knows is missing: the post-renderer says what irsa.yaml lacks.
func facts(b *begun) handover.Facts {
	c := b.file.Cluster
	out := handover.Facts{Name: c.Name, Region: c.Region, AccountID: c.AccountID, Issuer: c.Issuer, Values: b.file.Values}
	if !b.file.LacksFacts(b.namespace) {
		return out // rendering need not wait
	}
	a, ctx := b.aws, b.ctx
	select {
	case <-a.opened:
	case <-ctx.Done():
		return out
	}
	known := a.known()
	out.AccountID, out.Region = cmp.Or(out.AccountID, known.Account), cmp.Or(out.Region, known.Region)
	return out
}

// known are the facts, once AWS was opened.
func (a *awsRead) known() awsiam.Facts {
	if a.session == nil {
		return awsiam.Facts{}
	}
	return a.session.Facts()
}

// compared waits for the plan. The error is what keeps it from being made; where nothing
// depends on it, it is a warning and there is no plan.
func compared(b *begun) (*awsiam.Plan, error) {
	a, plan := b.aws, false
	plan, _ = b.wants()
	if !plan {
		<-a.opened
		if a.openErr != nil && b.ctx.Err() == nil {
			b.Say.Warning("irsa.yaml does not say the AWS account or region, and AWS could not be asked: " + faults.FirstLine(a.openErr))
		}
		return nil, nil
	}
	<-a.planned
	switch err := a.err; {
	case err == nil:
		return a.plan, nil
	case b.ctx.Err() != nil:
		return nil, b.stopped()
	case b.emptied() && !awsiam.Makes(b.file) && !b.Asked:
		b.Say.Warning("what the release may own in AWS stays there, since AWS could not be asked: " + faults.FirstLine(err))
		return nil, nil
	case b.Args.DryRun() && !b.Asked:
		b.Say.Warning("AWS was not compared with irsa.yaml: " + faults.FirstLine(err))
		return nil, nil
	default:
		return nil, err
	}
}

// unnamed is the error of roles for a release whose name Helm makes up.
func unnamed(r *request) error {
	if plan, _ := r.wants(); !plan || r.Args.Release() != "" || r.Args.DryRun() {
		return nil
	}
	return faults.Hinted(errors.New("the roles would be made for a release whose name is not known yet"),
		"name the release and its chart, or add --irsa-provision=never")
}

var errUnnamedAdoption = faults.Hinted(errors.New("--irsa-adopt: the release's name is not known yet"), "name the release")

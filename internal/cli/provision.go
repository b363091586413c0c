package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// provisioned is what is done before Helm is run.
type provisioned struct {
	// filterArgs tell the post-renderer what AWS knew and irsa.yaml does not say.
	filterArgs []string
	// plan is what AWS lacks; nil where it was not compared.
	plan    *awsiam.Plan
	session *awsiam.Session
	// adoption is what of the cluster is to be Helm's.
	adoption *adoption
	// look is what Helm need not wait for: see explain.
	look *look
	// later takes away what pods may use until Helm has replaced them: it is done after Helm.
	later *awsiam.Plan
	// changed: something was made or changed in AWS.
	changed bool
	// cluster is what the comparison of clusters came to; nil where nothing was compared.
	cluster *comparison
}

// before is what is found out while AWS is compared with irsa.yaml, and ends before
// anything is changed.
type before struct {
	look    *look
	cluster *clusterCheck
}

// provisionFor plans, shows, asks and applies, before Helm is run. What the look found
// stops it before anything was changed. Where nothing is to be, Helm does not wait for
// the look: it changes nothing either where it stops. The service accounts themselves are
// given to Helm later, right before it is run.
func provisionFor(o *wrapperOptions, file *spec.File, namespace string, before before) (provisioned, error) {
	look := before.look
	done, err := comparePlan(o, file, namespace)
	if err == nil {
		done.cluster, err = before.cluster.against(done.session)
		if err == nil {
			err = before.cluster.allows(done.cluster, done.plan)
		}
		if err != nil { // whose service accounts are in another cluster does not matter
			return provisioned{}, err
		}
	}
	if err == nil && !o.adopt && (done.leavesAWS() || o.args.DryRun()) {
		done.look, look = look, nil
	}
	adoption, refused := look.end(done.informed(file))
	if err == nil && !done.leavesAWS() && !o.args.DryRun() {
		err = chartIsThere(o)
	}
	if err := errors.Join(err, refused); err != nil {
		return provisioned{}, err
	}
	if err := o.sys.context().Err(); err != nil {
		return provisioned{}, err
	}
	done.adoption = adoption
	showPlan(o, done, file)
	switch {
	case done.nothing():
		return done, nil
	case o.args.DryRun():
		voice{o.sys.Stderr}.info("this is a dry run: " + done.unchangedWords())
		return done, nil
	case !o.yes:
		if err := confirm(o.sys, "apply this, and then run helm "+o.args.Command+"?", "--irsa-yes"); err != nil {
			return done, err
		}
	}
	return applyTo(o, done, namespace)
}

// chartIsThere is for a chart that can only be a folder or an archive of this machine: Helm
// takes what begins so for nothing else (pkg/action/install.go, LocateChart).
func chartIsThere(o *wrapperOptions) error {
	chart := o.args.Chart()
	if !filepath.IsAbs(chart) && !strings.HasPrefix(chart, ".") {
		return nil
	}
	if _, err := os.Stat(chart); err != nil {
		return hinted(fmt.Errorf("nothing was changed in AWS, since Helm would fail: chart %s: %w", chart, errors.Unwrap(err)), "%s", afterMending)
	}
	return nil
}

// comparePlan compares AWS with irsa.yaml. A dry run and template write nothing: a dry run
// shows the plan where AWS can be asked, and both ask STS for the AWS account only where
// the ARNs cannot be computed without.
func comparePlan(o *wrapperOptions, file *spec.File, namespace string) (provisioned, error) {
	dry := o.args.DryRun()
	if o.args.Command == "template" || !o.provision {
		return factsOnly(o, file, namespace)
	}
	emptied := emptied(o, file)
	if !needsAWS(file) && !emptied {
		return provisioned{}, nil
	}
	if o.args.Release() == "" && !dry {
		return provisioned{}, hinted(errors.New("the roles would be made for a release whose name is not known yet"),
			"name the release and its chart, or add --irsa-provision=never")
	}
	s, p, err := planFor(o, file, namespace)
	if err != nil {
		if emptied && !o.asked {
			voice{o.sys.Stderr}.warning("what the release may own in AWS stays there, since AWS could not be asked: " + firstLine(err))
			return provisioned{}, nil
		}
		if dry && !o.asked {
			voice{o.sys.Stderr}.warning(fmt.Sprintf("AWS was not compared with irsa.yaml: %s", firstLine(err)))
			return provisioned{}, nil
		}
		return provisioned{}, err
	}
	return provisioned{filterArgs: filterFacts(s.Facts()), plan: p, session: s}, nil
}

// showPlan prints what is to be done; where that is nothing in AWS, only its warnings.
func showPlan(o *wrapperOptions, p provisioned, file *spec.File) {
	v := newPlanView(o.sys, o.sys.Stderr)
	switch {
	case p.leavesAWS() && p.plan != nil:
		for _, w := range p.plan.Warnings {
			voice{o.sys.Stderr}.warning(w)
		}
	case !p.leavesAWS():
		v.headed(p.cluster)
		v.print(p.plan)
		if p.adoption != nil {
			fmt.Fprintln(v.w)
		}
	}
	p.adoption.print(v, p.informed(file))
}

// informed is irsa.yaml with what AWS knew and it does not say.
func (p provisioned) informed(file *spec.File) *spec.File {
	if p.session == nil {
		return file
	}
	facts := p.session.Facts()
	return file.InCluster(facts.Account, facts.Region)
}

// applyTo makes in AWS what the plan says, and leaves for later what takes away.
func applyTo(o *wrapperOptions, done provisioned, namespace string) (provisioned, error) {
	if done.leavesAWS() {
		return done, nil
	}
	now, later := done.plan.Split()
	if !now.Empty() {
		if err := applyPlan(o.sys, done.session, now); err != nil {
			return done, err
		}
		voice{o.sys.Stderr}.info(doneWords(now))
		done.changed = true
	}
	if !later.Empty() {
		done.later = later
		voice{o.sys.Stderr}.info("what is no longer wanted is taken away once Helm has succeeded")
	}
	// From here on a signal does not end this program by itself: see Interrupts.
	if o.sys.context().Err() != nil {
		done.sayThatTheyStay(o, namespace)
		return done, errors.New("stopped before Helm was run")
	}
	return done, nil
}

// takeAway does what waited for Helm, unless the new identities turned out to be broken,
// or were to be verified and could not be: the old ones may be all that works.
// So they are while pods run with a role that would go.
func (p provisioned) takeAway(o *wrapperOptions, file *spec.File, namespace string, proof proof) error {
	if p.later == nil {
		return nil
	}
	switch proof {
	case broken:
		p.sayThatNothingGoes(o, namespace, "what irsa.yaml no longer wants stays in AWS until this is mended")
		return nil
	case unread:
		p.sayThatNothingGoes(o, namespace, "the release is installed, and what irsa.yaml no longer wants is still in AWS")
		return errors.New("taking away what irsa.yaml no longer wants: the new roles were not verified")
	}
	held, err := p.stillHeld(o, file, namespace)
	switch {
	case err != nil:
		voice{o.sys.Stderr}.warning("whether pods still run with a role that would be deleted is not known: " + firstLine(err))
		p.sayThatNothingGoes(o, namespace, "the release is installed, and what irsa.yaml no longer wants is still in AWS")
		return nil
	case len(held) > 0:
		p.sayStillHeld(o, namespace, held)
		return nil
	}
	if err := applyPlan(o.sys, p.session, p.later); err != nil {
		p.sayThatNothingGoes(o, namespace, "the release is installed, and what irsa.yaml no longer wants is still in AWS")
		return afterHelm(err, o.irsaAgain("apply", namespace))
	}
	voice{o.sys.Stderr}.info(doneWords(p.later))
	return nil
}

func (p provisioned) sayThatNothingGoes(o *wrapperOptions, namespace, words string) {
	v := voice{o.sys.Stderr}
	v.info(words)
	v.hint("to take it away: " + o.irsaAgain("apply", namespace))
}

// leavesAWS: nothing of AWS is to be changed.
func (p provisioned) leavesAWS() bool { return p.plan == nil || p.plan.Empty() }

// nothing is to be changed at all.
func (p provisioned) nothing() bool { return p.leavesAWS() && p.adoption == nil }

// unchangedWords say what a dry run left as it was.
func (p provisioned) unchangedWords() string {
	switch {
	case p.adoption == nil:
		return "AWS was not changed"
	case p.leavesAWS():
		return "the cluster was not changed"
	}
	return "AWS and the cluster were not changed"
}

// needsAWS: something in irsa.yaml is to be made or kept in AWS.
func needsAWS(f *spec.File) bool {
	for _, sa := range f.ServiceAccounts {
		if sa.Role.ARN == "" || sa.Mode != "irsa" {
			return true
		}
	}
	return len(f.Policies) > 0 || f.NodeRole != nil
}

// emptied: irsa.yaml has no service account any more, so that all goes that the release
// may have had. Where it names roles by ARN alone, AWS is not asked: that is for who has
// no access to IAM, and what was made before goes with apply or uninstall.
func emptied(o *wrapperOptions, f *spec.File) bool {
	return o.args.Command == "upgrade" && o.args.Release() != "" && len(f.ServiceAccounts) == 0 && namesCluster(f)
}

func planFor(o *wrapperOptions, file *spec.File, namespace string) (*awsiam.Session, *awsiam.Plan, error) {
	o.aws.willPlan = true
	s, err := connectFor(o, file, namespace)
	if err != nil {
		return nil, nil, err
	}
	p, err := s.Plan(o.sys.context())
	return s, p, err
}

func connectFor(o *wrapperOptions, file *spec.File, namespace string) (*awsiam.Session, error) {
	return sessionFor(o, o.sys.context(), file, namespace)
}

func sessionFor(o *wrapperOptions, ctx context.Context, file *spec.File, namespace string) (*awsiam.Session, error) {
	r := awsiam.Release{File: file, Namespace: namespace, Name: o.args.Release(), Typed: o.named}
	options := awsiam.Options{Trace: tracer(o.sys), WillPlan: o.aws.willPlan}
	if !o.yes {
		options.AcceptCertificate = askCertificate(o.sys)
	}
	return o.aws.connect(ctx, r, options)
}

// factsOnly asks STS for the AWS account where irsa.yaml leaves it out; reading only.
func factsOnly(o *wrapperOptions, file *spec.File, namespace string) (provisioned, error) {
	if !missesFacts(file, namespace) {
		return provisioned{}, nil
	}
	s, err := connectFor(o, file, namespace)
	if err != nil {
		// The post-renderer says what irsa.yaml lacks, which is what most can do about it.
		voice{o.sys.Stderr}.warning("irsa.yaml does not say the AWS account or region, and AWS could not be asked: " + firstLine(err))
		return provisioned{}, nil
	}
	return provisioned{filterArgs: filterFacts(s.Facts())}, nil
}

// missesFacts: an ARN depends on the AWS account or the region, which irsa.yaml leaves out.
func missesFacts(file *spec.File, namespace string) bool {
	for _, sa := range file.ServiceAccounts {
		var unknown *spec.UnknownARN
		if _, err := file.RoleARN(sa, namespace); errors.As(err, &unknown) {
			return true
		}
	}
	return false
}

func filterFacts(f awsiam.Facts) []string {
	return []string{"--account-id", f.Account, "--region", f.Region}
}

// sayThatTheyStay: Helm failed after something was made in AWS, or given to it, or before
// something was taken away.
func (p provisioned) sayThatTheyStay(o *wrapperOptions, namespace string) {
	p.adoption.sayThatTheyStay()
	v := voice{o.sys.Stderr}
	if p.later != nil {
		v.info("nothing was taken away in AWS, since Helm did not succeed")
	}
	if !p.changed {
		return
	}
	v.info("what was made in AWS stays, for the next try")
	v.hint(fmt.Sprintf("to go on: after mending that, the same command again; to go back: %s with the irsa.yaml of before; where there was none: %s",
		o.irsaAgain("apply", namespace), o.irsaAgain("destroy", namespace)))
}

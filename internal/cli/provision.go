package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// provisioned is what came of AWS before Helm is run.
type provisioned struct {
	// filterArgs tell the post-renderer what AWS knew and irsa.yaml does not say.
	filterArgs []string
	// changed: something was made or changed.
	changed bool
}

// provisionFor plans, shows, asks and applies, before Helm is run. A dry run and
// template write nothing: a dry run shows the plan where AWS can be asked, and both ask
// AWS for its account only where the ARNs cannot be computed without.
func (o *wrapperOptions) provisionFor(file *spec.File, namespace string) (provisioned, error) {
	dry := o.args.DryRun()
	if o.args.Command == "template" || !o.provision {
		return o.factsOnly(file, namespace)
	}
	if !needsAWS(file) {
		return provisioned{}, nil
	}
	if o.args.Release() == "" && !dry {
		return provisioned{}, hinted(errors.New("the roles would be made for a release whose name is not known yet"),
			"name the release, or add --irsa-provision=never")
	}
	s, p, err := o.plan(file, namespace)
	if err != nil {
		if dry && !o.asked {
			voice{o.sys.Stderr}.warning(fmt.Sprintf("AWS was not compared with irsa.yaml: %s", firstLine(err)))
			return provisioned{}, nil
		}
		return provisioned{}, err
	}
	done := provisioned{filterArgs: filterFacts(s.Facts())}
	if p.Empty() {
		for _, w := range p.Warnings {
			voice{o.sys.Stderr}.warning(w)
		}
		return done, nil
	}
	newPlanView(o.sys, o.sys.Stderr).print(p)
	if dry {
		voice{o.sys.Stderr}.info("this is a dry run: AWS was not changed")
		return done, nil
	}
	if !o.yes {
		if err := confirm(o.sys, "apply this, and then run helm "+o.args.Command+"?", "--irsa-yes"); err != nil {
			return done, err
		}
	}
	if err := applyPlan(o.sys, s, p); err != nil {
		return done, err
	}
	voice{o.sys.Stderr}.info(doneWords(p))
	done.changed = true
	// From here on a signal does not end this program by itself: see Interrupts.
	if o.sys.context().Err() != nil {
		done.sayThatTheyStay(o, namespace)
		return done, errors.New("stopped before Helm was run")
	}
	return done, nil
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

func (o *wrapperOptions) plan(file *spec.File, namespace string) (*awsiam.Session, *awsiam.Plan, error) {
	o.aws.willPlan = true
	s, err := o.connect(file, namespace)
	if err != nil {
		return nil, nil, err
	}
	p, err := s.Plan(o.sys.context())
	return s, p, err
}

func (o *wrapperOptions) connect(file *spec.File, namespace string) (*awsiam.Session, error) {
	return o.session(o.sys.context(), file, namespace)
}

func (o *wrapperOptions) session(ctx context.Context, file *spec.File, namespace string) (*awsiam.Session, error) {
	r := awsiam.Release{File: file, Namespace: namespace, Name: o.args.Release()}
	return o.aws.connect(ctx, r, awsiam.Options{Trace: tracer(o.sys), WillPlan: o.aws.willPlan})
}

// factsOnly asks AWS for the account where irsa.yaml leaves it out; reading only.
func (o *wrapperOptions) factsOnly(file *spec.File, namespace string) (provisioned, error) {
	if !missesFacts(file, namespace) {
		return provisioned{}, nil
	}
	s, err := o.connect(file, namespace)
	if err != nil {
		// The post-renderer says what irsa.yaml lacks, which is what most can do about it.
		voice{o.sys.Stderr}.warning("irsa.yaml does not say the AWS account or region, and AWS could not be asked: " + firstLine(err))
		return provisioned{}, nil
	}
	return provisioned{filterArgs: filterFacts(s.Facts())}, nil
}

// missesFacts: an ARN depends on the account or the region, which irsa.yaml leaves out.
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

// sayThatTheyStay: Helm failed after something was made in AWS.
func (p provisioned) sayThatTheyStay(o *wrapperOptions, namespace string) {
	if !p.changed {
		return
	}
	v := voice{o.sys.Stderr}
	v.info("what was made in AWS stays, for the next try")
	v.hint(fmt.Sprintf("to remove it: helm irsa destroy %s -n %s", o.args.Release(), namespace))
}

// firstLine is an error cut to its first line, for a warning.
func firstLine(err error) string {
	if errors.Is(err, context.Canceled) {
		return "stopped"
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

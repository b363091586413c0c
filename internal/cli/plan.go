package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/kube"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/upgrade"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/internal/whichcluster"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// planOptions are one `helm irsa plan|apply|destroy`.
type planOptions struct {
	*awsOptions
	command      string // plan, apply or destroy
	exitCode     bool   // plan: 2 where something would change
	yes          bool
	full         bool // show what documents say that are new
	destroy      awsiam.DestroyOptions
	chartOptions // plan
	// cluster is what the comparison with the kubeconfig's came to; nil where there is none.
	cluster *whichcluster.Comparison
}

const planHelp = `Compares AWS with irsa.yaml and prints what apply would do: every document that
would be written, as a diff, and in words what would be deleted and who would get
in that cannot now. It writes nothing.

RELEASE is the release's name in Helm. It may be left away only where the roles in
AWS are of no release that has a name.`

const applyHelp = `Makes AWS what irsa.yaml says: the OIDC provider, policies, roles, attachments,
trust, Pod Identity associations. Prints the plan and asks first. It may be run
again after any interruption, and goes on where it stopped.

What helm-irsa makes carries tags that say for which cluster, namespace and
release, and a proof of it: a statement in the role's trust policy, or the policy's
description. What does not carry both is never changed, unless --adopt names it:
role/NAME, policy/NAME, provider/ISSUER or association/NAMESPACE/SERVICEACCOUNT.`

const destroyHelp = `Removes from AWS what the release owns: Pod Identity associations, attachments,
inline policies, roles, policies that nothing else uses, and its own statements in
a trust that others share. Prints the plan and asks first. The OIDC provider stays,
since other releases of the cluster need it, unless --oidc-provider is given.

What was adopted is released: the release's statements and tags go, and the rest
stays, unless --delete-adopted is given.`

func newPlan(sys *System, run func(*planOptions) error) *cobra.Command {
	o, cmd := newPlanCommand(sys, "plan", run, runPlan)
	cmd.Short = "Show what apply would change in AWS"
	cmd.Long = planHelp
	cmd.Example = `  helm irsa plan epinio -n epinio
  helm irsa plan epinio -n epinio -o json | jq .summary
  helm irsa plan epinio -n epinio --exit-code
  helm irsa plan epinio -n epinio --chart epinio/epinio -- -f values.yaml`
	cmd.Flags().StringArrayVar(&o.adopt, "adopt", nil, adoptUsage)
	o.addChart(cmd)
	cmd.Flags().BoolVar(&o.exitCode, "exit-code", false, "end with 2 where something would change")
	return cmd
}

func newApply(sys *System, run func(*planOptions) error) *cobra.Command {
	o, cmd := newPlanCommand(sys, "apply", run, runApply)
	cmd.Short = "Make AWS what irsa.yaml says"
	cmd.Long = applyHelp
	cmd.Example = `  helm irsa apply epinio -n epinio
  helm irsa apply epinio -n epinio --yes
  helm irsa apply epinio -n epinio --adopt role/epinio-server-role`
	cmd.Flags().StringArrayVar(&o.adopt, "adopt", nil, adoptUsage)
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	return cmd
}

func newDestroy(sys *System, run func(*planOptions) error) *cobra.Command {
	o, cmd := newPlanCommand(sys, "destroy", run, runDestroy)
	cmd.Short = "Remove from AWS what the release owns"
	cmd.Long = destroyHelp
	cmd.Example = `  helm irsa destroy epinio -n epinio
  helm irsa destroy epinio -n epinio --yes --oidc-provider`
	cmd.Flags().BoolVar(&o.destroy.Provider, "oidc-provider", false, "also the OIDC provider, where helm-irsa made it and no other role trusts it")
	cmd.Flags().BoolVar(&o.destroy.DeleteAdopted, "delete-adopted", false, "delete what was adopted, too, instead of releasing it")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	return cmd
}

// adoptUsage is the help of --adopt.
const adoptUsage = "take over a `TYPE/NAME` that helm-irsa did not make: role/NAME, policy/NAME, provider/ISSUER or association/NAMESPACE/SERVICEACCOUNT (repeatable)"

// newPlanCommand is what the three have in common. given replaces run in tests.
func newPlanCommand(sys *System, name string, given, run func(*planOptions) error) (*planOptions, *cobra.Command) {
	if given != nil {
		run = given
	}
	o := &planOptions{awsOptions: newAWSOptions(sys), command: name}
	cmd := &cobra.Command{Use: name + " [RELEASE]", Args: oneRelease}
	o.addFlags(cmd)
	o.addOutput(cmd)
	cmd.Flags().BoolVar(&o.full, "full", false, "show also what is written into what is new: tags, settings, documents")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if at := cmd.ArgsLenAtDash(); at >= 0 && o.chart != "" {
			args = args[:at]
		}
		if len(args) == 1 {
			o.release = args[0]
		}
		if err := o.checkOutput(cmd); err != nil {
			return err
		}
		return run(o)
	}
	return o, cmd
}

// oneRelease takes a release's name or nothing.
func oneRelease(cmd *cobra.Command, args []string) error {
	if len(args) < 2 {
		return nil
	}
	return faults.Hinted(fmt.Errorf("%s takes one release, not %q", cmd.CommandPath(), args), "%s %s", cmd.CommandPath(), safe.Word(args[0]))
}

// planned opens AWS and compares it with irsa.yaml.
func (o *planOptions) planned() (*awsiam.Session, *awsiam.Plan, error) {
	o.willPlan = true
	return o.against(func(s *awsiam.Session) (*awsiam.Plan, error) { return s.Plan(o.sys.context()) })
}

// against plans for the cluster of irsa.yaml. Where there is a kubeconfig, and it is for another
// one, that is an error: release and namespace would be that one's.
func (o *planOptions) against(plan func(*awsiam.Session) (*awsiam.Plan, error)) (*awsiam.Session, *awsiam.Plan, error) {
	ctx := o.sys.context()
	r, err := o.clustered()
	if err != nil {
		return nil, nil, err
	}
	var reader *upgrade.LiveReader
	if k := o.which.Kubeconfig(); k.Server != "" {
		client, err := kube.Open(kube.Options{Namespace: r.Namespace, Getenv: o.sys.Getenv})
		reader = upgrade.ReadLive(ctx, client, err)
		defer reader.Leave()
	}
	s, err := o.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	p, err := plan(s)
	o.which = upgrade.Learnt(o.which, s)
	if reader == nil {
		return s, p, o.nameIt(err)
	}
	got, live, failed := reader.Compare(ctx, r.File, s)
	switch {
	case failed != nil:
		return nil, nil, failed
	case got.Match == whichcluster.Other:
		return nil, nil, upgrade.OtherCluster(got, live, o.sys.Getenv("KUBECONFIG"))
	}
	o.cluster = &got
	return s, p, o.nameIt(err)
}

// nameIt gives the error that the release must be named the command to type.
func (o *planOptions) nameIt(err error) error {
	var named *awsiam.NamedRelease
	if !errors.As(err, &named) {
		return err
	}
	again := safe.Irsa(o.command, named.Owner.Release, named.Owner.Namespace, o.typed()).String()
	return faults.Hinted(errors.New(named.Error()), "name the release: %s", again)
}

func runPlan(o *planOptions) error {
	s, p, err := o.planned()
	if err != nil {
		return err
	}
	if o.chart != "" {
		r, err := o.request()
		if err != nil {
			return err
		}
		if err := o.matched(o.sys, r, s.Facts()); err != nil {
			return err
		}
	}
	if err := o.print(p); err != nil {
		return err
	}
	if o.exitCode && !p.Empty() {
		return exited(2)
	}
	return nil
}

// print shows a plan on stdout, in the format that was asked for.
func (o *planOptions) print(p *awsiam.Plan) error {
	if o.format == "json" {
		return printJSON(o.sys.Stdout, struct {
			Cluster whichcluster.Told `json:"cluster"`
			*awsiam.Plan
		}{o.which.Told(), p})
	}
	v := newPlanView(o.sys, o.sys.Stdout)
	v.full = o.full
	if text := o.which.Heading(o.cluster); text != "" && !p.Empty() && !o.which.AsWritten() { // else the plan names it
		v.line("", text)
	}
	v.print(p)
	return o.sys.printed()
}

func runApply(o *planOptions) error {
	if !o.yes {
		o.acceptCertificate = askCertificate(o.sys)
	}
	s, p, err := o.planned()
	if err != nil {
		return err
	}
	if err := o.ofSomeRelease(p); err != nil {
		return err
	}
	return o.carryOut(s, p, "apply this?")
}

// ofSomeRelease refuses to make roles for a release that nobody has named, in a namespace
// that nobody has: Helm sets $HELM_NAMESPACE for plugins to default where it was given none.
// Without a name there is a release where AWS has one, or where irsa.yaml says the namespaces.
func (o *planOptions) ofSomeRelease(p *awsiam.Plan) error {
	if p.Empty() || p.Owner.Release != "" || o.namespace != "" || o.sys.Getenv("HELM_NAMESPACE") != "default" {
		return nil
	}
	r, err := o.request()
	if err != nil {
		return err
	}
	for _, sa := range r.File.ServiceAccounts {
		if sa.Namespace == "" {
			return faults.Hinted(errors.New("the roles would be made for a release that has no name, in namespace default"),
				"name the release: helm irsa apply RELEASE -n NAMESPACE")
		}
	}
	return nil
}

func runDestroy(o *planOptions) error {
	s, p, err := o.against(func(s *awsiam.Session) (*awsiam.Plan, error) { return s.PlanDestroy(o.sys.context(), o.destroy) })
	if err != nil {
		return err
	}
	return o.carryOut(s, p, "delete this?")
}

// carryOut shows a plan, asks, and does it.
func (o *planOptions) carryOut(s *awsiam.Session, p *awsiam.Plan, question string) error {
	if err := o.print(p); err != nil || p.Empty() {
		return err
	}
	if !o.yes {
		if err := confirm(o.sys.context(), o.sys, question, "--yes"); err != nil {
			return faults.Stated(err, "nothing was changed", "")
		}
	}
	if err := applyPlan(o.sys.context(), o.sys, s, p); err != nil {
		return err
	}
	voice.To(o.sys.Stderr).Info(doneWords(p))
	return nil
}

// doneWords says what was done.
func doneWords(p *awsiam.Plan) string {
	text := fmt.Sprintf("done for %s: %d created, %d updated, %d deleted", p.Owner, p.Summary.Create, p.Summary.Update, p.Summary.Delete)
	if n := len(p.Begun); n > 0 {
		text += fmt.Sprintf(", %d begun", n)
	}
	return text
}

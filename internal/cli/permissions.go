package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/helm-irsa/helm-irsa/internal/faults"
	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/internal/voice"
	"github.com/helm-irsa/helm-irsa/pkg/awsiam"
)

// permissionsOptions are one `helm irsa permissions`.
type permissionsOptions struct {
	*awsOptions
	what    awsiam.PermissionsOptions
	account string
	part    int
	// report and gc are of whole AWS accounts, without an irsa.yaml.
	report, gc bool
}

const permissionsHelp = `Prints the smallest IAM policy with which plan, apply and destroy work for this
irsa.yaml, as JSON for aws iam create-policy --policy-document.

It names the roles, policies, providers and the cluster of irsa.yaml exactly. Only
the policies that irsa.yaml lists may be attached, and where a role has a permissions
boundary, it may only be made with it. * stands only where AWS does not tell
resources apart, or makes up their IDs. So a role that irsa.yaml no longer names
cannot be removed with it: remove it with the policy for the irsa.yaml of before, or
print this one with --leftovers. That also allows the removal of what is under the
file's paths and carries the tags of the cluster and the namespace, and of RELEASE
where it is named.

With --read-only it is the policy for plan alone, such as for a pull request. With
--verify it is the one for verify, snapshot and status, which read only. They look at
what is there, so * also stands for the providers and policies of an AWS account. With it
verify --live works too: STS takes a token without any permission. The cluster asks for
the permission to create serviceaccounts/token.

With --report or --gc it is the policy for helm irsa report or gc, which read whole AWS
accounts: no irsa.yaml is read, and it is the same in each AWS account. That of gc deletes
nothing that has no tag of helm-irsa.

A file that touches several AWS accounts needs a policy in each: --account prints
one of them. Where one is longer than IAM takes, it comes in parts: --part. With
-o json all of them are printed, by AWS account.

AWS is asked only where irsa.yaml lacks cluster.accountID or cluster.region; without
--verify also where it lacks cluster.issuer or has nodeRole.fromNodegroups.`

func newPermissions(sys *System, run func(*permissionsOptions) error) *cobra.Command {
	if run == nil {
		run = runPermissions
	}
	o := &permissionsOptions{awsOptions: newAWSOptions(sys)}
	cmd := &cobra.Command{
		Use:   "permissions [RELEASE]",
		Short: "Print the IAM policy that provisioning or verifying needs",
		Long:  permissionsHelp,
		Example: `  helm irsa permissions -n epinio > policy.json
  helm irsa permissions -n epinio --read-only --account 444455556666
  helm irsa permissions -n epinio --verify > policy.json
  helm irsa permissions -n epinio -o json | jq .accounts[].account
  helm irsa permissions --gc > gc.json`,
		Args: oneRelease,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.release = args[0]
			}
			if err := o.check(cmd); err != nil {
				return err
			}
			return run(o)
		},
	}
	o.addFlags(cmd)
	f := cmd.Flags()
	f.BoolVar(&o.what.ReadOnly, "read-only", false, "only what plan needs")
	f.BoolVar(&o.what.Leftovers, "leftovers", false, "also what removes what an earlier irsa.yaml wanted")
	f.BoolVar(&o.what.Provider, "oidc-provider", false, "also what destroy --oidc-provider needs")
	f.BoolVar(&o.what.Verify, "verify", false, "what verify, snapshot and status need instead")
	f.BoolVar(&o.report, "report", false, "what report needs, in each AWS account")
	f.BoolVar(&o.gc, "gc", false, "what gc needs, in each AWS account")
	f.StringVar(&o.account, "account", "", "the policy for this AWS account only")
	f.IntVar(&o.part, "part", 0, "this part of a policy that is longer than IAM takes, from 1")
	o.addOutput(cmd)
	return cmd
}

// check looks at what was typed.
func (o *permissionsOptions) check(cmd *cobra.Command) error {
	for _, other := range []struct {
		flag  string
		given bool
	}{{"--read-only", o.what.ReadOnly}, {"--leftovers", o.what.Leftovers}, {"--oidc-provider", o.what.Provider}} {
		if o.what.Verify && other.given {
			return faults.Hinted(fmt.Errorf("both --verify and %s were given", other.flag),
				"leave one of them away: %s is about plan, apply and destroy", other.flag)
		}
	}
	if o.report || o.gc {
		return o.checkWhole(cmd)
	}
	return o.checkOutput(cmd)
}

// checkWhole: what is said of an irsa.yaml says nothing of whole AWS accounts.
func (o *permissionsOptions) checkWhole(cmd *cobra.Command) error {
	this := map[bool]string{true: "--report", false: "--gc"}[o.report]
	var other string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if given := cmd.Flags().Changed(f.Name); given && other == "" && !slices.Contains([]string{"output", strings.TrimPrefix(this, "--")}, f.Name) {
			other = "--" + f.Name
		}
	})
	switch {
	case other != "":
		return faults.Hinted(fmt.Errorf("both %s and %s were given", this, other), "helm irsa permissions %s", this)
	case o.release != "":
		return faults.Hinted(fmt.Errorf("%s is of whole AWS accounts, and release %s was named", this, o.release), "helm irsa permissions %s", this)
	}
	return o.checkOutput(cmd)
}

// whole prints the policy for whole AWS accounts.
func (o *permissionsOptions) whole() error {
	use := awsiam.ToReport
	if o.gc {
		use = awsiam.ToCleanUp
	}
	doc := awsiam.FleetPermissions(use)
	if o.format == "json" {
		return printJSON(o.sys.Stdout, map[string]any{"accounts": []awsiam.AccountPolicies{{Account: "*", Policies: []awsiam.PolicyDocument{doc}}}})
	}
	_, err := o.sys.Stdout.Write(safe.JSON([]byte(doc.Text())))
	return err
}

func runPermissions(o *permissionsOptions) error {
	if o.report || o.gc {
		return o.whole()
	}
	all, err := o.permissions()
	if err != nil {
		return err
	}
	if len(all) == 0 {
		voice.To(o.sys.Stderr).Info("irsa.yaml wants nothing of AWS, so no permission is needed")
	}
	if all, err = o.ofAccount(all); err != nil {
		return err
	}
	if o.format == "json" {
		return printJSON(o.sys.Stdout, map[string]any{"accounts": append([]awsiam.AccountPolicies{}, all...)})
	}
	if len(all) == 0 {
		return nil
	}
	return o.print(all)
}

// permissions asks AWS only for what irsa.yaml does not say.
func (o *permissionsOptions) permissions() ([]awsiam.AccountPolicies, error) {
	r, err := o.namespaced()
	if err != nil {
		return nil, err
	}
	unsaid := awsiam.Unsaid(r.File, o.what)
	if len(unsaid) == 0 {
		return awsiam.Permissions(r, awsiam.FactsOf(r.File), o.what)
	}
	if _, err := o.clustered(); err != nil {
		return nil, err
	}
	s, err := o.connect(o.sys.context(), r, awsiam.Options{Trace: tracer(o.sys)})
	if err != nil {
		return nil, notAsked(unsaid, err)
	}
	all, err := s.Permissions(o.sys.context(), o.what)
	return all, notAsked(unsaid, err)
}

// notAsked says why AWS had to be asked, and how it need not be.
func notAsked(unsaid []string, err error) error {
	if err == nil {
		return nil
	}
	hint := "write it into irsa.yaml, and AWS is not asked"
	var known interface{ Hint() string }
	if errors.As(err, &known) && known.Hint() != "" {
		hint = known.Hint() + "; or " + hint
	}
	return faults.Hinted(fmt.Errorf("asking AWS for what irsa.yaml does not say (%s): %w", strings.Join(unsaid, ", "), err), "%s", hint)
}

// ofAccount narrows the policies to one AWS account, where one is asked for.
func (o *permissionsOptions) ofAccount(all []awsiam.AccountPolicies) ([]awsiam.AccountPolicies, error) {
	if o.account == "" {
		return all, nil
	}
	i := slices.IndexFunc(all, func(a awsiam.AccountPolicies) bool { return a.Account == o.account })
	if i < 0 {
		return nil, faults.Hinted(fmt.Errorf("--account %s: irsa.yaml needs nothing there", o.account), "the AWS accounts are: %s", accountNames(all))
	}
	return all[i : i+1], nil
}

func accountNames(all []awsiam.AccountPolicies) string {
	names := make([]string, len(all))
	for i, a := range all {
		names[i] = a.Account
	}
	return strings.Join(names, ", ")
}

// print prints one document, so that it can be piped on as it is.
func (o *permissionsOptions) print(all []awsiam.AccountPolicies) error {
	if len(all) > 1 {
		return faults.Hinted(fmt.Errorf("irsa.yaml needs a policy in each of %d AWS accounts: %s", len(all), accountNames(all)),
			"--account %s prints one, -o json all of them", all[0].Account)
	}
	a := all[0]
	count := len(a.Policies)
	switch {
	case o.part < 0 || o.part > count:
		return faults.Hinted(fmt.Errorf("--part %d: the policy for AWS account %s has %s", o.part, a.Account, parts(count)), "--part %d", count)
	case o.part == 0 && count > 1:
		return faults.Hinted(fmt.Errorf("the policy for AWS account %s is longer than IAM takes, so it comes in %s", a.Account, parts(count)),
			"print each with --part 1 to --part %d, and attach all of them; -o json prints all of them", count)
	case o.part == 0:
		o.part = 1
	}
	_, err := o.sys.Stdout.Write(safe.JSON([]byte(a.Policies[o.part-1].Text())))
	return err
}

func parts(n int) string {
	if n == 1 {
		return "1 part"
	}
	return fmt.Sprintf("%d parts", n)
}

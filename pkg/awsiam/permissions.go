package awsiam

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// PermissionsOptions say what the permissions are for; the zero value is plan, apply and
// destroy of what irsa.yaml says.
type PermissionsOptions struct {
	// ReadOnly leaves out all that writes: what a plan needs.
	ReadOnly bool
	// Leftovers adds what it takes to remove what an earlier irsa.yaml wanted and this
	// one does not. Their names are not known, so these go by path and by the tags of the
	// release.
	Leftovers bool
	// Provider adds the deletion of the OIDC providers: DestroyOptions.Provider.
	Provider bool
	// Verify is for Session.Snapshot and Session.Pending in place of all that: it has none
	// of the others beside it. It only reads.
	Verify bool
}

// AccountPolicies are the policies for whoever acts in one AWS account.
type AccountPolicies struct {
	Account string `json:"account"`
	// For is the role that acts there, where irsa.yaml says accounts[].assumeRoleARN;
	// else empty.
	For string `json:"for,omitempty"`
	// Policies are several where IAM's limit does not let one hold it all.
	Policies []PolicyDocument `json:"policies"`
}

// Unsaid are the fields that Permissions needs and irsa.yaml does not have: AWS has to
// be asked for them.
func Unsaid(f *spec.File, o PermissionsOptions) []string {
	var out []string
	missing := func(field string, value string) {
		if value == "" {
			out = append(out, field)
		}
	}
	missing("cluster.region", f.Cluster.Region)
	missing("cluster.accountID", f.Cluster.AccountID)
	if needsIssuer(f) && !o.Verify {
		missing("cluster.issuer", f.Cluster.Issuer)
		for i, c := range f.Cluster.Additional {
			missing(fmt.Sprintf("cluster.additional[%d].issuer", i), c.Issuer)
		}
	}
	if f.NodeRole != nil && !o.Verify {
		missing("nodeRole.name", f.NodeRole.Name)
	}
	if _, ok := f.Accounts[f.Cluster.AccountID]; ok && slices.ContainsFunc(sortedKeys(f.Accounts), func(id string) bool { return f.Accounts[id].AssumeRoleARN != "" }) {
		out = append(out, "which AWS account the credentials are of") // whoever assumes the roles is in it
	}
	return out
}

// FactsOf is what irsa.yaml says by itself; all that Permissions needs where Unsaid
// finds nothing. The credentials are taken to be of the cluster's AWS account.
func FactsOf(f *spec.File) Facts {
	facts := Facts{
		CallerAccount: f.Cluster.AccountID, Account: f.Cluster.AccountID, Cluster: f.Cluster.Name,
		Region: f.Cluster.Region, Partition: spec.PartitionOf(f.Cluster.Region),
	}
	if f.Cluster.Issuer != "" {
		facts.Issuers = []string{f.Cluster.Issuer}
		for _, c := range f.Cluster.Additional {
			facts.Issuers = append(facts.Issuers, c.Issuer)
		}
	}
	if f.NodeRole != nil && f.NodeRole.Name != "" {
		facts.NodeRoles = []string{f.NodeRole.Name}
	}
	return facts
}

// Permissions asks AWS for what irsa.yaml leaves to it, and gives the policies.
func (s *Session) Permissions(ctx context.Context, o PermissionsOptions) ([]AccountPolicies, error) {
	if !o.Verify { // which is the same whatever the issuer
		if err := findCluster(s, ctx); err != nil {
			return nil, err
		}
	}
	return Permissions(s.release, s.facts, o)
}

// Permissions are the smallest policies with which the release can be provisioned, or
// verified: for each AWS account, in their order. Nothing is asked: facts must be
// complete. Errors are those of Want.
//
// Which action is held against which resource, and knows which condition, is in the
// service authorization reference, below
// https://docs.aws.amazon.com/service-authorization/latest/reference/:
// list_awsidentityandaccessmanagementiam.html, list_amazonelastickubernetesservice.html
// and list_awssecuritytokenservice.html. sts:GetCallerIdentity needs no permission
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).
func Permissions(r Release, facts Facts, o PermissionsOptions) ([]AccountPolicies, error) {
	d, err := want(r, facts, o.Verify) // verifying needs neither documents nor an issuer either
	if err != nil {
		return nil, err
	}
	p := &permitting{Desired: d, file: r.File, options: o, statements: map[string][]PolicyStatement{}}
	if o.Verify {
		p.verify()
	} else {
		p.provision()
	}
	p.cluster()
	p.associations()
	p.assume()
	var out []AccountPolicies
	for _, id := range sortedKeys(p.statements) {
		a := AccountPolicies{Account: id, Policies: documents(p.statements[id])}
		if id != facts.CallerAccount {
			a.For = r.File.Accounts[id].AssumeRoleARN
		}
		out = append(out, a)
	}
	return out, nil
}

// provision allows what plan, apply and destroy do in IAM.
func (p *permitting) provision() {
	for _, id := range p.Desired.accounts() {
		p.account(id)
	}
	for _, id := range p.Desired.Look {
		p.look(id)
	}
}

// permitting collects the statements of each AWS account.
type permitting struct {
	Desired    *desired
	file       *spec.File
	options    PermissionsOptions
	statements map[string][]PolicyStatement
}

// condition is of one operator and key; several are all to hold.
type condition struct {
	operator, key string
	values        []string
}

// read allows actions; write does so too, unless only reading is asked for.
func (p *permitting) read(account, sid, actions string, resources []string, conditions ...condition) {
	if len(resources) == 0 || actions == "" {
		return
	}
	s := PolicyStatement{Sid: sid, Effect: "Allow", Action: strings.Fields(actions), Resource: sortedSet(resources)}
	slices.Sort(s.Action)
	for _, c := range conditions {
		if s.Condition == nil {
			s.Condition = map[string]map[string][]string{}
		}
		if s.Condition[c.operator] == nil {
			s.Condition[c.operator] = map[string][]string{}
		}
		s.Condition[c.operator][c.key] = sortedSet(c.values)
	}
	p.statements[account] = append(p.statements[account], s)
}

func (p *permitting) write(account, sid, actions string, resources []string, conditions ...condition) {
	if !p.options.ReadOnly && !p.options.Verify {
		p.read(account, sid, actions, resources, conditions...)
	}
}

func sortedSet(values []string) []string {
	out := slices.Clone(values)
	slices.Sort(out)
	return slices.Compact(out)
}

// account allows what is read and written in IAM.
func (p *permitting) account(id string) {
	var providers, policies []string
	for _, provider := range p.Desired.Providers {
		if provider.Account == id {
			providers = append(providers, provider.ARN)
		}
	}
	for _, policy := range p.Desired.Policies {
		if policy.Account == id {
			policies = append(policies, policy.ARN)
		}
	}
	roles := slices.DeleteFunc(slices.Clone(p.Desired.Roles), func(r wantedRole) bool { return r.Account != id })
	all := "iam:GetAccountAuthorizationDetails iam:GetAccountSummary"
	if len(roles) > 0 {
		all += " iam:ListRoles"
	}
	p.read(id, "ReadAccount", all, []string{"*"}) // none of them has a resource type
	p.read(id, "ReadProviders", "iam:GetOpenIDConnectProvider", providers)
	p.policyTags(id)
	p.read(id, "ReadPoliciesOfOthers", "iam:GetPolicy", p.foreign(id))

	provider := "iam:AddClientIDToOpenIDConnectProvider iam:CreateOpenIDConnectProvider iam:TagOpenIDConnectProvider"
	if p.options.Provider {
		provider += " iam:DeleteOpenIDConnectProvider iam:UntagOpenIDConnectProvider"
	}
	p.write(id, "WriteProviders", provider, providers)
	p.write(id, "WritePolicies", "iam:CreatePolicy iam:CreatePolicyVersion iam:DeletePolicy iam:DeletePolicyVersion "+
		"iam:GetPolicy iam:GetPolicyVersion iam:ListPolicyVersions iam:TagPolicy iam:UntagPolicy", policies)
	p.roles(id, roles)
	p.nodes(id)
	if p.options.Leftovers {
		p.leftovers(id, roles)
	}
}

// look allows what is read in an AWS account that nothing is wanted in any more, and with
// Leftovers, what is removed there.
func (p *permitting) look(id string) {
	p.read(id, "ReadAccount", "iam:GetAccountAuthorizationDetails", []string{"*"})
	p.policyTags(id)
	if p.options.Provider {
		var providers []string
		for _, provider := range p.Desired.Former {
			if provider.Account == id {
				providers = append(providers, provider.ARN)
			}
		}
		p.read(id, "ReadProviders", "iam:GetOpenIDConnectProvider", providers)
		p.write(id, "DeleteProviders", "iam:DeleteOpenIDConnectProvider iam:UntagOpenIDConnectProvider", providers)
	}
	if p.options.Leftovers {
		p.leftovers(id, nil)
	}
}

// policyTags: a plan reads the tags and descriptions of policies that may be left over. These are, as
// tagsMatter says, unused ones under the paths of the file, whoever made them, and those
// on roles of the release.
func (p *permitting) policyTags(id string) {
	var resources []string
	if p.options.Leftovers { // somebody may have attached any
		resources = []string{p.arn(id, "policy/*")}
	} else {
		resources = p.below(id, "policy", p.paths())
		for _, r := range p.Desired.Roles {
			for _, arn := range r.Attached {
				if _, owner, err := spec.ParsePolicyARN(arn); r.Account == id && err == nil && owner == id && !coveredBy(resources, arn) {
					resources = append(resources, arn)
				}
			}
		}
	}
	p.read(id, "ReadPolicies", "iam:GetPolicy", resources)
}

// paths are those of the file's roles and policies, in all AWS accounts.
func (p *permitting) paths() []string {
	set := map[string]bool{}
	for _, r := range p.Desired.Roles {
		set[r.Path] = true
	}
	for _, policy := range p.Desired.Policies {
		set[policy.Path] = true
	}
	return sortedKeys(set)
}

// below are the resources of a kind under paths; a path below another is in that one.
func (p *permitting) below(id, kind string, paths []string) []string {
	var out []string
	for _, path := range paths {
		if arn := p.arn(id, kind+path+"*"); !coveredBy(out, arn) {
			out = append(out, arn)
		}
	}
	return out
}

func coveredBy(patterns []string, arn string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return trust.Covers(pattern, arn) })
}

func (p *permitting) arn(account, resource string) string {
	return "arn:" + p.Desired.Facts.Partition + ":iam::" + account + ":" + resource
}

// foreign are policies of others that a plan looks up, so that a typo in an ARN is found
// before anything is written.
func (p *permitting) foreign(id string) []string {
	var out []string
	add := func(arn string) {
		if arn != "" && !p.Desired.wantsPolicy(arn) {
			out = append(out, arn)
		}
	}
	for _, r := range p.Desired.Roles {
		if r.Account == id {
			add(r.Boundary)
			for _, arn := range r.Attached {
				add(arn)
			}
		}
	}
	for _, r := range p.Desired.NodeRoles {
		if r.Account == id {
			for _, arn := range r.Attached {
				add(arn)
			}
		}
	}
	return out
}

package awsiam

import (
	"slices"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// verify allows what Session.Pending and Session.Snapshot read in IAM. Both look at what
// is there, which may be more than the file wants: a role may trust any provider of its
// AWS account, and somebody may have put any policy on it. So providers and policies are
// not named; all roles and policies are told anyway, by GetAccountAuthorizationDetails.
//
// WebIdentity needs nothing: AssumeRoleWithWebIdentity is called without credentials, and
// "No permissions are required" for GetCallerIdentity
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).
func (p *permitting) verify() {
	wanted, taken := p.Desired.accounts(), p.takenAccounts()
	looked := slices.Concat(wanted, p.Desired.Look)
	for _, id := range sortedSet(slices.Concat(looked, taken)) {
		all := "iam:GetAccountAuthorizationDetails"
		if slices.Contains(wanted, id) {
			all += " iam:GetAccountSummary"
		}
		if slices.Contains(taken, id) {
			all += " iam:ListOpenIDConnectProviders iam:ListRoles"
		}
		p.read(id, "ReadAccount", all, []string{"*"}) // none of them has a resource type
		if slices.Contains(taken, id) {
			p.read(id, "ReadProviders", "iam:GetOpenIDConnectProvider", []string{p.arn(id, "oidc-provider/*")})
			p.read(id, "ReadPoliciesOfAWS", "iam:GetPolicy iam:GetPolicyVersion", []string{p.arn("aws", "policy/*")}) // see completion.readPolicy
			p.read(id, "ReadPoliciesOfOthers", "iam:GetPolicy", slices.DeleteFunc(p.unmade(id), func(arn string) bool {
				return slices.Contains(looked, id) && coveredBy([]string{p.arn(id, "policy/*")}, arn) // as below
			}))
		}
		if slices.Contains(looked, id) {
			p.read(id, "ReadPolicies", "iam:GetPolicy", []string{p.arn(id, "policy/*")})
		}
	}
}

// takenAccounts are those that a snapshot reads: without AWS accounts that only roles of
// others are in, and that irsa.yaml does not say how to reach.
func (p *permitting) takenAccounts() []string {
	ids := append(p.Desired.accounts(), p.Desired.Facts.Account)
	for _, a := range p.Desired.Associations {
		if role, err := spec.ParseRoleARN(a.TargetRoleARN); err == nil && p.file.Accounts[role.AccountID] != (spec.AccountAccess{}) {
			ids = append(ids, role.AccountID)
		}
	}
	for _, identity := range p.Desired.Identities {
		role, err := spec.ParseRoleARN(identity.RoleARN)
		_, said := p.file.Accounts[role.AccountID]
		if err == nil && (said || role.AccountID == p.Desired.Facts.CallerAccount) {
			ids = append(ids, role.AccountID)
		}
	}
	return sortedSet(ids)
}

// unmade are policies that the file names, and neither makes nor leaves to AWS. They are
// looked up where the AWS account does not have them. Which roles the nodes have is not
// asked for here.
func (p *permitting) unmade(id string) []string {
	named := p.foreign(id)
	if node := p.file.NodeRole; node != nil && id == p.Desired.Facts.Account {
		named = append(named, node.PolicyARNs...)
	}
	return slices.DeleteFunc(named, func(arn string) bool {
		return p.Desired.wantsPolicy(arn) || coveredBy([]string{p.arn("aws", "policy/*")}, arn)
	})
}

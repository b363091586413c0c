package awsiam

import (
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// checkLimits holds the plan against the AWS account's quotas, before anything is
// written. The numbers are GetAccountSummary's
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html), or
// where that has none, the defaults of
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html. OIDC
// providers are not counted: the summary's number has SAML providers in it, which have a
// quota of their own.
func checkLimits(p *planner) {
	for _, id := range sortedKeys(p.seen.Accounts) {
		a := p.seen.Accounts[id]
		faultCount(p, a, TypeRole, "roles", int(a.Summary["Roles"]), a.quota(quotaRoles), "CreateRole")
		faultCount(p, a, TypePolicy, "customer managed policies", int(a.Summary["Policies"]), a.quota(quotaPolicies), "CreatePolicy")
		for _, policy := range p.want.Policies {
			if most := a.quota(quotaPolicySize); policy.Account == id && trust.Size(policy.Document) > most {
				p.faults.add("split it into two policies", "policy %s has %d characters without white space, and IAM takes %d", policy.Name, trust.Size(policy.Document), most)
			}
		}
		for _, role := range p.want.Roles {
			if role.Account == id {
				roleLimits(p, a, role)
			}
		}
		for _, node := range p.want.NodeRoles {
			if role := a.role(node.Name); node.Account == id && role != nil {
				nodeRoom(p, a, role)
			}
		}
	}
}

// The quotas, by the names of GetAccountSummary.
const (
	quotaRoles      = "RolesQuota"
	quotaPolicies   = "PoliciesQuota"
	quotaPolicySize = "PolicySizeQuota"
	quotaAttached   = "AttachedPoliciesPerRoleQuota"
	quotaInline     = "RolePolicySizeQuota"
	quotaTrust      = "AssumeRolePolicySizeQuota"
)

var standardQuotas = map[string]int{
	quotaRoles: 1000, quotaPolicies: 1500, quotaPolicySize: trust.ManagedPolicyQuota,
	quotaAttached: 10, quotaInline: trust.RoleInlineQuota, quotaTrust: trust.DefaultQuota,
}

// quota is the AWS account's own, or the standard one where AWS does not say.
func (a *seenAccount) quota(name string) int {
	if n := a.Summary[name]; n > 0 {
		return int(n)
	}
	return standardQuotas[name]
}

// faultCount faults more new things of a kind than the AWS account has room for.
func faultCount(p *planner, a *seenAccount, t Type, name string, have, most int, call string) {
	added := 0
	for _, c := range p.plan.Changes {
		if c.Type == t && c.Action == Create && c.Account == a.ID {
			added++
		}
	}
	if added > 0 && have+added > most {
		p.faults.add("ask for more of quota "+quotaCodes[call]+" in Service Quotas, or remove what nobody uses",
			"AWS account %s has %d %s and would get %d more, and its quota is %d", a.ID, have, name, added, most)
	}
}

func tooManyPolicies(p *planner, role string, n, most int) {
	p.faults.add("put several into one policy, or ask for more of quota "+quotaCodes["AttachRolePolicy"]+" in Service Quotas",
		"role %s would have %d managed policies, and its quota is %d", role, n, most)
}

func roleLimits(p *planner, a *seenAccount, role wantedRole) {
	if most := a.quota(quotaAttached); len(role.Attached) > most {
		tooManyPolicies(p, role.Name, len(role.Attached), most)
	}
	inline := 0
	for _, doc := range role.Inline {
		inline += trust.Size(doc)
	}
	if most := a.quota(quotaInline); inline > most {
		p.faults.add("move some of them to policies", "the inline policies of role %s have %d characters without white space, and IAM takes %d", role.Name, inline, most)
	}
	var before trust.Document
	seen := a.role(role.Name)
	if seen != nil {
		before, _ = seen.Trust() // one that cannot be read is a fault already
	}
	doc, err := mergeTrust(before, roleEdit(p, role, seen))
	if most := a.quota(quotaTrust); err == nil && trust.Size(doc) > most {
		p.faults.add("name fewer clusters or subjects, use a pattern, or ask for more of quota "+quotaCodes["UpdateAssumeRolePolicy"]+" in Service Quotas",
			"the trust of role %s would have %d characters without white space, and its quota (ACLSizePerRole) is %d", role.Name, trust.Size(doc), most)
	}
}

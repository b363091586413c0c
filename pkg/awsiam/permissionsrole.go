package awsiam

import (
	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// roles allows the writing of the file's roles. What gives a role power is bounded by
// conditions: only the policies that the file names are attached, and a role that the
// file gives a boundary is made, and gets more, only with that boundary on it
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html,
// "Delegating responsibility to others using permissions boundaries").
func (p *permitting) roles(id string, roles []wantedRole) {
	var all, attached, inline []string
	byBoundary := map[string][]wantedRole{}
	for _, r := range roles {
		all = append(all, r.ARN)
		byBoundary[r.Boundary] = append(byBoundary[r.Boundary], r)
		if len(r.Attached) > 0 {
			attached = append(attached, r.ARN)
		}
		if len(r.Inline) > 0 {
			inline = append(inline, r.ARN)
		}
	}
	if p.options.Leftovers { // any of them may have had some
		attached, inline = all, all
	}
	p.write(id, "WriteRoles", "iam:DeleteRole iam:GetRole iam:TagRole iam:UntagRole iam:UpdateAssumeRolePolicy iam:UpdateRole", all)
	p.write(id, "DetachPolicies", "iam:DetachRolePolicy", attached)
	p.write(id, "DeleteInlinePolicies", "iam:DeleteRolePolicy", inline)
	for _, boundary := range sortedKeys(byBoundary) {
		p.bounded(id, boundary, byBoundary[boundary])
	}
}

// bounded are the roles of one boundary, or of none.
func (p *permitting) bounded(id, boundary string, roles []wantedRole) {
	var all, attached, inline, policies []string
	for _, r := range roles {
		all = append(all, r.ARN)
		if len(r.Attached) > 0 {
			attached, policies = append(attached, r.ARN), append(policies, r.Attached...)
		}
		if len(r.Inline) > 0 {
			inline = append(inline, r.ARN)
		}
	}
	create := "iam:CreateRole"
	var within []condition
	if boundary != "" {
		create += " iam:PutRolePermissionsBoundary"
		within = []condition{{"StringEquals", "iam:PermissionsBoundary", []string{boundary}}}
	} else if p.options.Leftovers {
		p.write(id, "LiftBoundaries", "iam:DeleteRolePermissionsBoundary", all)
	}
	p.write(id, "CreateRoles", create, all, within...)
	p.write(id, "AttachPolicies", "iam:AttachRolePolicy", attached, append(within, attaching(policies))...)
	p.write(id, "PutInlinePolicies", "iam:PutRolePolicy", inline, within...)
}

func attaching(policies []string) condition {
	return condition{"ArnEquals", "iam:PolicyARN", policies}
}

// nodes allows putting policies on the nodes' role, and taking those off again. Its path
// is not known: a name is only there once, whatever its path.
func (p *permitting) nodes(id string) {
	var roles, policies, marked []string
	for _, r := range p.Desired.NodeRoles {
		if r.Account != id || len(r.Attached) == 0 {
			continue
		}
		names := []string{p.arn(id, "role/"+r.Name), p.arn(id, "role/*/"+r.Name)}
		roles, policies = append(roles, names...), append(policies, r.Attached...)
		for _, arn := range r.Attached {
			if !p.Desired.wantsPolicy(arn) { // then the role is marked instead: see plannode.go
				marked = append(marked, names...)
			}
		}
	}
	if len(roles) == 0 {
		return
	}
	p.write(id, "WriteNodeRole", "iam:AttachRolePolicy iam:DetachRolePolicy", roles, attaching(policies))
	p.write(id, "MarkNodeRole", "iam:TagRole iam:UntagRole", marked,
		condition{"ForAllValues:StringLike", "aws:TagKeys", []string{tagAttached + "*", tagDropping + "*"}})
	if p.options.Leftovers {
		p.write(id, "DetachFromNodeRole", "iam:DetachRolePolicy", roles,
			condition{"ArnLike", "iam:PolicyARN", p.below(id, "policy", p.paths())})
	}
}

// leftovers allows the removal of what an earlier file wanted: under the paths of this
// one, and with the tags of the release. Neither has what was put on a role of the nodes
// that this file does not name, nor a policy of others on one that it does: any policy
// would have to be allowed then.
func (p *permitting) leftovers(id string, roles []wantedRole) {
	paths := p.paths()
	if len(roles) == 0 {
		paths = append(paths, p.file.Defaults.Path)
	}
	p.write(id, "RemoveRoles", "iam:DeleteRole iam:DeleteRolePolicy iam:DetachRolePolicy iam:GetRole iam:TagRole iam:UntagRole iam:UpdateAssumeRolePolicy",
		p.below(id, "role", sortedSet(paths)), p.owned()...)
	p.write(id, "RemovePolicies", "iam:DeletePolicy iam:DeletePolicyVersion iam:ListPolicyVersions iam:TagPolicy iam:UntagPolicy",
		p.below(id, "policy", sortedSet(paths)), p.owned()...)
}

// owned are the conditions that a resource's tags are the release's; whichever release of
// the namespace, where its name is not known.
func (p *permitting) owned() []condition {
	out := []condition{
		{"StringEquals", "aws:ResourceTag/" + spec.TagCluster, []string{p.Desired.Owner.Cluster}},
		{"StringEquals", "aws:ResourceTag/" + spec.TagNamespace, []string{p.Desired.Owner.Namespace}},
	}
	if p.Desired.Owner.Release != "" {
		out = append(out, condition{"StringEquals", "aws:ResourceTag/" + spec.TagRelease, []string{p.Desired.Owner.Release, ""}})
	}
	return out
}

// assume allows reaching other AWS accounts, in the AWS account that the credentials are
// of.
func (p *permitting) assume() {
	var roles []string
	for _, id := range sortedKeys(p.statements) {
		if access := p.file.Accounts[id]; id != p.Desired.Facts.CallerAccount && access.AssumeRoleARN != "" {
			roles = append(roles, access.AssumeRoleARN)
		}
	}
	p.read(p.Desired.Facts.CallerAccount, "ReachAccounts", "sts:AssumeRole", roles)
}

// passing is the condition that a role is given to EKS Pod Identity and nobody else
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html).
func passing() condition {
	return condition{"StringEquals", "iam:PassedToService", []string{trust.PodIdentityService}}
}

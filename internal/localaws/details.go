package localaws

import (
	"maps"
	"slices"
)

// roleDetailXML is a role in GetAccountAuthorizationDetails: without description and
// session duration (https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleDetail.html).
type roleDetailXML struct {
	roleXML
	InstanceProfileList     members[profileXML]
	RolePolicyList          members[inlineXML]
	AttachedManagedPolicies members[attachedXML]
}

type inlineXML struct{ PolicyName, PolicyDocument string }

type profileXML struct{ InstanceProfileName string }

func detail(r *role) *roleDetailXML {
	out := &roleDetailXML{roleXML: r.xml(), AttachedManagedPolicies: list(attached(r.Attached))}
	out.Description, out.MaxSessionDuration = "", 0
	for _, name := range r.Profiles {
		out.InstanceProfileList.Member = append(out.InstanceProfileList.Member, profileXML{name})
	}
	for _, name := range slices.Sorted(maps.Keys(r.Inline)) {
		out.RolePolicyList.Member = append(out.RolePolicyList.Member, inlineXML{name, encoded(r.Inline[name])})
	}
	return out
}

// entity is one thing of the AWS account's details: a role or a policy.
type entity struct {
	key    string
	role   *role
	policy *policy
}

// getAccountAuthorizationDetails gives roles, then policies, in pages that count both.
// Filter narrows it to Role, LocalManagedPolicy and AWSManagedPolicy; of AWS's own
// policies, those that are attached.
func (c *call) getAccountAuthorizationDetails() (any, error) {
	items, pages, err := page(c, c.entities(), func(e entity) string { return e.key })
	out := struct {
		UserDetailList  members[empty]
		GroupDetailList members[empty]
		RoleDetailList  members[*roleDetailXML]
		Policies        members[policyXML]
		paging
	}{paging: pages}
	for _, e := range items {
		if e.role != nil {
			out.RoleDetailList.Member = append(out.RoleDetailList.Member, detail(e.role))
			continue
		}
		p := c.brief(e.policy)
		p.Description, p.PolicyVersionList = e.policy.Description, &members[versionXML]{}
		for _, v := range e.policy.Versions {
			p.PolicyVersionList.Member = append(p.PolicyVersionList.Member, v.xml())
		}
		out.Policies.Member = append(out.Policies.Member, p)
	}
	return out, err
}

func (c *call) entities() []entity {
	wanted := c.args.list("Filter")
	wants := func(filter string) bool { return len(wanted) == 0 || slices.Contains(wanted, filter) }
	var out []entity
	if wants("Role") {
		for _, r := range c.roles() {
			out = append(out, entity{key: "1 " + r.Name, role: r})
		}
	}
	if wants("LocalManagedPolicy") {
		for _, p := range c.account.Policies {
			if c.seen(p.Visible) {
				out = append(out, entity{key: "2 " + p.ARN, policy: p})
			}
		}
	}
	if wants("AWSManagedPolicy") {
		for _, p := range awsPolicies(c.partition()) {
			if attached, bounds := c.uses(p); len(attached)+len(bounds) > 0 {
				out = append(out, entity{key: "3 " + p.ARN, policy: p})
			}
		}
	}
	return out
}

// getAccountSummary has the numbers of what is here and of its quotas
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html).
func (c *call) getAccountSummary() (any, error) {
	type entry struct {
		Key   string `xml:"key"`
		Value int    `xml:"value"`
	}
	versions := 0
	for _, p := range c.account.Policies {
		versions += len(p.Versions)
	}
	l := c.opts.Limits
	return struct {
		SummaryMap struct {
			Entry []entry `xml:"entry"`
		}
	}{struct {
		Entry []entry `xml:"entry"`
	}{[]entry{
		{"AssumeRolePolicySizeQuota", l.TrustSize},
		{"AttachedPoliciesPerRoleQuota", l.PoliciesPerRole},
		{"Groups", 0},
		{"InstanceProfiles", 0},
		{"Policies", len(c.account.Policies)},
		{"PoliciesQuota", l.Policies},
		{"PolicySizeQuota", l.PolicySize},
		{"PolicyVersionsInUse", versions},
		{"PolicyVersionsInUseQuota", 10000},
		{"Providers", len(c.account.Providers)},
		{"RolePolicySizeQuota", l.InlineSize},
		{"Roles", len(c.account.Roles)},
		{"RolesQuota", l.Roles},
		{"Users", 0},
		{"UsersQuota", 5000},
		{"VersionsPerPolicyQuota", l.VersionsPerPolicy},
	}}}, nil
}

package localaws

import "slices"

// usedAs are the roles that have the policy attached, as boundary, or, where the
// filter is empty, either: "If it is not included, all policies are returned"
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html).
func (c *call) usedAs(p *policy, filter string) []*role {
	attached, bounds := c.uses(p)
	switch filter {
	case "PermissionsPolicy":
		return attached
	case "PermissionsBoundary":
		return bounds
	}
	for _, r := range bounds {
		if !slices.Contains(attached, r) {
			attached = append(attached, r)
		}
	}
	return attached
}

// policyRoleXML is a role in the result of ListEntitiesForPolicy.
type policyRoleXML struct {
	RoleName string
	RoleID   string `xml:"RoleId"`
}

// listEntitiesForPolicy: there are no users and groups here, so their lists are empty.
func (c *call) listEntitiesForPolicy() (any, error) {
	p, err := c.policy()
	if err != nil {
		return nil, err
	}
	for parameter, values := range map[string][]string{
		"EntityFilter":      {"User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"},
		"PolicyUsageFilter": {"PermissionsPolicy", "PermissionsBoundary"},
	} {
		if err := c.checkEnum(parameter, values); err != nil {
			return nil, err
		}
	}
	var found []*role
	for _, r := range c.usedAs(p, c.args.get("PolicyUsageFilter")) {
		if filter := c.args.get("EntityFilter"); (filter == "" || filter == "Role") && c.hasPathPrefix(r.Path) && c.seen(r.Visible) {
			found = append(found, r)
		}
	}
	items, pages, err := page(c, found, func(r *role) string { return r.Name })
	var out []policyRoleXML
	for _, r := range items {
		out = append(out, policyRoleXML{r.Name, r.ID})
	}
	return struct {
		PolicyGroups members[empty]
		PolicyUsers  members[empty]
		PolicyRoles  members[policyRoleXML]
		paging
	}{PolicyRoles: list(out), paging: pages}, err
}

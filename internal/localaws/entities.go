package localaws

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
	roles, bounds := c.uses(p)
	if c.args.get("PolicyUsageFilter") == "PermissionsBoundary" {
		roles = bounds
	}
	var found []*role
	for _, r := range roles {
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

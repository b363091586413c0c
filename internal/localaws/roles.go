package localaws

import (
	"strings"
	"time"
)

// role is an IAM role.
type role struct {
	Name, ID, ARN, Path string
	Created             time.Time
	// Visible is when calls other than CreateRole begin to see it.
	Visible     time.Time
	Description string
	MaxSession  int // seconds
	Trust       string
	Boundary    string `json:",omitempty"` // a policy's ARN
	Tags        []Tag
	Attached    []string          // policy ARNs, in order of attachment
	Inline      map[string]string // documents by name
	Profiles    []string          `json:",omitempty"` // instance profiles that hold it
	// Used is when a session of it was last made, and UsedIn the region that was asked. What a
	// session is used for nobody here sees; IAM tells when it was. It is not saved: a file has
	// what was made, and not what that was used for.
	Used   time.Time `json:"-"`
	UsedIn string    `json:"-"`
}

// roleXML is a role as the calls about one role return it
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html).
type roleXML struct {
	Path                     string
	RoleName                 string
	RoleID                   string `xml:"RoleId"`
	Arn                      string
	CreateDate               string
	AssumeRolePolicyDocument string
	Description              string       `xml:",omitempty"`
	MaxSessionDuration       int          `xml:",omitempty"`
	PermissionsBoundary      *boundaryXML `xml:",omitempty"`
	Tags                     *members[Tag]
	RoleLastUsed             *lastUsedXML `xml:",omitempty"`
}

// lastUsedXML is empty of a role that was never used
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleLastUsed.html).
type lastUsedXML struct {
	LastUsedDate string `xml:",omitempty"`
	Region       string `xml:",omitempty"`
}

func (r *role) lastUsed() *lastUsedXML {
	if r.Used.IsZero() {
		return &lastUsedXML{}
	}
	return &lastUsedXML{date(r.Used), r.UsedIn}
}

type boundaryXML struct {
	PermissionsBoundaryType string
	PermissionsBoundaryArn  string
}

func (r *role) boundary() *boundaryXML {
	if r.Boundary == "" {
		return nil
	}
	return &boundaryXML{"PermissionsBoundaryPolicy", r.Boundary}
}

// brief is a role as ListRoles returns it, without boundary, last use and tags
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html).
func (r *role) brief() roleXML {
	return roleXML{
		Path: r.Path, RoleName: r.Name, RoleID: r.ID, Arn: r.ARN, CreateDate: date(r.Created),
		AssumeRolePolicyDocument: encoded(r.Trust), Description: r.Description, MaxSessionDuration: r.MaxSession,
	}
}

func (r *role) xml() roleXML {
	out := r.brief()
	out.PermissionsBoundary, out.Tags, out.RoleLastUsed = r.boundary(), optional(r.Tags), r.lastUsed()
	return out
}

type roleResult struct{ Role roleXML }

// seen reports whether what was made has become visible.
func (c *call) seen(visible time.Time) bool { return !c.opts.Clock().Before(visible) }

// visibleFrom is when what is made now becomes visible.
func (c *call) visibleFrom() time.Time { return c.opts.Clock().Add(c.faults.Propagation).UTC() }

// role is the one that the request names.
func (c *call) role() (*role, error) {
	name, err := c.checkName("RoleName", 64)
	if err != nil {
		return nil, err
	}
	r := c.account.Roles[strings.ToLower(name)]
	if r == nil || r.Name != name || !c.seen(r.Visible) {
		return nil, noSuchEntity("The role with name %s cannot be found.", name)
	}
	return r, nil
}

// roleOfARN is the visible role with this ARN, in any AWS account; nil where there is none.
func (c *call) roleOfARN(arn string) *role {
	a, ok := parseARN(arn)
	if !ok || c.state.Accounts[a.account] == nil {
		return nil
	}
	name := a.resource[strings.LastIndex(a.resource, "/")+1:]
	r := c.state.Accounts[a.account].Roles[strings.ToLower(name)]
	if r == nil || r.ARN != arn || !c.seen(r.Visible) {
		return nil
	}
	return r
}

func (c *call) createRole() (any, error) {
	r, err := c.newRole()
	if err != nil {
		return nil, err
	}
	if r.Trust, err = c.checkTrust("AssumeRolePolicyDocument"); err != nil {
		return nil, err
	}
	if r.Boundary, err = c.checkBoundary(false); err != nil {
		return nil, err
	}
	// Roles that are not visible yet are in the way all the same. Names "are not
	// distinguished by case".
	if c.account.Roles[strings.ToLower(r.Name)] != nil {
		return nil, alreadyExists("Role with name %s already exists.", r.Name)
	}
	if limit := c.opts.Limits.Roles; len(c.account.Roles) >= limit {
		return nil, overQuota("RolesPerAccount", limit)
	}
	r.ID, r.ARN = c.uniqueID("AROA"), c.arn("role"+r.Path+r.Name)
	c.account.Roles[strings.ToLower(r.Name)] = r
	return roleResult{r.xml()}, nil
}

// newRole is the role of the request, as far as its own parameters tell.
func (c *call) newRole() (*role, error) {
	r := &role{Created: c.time, Visible: c.visibleFrom(), Inline: map[string]string{}}
	var err error
	if r.Name, err = c.checkName("RoleName", 64); err != nil {
		return nil, err
	}
	if r.Path, err = c.checkPath(pathText); err != nil {
		return nil, err
	}
	if r.Description, err = c.checkDescription(); err != nil {
		return nil, err
	}
	if r.MaxSession, err = c.maxSession(); err != nil {
		return nil, err
	}
	r.Tags, err = c.tagged(nil)
	return r, err
}

// maxSession is between one hour and twelve.
func (c *call) maxSession() (int, error) {
	return c.args.number("MaxSessionDuration", 3600, 3600, 43200)
}

func (c *call) getRole() (any, error) {
	r, err := c.role()
	if err != nil {
		return nil, err
	}
	return roleResult{r.xml()}, nil
}

// updateRole: without MaxSessionDuration "the default value of one hour is applied"
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html).
func (c *call) updateRole() (any, error) {
	r, err := c.role()
	if err != nil {
		return nil, err
	}
	most, err := c.maxSession()
	if err != nil {
		return nil, err
	}
	if c.args.has("Description") {
		if r.Description, err = c.checkDescription(); err != nil {
			return nil, err
		}
	}
	r.MaxSession = most
	return empty{}, nil
}

func (c *call) updateRoleDescription() (any, error) {
	r, err := c.role()
	if err != nil {
		return nil, err
	}
	text, err := c.checkDescription()
	if err != nil {
		return nil, err
	}
	r.Description = text
	return roleResult{r.xml()}, nil
}

func (c *call) updateAssumeRolePolicy() (any, error) {
	r, err := c.role()
	if err != nil {
		return nil, err
	}
	text, err := c.checkTrust("PolicyDocument")
	if err != nil {
		return nil, err
	}
	r.Trust = text
	return nil, nil
}

func (c *call) deleteRole() (any, error) {
	r, err := c.role()
	switch {
	case err != nil:
		return nil, err
	case len(r.Attached) > 0:
		return nil, deleteConflict("Cannot delete entity, must detach all policies first.")
	case len(r.Inline) > 0:
		return nil, deleteConflict("Cannot delete entity, must delete policies first.")
	case len(r.Profiles) > 0:
		return nil, deleteConflict("Cannot delete entity, must remove roles from instance profile first.")
	}
	delete(c.account.Roles, strings.ToLower(r.Name))
	c.forget(r)
	return nil, nil
}

// roles are the visible ones of the AWS account.
func (c *call) roles() []*role {
	var out []*role
	for _, r := range c.account.Roles {
		if c.seen(r.Visible) {
			out = append(out, r)
		}
	}
	return out
}

func (c *call) listRoles() (any, error) {
	var found []*role
	for _, r := range c.roles() {
		if c.hasPathPrefix(r.Path) {
			found = append(found, r)
		}
	}
	items, p, err := page(c, found, func(r *role) string { return r.Name })
	var out []roleXML
	for _, r := range items {
		out = append(out, r.brief())
	}
	return struct {
		Roles members[roleXML]
		paging
	}{list(out), p}, err
}

func (c *call) tagRole() (any, error) {
	r, err := c.role()
	if err != nil {
		return nil, err
	}
	return nil, c.retag(&r.Tags, c.tagged)
}

func (c *call) untagRole() (any, error) {
	r, err := c.role()
	if err != nil {
		return nil, err
	}
	return nil, c.retag(&r.Tags, c.untagged)
}

func (c *call) listRoleTags() (any, error) {
	r, err := c.role()
	if err != nil {
		return nil, err
	}
	return c.listTags(r.Tags)
}

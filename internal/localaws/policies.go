package localaws

import (
	"slices"
	"strings"
	"time"
)

// policy is a managed policy.
type policy struct {
	Name, ID, ARN, Path string
	Created, Updated    time.Time
	// Visible is when calls other than CreatePolicy begin to see it.
	Visible     time.Time
	Description string
	Tags        []Tag
	Versions    []*version // oldest first
	Next        int        // the number of the next version
}

// version is one version of a managed policy.
type version struct {
	ID       string
	Document string
	Default  bool
	Created  time.Time
}

// policyXML is a policy as the calls about policies return it
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_Policy.html).
type policyXML struct {
	PolicyName                    string
	PolicyID                      string `xml:"PolicyId"`
	Arn                           string
	Path                          string
	DefaultVersionID              string `xml:"DefaultVersionId"`
	AttachmentCount               int
	PermissionsBoundaryUsageCount int
	IsAttachable                  bool
	Description                   string `xml:",omitempty"`
	CreateDate                    string
	UpdateDate                    string
	Tags                          *members[Tag]
	PolicyVersionList             *members[versionXML] // of GetAccountAuthorizationDetails
}

// brief is a policy as lists have it: without tags
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html) and
// without its description, which only GetPolicy tells
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_Policy.html).
func (c *call) brief(p *policy) policyXML {
	attached, bounds := c.uses(p)
	return policyXML{
		PolicyName: p.Name, PolicyID: p.ID, Arn: p.ARN, Path: p.Path, DefaultVersionID: p.current().ID,
		AttachmentCount: len(attached), PermissionsBoundaryUsageCount: len(bounds), IsAttachable: true,
		CreateDate: date(p.Created), UpdateDate: date(p.Updated),
	}
}

type policyResult struct{ Policy policyXML }

// current is the default version; every policy has one.
func (p *policy) current() *version {
	return p.Versions[slices.IndexFunc(p.Versions, func(v *version) bool { return v.Default })]
}

// uses are the roles of the AWS account that have the policy attached, and those that
// have it as boundary, by name.
func (c *call) uses(p *policy) (attached, bounds []*role) {
	for _, r := range c.account.Roles {
		if slices.Contains(r.Attached, p.ARN) {
			attached = append(attached, r)
		}
		if r.Boundary == p.ARN {
			bounds = append(bounds, r)
		}
	}
	byName := func(a, b *role) int { return strings.Compare(a.Name, b.Name) }
	slices.SortFunc(attached, byName)
	slices.SortFunc(bounds, byName)
	return attached, bounds
}

// policyOfARN is the visible policy, of the AWS account or AWS's own; nil where there is
// none.
func (c *call) policyOfARN(arn string) *policy {
	if strings.HasPrefix(arn, "arn:"+c.partition()+":iam::aws:") {
		return awsPolicy(arn)
	}
	if p := c.account.Policies[arn]; p != nil && c.seen(p.Visible) {
		return p
	}
	return nil
}

// policy is the one that the request names.
func (c *call) policy() (*policy, error) {
	arn, err := c.checkPolicyARN("PolicyArn")
	if err != nil {
		return nil, err
	}
	p := c.policyOfARN(arn)
	if p == nil {
		return nil, noSuchEntity("Policy %s was not found.", arn)
	}
	return p, nil
}

// ownPolicy is the policy that the request names and wants to change.
func (c *call) ownPolicy() (*policy, error) {
	p, err := c.policy()
	if err == nil && c.account.Policies[p.ARN] == nil {
		return nil, refuse(403, "AccessDenied", "User: %s is not authorized to perform: iam:%s on resource: policy %s", c.caller.ARN, c.Operation, p.ARN)
	}
	return p, err
}

func (c *call) createPolicy() (any, error) {
	p, err := c.newPolicy()
	if err != nil {
		return nil, err
	}
	document, err := c.checkPolicyDocument()
	if err != nil {
		return nil, err
	}
	p.Versions = []*version{{"v1", document, true, c.time}}
	if c.policyNamed(p.Name) {
		return nil, alreadyExists("A policy called %s already exists. Duplicate names are not allowed.", p.Name)
	}
	if limit := c.opts.Limits.Policies; len(c.account.Policies) >= limit {
		return nil, overQuota("PoliciesPerAccount", limit)
	}
	p.ID, p.ARN = c.uniqueID("ANPA"), c.arn("policy"+p.Path+p.Name)
	c.account.Policies[p.ARN] = p
	out := c.brief(p)
	out.Tags = optional(p.Tags)
	return policyResult{out}, nil
}

// newPolicy is the policy of the request, without a version.
func (c *call) newPolicy() (*policy, error) {
	p := &policy{Created: c.time, Updated: c.time, Visible: c.visibleFrom(), Next: 2}
	var err error
	if p.Name, err = c.checkName("PolicyName", 128); err != nil {
		return nil, err
	}
	if p.Path, err = c.checkPath(policyPath); err != nil {
		return nil, err
	}
	if p.Description, err = c.checkDescription(); err != nil {
		return nil, err
	}
	p.Tags, err = c.tagged(nil)
	return p, err
}

// policyNamed: names are unique in the AWS account without regard to case or path, also
// of policies that are not visible yet.
func (c *call) policyNamed(name string) bool {
	for _, p := range c.account.Policies {
		if strings.EqualFold(p.Name, name) {
			return true
		}
	}
	return false
}

func (c *call) checkPolicyDocument() (string, error) {
	text := c.args.get("PolicyDocument")
	if _, err := checkDocument(text, permissions); err != nil {
		return "", err
	}
	if limit := c.opts.Limits.PolicySize; size(text) > limit {
		return "", overQuota("PolicySize", limit)
	}
	return text, nil
}

func (c *call) getPolicy() (any, error) {
	p, err := c.policy()
	if err != nil {
		return nil, err
	}
	out := c.brief(p)
	out.Description, out.Tags = p.Description, optional(p.Tags)
	return policyResult{out}, nil
}

func (c *call) deletePolicy() (any, error) {
	p, err := c.ownPolicy()
	if err != nil {
		return nil, err
	}
	attached, bounds := c.uses(p)
	switch {
	case len(attached) > 0:
		return nil, deleteConflict("Cannot delete a policy attached to entities.")
	case len(bounds) > 0:
		return nil, deleteConflict("Cannot delete a policy that is used as a permissions boundary.")
	case len(p.Versions) > 1:
		return nil, deleteConflict("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
	}
	delete(c.account.Policies, p.ARN)
	return nil, nil
}

// listPolicies: Scope is All, AWS or Local; OnlyAttached and PolicyUsageFilter narrow it.
func (c *call) listPolicies() (any, error) {
	var all []*policy
	if c.args.get("Scope") != "AWS" {
		for _, p := range c.account.Policies {
			all = append(all, p)
		}
	}
	if c.args.get("Scope") != "Local" {
		all = append(all, awsPolicies(c.partition())...)
	}
	found := slices.DeleteFunc(all, func(p *policy) bool { return !c.listed(p) })
	items, pages, err := page(c, found, func(p *policy) string { return p.Name + " " + p.ARN })
	var out []policyXML
	for _, p := range items {
		out = append(out, c.brief(p))
	}
	return struct {
		Policies members[policyXML]
		paging
	}{list(out), pages}, err
}

func (c *call) listed(p *policy) bool {
	attached, bounds := c.uses(p)
	used := len(attached)
	if c.args.get("PolicyUsageFilter") == "PermissionsBoundary" {
		used = len(bounds)
	}
	return c.seen(p.Visible) && c.hasPathPrefix(p.Path) && (c.args.get("OnlyAttached") != "true" || used > 0)
}

func (c *call) tagPolicy() (any, error) {
	p, err := c.ownPolicy()
	if err != nil {
		return nil, err
	}
	return nil, c.retag(&p.Tags, c.tagged)
}

func (c *call) untagPolicy() (any, error) {
	p, err := c.ownPolicy()
	if err != nil {
		return nil, err
	}
	return nil, c.retag(&p.Tags, c.untagged)
}

func (c *call) listPolicyTags() (any, error) {
	p, err := c.policy()
	if err != nil {
		return nil, err
	}
	return c.listTags(p.Tags)
}

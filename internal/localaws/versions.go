package localaws

import (
	"fmt"
	"slices"
)

// versionXML is a version; lists leave the document out
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyVersions.html).
type versionXML struct {
	Document         string `xml:",omitempty"`
	VersionID        string `xml:"VersionId"`
	IsDefaultVersion bool
	CreateDate       string
}

func (v *version) brief() versionXML {
	return versionXML{VersionID: v.ID, IsDefaultVersion: v.Default, CreateDate: date(v.Created)}
}

func (v *version) xml() versionXML {
	out := v.brief()
	out.Document = encoded(v.Document)
	return out
}

type versionResult struct{ PolicyVersion versionXML }

// version is the policy and version that the request names.
func (c *call) version(find func() (*policy, error)) (*policy, int, error) {
	p, err := find()
	if err != nil {
		return nil, 0, err
	}
	id := c.args.get("VersionId")
	if !versionText.MatchString(id) {
		return nil, 0, constraint(id, "versionId", `satisfy regular expression pattern: v[1-9][0-9]*(\.[A-Za-z0-9-]*)?`)
	}
	i := slices.IndexFunc(p.Versions, func(v *version) bool { return v.ID == id })
	if i < 0 {
		return nil, 0, noSuchEntity("Policy %s version %s does not exist or is not attachable.", p.ARN, id)
	}
	return p, i, nil
}

func (c *call) getPolicyVersion() (any, error) {
	p, i, err := c.version(c.policy)
	if err != nil {
		return nil, err
	}
	return versionResult{p.Versions[i].xml()}, nil
}

func (c *call) createPolicyVersion() (any, error) {
	p, err := c.ownPolicy()
	if err != nil {
		return nil, err
	}
	text, err := c.checkPolicyDocument()
	if err != nil {
		return nil, err
	}
	if limit := c.opts.Limits.VersionsPerPolicy; len(p.Versions) >= limit {
		return nil, limitExceeded("A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", limit)
	}
	v := &version{ID: fmt.Sprintf("v%d", p.Next), Document: text, Created: c.time}
	p.Next++
	p.Updated = c.time
	if c.args.get("SetAsDefault") == "true" {
		p.current().Default = false
		v.Default = true
	}
	p.Versions = append(p.Versions, v)
	return versionResult{v.brief()}, nil
}

// setDefaultPolicyVersion is done at once for all that the policy is attached to
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_SetDefaultPolicyVersion.html).
func (c *call) setDefaultPolicyVersion() (any, error) {
	p, i, err := c.version(c.ownPolicy)
	if err != nil {
		return nil, err
	}
	p.current().Default = false
	p.Versions[i].Default = true
	p.Updated = c.time
	return nil, nil
}

func (c *call) deletePolicyVersion() (any, error) {
	p, i, err := c.version(c.ownPolicy)
	switch {
	case err != nil:
		return nil, err
	case p.Versions[i].Default:
		return nil, deleteConflict("Cannot delete the default version of a policy.")
	}
	p.Versions = slices.Delete(p.Versions, i, i+1)
	p.Updated = c.time
	return nil, nil
}

// listPolicyVersions gives the newest first.
func (c *call) listPolicyVersions() (any, error) {
	p, err := c.policy()
	if err != nil {
		return nil, err
	}
	found := slices.Clone(p.Versions)
	newest := func(v *version) string {
		var n int
		_, _ = fmt.Sscanf(v.ID, "v%d", &n) // our own IDs all have the form
		return fmt.Sprintf("%09d", 1e9-1-n)
	}
	items, pages, err := page(c, found, newest)
	var out []versionXML
	for _, v := range items {
		out = append(out, v.brief())
	}
	return struct {
		Versions members[versionXML]
		paging
	}{list(out), pages}, err
}

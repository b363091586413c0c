package localaws

import (
	"maps"
	"slices"
	"strings"
)

// checkBoundary is the policy that the request gives as permissions boundary.
func (c *call) checkBoundary(required bool) (string, error) {
	if !required && c.args.get("PermissionsBoundary") == "" {
		return "", nil
	}
	arn, err := c.checkPolicyARN("PermissionsBoundary")
	if err != nil {
		return "", err
	}
	if c.policyOfARN(arn) == nil {
		return "", noSuchEntity("Scope ARN: %s does not exist or is not attachable.", arn)
	}
	return arn, nil
}

func (c *call) putRolePermissionsBoundary() (any, error) {
	r, err := c.role()
	if err != nil {
		return nil, err
	}
	arn, err := c.checkBoundary(true)
	if err != nil {
		return nil, err
	}
	r.Boundary = arn
	return nil, nil
}

// deleteRolePermissionsBoundary refuses nothing to a role without one, since the
// API reference knows no error for it.
func (c *call) deleteRolePermissionsBoundary() (any, error) {
	r, err := c.role()
	if err != nil {
		return nil, err
	}
	r.Boundary = ""
	return nil, nil
}

// attachRolePolicy does nothing where the policy is attached already.
func (c *call) attachRolePolicy() (any, error) {
	r, err := c.role()
	if err != nil {
		return nil, err
	}
	arn, err := c.checkPolicyARN("PolicyArn")
	if err != nil {
		return nil, err
	}
	if c.policyOfARN(arn) == nil {
		return nil, noSuchEntity("Policy %s does not exist or is not attachable.", arn)
	}
	if slices.Contains(r.Attached, arn) {
		return nil, nil
	}
	if limit := c.opts.Limits.PoliciesPerRole; len(r.Attached) >= limit {
		return nil, overQuota("PoliciesPerRole", limit)
	}
	r.Attached = append(r.Attached, arn)
	return nil, nil
}

func (c *call) detachRolePolicy() (any, error) {
	r, err := c.role()
	if err != nil {
		return nil, err
	}
	arn, err := c.checkPolicyARN("PolicyArn")
	if err != nil {
		return nil, err
	}
	i := slices.Index(r.Attached, arn)
	if i < 0 {
		return nil, noSuchEntity("Policy %s was not found.", arn)
	}
	r.Attached = slices.Delete(r.Attached, i, i+1)
	return nil, nil
}

type attachedXML struct{ PolicyName, PolicyArn string }

// attached are the policies of a role. A policy's name is the end of its ARN.
func attached(arns []string) []attachedXML {
	var out []attachedXML
	for _, arn := range arns {
		out = append(out, attachedXML{arn[strings.LastIndex(arn, "/")+1:], arn})
	}
	return out
}

func (c *call) listAttachedRolePolicies() (any, error) {
	r, err := c.role()
	if err != nil {
		return nil, err
	}
	found := slices.DeleteFunc(attached(r.Attached), func(a attachedXML) bool {
		p := c.policyOfARN(a.PolicyArn)
		return p != nil && !c.hasPathPrefix(p.Path)
	})
	items, p, err := page(c, found, func(a attachedXML) string { return a.PolicyName + " " + a.PolicyArn })
	return struct {
		AttachedPolicies members[attachedXML]
		paging
	}{list(items), p}, err
}

func (c *call) putRolePolicy() (any, error) {
	r, err := c.role()
	if err != nil {
		return nil, err
	}
	name, err := c.checkName("PolicyName", 128)
	if err != nil {
		return nil, err
	}
	text := c.args.get("PolicyDocument")
	if _, err := checkDocument(text, permissions); err != nil {
		return nil, err
	}
	total := size(text)
	for other, document := range r.Inline {
		if other != name {
			total += size(document)
		}
	}
	if limit := c.opts.Limits.InlineSize; total > limit {
		return nil, limitExceeded("Maximum policy size of %d bytes exceeded for role %s", limit, r.Name)
	}
	r.Inline[name] = text
	return nil, nil
}

// inline is the policy that the request names, and its document.
func (c *call) inline() (r *role, name string, err error) {
	if r, err = c.role(); err != nil {
		return nil, "", err
	}
	if name, err = c.checkName("PolicyName", 128); err != nil {
		return nil, "", err
	}
	if _, ok := r.Inline[name]; !ok {
		return nil, "", noSuchEntity("The role policy with name %s cannot be found.", name)
	}
	return r, name, nil
}

func (c *call) getRolePolicy() (any, error) {
	r, name, err := c.inline()
	if err != nil {
		return nil, err
	}
	return struct{ RoleName, PolicyName, PolicyDocument string }{r.Name, name, encoded(r.Inline[name])}, nil
}

func (c *call) deleteRolePolicy() (any, error) {
	r, name, err := c.inline()
	if err != nil {
		return nil, err
	}
	delete(r.Inline, name)
	return nil, nil
}

func (c *call) listRolePolicies() (any, error) {
	r, err := c.role()
	if err != nil {
		return nil, err
	}
	names, p, err := page(c, slices.Collect(maps.Keys(r.Inline)), func(n string) string { return n })
	return struct {
		PolicyNames members[string]
		paging
	}{list(names), p}, err
}

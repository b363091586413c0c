package awsiam

import (
	"maps"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// What may have become of a thing since it was planned for: each part of it is as it was
// seen, or as a step of the plan makes it.

// role compares a role.
func (c *comparison) role(t thing) {
	was, now := c.was.Accounts[t.account].role(t.name), c.now.Accounts[t.account].role(t.name)
	switch {
	case was == nil && now == nil:
	case was == nil:
		if create, ok := find[createRole](c.touched[t]); !ok || create.differs(now) != "" {
			c.differs("role %s came to be", now.Name)
		}
	case now == nil:
		if _, ok := find[deleteRole](c.touched[t]); !ok {
			c.differs("role %s was deleted", was.Name)
		}
	case was.ID != now.ID:
		c.differs("role %s was deleted and made again", was.Name)
	default:
		c.roleParts(t, was, now)
	}
}

func (c *comparison) roleParts(t thing, was, now *seenRole) {
	if c.trustChanged(t, was, now) {
		c.differs("the trust of role %s changed", was.Name)
	}
	bounds := []string{was.Boundary}
	described, longest := []string{was.Description}, []int32{was.MaxSession}
	inline := map[string][]trust.Document{} // what the plan makes of each
	for _, do := range c.touched[t] {
		switch do := do.(type) {
		case setBoundary:
			bounds = append(bounds, do.boundary)
		case updateRole:
			described, longest = append(described, do.description), append(longest, do.maxSession)
		case putInline:
			inline[do.name] = append(inline[do.name], do.doc)
		case deleteInline:
			inline[do.name] = nil
		}
	}
	for _, name := range sortedKeys(inline) {
		written := slices.ContainsFunc(inline[name], func(d trust.Document) bool { return trust.Equal(now.Inline(name), d) })
		if text, there := now.inline[name]; there && text != was.inline[name] && !written {
			c.differs("inline policy %s of role %s changed", name, was.Name)
		}
	}
	if !slices.Contains(bounds, now.Boundary) {
		c.differs("the permissions boundary of role %s changed", was.Name)
	}
	if was.Settings && now.Settings && !(slices.Contains(described, now.Description) && slices.Contains(longest, now.MaxSession)) {
		c.differs("the settings of role %s changed", was.Name)
	}
	if !c.sameTags(t, was.Tags, now.Tags) {
		c.differs("the tags of role %s changed", was.Name)
	}
}

func (c *comparison) trustChanged(t thing, was, now *seenRole) bool {
	if was.trust == now.trust {
		return false
	}
	seen, err := c.whole.trustSeen(t.account, was.Name)
	return err != nil || seen.changed(now)
}

// sameTags compares the tags that the plan writes, and those that say whose a thing is.
// Releases that come to share a role, or to write its trust, say so in tags of their own.
func (c *comparison) sameTags(t thing, was, now map[string]string) bool {
	want := map[string]map[string]bool{} // by key, the values that the plan writes; "" also for none
	note := func(key, value string) {
		if want[key] == nil {
			want[key] = map[string]bool{}
		}
		want[key][value] = true
	}
	for _, do := range c.touched[t] {
		var tags map[string]string
		var untag []string
		switch do := do.(type) {
		case tagRole:
			tags, untag = do.tags, do.untag
		case tagPolicy:
			tags = do.tags
		case untagPolicy:
			untag = do.keys
		case tagAssociation:
			tags = do.tags
		case untagAssociation:
			untag = do.keys
		case tagProvider:
			tags = do.tags
		case untagProvider:
			untag = do.keys
		}
		for k, v := range tags {
			note(k, v)
		}
		for _, k := range untag {
			note(k, "")
		}
	}
	keys := maps.Clone(was)
	if keys == nil {
		keys = map[string]string{}
	}
	maps.Copy(keys, now)
	for key := range keys {
		matters := want[key] != nil || strings.HasPrefix(key, spec.TagPrefix) && !strings.HasPrefix(key, tagShared) && !strings.HasPrefix(key, tagWriting)
		if matters && was[key] != now[key] && !want[key][now[key]] {
			return false
		}
	}
	return true
}

// policy compares a customer managed policy.
func (c *comparison) policy(t thing) {
	was, now := c.was.Accounts[t.account].policyByARN(t.name), c.now.Accounts[t.account].policyByARN(t.name)
	switch {
	case was == nil && now == nil:
	case was == nil:
		if create, ok := find[createPolicy](c.touched[t]); !ok || create.differs(now) != "" {
			c.differs("policy %s came to be", now.Name)
		}
	case now == nil:
		if _, ok := find[deletePolicy](c.touched[t]); !ok {
			c.differs("policy %s was deleted", was.Name)
		}
	case was.ID != now.ID:
		c.differs("policy %s was deleted and made again", was.Name)
	default:
		written := slices.ContainsFunc(c.touched[t], func(do action) bool {
			write, ok := do.(newPolicyVersion)
			return ok && trust.Equal(now.Document(), write.doc)
		})
		if was.defaultVersion() != now.defaultVersion() && !written {
			c.differs("policy %s changed", was.Name)
		}
		if was.Tags != nil && now.Tags != nil && !c.sameTags(t, was.Tags, now.Tags) {
			c.differs("the tags of policy %s changed", was.Name)
		}
	}
}

// defaultVersion is the version in force. Versions never change
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html).
func (p *seenPolicy) defaultVersion() policyVersion {
	for _, v := range p.Versions {
		if v.Default {
			return v
		}
	}
	return policyVersion{}
}

// provider compares an OIDC provider. It belongs to all releases of the cluster: that
// another one made it is no difference, where it has the audiences.
func (c *comparison) provider(t thing) {
	was, now := c.was.Accounts[t.account].Providers[t.name], c.now.Accounts[t.account].Providers[t.name]
	switch {
	case was == nil && now == nil:
	case was == nil:
		if create, ok := find[createProvider](c.touched[t]); !ok || len(missing(now.Audiences, create.want.Audiences)) > 0 {
			c.differs("OIDC provider %s came to be", nameOfProvider(t.name))
		}
	case now == nil:
		if _, ok := find[deleteProvider](c.touched[t]); !ok {
			c.differs("OIDC provider %s was deleted", nameOfProvider(t.name))
		}
	case !c.sameTags(t, was.Tags, now.Tags):
		c.differs("the tags of OIDC provider %s changed", nameOfProvider(t.name))
	}
}

// missing are those of want that there does not have.
func missing(there, want []string) []string {
	return slices.DeleteFunc(slices.Clone(want), func(w string) bool { return slices.Contains(there, w) })
}

// association compares an association of EKS Pod Identity.
func (c *comparison) association(t thing) {
	namespace, name, _ := strings.Cut(t.name, "/")
	was, now := c.was.association(namespace, name), c.now.association(namespace, name)
	switch {
	case was == nil && now == nil:
	case was == nil:
		if create, ok := find[createAssociation](c.touched[t]); !ok || now.RoleARN != create.want.RoleARN || !now.same(create.want.associationSettings) {
			c.differs("the Pod Identity association of service account %s came to be", t.name)
		}
	case now == nil:
		if _, ok := find[deleteAssociation](c.touched[t]); !ok {
			c.differs("the Pod Identity association of service account %s was deleted", t.name)
		}
	case was.ID != now.ID:
		c.differs("the Pod Identity association of service account %s was deleted and made again", t.name)
	default:
		change, _ := find[updateAssociation](c.touched[t])
		asIs := now.RoleARN == was.RoleARN && now.same(was.associationSettings)
		if !asIs && !change.made(was, now) || !c.sameTags(t, was.Tags, now.Tags) {
			c.differs("the Pod Identity association of service account %s changed", t.name)
		}
	}
}

// made reports whether an association is as the step leaves it.
func (a updateAssociation) made(was, now *seenAssociation) bool {
	role, settings := was.RoleARN, was.associationSettings
	if a.roleARN != "" {
		role = a.roleARN
	}
	if a.settings != nil {
		settings = *a.settings
	}
	return now.RoleARN == role && now.same(settings)
}

// find is the first action of a kind.
func find[A action](all []action) (A, bool) {
	for _, do := range all {
		if one, ok := do.(A); ok {
			return one, true
		}
	}
	var none A
	return none, false
}

package awsiam

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// Recorded says in words where what a session recorded of its writes is not what AWS has, as
// the session that reads anew finds it; empty where it is.
func (s *Session) Recorded(ctx context.Context, leaving bool) string {
	if s.read == nil {
		return "nothing was recorded"
	}
	fresh, err := observe(s, ctx, s.read.want, leaving)
	if err != nil {
		return "reading again: " + err.Error()
	}
	var out []string
	says := func(what string, got, want any) {
		if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
			out = append(out, fmt.Sprintf("%s: recorded %s, and there is %s", what, g, w))
		}
	}
	for id, now := range fresh.Accounts {
		was := s.read.seen.Accounts[id]
		if was == nil {
			out = append(out, "AWS account "+id+" was not recorded")
			continue
		}
		says("roles of "+id, sortedKeys(was.Roles), sortedKeys(now.Roles))
		for key, role := range now.Roles {
			says("role "+key, roleWordsOf(was.Roles[key], role), roleWordsOf(role, role))
		}
		says("policies of "+id, sortedKeys(was.Policies), sortedKeys(now.Policies))
		for key, policy := range now.Policies {
			says("policy "+key, policyWordsOf(was.Policies[key], policy), policyWordsOf(policy, policy))
		}
		for arn := range now.Asked {
			says("provider "+arn, providerWordsOf(was.Providers[arn]), providerWordsOf(now.Providers[arn]))
		}
	}
	if fresh.isListed {
		known := slices.DeleteFunc(slices.Clone(s.read.seen.Associations), func(a seenAssociation) bool { // the plan may have had to look further
			return fresh.association(a.Namespace, a.ServiceAccount) == nil && !s.read.want.namespaces()[a.Namespace]
		})
		says("associations", associationWordsOf(known), associationWordsOf(fresh.Associations))
		listed := func(all []listedAssociation) []string {
			var out []string
			for _, a := range all {
				out = append(out, a.Namespace+"/"+a.ServiceAccount)
			}
			slices.Sort(out)
			return out
		}
		says("listed associations", listed(s.read.seen.Listed), listed(fresh.Listed))
	}
	return strings.Join(out, "\n")
}

// roleWordsOf are the parts that are compared; like is the role as it was read.
func roleWordsOf(r, like *seenRole) any {
	if r == nil {
		return nil
	}
	doc, _ := r.Trust()
	settings := "unread"
	if r.Settings && like.Settings {
		settings = fmt.Sprintf("%q %d", r.Description, r.MaxSession)
	}
	inline := map[string]string{}
	for name := range r.inline {
		inline[name] = trust.Canonical(r.Inline(name))
	}
	if !like.Settings {
		settings = "unread"
	}
	return []any{r.Name, r.Path, r.ARN, r.Boundary, settings, r.Tags, r.Attached, trust.Canonical(doc), inline}
}

func policyWordsOf(p, like *seenPolicy) any {
	if p == nil {
		return nil
	}
	tags := maps.Clone(p.Tags)
	if like.Tags == nil {
		tags = nil
	}
	return []any{p.Name, p.Path, p.ARN, len(p.Versions), p.Attached, p.Boundaries, tags, trust.Canonical(p.Document())}
}

func providerWordsOf(p *seenProvider) any {
	if p == nil {
		return nil
	}
	return []any{p.ARN, slices.Sorted(slices.Values(p.Audiences)), p.Tags}
}

func associationWordsOf(all []seenAssociation) []string {
	var out []string
	for _, a := range all {
		out = append(out, fmt.Sprint(a.Namespace, "/", a.ServiceAccount, " ", a.RoleARN, " ", a.TargetRoleARN, " ", a.NoTags, " ", trust.Canonical(policyOf(a.Policy)), " ", a.Tags))
	}
	slices.Sort(out)
	return out
}

package awsiam

import (
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// done reports whether a step that is not planned any more is so since its work is done.
// Of a step that it does not know, it says no: then the apply stops.
func (c *comparison) done(st step) bool {
	a := c.now.Accounts[st.account]
	if a == nil { // associations are the cluster's, wherever roles are
		return c.doneForPods(st)
	}
	switch do := st.do.(type) {
	case createPolicy:
		return a.policyByARN(do.want.ARN) != nil
	case newPolicyVersion:
		p := a.policyByARN(do.arn)
		return p != nil && c.follows(st, func(next action) bool {
			write, ok := next.(newPolicyVersion)
			return ok && write.arn == do.arn && trust.Equal(p.Document(), write.doc)
		})
	case tagPolicy:
		p := a.policyByARN(do.arn)
		return p != nil && (p.Tags == nil || tagged(p.Tags, do.tags, nil)) // unread: nothing about it is in doubt
	case untagPolicy:
		p := a.policyByARN(do.arn)
		return p == nil || tagged(p.Tags, nil, do.keys)
	case deletePolicy:
		return a.policyByARN(do.arn) == nil
	case createProvider:
		return a.Providers[do.want.ARN] != nil
	case addAudience:
		p := a.Providers[do.arn]
		return p != nil && slices.Contains(p.Audiences, do.audience)
	case tagProvider:
		p := a.Providers[do.arn]
		return p != nil && tagged(p.Tags, do.tags, nil)
	case untagProvider:
		p := a.Providers[do.arn]
		return p == nil || tagged(p.Tags, nil, do.keys)
	case deleteProvider:
		return a.Providers[do.arn] == nil
	}
	return c.doneOnRole(st, a) || c.doneForPods(st)
}

func (c *comparison) doneOnRole(st step, a *seenAccount) bool {
	switch do := st.do.(type) {
	case createRole:
		return a.role(do.want.Name) != nil
	case updateRole:
		r := a.role(do.name)
		return r != nil && r.Settings && r.Description == do.description && r.MaxSession == do.maxSession
	case setBoundary:
		r := a.role(do.name)
		return r != nil && r.Boundary == do.boundary
	case tagRole:
		r := a.role(do.name)
		return r == nil && len(do.tags) == 0 || r != nil && tagged(r.Tags, do.tags, do.untag)
	case attach:
		r := a.role(do.role)
		return r != nil && slices.Contains(r.Attached, do.policy)
	case detach:
		r := a.role(do.role)
		return r == nil || !slices.Contains(r.Attached, do.policy)
	case putInline:
		r := a.role(do.role)
		return r != nil && c.follows(st, func(next action) bool {
			put, ok := next.(putInline)
			return ok && put.role == do.role && put.name == do.name && trust.Equal(r.Inline(do.name), put.doc)
		})
	case deleteInline:
		r := a.role(do.role)
		return r == nil || r.inline[do.name] == ""
	case writeTrust:
		return c.wroteTrust(st, a.role(do.role))
	case leaveRole:
		return a.role(do.role) == nil
	case deleteRole:
		return a.role(do.name) == nil
	}
	return false
}

// wroteTrust: the trust is what the step makes of it, or one that follows.
func (c *comparison) wroteTrust(st step, r *seenRole) bool {
	write := st.do.(writeTrust)
	if r == nil {
		return len(write.statements) == 0
	}
	doc, err := r.Trust()
	if err != nil {
		return false
	}
	return c.follows(st, func(next action) bool {
		do, ok := next.(writeTrust)
		if !ok || do.role != write.role {
			return false
		}
		after, err := do.merged(doc)
		return err == nil && after.Text() == doc.Text()
	})
}

// follows reports whether the step, or one that comes after it in the same AWS account, is so.
func (c *comparison) follows(st step, is func(action) bool) bool {
	return slices.ContainsFunc(c.whole.steps, func(next planned) bool {
		return next.account == st.account && next.stage >= st.stage && is(next.do)
	})
}

func (c *comparison) doneForPods(st step) bool {
	of := func(name string) *seenAssociation {
		namespace, account, _ := strings.Cut(name, "/")
		return c.now.association(namespace, account)
	}
	switch do := st.do.(type) {
	case createAssociation:
		a := c.now.association(do.want.Namespace, do.want.ServiceAccount)
		return a != nil && a.RoleARN == do.want.RoleARN && a.same(do.want.associationSettings)
	case updateAssociation:
		namespace, account, _ := strings.Cut(do.name, "/")
		a, was := of(do.name), c.was.association(namespace, account)
		return a != nil && was != nil && do.made(was, a)
	case tagAssociation:
		a := of(do.name)
		return a != nil && tagged(a.Tags, do.tags, nil)
	case untagAssociation:
		a := of(do.name)
		return a == nil || tagged(a.Tags, nil, do.keys)
	case deleteAssociation:
		return of(do.name) == nil
	}
	return false
}

// tagged reports whether tags have those of want, and none of these keys.
func tagged(tags, want map[string]string, without []string) bool {
	for _, key := range without {
		if _, there := tags[key]; there {
			return false
		}
	}
	return len(tagChanges(tags, want)) == 0
}

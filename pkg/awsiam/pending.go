package awsiam

import (
	"context"
	"errors"
	"slices"
)

// Pending is a service account of irsa.yaml, its role, and how many changes a plan would make to
// the role, what is on it, and its association.
type Pending struct {
	Identity
	// Mode is irsa, podIdentity or both.
	Mode    string
	Changes int
}

// Pending plans, and counts what the plan would change: for each service account of irsa.yaml,
// and others for what is of none of them. It writes nothing. What stands in a plan's way is for
// Plan to say, and nothing is pending then.
func (s *Session) Pending(ctx context.Context) (all []Pending, others int, err error) {
	d, o, err := look(s, ctx, false)
	if err != nil {
		return nil, 0, err
	}
	keep(s, d, o)
	plan, err := computed(s, ctx, d, o)
	if faults := (Faults)(nil); err != nil && !errors.As(err, &faults) {
		return nil, 0, err
	} else if err != nil {
		plan = &Plan{}
	}
	for _, id := range d.Identities {
		all = append(all, Pending{id, modeOf(s, id), count(plan, id.changedBy)})
	}
	return all, count(plan, func(c Change) bool {
		return !slices.ContainsFunc(d.Identities, func(id Identity) bool { return id.changedBy(c) })
	}), nil
}

// changedBy reports whether a change is to the service account's role or what is on it.
func (id Identity) changedBy(c Change) bool {
	return c.ARN == id.RoleARN || c.Type == TypeAssociation && c.Name == id.Namespace+"/"+id.ServiceAccount
}

func count(p *Plan, of func(Change) bool) int {
	n := 0
	for _, c := range p.Changes {
		if of(c) {
			n++
		}
	}
	return n
}

func modeOf(s *Session, id Identity) string {
	for _, sa := range s.release.File.ServiceAccounts {
		if sa.Name == id.ServiceAccount && sa.NamespaceIn(s.release.Namespace) == id.Namespace {
			return sa.Mode
		}
	}
	return ""
}

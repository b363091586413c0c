package awsiam

import "github.com/helm-irsa/helm-irsa/pkg/trust"

// trustEdit is what a release does to the trust policy of a role.
type trustEdit struct {
	owner Owner
	// says is what the owner says of the role, where it keeps it.
	says       trust.Mark
	statements []trust.Statement
	// without are further owners whose statements go; one that is the same stays.
	without []Owner
	// keeps puts the owner's statements before those of other releases.
	keeps bool
}

// mergeTrust is the document with the owner's statements, without those of others that
// are named.
func mergeTrust(d trust.Document, e trustEdit) (trust.Document, error) {
	for _, o := range e.without {
		if o.trust() == e.owner.trust() {
			continue
		}
		var err error
		if d, err = trust.Remove(d, o.trust()); err != nil {
			return d, err
		}
	}
	d, err := trust.MergeAs(d, e.owner.trust(), e.says, e.statements)
	if err != nil || !e.keeps {
		return d, err
	}
	return trust.First(d, e.owner.trust())
}

// step is the edit as a step on a wanted role.
func (e trustEdit) step(want wantedRole, waits bool) writeTrust {
	return writeTrust{
		role: want.Name, arn: want.ARN, owner: e.owner, statements: e.statements, says: e.says, without: e.without, keeps: e.keeps, waits: waits,
	}
}

// edit is what the step does to the trust policy.
func (a writeTrust) edit() trustEdit {
	return trustEdit{owner: a.owner, says: a.says, statements: a.statements, without: a.without, keeps: a.keeps}
}

// roleEdit is what the release does to the trust policy of a role that it wants. seen is
// nil for a role that is new.
func roleEdit(p *planner, want wantedRole, seen *seenRole) trustEdit {
	e := trustEdit{owner: p.want.Owner, statements: want.Trust}
	mark := trust.Mark{Consent: consentText(want.SharedWith)}
	if seen == nil {
		e.says = mark
		return e
	}
	switch s, c := standingOf(p, seen); s {
	case own:
		mark.Adopted = c.adopted
		e.says = mark
	case taken:
		mark.Adopted = adoptsForeign(p, seen, c)
		e.says, e.keeps = mark, true
		if c.named {
			e.without = []Owner{c.owner}
		}
	default:
		// Of a role of ours whose tags somebody has changed, the Sids stay as they are.
		doc, err := seen.Trust()
		if keeper, ok := trust.KeeperOf(doc); err == nil && ok && c.named && c.owner == e.owner && keeper.ID == e.owner.trust().ID() {
			mark.Adopted = keeper.Adopted
			e.says = mark
		}
	}
	return e
}

// adoptsForeign reports whether a role that is adopted was there before any release of
// this namespace: then it is released in the end, and not deleted. A release that gets its
// name keeps what it made before it had one.
func adoptsForeign(p *planner, role *seenRole, c claim) bool {
	doc, err := role.Trust()
	if keeper, ok := trust.KeeperOf(doc); err == nil && ok && keeper.ID == p.want.Owner.trust().ID() {
		return keeper.Adopted
	}
	return !c.proven || c.adopted || !p.want.Owner.sibling(c.owner)
}

// sibling reports whether two owners are a release and the one without a name of the same
// namespace: what apply made before anybody had said the release's name.
func (o Owner) sibling(t Owner) bool {
	return o.sameNamespace(t) && (o.Release == "") != (t.Release == "")
}

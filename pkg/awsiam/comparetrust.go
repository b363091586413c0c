package awsiam

import (
	"slices"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// trustSeen is what a plan knows of a role's trust: that of others, and the forms that
// ours may have, before, between and after its steps.
//
// Statements of other releases of helm-irsa that the role's tags name may come and go:
// they are written by a protocol that loses nothing (writeTrust), each release shows its
// own in its own plan, and nothing of this release depends on them. Every other statement
// must be as the plan's diff showed it.
type trustSeen struct {
	own  []Owner
	tags map[string]string
	// docs are the trust before the plan's steps, and after each.
	docs []trust.Document
}

// trustSeen is that of a role, as the plan saw it, or as it creates it.
func (p *Plan) trustSeen(account, name string) (trustSeen, error) {
	out := trustSeen{own: []Owner{p.Owner, p.Owner.nameless()}}
	var doc trust.Document
	var err error
	var writes []writeTrust
	for _, st := range p.steps {
		if st.account != account {
			continue
		}
		switch do := st.do.(type) {
		case createRole:
			if do.want.Name == name {
				doc, err = do.merged(doc, do.want.TrustFirst)
			}
		case writeTrust:
			if do.role == name {
				writes, out.own = append(writes, do), append(out.own, do.without...)
			}
		}
	}
	if was := p.basis.seen.Accounts[account].role(name); was != nil {
		doc, err = was.Trust()
		out.tags = was.Tags
	}
	out.docs = append(out.docs, doc)
	for _, w := range writes {
		if err == nil {
			doc, err = w.merged(doc)
			out.docs = append(out.docs, doc)
		}
	}
	return out, err
}

// changed reports whether a role's trust is another than the plan knows.
func (t trustSeen) changed(now *seenRole) bool {
	doc, err := now.Trust()
	return err != nil || t.differs(doc, now.Tags)
}

func (t trustSeen) differs(now trust.Document, tags map[string]string) bool {
	ours, rest := t.parts(now, tags)
	_, seen := t.parts(t.docs[0], tags)
	return !slices.Equal(rest, seen) || now.Version() != t.docs[0].Version() || !slices.ContainsFunc(t.docs, func(d trust.Document) bool {
		form, _ := t.parts(d, tags)
		return slices.Equal(form, ours)
	})
}

// parts are the texts of our statements, and of those of whoever no tag names: neither
// those that the plan saw, nor those that are there now.
func (t trustSeen) parts(d trust.Document, now map[string]string) (ours, rest []string) {
	shares := slices.Concat(sharers(t.tags), sharers(now))
	for _, tags := range []map[string]string{t.tags, now} {
		if keeper, ok := ownerOf(tags); ok {
			shares = append(shares, keeper)
		}
	}
	of := func(owners []Owner, s trust.Statement) bool {
		return slices.ContainsFunc(owners, func(o Owner) bool { return o.trust().Owns(s) })
	}
	for _, s := range d.Statements() {
		switch {
		case of(t.own, s):
			ours = append(ours, textOf(s))
		case !of(shares, s):
			rest = append(rest, textOf(s))
		}
	}
	slices.Sort(ours)
	slices.Sort(rest)
	return ours, rest
}

// textOf is a statement in the form that all of its meaning share, but for its Sid: whose
// it is has been looked at.
func textOf(s trust.Statement) string {
	d, err := trust.Merge(trust.Document{}, trust.Owner{}, []trust.Statement{s})
	if err != nil { // of a statement that was read, there is none
		return s.Text()
	}
	return trust.Canonical(d)
}

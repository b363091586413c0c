package trust

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Merge gives the document in which the owner's statements are exactly these. The
// statements get the owner's Sids in their order. Statements of others keep their
// bytes and their order; one of the owner's that already says the same keeps its
// bytes too, so that merging twice changes nothing. From the zero Document it makes
// a new one.
//
// It fails for a statement that no builder made (the zero Statement), and for a
// permission policy, whose statements say nothing of trust.
func Merge(d Document, o Owner, statements []Statement) (Document, error) {
	return MergeAs(d, o, Mark{}, statements)
}

// MergeAs is Merge, with Sids that say what the owner, who keeps the role, says of it.
func MergeAs(d Document, o Owner, m Mark, statements []Statement) (Document, error) {
	if d.form == permissionForm {
		return Document{}, errors.New("trust: a permission policy takes no trust statements")
	}
	named := make([]Statement, len(statements))
	for i, s := range statements {
		if s.text == "" {
			return Document{}, fmt.Errorf("trust statement %d is empty", i+1)
		}
		named[i] = s.withSid(o.sid(i+1, m))
	}
	var items []string
	placed := make([]bool, len(named))
	for _, old := range d.statements {
		if !o.Owns(old) {
			items = append(items, old.text)
			continue
		}
		i := slices.IndexFunc(named, func(s Statement) bool { return sameNumber(s, old) })
		if i < 0 || placed[i] {
			continue
		}
		placed[i] = true
		if old.sid == named[i].sid && equalStatements(old, named[i]) {
			items = append(items, old.text)
		} else {
			items = append(items, named[i].text)
		}
	}
	for i, s := range named {
		if !placed[i] {
			items = append(items, s.text)
		}
	}
	return d.with(items)
}

// sameNumber compares two of an owner's statements.
func sameNumber(a, b Statement) bool {
	x, _ := readSid(a.sid)
	y, _ := readSid(b.sid)
	return x.number == y.number
}

// First gives the document with the owner's statements before those of other owners, so
// that KeeperOf names it. Statements that this program did not make keep their places.
func First(d Document, o Owner) (Document, error) {
	var first, rest []string
	for _, s := range d.statements {
		switch {
		case o.Owns(s):
			first = append(first, s.text)
		case Ours(s):
			rest = append(rest, s.text)
		}
	}
	ours := append(first, rest...)
	items := make([]string, len(d.statements))
	for i, s := range d.statements {
		if items[i] = s.text; Ours(s) {
			items[i], ours = ours[0], ours[1:]
		}
	}
	if d.text == "" {
		return d, nil
	}
	return d.with(items)
}

// Remove gives the document without the owner's statements. It may be left with no
// statement at all: IAM does not store such a policy, so the caller must look at
// Statements and delete the role, or leave it, instead.
func Remove(d Document, o Owner) (Document, error) { return Merge(d, o, nil) }

// with gives the document with other statements, as text.
func (d Document) with(items []string) (Document, error) {
	if d.text == "" {
		return Parse(`{"Version":"` + Version2012 + `","Statement":[` + strings.Join(items, ",") + `]}`)
	}
	if slices.EqualFunc(items, d.statements, func(item string, s Statement) bool { return item == s.text }) {
		return d, nil
	}
	lead, tail := d.spacing()
	list := "[" + lead + strings.Join(items, ","+lead) + tail + "]"
	if len(items) == 0 {
		list = "[]"
	}
	return parse(d.text[:d.list.from]+list+d.text[d.list.to:], d.form)
}

// spacing is the white space before the first statement of the list, which then
// goes before each, and the one behind the last.
func (d Document) spacing() (lead, tail string) {
	if d.list.kind != listKind || len(d.list.items) == 0 {
		return "", ""
	}
	first, last := d.list.items[0], d.list.items[len(d.list.items)-1]
	return d.text[d.list.from+1 : first.from], d.text[last.to : d.list.to-1]
}

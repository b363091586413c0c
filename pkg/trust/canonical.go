package trust

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// Canonical is the policy in the one form that all policies of the same meaning
// share, on lines that a person can read: lists sorted and without repetition, a
// list of one as a string, elements in a fixed order, statements by their Sid,
// Version written out, an AWS account's root ARN as the AWS account's ID (the two "behave
// the same way", reference_policies_elements_principal.html), numbers and booleans
// in quotes. It ends in a line break, and is empty for the zero Document.
func Canonical(d Document) string {
	if d.text == "" {
		return ""
	}
	return pretty(canonicalizer{}.document(d)) + "\n"
}

// Equal reports whether two policies mean the same. On top of Canonical it ignores
// the case of actions and condition keys, as IAM does. A policy that cannot be
// stored, such as the zero Document, equals only itself.
func Equal(a, b Document) bool {
	if a.text == "" || b.text == "" {
		return a.text == b.text
	}
	c := canonicalizer{fold: true}
	return compact(c.document(a)) == compact(c.document(b))
}

// equalStatements is Equal for single statements of policies of one version.
func equalStatements(a, b Statement) bool {
	c := canonicalizer{fold: true}
	return compact(c.statement(a.root)) == compact(c.statement(b.root))
}

// canonicalizer makes canonical nodes; with fold, what IAM reads without regard to
// case is in lower case.
type canonicalizer struct{ fold bool }

func (c canonicalizer) lower(s string) string {
	if c.fold {
		return strings.ToLower(s)
	}
	return s
}

func (c canonicalizer) document(d Document) node {
	var statements []node
	for _, s := range d.statements {
		statements = append(statements, c.statement(s.root))
	}
	slices.SortStableFunc(statements, func(a, b node) int {
		x, _ := a.member("Sid")
		y, _ := b.member("Sid")
		return cmp.Or(cmp.Compare(x.text, y.text), cmp.Compare(compact(a), compact(b)))
	})
	out := objectNode(pair("Version", textNode(d.version)))
	if id, ok := d.root.member("Id"); ok {
		out.members = append(out.members, pair("Id", c.value(id)))
	}
	out.members = append(out.members, pair("Statement", node{kind: listKind, items: statements}))
	return c.unknown(out, d.root, documentElements)
}

func (c canonicalizer) statement(n node) node {
	out := node{kind: objectKind}
	for _, name := range statementElements {
		v, ok := n.member(name)
		if !ok {
			continue
		}
		switch name {
		case "Principal", "NotPrincipal":
			v = c.principals(v)
		case "Action", "NotAction":
			v = c.texts(v, c.lower)
		case "Resource", "NotResource":
			v = c.texts(v, same)
		case "Condition":
			v = c.conditions(v)
			if len(v.members) == 0 {
				continue
			}
		}
		out.members = append(out.members, pair(name, v))
	}
	return c.unknown(out, n, statementElements)
}

// unknown appends the elements that nobody knows, by name.
func (c canonicalizer) unknown(out, n node, known []string) node {
	var rest []member
	for _, m := range n.members {
		if !slices.Contains(known, m.key) {
			rest = append(rest, pair(m.key, c.value(m.value)))
		}
	}
	slices.SortFunc(rest, func(a, b member) int { return cmp.Compare(a.key, b.key) })
	out.members = append(out.members, rest...)
	return out
}

func (c canonicalizer) principals(n node) node {
	if n.kind != objectKind {
		return n
	}
	out := node{kind: objectKind}
	for _, m := range n.members {
		each := same
		if m.key == "AWS" {
			each = accountID
		}
		out.members = append(out.members, pair(m.key, c.texts(m.value, each)))
	}
	slices.SortFunc(out.members, func(a, b member) int { return cmp.Compare(a.key, b.key) })
	return out
}

var rootARN = regexp.MustCompile(`^arn:[a-z0-9-]+:iam::([0-9]{12}):root$`)

// accountID turns the ARN of an AWS account into its ID.
func accountID(id string) string { return rootARN.ReplaceAllString(id, "$1") }

func same(s string) string { return s }

func (c canonicalizer) conditions(n node) node {
	out := node{kind: objectKind}
	for _, op := range n.members {
		if len(op.value.members) == 0 {
			continue // no key, no condition
		}
		keys := node{kind: objectKind}
		for _, m := range op.value.members {
			keys.members = append(keys.members, pair(c.lower(m.key), c.texts(m.value, same)))
		}
		slices.SortFunc(keys.members, func(a, b member) int {
			return cmp.Or(cmp.Compare(strings.ToLower(a.key), strings.ToLower(b.key)), cmp.Compare(a.key, b.key),
				cmp.Compare(compact(a.value), compact(b.value)))
		})
		out.members = append(out.members, pair(op.key, keys))
	}
	slices.SortFunc(out.members, func(a, b member) int { return cmp.Compare(a.key, b.key) })
	return out
}

// texts is a sorted list of strings, or its only one.
func (c canonicalizer) texts(n node, each func(string) string) node {
	items := []node{n}
	if n.kind == listKind {
		items = n.items
	}
	var values []string
	for _, item := range items {
		if item.kind != textKind && item.kind != numberKind && item.kind != boolKind {
			return c.value(n) // of an element that IAM does not take here
		}
		values = append(values, each(item.text))
	}
	return textsNode(sortedUnique(values))
}

// value is a value of which nothing is known but that it is JSON.
func (c canonicalizer) value(n node) node {
	out := n
	out.items, out.members = nil, nil
	for _, item := range n.items {
		out.items = append(out.items, c.value(item))
	}
	for _, m := range n.members {
		out.members = append(out.members, pair(m.key, c.value(m.value)))
	}
	slices.SortFunc(out.members, func(a, b member) int { return cmp.Compare(a.key, b.key) })
	return out
}

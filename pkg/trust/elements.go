package trust

import "slices"

var principalTypes = []string{"AWS", "Service", "Federated", "CanonicalUser"}

// readPrincipals reads "*" or lists by type (reference_policies_grammar.html).
func readPrincipals(f *faults, m member) []Principal {
	if m.value.kind == textKind && m.value.text == "*" {
		return []Principal{{"*", "*"}}
	}
	if m.value.kind != objectKind || len(m.value.members) == 0 {
		f.add(m.value.from, `%s is %s: want "*" or an object such as {"AWS": "arn:aws:iam::111122223333:root"}`, m.key, brief(m.value))
		return nil
	}
	var out []Principal
	for _, t := range m.value.members {
		if !slices.Contains(principalTypes, t.key) {
			f.add(t.from, "%s has %s: want AWS, Service or Federated", m.key, t.key)
		}
		for _, id := range readTexts(f, m.key+" "+t.key, t.value) {
			out = append(out, Principal{t.key, id})
		}
	}
	return out
}

// readTexts reads a string or a list of strings, of which there must be one.
func readTexts(f *faults, name string, n node) []string {
	items := []node{n}
	if n.kind == listKind {
		items = n.items
	}
	if len(items) == 0 {
		f.add(n.from, "%s is an empty list: want a string or a list of strings", name)
	}
	var out []string
	for _, item := range items {
		if item.kind != textKind {
			f.add(item.from, "%s has %s: want a string", name, brief(item))
		}
		out = append(out, item.text)
	}
	return out
}

// readConditions reads operators, their keys and the values.
func readConditions(f *faults, n node) []Condition {
	if n.kind != objectKind {
		f.add(n.from, `Condition is %s: want an object such as {"StringEquals": {"KEY": "VALUE"}}`, brief(n))
		return nil
	}
	var out []Condition
	for _, op := range n.members {
		if op.value.kind != objectKind {
			f.add(op.value.from, `%s is %s: want an object such as {"KEY": "VALUE"}`, op.key, brief(op.value))
			continue
		}
		for _, key := range op.value.members {
			out = append(out, Condition{op.key, key.key, readValues(f, op.key+" "+key.key, key.value)})
		}
	}
	return out
}

// readValues reads the values of a condition. Numbers and booleans may stand
// without quotes and mean the same (reference_policies_grammar.html).
func readValues(f *faults, name string, n node) []string {
	items := []node{n}
	if n.kind == listKind {
		items = n.items
	}
	out := []string{}
	for _, item := range items {
		if item.kind != textKind && item.kind != numberKind && item.kind != boolKind {
			f.add(item.from, "%s has %s: want a string, a number or a boolean", name, brief(item))
		}
		out = append(out, item.text)
	}
	return out
}

package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// loader reads one YAML document into the types, and notes every fault on the way.
type loader struct {
	path   string
	root   *yaml.Node
	faults []Fault
	// origins say which of several files a node is from.
	origins *origins
	// deletions are the nulls of later files that had nothing to delete.
	deletions map[*yaml.Node]bool
	// values are what placeholders stand for; nil where there are none.
	values *values
	// open are the anchored nodes that are being read, against those that contain themselves.
	open map[*yaml.Node]bool
	// aliases is how many aliases lead to the current node, aliased how many values were read through any.
	aliases, aliased int
}

func (l *loader) faultAt(n *yaml.Node, at *place, message, hint string) {
	l.faults = append(l.faults, Fault{File: l.origins.file(n), Line: max(n.Line, 1), Column: max(n.Column, 1), Field: at.String(), Message: message, Hint: hint})
}

// enter reads what an alias stands for through read, within the bounds.
func (l *loader) enter(n *yaml.Node, at *place, read func(*yaml.Node)) {
	if l.aliased > maxAliased {
		return
	}
	if n.Kind == yaml.AliasNode {
		l.aliases++
		defer func() { l.aliases-- }()
	}
	if l.aliases > 0 {
		if l.aliased++; l.aliased > maxAliased {
			l.faultAt(n, at, fmt.Sprintf("the aliases unfold to more than %d values", maxAliased), "write the values out")
			return
		}
	}
	node := target(n)
	if node.Anchor != "" {
		if l.open[node] {
			l.faultAt(n, at, fmt.Sprintf("the alias *%s stands inside its own anchor", node.Anchor), "write the value out")
			return
		}
		l.open[node] = true
		defer delete(l.open, node)
	}
	read(node)
}

// value reads n into v, which must be addressable.
func (l *loader) value(n *yaml.Node, v reflect.Value, at *place, r *rules) {
	l.enter(n, at, func(n *yaml.Node) {
		if isNull(n) {
			l.faultAt(n, at, "has no value", "write one, or drop the line")
			return
		}
		switch p := v.Addr().Interface().(type) {
		case *Document:
			l.document(n, p, at)
			return
		case *Duration:
			l.duration(n, p, at, r)
			return
		case *WellKnownPolicy:
			l.wellKnown(n, p, at)
			return
		}
		l.kind(n, v, at, r)
	})
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

func (l *loader) kind(n *yaml.Node, v reflect.Value, at *place, r *rules) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		l.kind(n, v.Elem(), at, r)
	case reflect.Struct:
		l.structure(n, v, at)
	case reflect.Slice:
		l.list(n, v, at, r)
	case reflect.Map:
		l.mapping(n, v, at, r)
	case reflect.String:
		l.text(n, v, at, r)
	case reflect.Bool:
		l.boolean(n, v, at)
	case reflect.Int:
		l.number(n, v, at, r)
	default:
		panic("spec: no way to read a " + v.Kind().String())
	}
}

// structure reads a mapping into a struct.
func (l *loader) structure(n *yaml.Node, v reflect.Value, at *place) {
	if n.Kind != yaml.MappingNode {
		l.mustBe(n, at, "a mapping", structureHint(n, v.Type()))
		return
	}
	s := rulesOf(v.Type())
	if s.position {
		v.FieldByName("File").SetString(l.origins.file(n))
		v.FieldByName("Line").SetInt(int64(n.Line))
		v.FieldByName("Column").SetInt(int64(n.Column))
	}
	p := present{node: n, at: at, rules: s, seen: make([]entry, len(s.fields))}
	for _, e := range l.entries(n, at) {
		i, ok := s.byName[e.key.Value]
		if !ok {
			p.meant = append(p.meant, l.unknownField(e, n, at, v.Type()))
			continue
		}
		if l.deletions[e.value] {
			continue
		}
		p.seen[i] = e
		l.value(e.value, v.Field(s.fields[i].index), at.key(e.key.Value), &s.fields[i])
	}
	l.presence(p, v.Type())
}

// unknownField names the field that was meant, and gives it, or the one that this belongs under.
func (l *loader) unknownField(e entry, in *yaml.Node, at *place, t reflect.Type) (meant string) {
	s, key := rulesOf(t), e.key
	if c, ok := foreign(key.Value, e.value, t); ok {
		l.faultAt(key, at.key(key.Value), "unknown field", c.hint(t))
		return c.field // a required one is not reported as missing, too
	}
	hint := "known here: " + strings.Join(s.names(), ", ")
	near, ok := Nearest(key.Value, s.names())
	if !ok {
		near, ok = contained(key.Value, s.names())
	}
	if ok {
		hint = fmt.Sprintf("did you mean %q?", near)
	} else if under, ok := s.fieldHolding(t, key.Value, in); ok {
		hint = fmt.Sprintf("it belongs under %q", under)
	}
	l.faultAt(key, at.key(key.Value), "unknown field", hint)
	return near
}

// structureHint shows the mapping for who wrote a text in its place: role: arn:aws:….
func structureHint(n *yaml.Node, t reflect.Type) string {
	if t != roleType || n.Kind != yaml.ScalarNode {
		return ""
	}
	return roleOf(n).hint(serviceAccountType)
}

// contained gives the one candidate that stands in a name whole, as policyARNs does in
// managedPolicyARNs: people take a field for one of CloudFormation or Terraform.
func contained(name string, candidates []string) (string, bool) {
	const shortest = 6 // shorter ones stand in many a name
	found := ""
	for _, c := range candidates {
		if len(c) < shortest || !strings.Contains(strings.ToLower(name), strings.ToLower(c)) {
			continue
		}
		if found != "" {
			return "", false
		}
		found = c
	}
	return found, found != ""
}

// fieldHolding finds the field whose own type has a field of that name; of alternatives, as those
// of a target, the one that the mapping has.
func (s *structRules) fieldHolding(t reflect.Type, name string, in *yaml.Node) (string, bool) {
	for _, f := range s.fields {
		ft := t.Field(f.index).Type
		if ft.Kind() == reflect.Pointer && has(in, f.name) {
			ft = ft.Elem()
		}
		if ft.Kind() == reflect.Struct && ft != documentType {
			if slices.ContainsFunc(rulesOf(ft).names(), func(n string) bool { return strings.EqualFold(n, name) }) {
				return f.name, true
			}
		}
	}
	return "", false
}

func has(mapping *yaml.Node, key string) bool {
	for i := 0; i < len(mapping.Content)-1; i += 2 {
		if mapping.Content[i].Value == key {
			return true
		}
	}
	return false
}

func (l *loader) wrongKind(n *yaml.Node, at *place, want string) { l.mustBe(n, at, want, "") }

func (l *loader) mustBe(n *yaml.Node, at *place, want, hint string) {
	l.faultAt(n, at, fmt.Sprintf("must be %s, not %s", want, kindOf(n)), hint)
}

func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.ShortTag() == "!!bool":
		return "true or false"
	case n.ShortTag() == "!!int" || n.ShortTag() == "!!float":
		return "a number"
	}
	return "text"
}

func oneOfHint(value string, known []string) string {
	if near, ok := Nearest(value, known); ok {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "write one of " + strings.Join(known, ", ")
}

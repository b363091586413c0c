package spec

import (
	"reflect"
	"strings"
	"sync"
)

// rules are what the tags of a field ask of its value.
type rules struct {
	name, desc       string
	index            int
	required, unique bool
	oneof, excludes  bool
	def              string
	enum, keyEnum    []string
	format           *format
	keyFormat        *format
	// pattern is whether the text is a regular expression.
	pattern bool
}

// structRules are the fields of one type, in the order of the source.
type structRules struct {
	fields []rules
	byName map[string]int
	// position is whether the type has Line and Column.
	position bool
}

var structCache sync.Map // reflect.Type -> *structRules

// rulesOf reads the tags of a struct type, once.
func rulesOf(t reflect.Type) *structRules {
	if s, ok := structCache.Load(t); ok {
		return s.(*structRules)
	}
	s := &structRules{byName: map[string]int{}}
	for i := range t.NumField() {
		field := t.Field(i)
		name := field.Tag.Get("yaml")
		if name == "-" {
			s.position = s.position || field.Name == "Line"
			continue
		}
		s.byName[name] = len(s.fields)
		s.fields = append(s.fields, readTags(name, i, field.Tag))
	}
	structCache.Store(t, s)
	return s
}

func readTags(name string, index int, tag reflect.StructTag) rules {
	return rules{
		name:      name,
		index:     index,
		desc:      tag.Get("desc"),
		required:  tag.Get("required") != "",
		unique:    tag.Get("unique") != "",
		oneof:     tag.Get("oneof") != "",
		excludes:  tag.Get("excludes") != "",
		def:       tag.Get("default"),
		enum:      splitList(tag.Get("enum")),
		keyEnum:   splitList(tag.Get("keyenum")),
		format:    formatNamed(tag.Get("format")),
		keyFormat: formatNamed(tag.Get("keyformat")),
		pattern:   tag.Get("format") == "pattern",
	}
}

func formatNamed(name string) *format {
	f, ok := formats[name]
	if !ok {
		return nil
	}
	return &f
}

func splitList(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// names gives the fields' names in irsa.yaml.
func (s *structRules) names() []string {
	out := make([]string, len(s.fields))
	for i, f := range s.fields {
		out[i] = f.name
	}
	return out
}

// oneofNames gives the fields of which exactly one is given.
func (s *structRules) oneofNames() []string {
	var out []string
	for _, f := range s.fields {
		if f.oneof {
			out = append(out, f.name)
		}
	}
	return out
}

package spec

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"unicode"
)

// SchemaID is where the JSON Schema of irsa.yaml says that it lives.
const SchemaID = "https://helm-irsa.dev/schema/v1alpha1/irsa.json"

// JSONSchema gives the JSON Schema (draft 2020-12) of irsa.yaml, made from the types and
// their tags. It refuses what Load refuses, but for what no schema can express: names that
// refer to each other or clash, files on disk, keys that YAML has twice, and text with
// placeholders. It is of a whole irsa.yaml: a file that is laid over others may lack what they
// have, and delete with null.
func JSONSchema() []byte {
	g := schemaMaker{defs: map[string]bool{}}
	root := g.structure(reflect.TypeFor[File]())
	head := object{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"$id", SchemaID},
		{"title", "irsa.yaml"},
	}
	all := append(head, root...).with("$defs", g.out)
	compact, err := marshalPlain(all)
	if err != nil {
		panic("spec: the schema is not JSON: " + err.Error())
	}
	var b bytes.Buffer
	if err := json.Indent(&b, compact, "", "  "); err != nil {
		panic("spec: the schema is not JSON: " + err.Error())
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// schemaMaker gathers a definition for each type as it meets them.
type schemaMaker struct {
	defs map[string]bool
	out  object
}

// structure is the schema of a struct type.
func (g *schemaMaker) structure(t reflect.Type) object {
	s := rulesOf(t)
	props, required := object{}, []string{}
	for _, f := range s.fields {
		props = append(props, member{f.name, g.field(t.Field(f.index).Type, f)})
		if f.required {
			required = append(required, f.name)
		}
	}
	o := object{{"description", typeDocs[t.Name()]}, {"type", "object"}, {"additionalProperties", false}}
	if len(required) > 0 {
		o = o.with("required", required)
	}
	o = o.with("properties", props)
	return append(o, structRulesSchema(t, s)...)
}

// ref defines a struct type once and refers to it.
func (g *schemaMaker) ref(t reflect.Type) object {
	name := defName(t)
	if !g.defs[name] {
		g.defs[name] = true
		at := len(g.out)
		g.out = append(g.out, member{name, nil})
		g.out[at].value = g.structure(t)
	}
	return object{{"$ref", "#/$defs/" + name}}
}

// defName is the type's name with a small first letter.
func defName(t reflect.Type) string {
	r := []rune(t.Name())
	r[0] = unicode.ToLower(r[0])
	return string(r)
}

// field is the schema of a field: its description, its default, and its type's schema.
func (g *schemaMaker) field(t reflect.Type, r rules) object {
	o := object{{"description", r.desc}}
	if r.def != "" {
		o = o.with("default", r.def)
	}
	return append(o, g.value(t, r)...)
}

func (g *schemaMaker) value(t reflect.Type, r rules) object {
	if t == documentType && r.required {
		return object{{"type", "object"}, {"minProperties", 1}}
	} else if t == documentType {
		return object{{"type", "object"}}
	}
	if t == wellKnownType {
		return wellKnownSchema()
	}
	if t == reflect.TypeFor[Duration]() {
		form := object{{"pattern", orEmpty(r.format.pattern)}, {"minimum", r.format.low}, {"maximum", r.format.high}}
		return append(object{{"type", []string{"string", "integer"}}}, orPlaceholder(form)...)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return g.value(t.Elem(), r)
	case reflect.Struct:
		return g.ref(t)
	case reflect.Slice:
		return g.list(t, r)
	case reflect.Map:
		return g.mapping(t, r)
	case reflect.Bool:
		return object{{"type", "boolean"}}
	case reflect.Int:
		return numberSchema(r.format)
	}
	return textSchema(r)
}

func (g *schemaMaker) list(t reflect.Type, r rules) object {
	o := object{{"type", "array"}}
	if r.required {
		o = o.with("minItems", 1)
	}
	if r.unique {
		o = o.with("uniqueItems", true)
	}
	return o.with("items", g.value(t.Elem(), itemRules(t.Elem(), r)))
}

func (g *schemaMaker) mapping(t reflect.Type, r rules) object {
	o := object{{"type", "object"}}
	if r.required {
		o = o.with("minProperties", 1)
	}
	if names := keySchema(r); names != nil {
		o = o.with("propertyNames", names)
	}
	return o.with("additionalProperties", g.value(t.Elem(), itemRules(t.Elem(), r)))
}

// itemRules are what is left of a field's rules for its items: text and lists there are never empty.
func itemRules(t reflect.Type, r rules) rules {
	return rules{format: r.format, required: t.Kind() != reflect.String || r.format == nil || !r.format.takesEmpty}
}

func keySchema(r rules) object {
	if r.keyEnum != nil {
		return object{{"enum", r.keyEnum}}
	}
	if r.keyFormat != nil {
		return textSchema(rules{format: r.keyFormat, required: true})[1:]
	}
	return nil
}

func numberSchema(f *format) object {
	bounds := object{{"minimum", f.low}, {"maximum", f.high}}
	if f.orZero {
		return object{{"type", "integer"}, {"anyOf", []object{{{"const", 0}}, bounds}}}
	}
	return append(object{{"type", "integer"}}, bounds...)
}

// textSchema is the schema of text. Where it is not required, empty text stands for none.
func textSchema(r rules) object {
	o := object{{"type", "string"}}
	if len(r.enum) == 1 && r.required {
		return o.with("const", r.enum[0])
	}
	if r.enum != nil {
		return o.with("enum", append(r.enum[:len(r.enum):len(r.enum)], emptyUnless(r.required)...))
	}
	if r.required {
		o = o.with("minLength", 1)
	}
	if r.format == nil {
		return o
	}
	var form object
	if p := r.format.pattern; p != "" && r.required {
		form = form.with("pattern", p)
	} else if p != "" {
		form = form.with("pattern", orEmpty(p))
	}
	if r.format.max > 0 {
		form = form.with("maxLength", r.format.max)
	}
	if r.format.reject != "" {
		form = form.with("not", object{{"pattern", r.format.reject}})
	}
	return append(o, orPlaceholder(form)...)
}

// orPlaceholder is a form that text has, unless a placeholder stands in it: what becomes of
// that no schema knows.
func orPlaceholder(form object) object {
	if len(form) == 0 {
		return nil
	}
	return object{{"anyOf", []object{form, {{"type", "string"}, {"pattern", `\$\{`}}}}}
}

func emptyUnless(required bool) []string {
	if required {
		return nil
	}
	return []string{""}
}

// orEmpty makes a pattern accept empty text too.
func orEmpty(pattern string) string {
	if matches(pattern, "") {
		return pattern
	}
	return "^$|" + strings.TrimSpace(pattern)
}

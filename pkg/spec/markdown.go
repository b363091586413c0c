package spec

import (
	_ "embed"
	"fmt"
	"reflect"
	"strings"
)

//go:embed example.yaml
var example string

// Markdown gives docs/irsa-yaml.md: a complete example, then each type's fields with
// their rules, all from the types and their tags.
func Markdown() []byte {
	var b strings.Builder
	b.WriteString(markdownHead)
	b.WriteString("## A complete example\n\n```yaml\n" + example + "```\n\n")
	b.WriteString(markdownRules)
	for _, t := range documentedTypes() {
		writeType(&b, t)
	}
	return []byte(strings.TrimRight(b.String(), "\n") + "\n")
}

const markdownHead = `# irsa.yaml

<!-- Generated from pkg/spec. -->

One file says which ServiceAccounts of a Helm release assume which AWS roles. It is the file that
` + "`--irsa-file FILE`" + ` names, else ` + "`$HELM_IRSA_FILE`" + `, else ` + "`./irsa.yaml`" + `.

`

const markdownRules = `## How it is read

- An unknown field is an error, and so is a field that is there twice. All errors are reported at once, each with file, line and column.
- Empty text, an empty list and an empty mapping are the same as leaving an optional field out. A field without any value is an error.
- Text that looks like a number needs quotes: ` + "`accountID: \"012345678901\"`" + `.
- Durations are text such as ` + "`1h`, `90m` or `3600s`" + `, or a number of seconds.
- Anchors, aliases and merge keys work. The file holds one YAML document.
- ` + "`helm-irsa schema`" + ` prints the JSON Schema of this file, for editors.

A derived role name is ` + "`CLUSTER-NAMESPACE-SERVICEACCOUNT-HASH`" + `, cut to 64 characters. The hash is over the cluster with its
AWS account and region, the namespace and the service account, so that no two service accounts get one name, and a name
stays when others join the file.

`

// documentedTypes are the struct types from File down, in the order in which they are met.
func documentedTypes() []reflect.Type {
	var out []reflect.Type
	seen := map[reflect.Type]bool{}
	var visit func(t reflect.Type)
	visit = func(t reflect.Type) {
		t = innermost(t)
		if t.Kind() != reflect.Struct || t == documentType || t == wellKnownType || seen[t] {
			return
		}
		seen[t] = true
		out = append(out, t)
		for _, f := range rulesOf(t).fields {
			visit(t.Field(f.index).Type)
		}
	}
	visit(reflect.TypeFor[File]())
	return out
}

// innermost goes through pointers, lists and mappings.
func innermost(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	return t
}

func writeType(b *strings.Builder, t reflect.Type) {
	s := rulesOf(t)
	fmt.Fprintf(b, "## %s\n\n%s\n\n", heading(t), typeDocs[t.Name()])
	b.WriteString("| field | type | default | meaning |\n| --- | --- | --- | --- |\n")
	for _, f := range s.fields {
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", f.name, typeText(t.Field(f.index).Type), defaultText(f), meaning(t.Field(f.index).Type, f))
	}
	b.WriteString("\n")
	if names := s.oneofNames(); names != nil {
		fmt.Fprintf(b, "Exactly one of `%s`.\n\n", strings.Join(names, "`, `"))
	}
}

func heading(t reflect.Type) string {
	if t == reflect.TypeFor[File]() {
		return "The file"
	}
	return defName(t)
}

// typeText names a type, with a link to its table.
func typeText(t reflect.Type) string {
	switch {
	case t == documentType:
		return "JSON object"
	case t == wellKnownType:
		return "name or mapping"
	case t == reflect.TypeFor[Duration]():
		return "duration"
	case t.Kind() == reflect.Struct:
		return fmt.Sprintf("[%s](#%s)", defName(t), strings.ToLower(defName(t)))
	case t.Kind() == reflect.Pointer:
		return typeText(t.Elem())
	case t.Kind() == reflect.Slice:
		return "list of " + typeText(t.Elem())
	case t.Kind() == reflect.Map:
		return "mapping to " + typeText(t.Elem())
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Int:
		return "number"
	}
	return "text"
}

func defaultText(f rules) string {
	switch {
	case f.required:
		return "**required**"
	case f.def != "":
		return "`" + f.def + "`"
	}
	return ""
}

// meaning is the description, with the only values where there are such, and the limits of the text.
func meaning(t reflect.Type, f rules) string {
	text := f.desc
	if len(f.enum) == 1 {
		text += fmt.Sprintf(" Always `%s`.", f.enum[0])
	} else if f.enum != nil {
		text += fmt.Sprintf(" One of `%s`.", strings.Join(f.enum, "`, `"))
	}
	if f.keyEnum != nil {
		text += fmt.Sprintf(" Keys: `%s`.", strings.Join(f.keyEnum, "`, `"))
	}
	if f.keyFormat != nil && f.keyFormat.max > 0 {
		text += fmt.Sprintf(" Keys of at most %d characters.", f.keyFormat.max)
	}
	if f.format != nil && f.format.max > 0 {
		limit := " At most %d characters."
		if t.Kind() == reflect.Map {
			limit = " Values of at most %d characters."
		}
		text += fmt.Sprintf(limit, f.format.max)
	}
	return strings.ReplaceAll(text, "|", `\|`)
}

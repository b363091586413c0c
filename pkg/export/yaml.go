package export

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// YAML, written by hand for the comments in it. Every text is quoted, so that none is read as
// anything else.

// YAMLText is a text in double quotes, for others who write YAML.
func YAMLText(s string) string { return yamlString(s) }

// YAMLFlow is a JSON text as YAML in flow style: the same data in the same order.
func YAMLFlow(text, margin string) string { return yamlFlow(text, margin) }

// yamlString is a text in double quotes, with the escapes that YAML 1.1 and 1.2 share
// (https://yaml.org/spec/1.2.2/#57-escaped-characters). JSON's are not all among them.
func yamlString(s string) string {
	return untemplated(doubleQuoted(s, func(r rune) string {
		switch r {
		case '"', '\\':
			return `\` + string(r)
		case '\n':
			return `\n`
		case '\ufeff': // printed, and not seen
			return `\ufeff`
		}
		return ""
	}))
}

// untemplated is a quoted text, of YAML or JSON, in which Helm sees no template: the file may
// stand among those of a chart (https://pkg.go.dev/text/template, actions begin with {{).
func untemplated(quoted string) string { return strings.ReplaceAll(quoted, "{{", `{\u007b`) }

// doubleQuoted is a text in double quotes: with the escapes of special, where that has one, and by its
// number what is not printed.
func doubleQuoted(s string, special func(rune) string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		escape := special(r)
		switch {
		case escape != "":
			b.WriteString(escape)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// yamlFlow is a JSON text as YAML in flow style, on several lines behind a margin: the same
// data in the same order.
func yamlFlow(text, margin string) string {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var b strings.Builder
	if err := flowValue(&b, d, margin); err != nil {
		return yamlString(text) // a document that was read is JSON
	}
	return b.String()
}

func flowValue(b *strings.Builder, d *json.Decoder, margin string) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	open, container := token.(json.Delim)
	if !container {
		b.WriteString(flowScalar(token))
		return nil
	}
	b.WriteString(open.String())
	inner, some := margin+"  ", false
	for ; d.More(); some = true {
		if some {
			b.WriteByte(',')
		}
		b.WriteString("\n" + inner)
		if open == '{' {
			key, err := d.Token()
			if err != nil {
				return err
			}
			b.WriteString(flowScalar(key) + ": ")
		}
		if err := flowValue(b, d, inner); err != nil {
			return err
		}
	}
	closing, err := d.Token()
	if err != nil {
		return err
	}
	if some {
		b.WriteString("\n" + margin)
	}
	fmt.Fprint(b, closing)
	return nil
}

func flowScalar(token json.Token) string {
	switch v := token.(type) {
	case string:
		return yamlString(v)
	case nil:
		return "null"
	}
	return fmt.Sprint(token)
}

// yamlLines writes lines of block style.
type yamlLines struct{ strings.Builder }

func (y *yamlLines) line(margin int, format string, args ...any) {
	y.WriteString(strings.Repeat(" ", margin) + fmt.Sprintf(format, args...) + "\n")
}

func (y *yamlLines) comment(margin int, lines ...string) {
	for _, line := range lines {
		for _, piece := range wrapped(strings.ReplaceAll(line, "{{", "{ {"), 96-margin) {
			y.line(margin, "# %s", piece)
		}
	}
}

// text writes KEY: "VALUE".
func (y *yamlLines) text(margin int, key, value string) {
	y.line(margin, "%s: %s", key, yamlString(value))
}

// texts writes a list of texts.
func (y *yamlLines) texts(margin int, key string, values []string) {
	y.line(margin, "%s:", key)
	for _, v := range values {
		y.line(margin, "- %s", yamlString(v))
	}
}

// document writes a JSON document as data.
func (y *yamlLines) document(margin int, key, text string) {
	y.line(margin, "%s: %s", key, yamlFlow(text, strings.Repeat(" ", margin+2)))
}

// documentText writes a JSON document as a text of several lines, which has all its
// characters: JSON has no line break within a text, and what is not printed is escaped.
func (y *yamlLines) documentText(margin int, key, text string) {
	in := strings.Repeat(" ", margin+2)
	y.line(margin, "%s: |-\n%s%s", key, in, untemplated(pretty(text, in)))
}

// tagList writes tags as a list of Key and Value, under the names that the format has.
func (y *yamlLines) tagList(margin int, field, key, value string, tags map[string]string) {
	y.line(margin, "%s:", field)
	for _, k := range keysOf(tags) {
		y.line(margin, "- %s: %s", key, yamlString(k))
		y.line(margin+2, "%s: %s", value, yamlString(tags[k]))
	}
}

// texts are all texts in a JSON document, keys among them.
func textsOf(text string) []string {
	d := json.NewDecoder(strings.NewReader(text))
	var out []string
	for {
		token, err := d.Token()
		if err != nil {
			return out
		}
		if s, ok := token.(string); ok {
			out = append(out, s)
		}
	}
}

// hasVariables reports whether a text of values has something of the form ${…}, such as IAM's own
// variables: what substitutes such in YAML looks at every text.
func hasVariables(values ...any) bool {
	return slices.ContainsFunc(allTexts(values...), func(s string) bool { return strings.Contains(s, "${") })
}

// allTexts are all the texts of values, for what looks for what a tool would act on.
func allTexts(values ...any) []string {
	whole, _ := json.Marshal(values) // of texts and documents, which always encode
	all := textsOf(string(whole))
	slices.Sort(all)
	return slices.Compact(all)
}

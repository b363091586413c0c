package adopt

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/helm-irsa/helm-irsa/internal/safe"
	"github.com/helm-irsa/helm-irsa/pkg/export"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// comments are the lines above the file.
func (f *filling) comments() []string {
	what := f.source.Name + " has for " + f.group.String()
	if f.source.Name == f.group.String() { // it was read from the release itself
		what = f.source.Name + " has"
	}
	out := []string{"What " + what + ". Written by helm irsa import."}
	for _, n := range f.notes {
		out = append(out, n.About+": "+n.Text+".")
	}
	return out
}

// lines writes YAML in block style.
type lines struct{ strings.Builder }

// write writes an irsa.yaml: its fields in the order of pkg/spec, without those that say
// nothing. What is foreign in comments is escaped.
func write(file *spec.File, head []string) []byte {
	w := &lines{}
	for _, text := range head {
		for _, line := range wrapped(safe.Text(text), 96) {
			w.WriteString("# " + line + "\n")
		}
	}
	w.fields(reflect.ValueOf(*file), "", "")
	return []byte(w.String())
}

// fields writes the fields of a struct. first stands before the first of them, such as "- ".
func (w *lines) fields(v reflect.Value, margin, first string) {
	lead := margin + first
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("yaml")
		if name == "-" || name == "" || says(v.Field(i)) == "" {
			continue
		}
		w.field(lead, margin+strings.Repeat(" ", len(first)), name, v.Field(i))
		lead = margin + strings.Repeat(" ", len(first))
	}
}

// field writes KEY: VALUE behind lead; what follows on further lines stands behind margin.
func (w *lines) field(lead, margin, key string, v reflect.Value) {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	w.WriteString(lead + key + ":")
	if text, scalar := scalarOf(v, margin); scalar {
		w.WriteString(" " + text + "\n")
		return
	}
	w.WriteString("\n")
	switch v.Kind() {
	case reflect.Struct:
		w.fields(v, margin+"  ", "")
	case reflect.Map:
		w.mapping(v, margin+"  ")
	case reflect.Slice:
		for i := range v.Len() {
			if text, scalar := scalarOf(v.Index(i), margin); scalar {
				w.WriteString(margin + "- " + text + "\n")
				continue
			}
			w.fields(v.Index(i), margin, "- ")
		}
	}
}

func (w *lines) mapping(v reflect.Value, margin string) {
	keys := make([]string, 0, v.Len())
	for _, key := range v.MapKeys() {
		keys = append(keys, key.String())
	}
	slices.Sort(keys)
	for _, key := range keys {
		w.field(margin, margin, plain(spec.Literal(key)), v.MapIndex(reflect.ValueOf(key)))
	}
}

// says is empty for what says nothing.
func says(v reflect.Value) string {
	if v.IsZero() || (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.Len() == 0 {
		return ""
	}
	if v.Kind() == reflect.Struct { // of which every field may be empty, and a map not nil
		if _, scalar := scalarOf(v, ""); !scalar {
			for i := range v.NumField() {
				if v.Type().Field(i).Tag.Get("yaml") != "-" && v.Type().Field(i).IsExported() && says(v.Field(i)) != "" {
					return "something"
				}
			}
			return ""
		}
	}
	return "something"
}

// scalarOf is a value that follows its key: a text, a number, a document.
func scalarOf(v reflect.Value, margin string) (string, bool) {
	switch x := v.Interface().(type) {
	case spec.Document:
		return export.YAMLFlow(literal(string(x.JSON())), margin+"  "), true
	case spec.Duration:
		return x.Short(), true
	case string:
		return plain(spec.Literal(x)), true
	case bool, int:
		return fmt.Sprint(x), true
	}
	return "", false
}

// jsonString is one text of a JSON document.
var jsonString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// literal is a JSON document whose texts stand for themselves in irsa.yaml.
func literal(text string) string {
	if !strings.Contains(text, "$") { // quoted by pkg/spec, which escapes no dollar sign
		return text
	}
	return jsonString.ReplaceAllStringFunc(text, func(quoted string) string {
		var s string
		if json.Unmarshal([]byte(quoted), &s) != nil || spec.Literal(s) == s {
			return quoted
		}
		out, err := json.Marshal(spec.Literal(s))
		if err != nil { // of a text
			return quoted
		}
		return string(out)
	})
}

// plainText is what YAML 1.1 and 1.2 read as the text that it is: it begins with a letter or a
// slash, and holds neither ": " nor " #".
var plainText = regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9_./:@+=,-]*$`)

// words are those that YAML 1.1 reads as something else, whatever their case.
var words = []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}

// plain is a text as it is, or in quotes where it would be read as something else.
func plain(s string) string {
	if plainText.MatchString(s) && !strings.HasSuffix(s, ":") && !slices.Contains(words, strings.ToLower(s)) {
		return s
	}
	return export.YAMLText(s)
}

// wrapped cuts a text into lines at blanks.
func wrapped(text string, width int) []string {
	var out []string
	for _, word := range strings.Fields(text) {
		if n := len(out); n > 0 && len(out[n-1])+1+len(word) <= width {
			out[n-1] += " " + word
		} else {
			out = append(out, word)
		}
	}
	return out
}

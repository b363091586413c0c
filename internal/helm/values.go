package helm

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
)

// SetString returns the argument of --set-string that gives the value at path
// exactly this text. The path is in Helm's own syntax (dots separate, [0] is an
// element, a backslash makes the next character plain); a comma or an equals
// sign in it is made plain here. By pkg/strvals/parser.go a comma ends a value,
// a leading brace begins a list, and a backslash escapes.
func SetString(path, value string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case c == '\\' && i+1 < len(path):
			b.WriteByte(c)
			i++
		case c == ',' || c == '=':
			b.WriteByte('\\')
		}
		b.WriteByte(path[i])
	}
	b.WriteByte('=')
	if strings.HasPrefix(value, "{") {
		b.WriteByte('\\')
	}
	b.WriteString(strings.NewReplacer(`\`, `\\`, `,`, `\,`).Replace(value))
	return b.String()
}

// SetFlags are Helm's flags that set these values and no others, each with its argument behind
// it, by path. Text is given with --set-string, so that Helm makes no number of it; what is
// none, or holds what a terminal does not print, with --set-json, which has escapes for it. The
// error names a key that none of Helm's flags can set.
func SetFlags(values map[string]any) ([]string, error) {
	if _, ok := values[""]; ok {
		return nil, fmt.Errorf("no flag of Helm's sets a value whose key is empty")
	}
	var out []string
	return out, addFlags(&out, "", values, 1)
}

// maxPath is how many keys a path may have: pkg/strvals/parser.go, MaxNestedNameLevel.
const maxPath = 30

func addFlags(out *[]string, at string, values map[string]any, depth int) error {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		path := at + pathKey.Replace(key)
		v := values[key]
		below, isMap := v.(map[string]any)
		_, nameless := below[""]
		if isMap && len(below) > 0 && !nameless && depth < maxPath {
			if err := addFlags(out, path+".", below, depth+1); err != nil {
				return err
			}
			continue
		}
		if text, ok := v.(string); ok && printable(text) && printable(path) {
			*out = append(*out, "--set-string", SetString(path, text))
			continue
		}
		data, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("writing the value %s: %w", path, err)
		}
		*out = append(*out, "--set-json", path+"="+asciiJSON(string(data)))
	}
	return nil
}

// pathKey makes every character of a key plain that has a meaning in a path (pkg/strvals/parser.go,
// key and listItem), and a brace, with which --set-json would begin a whole mapping.
var pathKey = strings.NewReplacer(`\`, `\\`, `.`, `\.`, `,`, `\,`, `=`, `\=`, `[`, `\[`, `{`, `\{`)

// printable: ASCII that every terminal and shell shows as it is.
func printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
}

// asciiJSON writes what is not ASCII as escapes of JSON.
func asciiJSON(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r <= '~':
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

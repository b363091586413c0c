package helm

import "strings"

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

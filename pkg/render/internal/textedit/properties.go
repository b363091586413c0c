package textedit

import (
	"strings"

	"github.com/magiconair/properties"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// propertiesSyntax is that of Java's properties: a key, then =, : or blanks, then the value; a
// line goes on where it ends in a backslash
// (https://docs.oracle.com/javase/8/docs/api/java/util/Properties.html#load-java.io.Reader-).
type propertiesSyntax struct{}

func (propertiesSyntax) read(src []byte) (any, error) {
	loader := properties.Loader{Encoding: properties.UTF8, DisableExpansion: true}
	p, err := loader.LoadBytes(src)
	if err != nil {
		return nil, err
	}
	return p.Map(), nil
}

// path is the whole key: its parts, joined by dots.
func (propertiesSyntax) path(path []spec.PathPart) []spec.PathPart {
	keys, ok := spec.KeysOf(path)
	if !ok {
		return path
	}
	return []spec.PathPart{{Key: strings.Join(keys, ".")}}
}

func (propertiesSyntax) scan(src []byte) (layout, error) {
	out := layout{blocks: []block{{at: len(src)}}}
	for at := 0; at < len(src); {
		end := lineEnd(src, at)
		bare := strings.TrimLeft(string(src[at:end]), " \t\f")
		if strings.TrimSpace(bare) == "" || bare[0] == '#' || bare[0] == '!' {
			at = end
			continue
		}
		for goesOn(src[at:end]) && end < len(src) {
			end = lineEnd(src, end)
		}
		e := propertiesEntry(string(src[at:end]), at)
		out.entries = append(out.entries, e)
		if b := &out.blocks[0]; b.like == "" {
			b.like = string(src[at:lineEnd(src, at)])
		}
		at = end
	}
	return out, nil
}

// goesOn reports whether a line ends in a backslash that is no escaped one.
func goesOn(line []byte) bool {
	text := strings.TrimRight(string(line), "\r\n")
	return (len(text)-len(strings.TrimRight(text, "\\")))%2 == 1
}

// propertiesEntry takes a logical line apart.
func propertiesEntry(line string, at int) entry {
	from := len(line) - len(strings.TrimLeft(line, " \t\f"))
	i := from
	for i < len(line) && !strings.ContainsRune("=: \t\f\r\n", rune(line[i])) {
		if line[i] == '\\' {
			i++
		}
		i++
	}
	i = min(i, len(line))
	key := line[from:i]
	rest := strings.TrimLeft(line[i:], " \t\f")
	if rest != "" && (rest[0] == '=' || rest[0] == ':') {
		rest = strings.TrimLeft(rest[1:], " \t\f")
	}
	start := len(line) - len(rest)
	value := strings.TrimRight(rest, "\r\n")
	return entry{
		path: []step{{key: unescape(key)}}, start: at + start, end: at + start + len(value),
		text: unescape(value), whole: !strings.Contains(value, "\n"),
	}
}

// unescape drops the backslashes of what needs some to stand in a key or value. What is
// written with others, such as \\u0041, is not found by its name.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

var propertiesEscaper = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`)

func (propertiesSyntax) scalar(value, _ string) string { return propertiesEscaper.Replace(value) }

var propertiesKey = strings.NewReplacer(`\`, `\\`, "=", `\=`, ":", `\:`, " ", `\ `, "#", `\#`, "!", `\!`)

func (propertiesSyntax) line(keys []string, value, like string) string {
	indent, between := spaced(like, "=")
	return indent + propertiesKey.Replace(keys[0]) + between + propertiesEscaper.Replace(value) + "\n"
}

func (propertiesSyntax) change(read any, e edit) error {
	values, ok := read.(map[string]string)
	if !ok {
		return errNotFound
	}
	values[e.path[0].key] = e.value
	return nil
}

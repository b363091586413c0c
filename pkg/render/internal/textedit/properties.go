package textedit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

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

// unescape reads what is written with backslashes: blanks by their letter, UTF-16 by its
// number, and anything else as it stands.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var units []uint16
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		if r == '\\' && i < len(s) {
			r, size = utf8.DecodeRuneInString(s[i:])
			i += size
			if blank, ok := propertiesBlanks[r]; ok {
				r = blank
			} else if n, err := strconv.ParseUint(s[i:min(i+4, len(s))], 16, 16); r == 'u' && err == nil {
				r = rune(n)
				i += 4
			}
		}
		if r < 0x10000 {
			units = append(units, uint16(r))
		} else {
			units = utf16.AppendRune(units, r)
		}
	}
	return string(utf16.Decode(units))
}

var propertiesBlanks = map[rune]rune{'t': '\t', 'n': '\n', 'r': '\r', 'f': '\f'}

// propertiesEscapes are what has to be escaped in every value.
var propertiesEscapes = []string{`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\f", `\f`}

// propertiesValue writes a value. What Java itself escapes without need, such as a colon and
// what is not ASCII, is escaped where the old value has it so.
func propertiesValue(value, old string) string {
	escapes := propertiesEscapes
	for _, mark := range []string{":", "=", "#", "!"} {
		if strings.Contains(old, `\`+mark) {
			escapes = append(slices.Clip(escapes), mark, `\`+mark)
		}
	}
	out := strings.NewReplacer(escapes...).Replace(value)
	if strings.HasPrefix(out, " ") {
		out = `\` + out
	}
	if !strings.Contains(old, `\u`) {
		return out
	}
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(out)) {
		if unit < utf8.RuneSelf {
			b.WriteByte(byte(unit))
		} else {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

func (propertiesSyntax) scalar(value, old string) string { return propertiesValue(value, old) }

var propertiesKey = strings.NewReplacer(`\`, `\\`, "=", `\=`, ":", `\:`, " ", `\ `, "#", `\#`, "!", `\!`)

func (propertiesSyntax) line(keys []string, value, like string) string {
	indent, between := spaced(like, "=")
	return indent + propertiesKey.Replace(keys[0]) + between + propertiesValue(value, "") + "\n"
}

func (propertiesSyntax) change(read any, e edit) error {
	values, ok := read.(map[string]string)
	if !ok {
		return errNotFound
	}
	values[e.path[0].key] = e.value
	return nil
}

package textedit

import (
	"bytes"
	"strings"
	"unicode"

	"gopkg.in/ini.v1"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// iniSyntax is INI as Python's configparser takes it, and near enough to what others do:
// [section], key = value or key: value, comments with # or ; on lines of their own, values that
// go on in indented lines (https://docs.python.org/3/library/configparser.html#supported-ini-file-structure).
type iniSyntax struct{}

func (iniSyntax) read(src []byte) (any, error) {
	file, err := ini.LoadSources(ini.LoadOptions{
		AllowBooleanKeys: true, AllowPythonMultilineValues: !indentsKeys(src), AllowShadows: true, AllowDuplicateShadowValues: true,
		IgnoreInlineComment: true, PreserveSurroundedQuote: true, SpaceBeforeInlineComment: true, IgnoreContinuation: true,
	}, bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n")))
	if err != nil {
		return nil, err
	}
	out := map[string]map[string][]string{}
	for _, section := range file.Sections() {
		keys := map[string][]string{}
		for _, key := range section.Keys() {
			keys[key.Name()] = key.ValueWithShadows()
		}
		if name := section.Name(); name == ini.DefaultSection && len(keys) > 0 {
			out[""] = keys
		} else if name != ini.DefaultSection {
			out[name] = keys
		}
	}
	return out, nil
}

// indentsKeys reports whether the first key of some section is indented, as Git writes its
// settings: then an indented line is a key and does not continue the one before.
func indentsKeys(src []byte) bool {
	header := false
	for line := range bytes.Lines(src) {
		bare := bytes.TrimSpace(line)
		switch {
		case len(bare) == 0 || bare[0] == '#' || bare[0] == ';':
		case bare[0] == '[':
			header = true
		case header && (line[0] == ' ' || line[0] == '\t'):
			return true
		default:
			header = false
		}
	}
	return false
}

// path is a section and a key, which may have dots; one part is a key before all sections.
func (iniSyntax) path(path []spec.PathPart) []spec.PathPart {
	keys, ok := spec.KeysOf(path)
	switch {
	case !ok:
		return path
	case len(keys) == 1:
		return []spec.PathPart{{Key: ""}, {Key: keys[0]}}
	}
	return []spec.PathPart{{Key: keys[0]}, {Key: strings.Join(keys[1:], ".")}}
}

func (iniSyntax) scan(src []byte) (layout, error) {
	out := layout{blocks: []block{{path: []step{{}}}}}
	section, open := 0, false // the block, and whether its last entry may go on
	indents := indentsKeys(src)
	for at := 0; at < len(src); {
		end := lineEnd(src, at)
		line := strings.TrimRight(string(src[at:end]), "\r\n")
		bare := strings.TrimSpace(line)
		switch {
		case bare == "" || bare[0] == '#' || bare[0] == ';':
		case open && (line[0] == ' ' || line[0] == '\t'):
			out.entries[len(out.entries)-1].whole = false
		case bare[0] == '[' && strings.Contains(bare, "]"):
			name := strings.TrimSpace(bare[1:strings.LastIndexByte(bare, ']')])
			section, open = len(out.blocks), false
			out.blocks = append(out.blocks, block{path: []step{{key: name}}, at: end})
		default:
			out.entries = append(out.entries, iniEntry(line, at, out.blocks[section].path))
			open = !indents
			if b := &out.blocks[section]; b.like == "" {
				b.like = line
			}
		}
		at = end
	}
	// A section that is missing is made at the end.
	out.blocks = append(out.blocks, block{at: len(src), head: "\n"})
	return out, nil
}

// iniEntry takes a line apart. A comment behind the value stays: what reads it as one goes
// on to, and for what does not, the value never was a name.
func iniEntry(line string, at int, section []step) entry {
	key, value := line, ""
	start := len(line)
	if i := strings.IndexAny(line, "=:"); i >= 0 {
		key, value = line[:i], line[i+1:]
		start = i + 1 + len(value) - len(strings.TrimLeftFunc(value, unicode.IsSpace))
	}
	value = strings.TrimSpace(value)
	e := entry{path: []step{section[0], {key: strings.TrimSpace(key)}}, start: at + start, whole: true}
	if n := quotedLen(value); n > 0 {
		value = value[:n]
		e.text = value[1 : n-1]
	} else {
		for _, comment := range []string{" #", "\t#", " ;", "\t;"} {
			if i := strings.Index(value, comment); i >= 0 {
				value = strings.TrimRight(value[:i], " \t")
			}
		}
		e.text = value
	}
	e.end = e.start + len(value)
	return e
}

// quotedLen is how long the quoted text is that a value begins with, and 0 where it is not in
// quotes: something else than a comment stands behind them then. In double quotes a backslash
// takes the next byte with it, as Git writes them
// (https://git-scm.com/docs/git-config#_syntax).
func quotedLen(value string) int {
	if value == "" || value[0] != '"' && value[0] != '\'' {
		return 0
	}
	for i := 1; i < len(value); i++ {
		switch {
		case value[i] == '\\' && value[0] == '"':
			i++
		case value[i] == value[0]:
			rest := value[i+1:]
			if comment := strings.TrimLeft(rest, " \t"); rest == "" || len(comment) < len(rest) && strings.ContainsAny(comment[:1], "#;") {
				return i + 1
			}
			return 0
		}
	}
	return 0
}

func (iniSyntax) scalar(value, old string) string {
	if quotedLen(old) > 0 {
		return old[:1] + value + old[:1]
	}
	return value
}

func (iniSyntax) line(keys []string, value, like string) string {
	indent, between := spaced(like, " = ")
	if !strings.ContainsAny(between, "=:") {
		between = " = "
	}
	if len(keys) == 2 { // with its section
		return "[" + keys[0] + "]\n" + keys[1] + " = " + value + "\n"
	}
	return indent + keys[0] + between + value + "\n"
}

func (iniSyntax) change(read any, e edit) error {
	file, ok := read.(map[string]map[string][]string)
	if !ok {
		return errNotFound
	}
	section, key := e.path[0].key, e.path[1].key
	if file[section] == nil {
		file[section] = map[string][]string{}
	}
	values := file[section][key]
	if e.number >= len(values) {
		values = append(values, "")
	}
	values[min(e.number, len(values)-1)] = e.whole
	file[section][key] = values
	return nil
}

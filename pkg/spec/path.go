package spec

import (
	"fmt"
	"strconv"
	"strings"
)

// PathKind tells the parts of a field path apart.
type PathKind int

// The kinds of a PathPart: a key of a mapping, one element of a list, every element of a list,
// and the elements of a list of which one field has a value.
const (
	KeyPart PathKind = iota
	IndexPart
	EachPart
	MatchPart
)

// PathPart is one step of a field path.
type PathPart struct {
	Kind PathKind
	// Key is the mapping key of a KeyPart, and the field of the elements of a MatchPart.
	Key string
	// Value is what that field of a MatchPart must be.
	Value string
	// Index is the element of an IndexPart, from 0.
	Index int
	// Each is true for an EachPart.
	Each bool
}

// String is the part as a path writes it after another part: .key, ["a.b"], [0], [*] or
// [name=x].
func (p PathPart) String() string {
	switch {
	case p.Kind == MatchPart && strings.ContainsAny(p.Value, `[]"\`):
		return "[" + p.Key + `="` + keyEscaper.Replace(p.Value) + `"]`
	case p.Kind == MatchPart:
		return "[" + p.Key + "=" + p.Value + "]"
	case p.Kind == EachPart:
		return "[*]"
	case p.Kind == IndexPart:
		return "[" + strconv.Itoa(p.Index) + "]"
	case strings.ContainsAny(p.Key, `.[]"`):
		return `["` + keyEscaper.Replace(p.Key) + `"]`
	}
	return "." + p.Key
}

var keyEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// PathString writes parts as ParsePath reads them.
func PathString(parts []PathPart) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.String())
	}
	return strings.TrimPrefix(b.String(), ".")
}

// ParsePath reads a field path: keys joined by dots, [0] for one element of a list,
// [*] for every element, [name=x] for those whose name is x, ["a.b"] for a key with dots,
// in which \" and \\ stand for themselves, as they do in [name="x"]. The error says what is wrong and at which character, 1-based.
func ParsePath(path string) ([]PathPart, error) {
	var parts []PathPart
	if path == "" {
		return nil, fmt.Errorf("the path is empty")
	}
	for rest := path; rest != ""; {
		at := len(path) - len(rest) + 1
		part, n, err := nextPart(rest, len(parts) == 0)
		if err != nil {
			return nil, fmt.Errorf("at character %d, %w", at, err)
		}
		parts = append(parts, part)
		rest = rest[n:]
	}
	return parts, nil
}

// nextPart reads the part that s begins with and gives its length.
func nextPart(s string, first bool) (PathPart, int, error) {
	switch {
	case strings.HasPrefix(s, `["`):
		return quotedPart(s)
	case s[0] == '[':
		return listPart(s)
	case first && s[0] == '.':
		return PathPart{}, 0, fmt.Errorf("a path does not begin with a dot")
	case !first && s[0] != '.':
		return PathPart{}, 0, fmt.Errorf("a dot or [ is missing")
	}
	dot := len(s) - len(strings.TrimPrefix(s, "."))
	n := strings.IndexAny(s[dot:], `.[]"`)
	if n < 0 {
		n = len(s) - dot
	}
	if n == 0 {
		return PathPart{}, 0, fmt.Errorf("a key is missing")
	}
	return PathPart{Key: s[dot : dot+n]}, dot + n, nil
}

func quotedPart(s string) (PathPart, int, error) {
	var key strings.Builder
	for i := 2; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++
			key.WriteByte(s[i])
		case c == '\\':
			return PathPart{}, 0, fmt.Errorf(`in quotes, a backslash stands before " or \ only`)
		case c == '"' && strings.HasPrefix(s[i:], `"]`) && key.Len() > 0:
			return PathPart{Key: key.String()}, i + 2, nil
		case c == '"':
			return PathPart{}, 0, fmt.Errorf(`a quoted key reads ["key"]`)
		default:
			key.WriteByte(c)
		}
	}
	return PathPart{}, 0, fmt.Errorf(`a quoted key ends with "]`)
}

// matchPart reads [field=value], where value may be quoted as a key is; false for what is
// something else.
func matchPart(s string) (PathPart, int, bool, error) {
	name, rest, found := strings.Cut(s[1:], "=")
	if !found || strings.Trim(name, fieldLetters) != "" || name == "" {
		return PathPart{}, 0, false, nil
	}
	if strings.HasPrefix(rest, `"`) {
		quoted, n, err := quotedPart("[" + rest)
		return PathPart{Kind: MatchPart, Key: name, Value: quoted.Key}, n + len(name) + 1, true, err
	}
	value, _, closed := strings.Cut(rest, "]")
	if !closed || value == "" || strings.ContainsAny(value, `["\`) {
		return PathPart{}, 0, true, fmt.Errorf("an element reads [name=value] or [name=\"value\"]")
	}
	return PathPart{Kind: MatchPart, Key: name, Value: value}, len(name) + len(value) + 3, true, nil
}

const fieldLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

func listPart(s string) (PathPart, int, error) {
	if part, n, ok, err := matchPart(s); ok {
		return part, n, err
	}
	inside, _, closed := strings.Cut(s[1:], "]")
	if !closed {
		return PathPart{}, 0, fmt.Errorf("a [ is never closed")
	}
	if inside == "*" {
		return PathPart{Kind: EachPart, Each: true}, len(inside) + 2, nil
	}
	digits := strings.Trim(inside, "0123456789") == ""
	if n, err := strconv.Atoi(inside); digits && err == nil && len(inside) <= maxIndexDigits {
		return PathPart{Kind: IndexPart, Index: n}, len(inside) + 2, nil
	}
	return PathPart{}, 0, fmt.Errorf(`in [ ] stands a number, *, a quoted key or name=value`)
}

// maxIndexDigits bounds the index of a list element; pathPattern says the same.
const maxIndexDigits = 6

// pathPattern is what ParsePath accepts, for the JSON Schema.
const pathPattern = `^(?:[^.\[\]"]+|` + bracketPattern + `)(?:\.[^.\[\]"]+|` + bracketPattern + `)*$`

const bracketPattern = `\[(?:[0-9]{1,6}|\*|"(?:[^"\\]|\\["\\])+"|[A-Za-z0-9_-]+=(?:[^\[\]"\\]+|"(?:[^"\\]|\\["\\])+"))\]`

// KeysOf are the keys of a path that has nothing else; false where it has.
func KeysOf(path []PathPart) ([]string, bool) {
	var keys []string
	for _, p := range path {
		if p.Kind != KeyPart {
			return nil, false
		}
		keys = append(keys, p.Key)
	}
	return keys, true
}

package textedit

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// tomlSyntax is TOML 1.0 (https://toml.io/en/v1.0.0), read by go-toml, which also tells where
// its expressions stand.
type tomlSyntax struct{}

func (tomlSyntax) read(src []byte) (any, error) {
	out := map[string]any{}
	if err := toml.Unmarshal(src, &out); err != nil {
		return nil, err
	}
	return out, nil
}

func (tomlSyntax) path(path []spec.PathPart) []spec.PathPart { return path }

// tomlScan goes through the expressions of a text.
type tomlScan struct {
	src     []byte
	parser  unstable.Parser
	out     layout
	current []step         // the table that entries belong to
	arrays  map[string]int // how many elements each array of tables has so far
}

func (tomlSyntax) scan(src []byte) (layout, error) {
	s := &tomlScan{src: src, arrays: map[string]int{}}
	s.out.blocks = []block{{at: 0}}
	s.parser.Reset(src)
	for s.parser.NextExpression() {
		e := s.parser.Expression()
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			s.header(e)
		case unstable.KeyValue:
			s.keyValue(e)
		}
	}
	return s.out, s.parser.Error()
}

// keys are the parts of an expression's key, and where the first of them stands.
func (s *tomlScan) keys(e *unstable.Node) (keys []string, at int) {
	at = -1
	for it := e.Key(); it.Next(); {
		if at < 0 {
			at = int(it.Node().Raw.Offset)
		}
		keys = append(keys, string(it.Node().Data))
	}
	return keys, at
}

// header begins a table. Keys that name an array of tables go to its last element.
func (s *tomlScan) header(e *unstable.Node) {
	keys, at := s.keys(e)
	var path []step
	for i, k := range keys {
		path = append(path, step{key: k})
		id := fmt.Sprint(path)
		if e.Kind == unstable.ArrayTable && i == len(keys)-1 {
			s.arrays[id]++
		}
		if n := s.arrays[id]; n > 0 {
			path = append(path, step{index: n - 1, inList: true})
		}
		if i < len(keys)-1 && !s.hasBlock(path) {
			// A table that only those below it name can still get a header of its own.
			line := lineStart(s.src, at)
			s.out.blocks = append(s.out.blocks, block{path: slices.Clone(path), at: line, head: "[" + tomlKeys(keys[:i+1]) + "]\n"})
		}
	}
	s.current = path
	s.out.blocks = append(s.out.blocks, block{path: slices.Clone(path), at: lineEnd(s.src, at)})
}

func (s *tomlScan) hasBlock(path []step) bool {
	return slices.ContainsFunc(s.out.blocks, func(b block) bool { return fmt.Sprint(b.path) == fmt.Sprint(path) })
}

func (s *tomlScan) keyValue(e *unstable.Node) {
	keys, at := s.keys(e)
	line := string(s.src[lineStart(s.src, at):lineEnd(s.src, at)])
	for i := range s.out.blocks {
		if b := &s.out.blocks[i]; b.like == "" && fmt.Sprint(b.path) == fmt.Sprint(s.current) {
			b.like = line
		}
	}
	path := slices.Clone(s.current)
	for i, k := range keys {
		path = append(path, step{key: k})
		if i < len(keys)-1 && !s.hasBlock(path) {
			s.out.blocks = append(s.out.blocks, block{path: slices.Clone(path), at: lineStart(s.src, at), prefix: keys[:i+1], like: line})
		}
	}
	s.value(path, e.Value())
}

// value notes a value and all that is in it.
func (s *tomlScan) value(path []step, v *unstable.Node) {
	switch v.Kind {
	case unstable.InlineTable:
		s.out.blocks = append(s.out.blocks, block{path: slices.Clone(path), closed: true})
		for it := v.Children(); it.Next(); {
			keys, _ := s.keys(it.Node())
			at := slices.Clone(path)
			for _, k := range keys {
				at = append(at, step{key: k})
			}
			s.value(at, it.Node().Value())
		}
	case unstable.Array:
		n := 0
		for it := v.Children(); it.Next(); {
			if it.Node().Kind == unstable.Comment {
				continue
			}
			s.value(append(slices.Clone(path), step{index: n, inList: true}), it.Node())
			n++
		}
	default:
		start := int(v.Raw.Offset)
		s.out.entries = append(s.out.entries, entry{
			path: path, start: start, end: start + int(v.Raw.Length), text: string(v.Data), whole: v.Raw.Length > 0,
		})
	}
}

func (tomlSyntax) scalar(value, old string) string {
	if strings.HasPrefix(old, "'") && !strings.ContainsAny(value, "'\n\r") {
		return "'" + value + "'"
	}
	return tomlString(value)
}

// tomlString writes a basic string; the escapes of JSON are TOML's, too.
func tomlString(value string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(value) // a string always encodes
	return strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "\x7f", `\u007f`)
}

func tomlKeys(keys []string) string {
	out := make([]string, len(keys))
	for i, k := range keys {
		if out[i] = k; k == "" || strings.Trim(k, bareKey) != "" {
			out[i] = tomlString(k)
		}
	}
	return strings.Join(out, ".")
}

const bareKey = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

// spacing is how a line writes what is around its key: indentation, and what is at the = or :.
var spacing = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([ \t]*)[^=:\s]+?([ \t]*[=:][ \t]*|[ \t]+)`) })

// spaced gives the indentation and the separator of a line, or those that are usual.
func spaced(like, separator string) (indent, between string) {
	if m := spacing().FindStringSubmatch(like); m != nil {
		return m[1], m[2]
	}
	return "", separator
}

func (tomlSyntax) line(keys []string, value, like string) string {
	indent, between := spaced(like, " = ")
	if !strings.Contains(between, "=") {
		between = " = "
	}
	return indent + tomlKeys(keys) + between + tomlString(value) + "\n"
}

func (tomlSyntax) change(read any, e edit) error { return changeIn(read, e.path, e.value) }

// changeIn sets a value below maps and lists.
func changeIn(v any, path []step, value string) error {
	for len(path) > 0 {
		s, last := path[0], len(path) == 1
		path = path[1:]
		switch at := v.(type) {
		case map[string]any:
			if last {
				at[s.key] = value
				return nil
			}
			if at[s.key] == nil {
				at[s.key] = map[string]any{}
			}
			v = at[s.key]
		case []any:
			if !s.inList || s.index >= len(at) {
				return errNotFound
			}
			if last {
				at[s.index] = value
				return nil
			}
			v = at[s.index]
		default:
			return errNotFound
		}
	}
	return errNotFound
}

var errNotFound = fmt.Errorf("the text is not read as it is written; name what is to be replaced with pattern")

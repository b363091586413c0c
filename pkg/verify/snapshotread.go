package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// ReadSnapshot reads a snapshot, JSON or YAML. Name is for messages. The error is an
// *InputError that names the first thing that is wrong and where it stands.
func ReadSnapshot(name string, r io.Reader) (*Snapshot, error) {
	data, err := readAll(name, r)
	if err != nil {
		return nil, err
	}
	root, err := snapshotTree(name, data)
	if err != nil {
		return nil, err
	}
	s := &shaper{name: name}
	out := s.snapshot(root)
	if s.err != nil {
		return nil, s.err
	}
	return out, nil
}

// snapshotTree parses JSON as JSON, which is many times faster than as YAML.
func snapshotTree(name string, data []byte) (any, error) {
	if trimmed := bytes.TrimSpace(data); len(trimmed) > 0 && trimmed[0] == '{' {
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.UseNumber()
		var v any
		err := dec.Decode(&v)
		if err == nil && dec.More() {
			return nil, &InputError{name, 1 + bytes.Count(data[:dec.InputOffset()], []byte("\n")), "more than one value: want one object"}
		}
		if err == nil {
			return v, nil
		}
		var syntax *json.SyntaxError
		if !errors.As(err, &syntax) { // the text ends too early
			return nil, &InputError{name, 1 + bytes.Count(data, []byte("\n")), "not JSON: " + err.Error()}
		}
		at := min(int(syntax.Offset), len(data))
		// A flow mapping of YAML begins with a brace, too.
		if v, yamlErr := yamlTree(name, data); yamlErr == nil {
			return v, nil
		}
		return nil, &InputError{name, 1 + bytes.Count(data[:at], []byte("\n")), "not JSON: " + err.Error()}
	}
	return yamlTree(name, data)
}

func yamlTree(name string, data []byte) (any, error) {
	var out any
	for _, d := range split(data) {
		node, err := parse(name, d)
		if err != nil {
			return nil, err
		}
		if node == nil {
			continue
		}
		v, err := (&planter{}).plant(node, 0)
		if err != nil {
			return nil, &InputError{name, d.line, err.Error()}
		}
		if out != nil && v != nil {
			return nil, &InputError{name, d.line, "more than one document: want one snapshot"}
		}
		if v != nil {
			out = v
		}
	}
	return out, nil
}

// shaper gives a tree its types. It keeps the first error, and goes on with nothing.
type shaper struct {
	name string
	err  error
}

func (s *shaper) fail(path, format string, args ...any) {
	if s.err == nil {
		what := fmt.Sprintf(format, args...)
		if path != "" {
			what = path + ": " + what
		}
		s.err = &InputError{Name: s.name, What: what}
	}
}

func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case string:
		return fmt.Sprintf("the text %q", cut(v))
	}
	return fmt.Sprint(v)
}

func cut(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

func (s *shaper) object(path string, v any) map[string]any {
	m, ok := v.(map[string]any)
	if !ok {
		s.fail(path, "want an object, has %s", kindOf(v))
	}
	return m
}

// text reads a text; absent or null is empty.
func (s *shaper) text(path string, m map[string]any, key string) string {
	switch v := m[key].(type) {
	case nil:
		return ""
	case string:
		return v
	case number: // an account in YAML without quotes
		return s.digits(path+"."+key, string(v))
	default:
		s.fail(strings.TrimPrefix(path+"."+key, "."), "want text, has %s", kindOf(v))
		return ""
	}
}

// digits: a number loses its zeros in front, and so an account must have all twelve.
func (s *shaper) digits(path, text string) string {
	if strings.Trim(text, "0123456789") != "" || strings.HasPrefix(text, "0") {
		s.fail(strings.TrimPrefix(path, "."), "want text, has the number %s: put it in quotes", text)
	}
	return text
}

// each calls f for each object of a list; it reports false where the key is absent.
func (s *shaper) each(path string, m map[string]any, key string, f func(path string, m map[string]any)) bool {
	path = strings.TrimPrefix(path+"."+key, ".")
	v, there := m[key]
	if !there || v == nil {
		return false
	}
	items, ok := v.([]any)
	if !ok {
		s.fail(path, "want a list, has %s", kindOf(v))
	}
	for i, item := range items {
		at := fmt.Sprintf("%s[%d]", path, i)
		if o := s.object(at, item); o != nil {
			f(at, o)
		}
	}
	return true
}

func (s *shaper) texts(path string, m map[string]any, key string) Known[string] {
	v, there := m[key]
	if !there || v == nil {
		return Known[string]{}
	}
	out := Known[string]{Read: true}
	items, ok := v.([]any)
	if !ok {
		s.fail(path+"."+key, "want a list of texts, has %s", kindOf(v))
	}
	for i, item := range items {
		t, ok := item.(string)
		if !ok {
			s.fail(fmt.Sprintf("%s.%s[%d]", path, key, i), "want text, has %s", kindOf(item))
		}
		out.List = append(out.List, t)
	}
	return out
}

// document reads a policy, an object or text, URL-encoded or not.
func (s *shaper) document(path string, v any, parse func(string) (trust.Document, error)) *trust.Document {
	if v == nil {
		return nil
	}
	source, ok := v.(string)
	if !ok {
		if _, ok := v.(map[string]any); !ok {
			s.fail(path, "want a policy, an object or text, has %s", kindOf(v))
			return nil
		}
		data, err := json.Marshal(marshalable(v))
		if err != nil {
			s.fail(path, "%v", err)
			return nil
		}
		source = string(data)
	} else if !strings.HasPrefix(strings.TrimSpace(source), "{") && strings.Contains(source, "%") {
		if decoded, err := url.PathUnescape(source); err == nil {
			source = decoded
		}
	}
	d, err := parse(source)
	if err != nil {
		s.fail(path, "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
		return nil
	}
	return &d
}

// marshalable gives numbers of YAML the type that JSON writes as a number.
func marshalable(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, item := range v {
			out[k] = marshalable(item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = marshalable(item)
		}
		return out
	case number:
		if !json.Valid([]byte(v)) { // 0x1F is a number in YAML only
			return string(v)
		}
	}
	return v
}

func (s *shaper) seconds(path string, m map[string]any, key string) int {
	v := m[key]
	if v == nil {
		return 0
	}
	t, ok := plain(v)
	n, err := strconv.Atoi(t)
	if !ok || err != nil || n < 0 {
		s.fail(path+"."+key, "want a number of seconds, has %s", kindOf(v))
	}
	return n
}

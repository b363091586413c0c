package awsstate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/trust"
)

// Read reads a snapshot, JSON or YAML. Name is for messages. The error is an
// *manifest.InputError that names the first thing that is wrong and where it stands.
func Read(name string, r io.Reader) (*State, error) {
	data, err := manifest.ReadAll(name, r)
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
			return nil, &manifest.InputError{Name: name, Line: 1 + bytes.Count(data[:dec.InputOffset()], []byte("\n")), What: "more than one value: want one object"}
		}
		if err == nil {
			return v, nil
		}
		var syntax *json.SyntaxError
		if !errors.As(err, &syntax) { // the text ends too early
			return nil, &manifest.InputError{Name: name, Line: 1 + bytes.Count(data, []byte("\n")), What: "not JSON: " + err.Error()}
		}
		at := min(int(syntax.Offset), len(data))
		// A flow mapping of YAML begins with a brace, too.
		if v, yamlErr := yamlTree(name, data); yamlErr == nil {
			return v, nil
		}
		return nil, &manifest.InputError{Name: name, Line: 1 + bytes.Count(data[:at], []byte("\n")), What: "not JSON: " + err.Error()}
	}
	return yamlTree(name, data)
}

func yamlTree(name string, data []byte) (any, error) {
	var out any
	for _, d := range manifest.Split(data) {
		node, err := manifest.Parse(name, d)
		if err != nil {
			return nil, err
		}
		if node == nil {
			continue
		}
		v, err := manifest.Value(node)
		if err != nil {
			return nil, &manifest.InputError{Name: name, Line: d.Line, What: err.Error()}
		}
		if out != nil && v != nil {
			return nil, &manifest.InputError{Name: name, Line: d.Line, What: "more than one document: want one snapshot"}
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
		s.err = &manifest.InputError{Name: s.name, What: what}
	}
}

func (s *shaper) object(path string, v any) map[string]any {
	m, ok := v.(map[string]any)
	if !ok {
		s.fail(path, "want an object, has %s", manifest.KindOf(v))
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
	case manifest.Number: // a service account in YAML without quotes
		return s.digits(path+"."+key, string(v))
	default:
		s.fail(strings.TrimPrefix(path+"."+key, "."), "want text, has %s", manifest.KindOf(v))
		return ""
	}
}

// digits: a number loses its zeros in front, and so a service account must have all twelve.
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
		s.fail(path, "want a list, has %s", manifest.KindOf(v))
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
		s.fail(path+"."+key, "want a list of texts, has %s", manifest.KindOf(v))
	}
	for i, item := range items {
		t, ok := item.(string)
		if !ok {
			s.fail(fmt.Sprintf("%s.%s[%d]", path, key, i), "want text, has %s", manifest.KindOf(item))
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
			s.fail(path, "want a policy, an object or text, has %s", manifest.KindOf(v))
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
	case manifest.Number:
		if !json.Valid([]byte(v)) { // 0x1F is a number in YAML only
			return string(v)
		}
	}
	return v
}

// truth is true or false, which is also what is absent.
func (s *shaper) truth(path string, m map[string]any, key string) bool {
	v, ok := m[key].(bool)
	if !ok && m[key] != nil {
		s.fail(path+"."+key, "want true or false, has %s", manifest.KindOf(m[key]))
	}
	return v
}

// number is one that is not negative; 0 where it is absent. what says of what, for messages.
func (s *shaper) number(path string, m map[string]any, key, what string) int {
	v := m[key]
	if v == nil {
		return 0
	}
	t, ok := manifest.Plain(v)
	n, err := strconv.Atoi(t)
	if !ok || err != nil || n < 0 {
		s.fail(path+"."+key, "want a number%s, has %s", what, manifest.KindOf(v))
	}
	return n
}

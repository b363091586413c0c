package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// reader takes values out of decoded JSON or YAML and gathers what has the wrong type:
// the API server would refuse such an object before the webhook saw it. A null is as
// good as absent, as it is to the API server.
type reader struct {
	faults []error
}

func (r *reader) err() error { return errors.Join(r.faults...) }

func (r *reader) wrong(path, want string, got any) {
	r.faults = append(r.faults, fmt.Errorf("%s: want %s, got %s", path, want, kind(got)))
}

func (r *reader) text(m map[string]any, key, path string) string {
	switch v := m[key].(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		r.wrong(join(path, key), "text", v)
		return ""
	}
}

func (r *reader) object(m map[string]any, key, path string) map[string]any {
	switch v := m[key].(type) {
	case nil:
		return nil
	case map[string]any:
		return v
	default:
		r.wrong(join(path, key), "an object", v)
		return nil
	}
}

// texts reads a map of texts, as labels and annotations are; values that are something
// else are left out.
func (r *reader) texts(m map[string]any, key, path string) map[string]string {
	from := r.object(m, key, path)
	to := make(map[string]string, len(from))
	for k := range from {
		switch v := from[k].(type) {
		case nil: // decodes to ""
			to[k] = ""
		case string:
			to[k] = v
		default:
			r.wrong(fmt.Sprintf("%s[%q]", join(path, key), k), "text (put it in quotes)", v)
		}
	}
	return to
}

// objects reads a list of objects. An entry that is none stays as nil, so that
// positions hold.
func (r *reader) objects(m map[string]any, key, path string) []map[string]any {
	switch list := m[key].(type) {
	case nil:
		return nil
	case []any:
		all := make([]map[string]any, len(list))
		for i, v := range list {
			if o, ok := v.(map[string]any); ok {
				all[i] = o
			} else {
				r.wrong(fmt.Sprintf("%s[%d]", join(path, key), i), "an object", v)
			}
		}
		return all
	default:
		r.wrong(join(path, key), "a list", list)
		return nil
	}
}

// seconds reads a whole number in any of the types that decoders give; ok is false
// where there is none.
func (r *reader) seconds(m map[string]any, key, path string) (n int64, ok bool) {
	switch v := m[key].(type) {
	case nil:
		return 0, false
	case int:
		return int64(v), true
	case int64:
		return v, true
	case uint64:
		if v <= math.MaxInt64 {
			return int64(v), true
		}
	case float64:
		// From 2^63 on, a float64 does not fit.
		if v == math.Trunc(v) && v >= math.MinInt64 && v < math.MaxInt64 {
			return int64(v), true
		}
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, true
		}
	}
	r.wrong(join(path, key), "a whole number", m[key])
	return 0, false
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// kind says what a decoded value is, in a user's words.
func kind(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return "text"
	case bool:
		return fmt.Sprintf("the boolean %t", v)
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	default:
		return fmt.Sprintf("the number %v", v)
	}
}

package charts

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// Values are a chart's values. Their JSON keeps whole numbers and others apart, which plain JSON
// does not: --set gives int64, a values file float64, and a template prints a million as 1000000
// or 1e+06.
type Values map[string]any

// MarshalJSON writes a float64 with a point or an exponent, always.
func (v Values) MarshalJSON() ([]byte, error) {
	if v == nil {
		return []byte("null"), nil
	}
	return json.Marshal(written(map[string]any(v)))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *Values) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil {
		return err
	}
	if out != nil {
		*v = read(out).(map[string]any)
	}
	return nil
}

func written(v any) any {
	switch v := v.(type) {
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return v // json refuses it by name
		}
		text := strconv.FormatFloat(v, 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		return json.Number(text)
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, item := range v {
			out[k] = written(item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = written(item)
		}
		return out
	}
	return v
}

func read(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil && !strings.ContainsAny(v.String(), ".eE") {
			return n
		}
		f, _ := v.Float64() // was one
		return f
	case map[string]any:
		for k, item := range v {
			v[k] = read(item)
		}
	case []any:
		for i, item := range v {
			v[i] = read(item)
		}
	}
	return v
}

package trust

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// manyValues is where the values of a condition are worth an index: comparing as many
// with each of as many service accounts takes minutes.
const manyValues = 32

// valueIndex finds the values of a String condition that a text may match, so that not
// every one is compared. Those that it leaves out certainly do not match.
type valueIndex struct {
	once   sync.Once
	values []string
	wild   bool // * and ? are wildcards
	fold   bool // upper and lower case are one

	// begins are the values by what stands before their first wildcard, or by all of it;
	// lengths are how long these beginnings are.
	begins  map[string][]int
	lengths []int
	// always are values of which more must be known than their text.
	always []int
}

// indexed gives each condition with many values an index; nil for all others.
func indexed(conditions []Condition) []*valueIndex {
	var out []*valueIndex
	for i, c := range conditions {
		op, ok := parseOperator(c.Operator)
		if !ok || len(c.Values) < manyValues || !strings.HasPrefix(op.name, "String") {
			continue
		}
		if out == nil {
			out = make([]*valueIndex, len(conditions))
		}
		out[i] = &valueIndex{values: c.Values, wild: strings.HasSuffix(op.name, "Like"), fold: strings.HasSuffix(op.name, "IgnoreCase")}
	}
	return out
}

// worth gives the values that have to be compared with what was seen, in their order.
func (x *valueIndex) worth(seen []string) []string {
	x.once.Do(x.fill)
	at := slices.Clone(x.always)
	for _, s := range seen {
		if x.fold {
			s = strings.ToLower(s)
		}
		if !utf8.ValidString(s) || x.fold && !ascii(s) {
			return x.values // other letters fold in ways of their own
		}
		for _, n := range x.lengths {
			if n <= len(s) && (x.wild || n == len(s)) {
				at = append(at, x.begins[s[:n]]...)
			}
		}
	}
	slices.Sort(at)
	out := make([]string, 0, len(at))
	for _, i := range slices.Compact(at) {
		out = append(out, x.values[i])
	}
	return out
}

func (x *valueIndex) fill() {
	x.begins = map[string][]int{}
	for i, v := range x.values {
		if strings.Contains(v, "${") || !utf8.ValidString(v) || x.fold && !ascii(v) {
			x.always = append(x.always, i)
			continue
		}
		if at := strings.IndexAny(v, "*?"); x.wild && at >= 0 {
			v = v[:at]
		}
		if x.fold {
			v = strings.ToLower(v)
		}
		x.begins[v] = append(x.begins[v], i)
		if !slices.Contains(x.lengths, len(v)) {
			x.lengths = append(x.lengths, len(v))
		}
	}
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

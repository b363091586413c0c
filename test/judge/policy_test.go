package judge

import (
	"encoding/json"
	"slices"
	"strings"
)

// policy is a trust policy that is still to be changed.
type policy struct {
	version    string // empty: none
	statements []*statement
}

type statement struct {
	effect        string
	notPrincipal  bool
	anyone        bool // "Principal": "*"
	principals    []principal
	notAction     bool
	actions       []string
	conditions    []condition
	loneAsStrings bool // a list of one is written as a string
}

type principal struct{ kind, id string }

type condition struct {
	operator, key string
	values        []string
	bare          bool // numbers and booleans stand without quotes
}

// clone gives a statement that can be changed without changing this one.
func (s *statement) clone() *statement {
	out := *s
	out.principals, out.actions = slices.Clone(s.principals), slices.Clone(s.actions)
	out.conditions = nil
	for _, c := range s.conditions {
		c.values = slices.Clone(c.values)
		out.conditions = append(out.conditions, c)
	}
	return &out
}

// text writes the policy as JSON.
func (p policy) text() string {
	var all []string
	for _, s := range p.statements {
		all = append(all, s.text())
	}
	out := `"Statement":[` + strings.Join(all, ",") + `]}`
	if p.version != "" {
		out = `"Version":` + quote(p.version) + `,` + out
	}
	return `{` + out
}

func (s *statement) text() string {
	parts := []string{`"Effect":` + quote(s.effect), s.who(), s.what()}
	if len(s.conditions) > 0 {
		parts = append(parts, s.when())
	}
	return `{` + strings.Join(parts, ",") + `}`
}

func (s *statement) who() string {
	name := `"Principal":`
	if s.notPrincipal {
		name = `"NotPrincipal":`
	}
	if s.anyone {
		return name + `"*"`
	}
	var kinds []string
	ids := map[string][]string{}
	for _, p := range s.principals {
		if ids[p.kind] == nil {
			kinds = append(kinds, p.kind)
		}
		ids[p.kind] = append(ids[p.kind], p.id)
	}
	var out []string
	for _, kind := range kinds {
		out = append(out, quote(kind)+`:`+s.list(ids[kind]))
	}
	return name + `{` + strings.Join(out, ",") + `}`
}

func (s *statement) what() string {
	if s.notAction {
		return `"NotAction":` + s.list(s.actions)
	}
	return `"Action":` + s.list(s.actions)
}

// when writes the conditions; of two with one operator and key the first is written, since
// a key may stand once.
func (s *statement) when() string {
	var operators []string
	keys, seen := map[string][]string{}, map[string]bool{}
	for _, c := range s.conditions {
		if seen[c.operator+" "+c.key] {
			continue
		}
		seen[c.operator+" "+c.key] = true
		if keys[c.operator] == nil {
			operators = append(operators, c.operator)
		}
		keys[c.operator] = append(keys[c.operator], quote(c.key)+`:`+s.values(c))
	}
	var out []string
	for _, op := range operators {
		out = append(out, quote(op)+`:{`+strings.Join(keys[op], ",")+`}`)
	}
	return `"Condition":{` + strings.Join(out, ",") + `}`
}

func (s *statement) values(c condition) string {
	if !c.bare {
		return s.list(c.values)
	}
	var out []string
	for _, v := range c.values {
		if v != "true" && v != "false" && !isInteger(v) {
			v = quote(v)
		}
		out = append(out, v)
	}
	if len(out) == 1 {
		return out[0]
	}
	return `[` + strings.Join(out, ",") + `]`
}

// isInteger reports whether JavaScript writes a number as it stands here.
func isInteger(text string) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return text != "" && len(text) < 15 && (text == "0" || text[0] != '0')
}

func (s *statement) list(of []string) string {
	if len(of) == 1 && s.loneAsStrings {
		return quote(of[0])
	}
	var out []string
	for _, v := range of {
		out = append(out, quote(v))
	}
	return `[` + strings.Join(out, ",") + `]`
}

func quote(text string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(text); err != nil {
		return `""` // a string can always be written
	}
	return strings.TrimSuffix(b.String(), "\n")
}

package spec

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// isText says whether a scalar is text in YAML 1.2. A date such as 2012-10-17 is; the
// library tells it apart as YAML 1.1 did.
func isText(n *yaml.Node) bool {
	tag := n.ShortTag()
	return n.Kind == yaml.ScalarNode && (tag == "!!str" || tag == "!!timestamp")
}

// isStandard says whether a scalar has one of the tags that JSON has a type for.
func isStandard(n *yaml.Node) bool {
	return slices.Contains([]string{"!!str", "!!timestamp", "!!int", "!!float", "!!bool", "!!null"}, n.ShortTag())
}

// text reads text and tests it against the field's rules.
func (l *loader) text(n *yaml.Node, v reflect.Value, at *place, r *rules) {
	switch {
	case n.Kind != yaml.ScalarNode:
		l.wrongKind(n, at, "text")
		return
	case !isStandard(n):
		l.faultAt(n, at, fmt.Sprintf("the YAML tag %s has no meaning here", show(n.Tag)), "write plain text")
		return
	case !isText(n):
		l.faultAt(n, at, "must be text: put it in quotes, "+show(n.Value), "")
		return
	}
	text, ok := n.Value, true
	if r.enum == nil {
		text, ok = l.expandIn(n, at, r.pattern)
	}
	v.SetString(text)
	if ok && l.shownText(text, n, at) {
		l.textRules(text, n, at, r)
	}
}

// textRules tests text with values for its placeholders; n is where it stands.
func (l *loader) textRules(text string, n *yaml.Node, at *place, r *rules) {
	if text == "" {
		if r.required {
			l.faultAt(n, at, "is empty", emptyHint(r))
		}
		return
	}
	if r.enum != nil && !slices.Contains(r.enum, text) {
		l.faultAt(n, at, fmt.Sprintf("%s is not known here", show(text)), oneOfHint(text, r.enum))
	}
	if r.format != nil {
		if message, hint := r.format.test(text); message != "" {
			l.faultAt(n, at, message, hint)
		}
	}
}

func emptyHint(r *rules) string {
	switch {
	case r.format != nil && r.format.write != "":
		return r.format.write
	case r.enum != nil:
		return oneOfHint("", r.enum)
	}
	return "write a value"
}

func (l *loader) boolean(n *yaml.Node, v reflect.Value, at *place) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
		l.faultAt(n, at, "must be true or false, not "+kindOf(n), "")
		return
	}
	v.SetBool(isTrue(n))
}

func isTrue(n *yaml.Node) bool { return n.Value == "true" || n.Value == "True" || n.Value == "TRUE" }

// number reads a whole number within the bounds of the field's format.
func (l *loader) number(n *yaml.Node, v reflect.Value, at *place, r *rules) {
	if i, ok := l.whole(n, at, r); ok {
		v.SetInt(int64(i))
	}
}

// whole reads a whole number. 3600.0 is one, as in JSON Schema.
func (l *loader) whole(n *yaml.Node, at *place, r *rules) (int, bool) {
	tag := n.ShortTag()
	if n.Kind != yaml.ScalarNode || tag != "!!int" && tag != "!!float" {
		l.faultAt(n, at, "must be a whole number, not "+kindOf(n), "")
		return 0, false
	}
	var f float64
	if err := n.Decode(&f); err != nil || f != math.Trunc(f) || math.Abs(f) > math.MaxInt32 {
		l.faultAt(n, at, fmt.Sprintf("%s is not a whole number", show(n.Value)), r.format.write)
		return 0, false
	}
	i := int(f)
	if !(i == 0 && r.format.orZero) && (i < r.format.low || i > r.format.high) {
		l.faultAt(n, at, fmt.Sprintf("%d is not from %d to %d", i, r.format.low, r.format.high), r.format.write)
	}
	return i, true
}

// duration reads text such as 1h30m, or a number of seconds.
func (l *loader) duration(n *yaml.Node, d *Duration, at *place, r *rules) {
	if tag := n.ShortTag(); n.Kind == yaml.ScalarNode && (tag == "!!int" || tag == "!!float") {
		if i, ok := l.whole(n, at, r); ok {
			*d = Duration(time.Duration(i) * time.Second)
		}
		return
	}
	var s string
	l.text(n, reflect.ValueOf(&s).Elem(), at, r)
	if parsed, err := time.ParseDuration(s); err == nil {
		*d = Duration(parsed)
	}
}

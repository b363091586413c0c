package spec

import (
	"fmt"
	"reflect"

	"go.yaml.in/yaml/v3"
)

func (l *loader) list(n *yaml.Node, v reflect.Value, at *place, r *rules) {
	if n.Kind != yaml.SequenceNode {
		hint := ""
		if n.Kind == yaml.ScalarNode {
			hint = fmt.Sprintf("write [%s]", show(n.Value))
		}
		if v.Type().Elem() == wellKnownType && n.Kind == yaml.MappingNode {
			hint = wellKnownListHint(n)
		}
		l.mustBe(n, at, "a list", hint)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		l.item(item, v.Index(i), at.elem(i), r)
	}
	if r.unique {
		l.unique(n, v, at)
	}
}

// item reads an element of a list or a value of a mapping. Text there is never empty,
// unless its format says so, nor is a list or a document.
func (l *loader) item(n *yaml.Node, v reflect.Value, at *place, r *rules) {
	if (v.Kind() == reflect.Slice || v.Type() == documentType) && isEmptyCollection(target(n)) {
		l.faultAt(n, at, "is empty", "write one, or drop it")
		return
	}
	inner := *r
	inner.required = v.Kind() != reflect.String || r.format == nil || !r.format.takesEmpty
	l.value(n, v, at, &inner)
}

func (l *loader) unique(n *yaml.Node, v reflect.Value, at *place) {
	seen := make(map[string]bool, v.Len())
	for i := range v.Len() {
		s := v.Index(i).String()
		if s != "" && seen[s] {
			l.faultAt(n.Content[i], at.elem(i), show(s)+" is listed twice", "drop one")
		}
		seen[s] = true
	}
}

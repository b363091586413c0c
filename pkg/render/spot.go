package render

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
	"github.com/helm-irsa/helm-irsa/pkg/render/internal/textedit"
	"github.com/helm-irsa/helm-irsa/pkg/render/internal/yamledit"
	"github.com/helm-irsa/helm-irsa/pkg/spec"
)

// spot is one place that gets a value: a field of a mapping, an element of a list, or a value
// in a text of another format.
type spot struct {
	// o is the object whose tree holds it; of a text in an object, what stands for that text.
	o      *object
	holder yamledit.Ref
	// keys lead from the holder to the field; they are several where some have to be made.
	keys    []string
	element yamledit.Ref
	place   textedit.Place
	text    *innerText // that has the place
	field   string     // as reports name it
	key     string     // the last key on the way
	dotted  string     // all keys on the way, within a text those in it
	encoded bool       // what stands there is base64
}

// old is the text that stands there; empty where there is none.
func (p spot) old() (string, error) {
	text := ""
	switch {
	case p.text != nil:
		text = p.place.Text()
	case p.element.Ok():
		text = p.element.Text()
	case len(p.keys) == 1:
		text = p.holder.Get(p.keys[0]).Text()
	}
	if p.encoded {
		raw, err := base64.StdEncoding.DecodeString(text)
		return string(raw), err
	}
	return text, nil
}

// spots are the places that a path leads to, and where it leads nowhere.
type spots struct {
	found  []spot
	misses []Message
	// lead is how far the deepest miss came.
	lead int
	err  *Message
}

// miss notes a way that ends before the path does.
func (w *walk) miss(depth int, m Message) {
	w.out.misses = append(w.out.misses, m)
	w.out.lead = max(w.out.lead, depth)
}

// walk follows one path through an object, and on into text in it.
type walk struct {
	s    *session
	path []spec.PathPart
	add  bool
	out  spots
}

// follow gives the places that a path leads to from a place in an object.
func (s *session) follow(o *object, from yamledit.Ref, path []spec.PathPart, add bool, field string) spots {
	w := &walk{s: s, path: path, add: add}
	w.from(o, from, 0, field)
	switch missed := len(w.out.misses); {
	case w.out.err != nil:
	case missed > 0 && len(w.out.found) > 0:
		w.out.err = &Message{
			Message: fmt.Sprintf("%s leads to some elements of %s, and others lack what it stands in: %s", at(field, path), o, w.out.misses[0].Message),
			Hint:    "write add: true to have that made, or a path that leads to fewer",
		}
	}
	return w.out
}

// at is a path below a field of the report.
func at(field string, path []spec.PathPart) string {
	if field == "" {
		return spec.PathString(path)
	}
	return field + " → " + spec.PathString(path)
}

// from goes on from a place, with the steps behind depth still to go.
func (w *walk) from(o *object, at yamledit.Ref, depth int, field string) {
	if w.out.err != nil {
		return
	}
	part, last := w.path[depth], depth == len(w.path)-1
	if text := at.Text(); text != "" {
		w.inside(o, at, depth, field)
		return
	}
	if part.Kind != spec.KeyPart {
		w.elements(o, at, depth, field)
		return
	}
	switch found := at.All(part.Key); {
	case !at.IsMap() && !at.IsNull():
		w.miss(depth, w.nothing(o, at, depth))
	case last:
		w.here(o, at, depth, field)
	case len(found) == 0:
		w.missing(o, at, depth, field)
	default:
		w.s.repeated(o, part.Key, found)
		for _, next := range found {
			w.from(o, next, depth+1, field)
		}
	}
}

// elements goes on from a list, or ends at one.
func (w *walk) elements(o *object, at yamledit.Ref, depth int, field string) {
	found := step(at, w.path[depth])
	if len(found) == 0 {
		w.miss(depth, w.nothing(o, at, depth))
		return
	}
	for _, next := range found {
		switch {
		case depth < len(w.path)-1:
			w.from(o, next, depth+1, field)
		case next.IsMap() || next.IsSeq():
			w.collection(o, field)
			return
		default:
			w.out.found = append(w.out.found, spot{o: o, element: next, field: w.named(field)})
		}
	}
}

// here ends at a field of a mapping, be it there or not.
func (w *walk) here(o *object, at yamledit.Ref, depth int, field string) {
	key := w.path[depth].Key
	if f := at.Get(key); f.IsMap() || f.IsSeq() {
		w.collection(o, field)
		return
	}
	if w.noText(o) {
		return
	}
	w.out.found = append(w.out.found, spot{o: o, holder: at, keys: []string{key}, field: w.named(field), key: key, dotted: dotted(w.path), encoded: encodes(o, at)})
}

func (w *walk) named(field string) string { return at(field, w.path) }

func (w *walk) collection(o *object, field string) {
	w.out.err = &Message{Message: fmt.Sprintf("%s of %s is not text but a collection", w.named(field), o)}
}

// missing ends where a mapping lacks a key that the path goes on from.
func (w *walk) missing(o *object, at yamledit.Ref, depth int, field string) {
	keys, ok := spec.KeysOf(w.path[depth:])
	if !w.add || !ok {
		w.miss(depth, w.nothing(o, at, depth))
		return
	}
	if w.noText(o) {
		return
	}
	encoded := depth == len(w.path)-2 && (o.kind == "Secret" && keys[0] == "data" || o.kind == "ConfigMap" && keys[0] == "binaryData") && o.group == "" && at.Raw() == o.root.Raw()
	w.out.found = append(w.out.found, spot{o: o, holder: at, keys: keys, field: w.named(field), key: keys[len(keys)-1], dotted: dotted(w.path), encoded: encoded})
}

// noText ends at a path that leads on from a key of a ConfigMap's or Secret's data, where there is
// no text: the API server takes no mapping there.
func (w *walk) noText(o *object) bool {
	if o.outer != nil || o.group != "" || o.kind != "ConfigMap" && o.kind != "Secret" || len(w.path) < 3 {
		return false
	}
	block := w.path[0].Key
	if block != "data" && block != "stringData" && block != "binaryData" {
		return false
	}
	m := Message{Message: fmt.Sprintf("%s has no text under %s in which a field could be made", o.whole(), spec.PathString(w.path[:2]))}
	if keys := entryKeys(o.root.Get(block)); len(keys) > 0 {
		m.Hint = "there is " + strings.Join(keys, ", ")
	}
	w.out.err = &m
	return true
}

// dotted are the keys of a path, joined by dots; empty where it has anything else.
func dotted(path []spec.PathPart) string {
	keys, _ := spec.KeysOf(path)
	return strings.Join(keys, ".")
}

// nothing says how far the path leads.
func (w *walk) nothing(o *object, at yamledit.Ref, depth int) Message {
	whole := spec.PathString(w.path[:depth+1])
	if depth == 0 {
		return missing(fmt.Sprintf("%s has no %s", o.whole(), whole), w.path[0].Key, entryKeys(at))
	}
	here := spec.PathString(w.path[:depth])
	m := Message{Message: fmt.Sprintf("%s has %s but no %s", o.whole(), here, whole)}
	key := w.path[depth].Kind == spec.KeyPart
	if key && at.IsSeq() {
		rest := strings.TrimPrefix(spec.PathString(w.path), here)
		return Message{
			Message: fmt.Sprintf("%s of %s is a list, and no mapping that has %s", here, o.whole(), w.path[depth].Key),
			Hint:    fmt.Sprintf("say which elements: %s[*]%s, or %[1]s[name=NAME]%[2]s", here, rest),
		}
	}
	if key {
		m = missing(m.Message, w.path[depth].Key, entryKeys(at))
	}
	if _, ok := spec.KeysOf(w.path[depth:]); ok && m.Hint == "" && !w.add && (at.IsMap() || at.IsNull()) {
		m.Hint = "to have it made, write add: true beside path"
	}
	return m
}

func entryKeys(at yamledit.Ref) []string {
	var keys []string
	for _, e := range at.Entries() {
		keys = append(keys, e.Key)
	}
	return keys
}

// inside goes on in a text that holds YAML or JSON.
func (w *walk) inside(o *object, at yamledit.Ref, depth int, field string) {
	above := spec.PathString(w.path[:depth])
	switch {
	case depth == 0:
		above = field
	case field != "":
		above = field + " → " + above
	}
	inner, err := w.s.inner(o, text{at: at, base64: encodesText(o, at), field: above}, "")
	if err != nil || !inner.tree.Root().IsMap() && !inner.tree.Root().IsSeq() {
		what := "is text, and no mapping or list of YAML or JSON"
		if err != nil {
			what = fmt.Sprintf("is text, and cannot be read as YAML or JSON: %s", err)
		}
		w.miss(depth, Message{Message: fmt.Sprintf("%s of %s %s", above, o, what)})
		return
	}
	rest := &walk{s: w.s, path: w.path[depth:], add: w.add}
	rest.from(inner.object, inner.tree.Root(), 0, above)
	w.out.found = append(w.out.found, rest.out.found...)
	w.out.misses = append(w.out.misses, rest.out.misses...)
	w.out.lead = max(w.out.lead, depth+rest.out.lead)
	w.out.err = rest.out.err
}

// encodes reports whether the values of a mapping are base64: the data of a Secret and the
// binaryData of a ConfigMap
// (https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/).
func encodes(o *object, holder yamledit.Ref) bool {
	up, ok := holder.Up()
	if !ok {
		return false
	}
	group, kind := manifest.GroupOf(up.Get("apiVersion").Text()), up.Get("kind").Text()
	if up.Raw() == o.root.Raw() {
		group, kind = o.group, o.kind
	}
	if group != "" {
		return false
	}
	stands := func(block string) bool { return holder.Raw() == up.Get(block).Raw() }
	return kind == "Secret" && stands("data") || kind == "ConfigMap" && stands("binaryData")
}

// encodesText is encodes for a text in such a mapping.
func encodesText(o *object, at yamledit.Ref) bool {
	holder, ok := at.Up()
	return ok && encodes(o, holder)
}

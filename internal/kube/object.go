package kube

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/helm-irsa/helm-irsa/pkg/manifest"
)

// object is an object of the API as it came.
type object map[string]any

// key names an object of some kind, or a service account.
type key struct{ namespace, name string }

// dig follows keys; nil where there is nothing.
func (o object) dig(keys ...string) any { return manifest.Dig(map[string]any(o), keys...) }

func (o object) text(keys ...string) string {
	s, _ := o.dig(keys...).(string)
	return s
}

// list gives the objects of a list; others are left out.
func (o object) list(keys ...string) []object {
	items, _ := o.dig(keys...).([]any)
	out := make([]object, 0, len(items))
	for _, item := range items {
		if m, ok := item.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func (o object) texts(keys ...string) []string {
	items, _ := o.dig(keys...).([]any)
	out := make([]string, 0, len(items))
	for _, item := range items {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func (o object) name() string      { return o.text("metadata", "name") }
func (o object) namespace() string { return o.text("metadata", "namespace") }
func (o object) uid() string       { return o.text("metadata", "uid") }

// controller is the owner that manages the object; nil where nothing does.
func (o object) controller() object {
	for _, owner := range o.list("metadata", "ownerReferences") {
		if is, _ := owner["controller"].(bool); is {
			return owner
		}
	}
	return nil
}

// Document is one object as `kubectl get -o json` prints it.
type Document struct {
	APIVersion, Kind, Namespace, Name string
	// JSON is the object on one line. It is YAML too.
	JSON []byte
}

// document writes an object. managedFields are left out as kubectl does, but for accounts:
// they tell who wrote an annotation, and when.
func document(r resource, o object) (Document, error) {
	o["apiVersion"], o["kind"] = r.version, r.kind
	if meta, ok := o["metadata"].(map[string]any); ok && r.kind != serviceAccounts.kind {
		delete(meta, "managedFields")
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(o); err != nil {
		return Document{}, fmt.Errorf("%s %s/%s: %w", r.kind, o.namespace(), o.name(), err)
	}
	return Document{r.version, r.kind, o.namespace(), o.name(), escaped(bytes.TrimSpace(out.Bytes()))}, nil
}

// escaped writes what JSON may have as it is and YAML may not
// (https://yaml.org/spec/1.2.2/#51-character-set) as \u…; in JSON it stands in strings only.
func escaped(text []byte) []byte {
	forbidden := func(r rune) bool {
		return r >= 0x7f && r <= 0x9f || r == '\ufeff' || r == '\ufffe' || r == '\uffff'
	}
	if bytes.IndexFunc(text, forbidden) < 0 {
		return text
	}
	var out bytes.Buffer
	for _, r := range string(text) {
		if forbidden(r) {
			fmt.Fprintf(&out, `\u%04x`, r)
			continue
		}
		out.WriteRune(r)
	}
	return out.Bytes()
}

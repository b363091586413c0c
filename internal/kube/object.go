package kube

import (
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

// complete adds what items of a list leave out, and takes away managedFields, as kubectl does; but
// for service accounts: there they tell who wrote an annotation, and when.
func (o object) complete(r resource) {
	o["apiVersion"], o["kind"] = r.version, r.kind
	if meta, ok := o["metadata"].(map[string]any); ok && r.kind != serviceAccounts.kind {
		delete(meta, "managedFields")
	}
}

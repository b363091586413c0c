package kube

import (
	"context"
	"errors"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/pager"
)

// list reads all objects of a kind, a page at a time. The error is as of ask.
func (c *Client) list(ctx context.Context, r resource, namespace, fields string) ([]object, error) {
	return c.listed(ctx, r, namespace, fields, func(o object) object { return o })
}

// listed is list, of which each object is made smaller before the next page is read.
func (c *Client) listed(ctx context.Context, r resource, namespace, fields string, smaller func(object) object) ([]object, error) {
	var out []object
	pages := pager.New(func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		if options.Continue == "" {
			out = nil // the first page, or, where the rest has expired, all in one
		}
		var page struct {
			Metadata metav1.ListMeta
			Items    []object
		}
		request := c.rest.Get().AbsPath(r.path(namespace)).SpecificallyVersionedParams(&options, metav1.ParameterCodec, metav1.Unversioned)
		if err := decode(request.Do(ctx), &page); err != nil {
			return nil, err
		}
		for _, o := range page.Items {
			out = append(out, smaller(o))
		}
		return &metav1.List{ListMeta: page.Metadata}, nil
	})
	err := c.ask(ctx, unread(r, "list", namespace, ""), func(ctx context.Context) error {
		_, _, err := pages.List(ctx, metav1.ListOptions{FieldSelector: fields})
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// get reads one object; nil where there is none. The error is as of ask.
func (c *Client) get(ctx context.Context, r resource, k key) (object, error) {
	var out object
	err := c.one(ctx, unread(r, "get", k.namespace, k.name), c.rest.Get().AbsPath(r.path(k.namespace), k.name), &out)
	if u := (*Unread)(nil); errors.As(err, &u) && u.Reason == NoObject {
		return nil, nil
	}
	return out, err
}

// unread is what is said where a kind, or an object, cannot be read.
func unread(r resource, verb, namespace, name string) Unread {
	what, missing := r.kind+" "+name, NoObject
	switch {
	case name != "" && namespace != "":
		what = r.kind + " " + namespace + "/" + name
	case name == "" && namespace != "":
		what, missing = r.plural+" in namespace "+namespace, NoAPI
	case name == "":
		what, missing = r.plural, NoAPI
	}
	return Unread{What: what, Kind: r.kind, Permission: Permission{verb, r.group(), r.plural, namespace, name}, Reason: missing}
}

package kube

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
)

// pageSize is kubectl's.
const pageSize = 500

// list reads all objects of a kind, a page at a time. The error is as of do.
func (c *Client) list(ctx context.Context, r resource, namespace, fields string) ([]object, error) {
	out, err := c.pages(ctx, r, namespace, url.Values{"limit": {strconv.Itoa(pageSize)}}, fields)
	if expired := (*gone)(nil); errors.As(err, &expired) {
		return c.pages(ctx, r, namespace, url.Values{}, fields) // in one, which cannot expire
	}
	return out, err
}

func (c *Client) pages(ctx context.Context, r resource, namespace string, query url.Values, fields string) ([]object, error) {
	if fields != "" {
		query.Set("fieldSelector", fields)
	}
	k := call{method: http.MethodGet, path: r.path(namespace), query: query, unread: unread(r, "list", namespace, "")}
	var out []object
	for {
		var page struct {
			Metadata struct{ Continue string }
			Items    []object
		}
		if err := c.do(ctx, k, &page); err != nil {
			return nil, err
		}
		out = append(out, page.Items...)
		if page.Metadata.Continue == "" {
			return out, nil
		}
		query.Set("continue", page.Metadata.Continue)
	}
}

// get reads one object; nil where there is none. The error is as of do.
func (c *Client) get(ctx context.Context, r resource, k key) (object, error) {
	var out object
	err := c.do(ctx, call{method: http.MethodGet, path: r.path(k.namespace) + "/" + k.name, unread: unread(r, "get", k.namespace, k.name), single: true}, &out)
	if u := (*Unread)(nil); errors.As(err, &u) && u.Reason == NoObject {
		return nil, nil
	}
	return out, err
}

// unread is what is said where a kind, or an object, cannot be read.
func unread(r resource, verb, namespace, name string) Unread {
	what := r.kind + " " + name
	switch {
	case name != "" && namespace != "":
		what = r.kind + " " + namespace + "/" + name
	case name == "" && namespace != "":
		what = r.plural + " in namespace " + namespace
	case name == "":
		what = r.plural
	}
	return Unread{What: what, Kind: r.kind, Permission: Permission{verb, r.group(), r.plural, namespace, name}}
}

package kube

import (
	"context"
	"net/http"
	"net/url"
)

// ServiceAccount reads one service account; nil where there is none, or no such
// namespace. The error is as of Token.
func (c *Client) ServiceAccount(ctx context.Context, namespace, name string) (*Document, error) {
	o, err := c.get(ctx, serviceAccounts, key{first(namespace, c.namespace), name})
	if o == nil || err != nil {
		return nil, err
	}
	d, err := document(serviceAccounts, o)
	return &d, err
}

// Connection is the API server's address and the HTTP client with the credentials, for
// internal/adopt: what writes is apart from this package.
func (c *Client) Connection() (*url.URL, *http.Client) {
	server := *c.server
	return &server, c.http
}

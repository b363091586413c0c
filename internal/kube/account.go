package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// ServiceAccount reads one service account, as JSON; nil where there is none, or no such
// namespace. The error is as of Token.
func (c *Client) ServiceAccount(ctx context.Context, namespace, name string) ([]byte, error) {
	o, err := c.get(ctx, serviceAccounts, key{first(namespace, c.namespace), name})
	if o == nil || err != nil {
		return nil, err
	}
	o.complete(serviceAccounts)
	text, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("ServiceAccount %s/%s: %w", o.namespace(), o.name(), err)
	}
	return text, nil
}

// Connection is the API server's address and the HTTP client with the credentials, for
// internal/ownership: what writes is apart from this package.
func (c *Client) Connection() (*url.URL, *http.Client) {
	server := *c.server
	return &server, c.http
}

// RunsAs is the service account that a live Pod or Job runs as; there is false where there is no
// such object, or the kind is another. The error is as of Token.
func (c *Client) RunsAs(ctx context.Context, kind, namespace, name string) (account string, there bool, err error) {
	at, path := map[string]resource{"Pod": pods, "Job": jobs}[kind], map[string][]string{"Pod": {"spec"}, "Job": {"spec", "template", "spec"}}[kind]
	if path == nil {
		return "", false, nil
	}
	o, err := c.get(ctx, at, key{first(namespace, c.namespace), name})
	if o == nil || err != nil {
		return "", false, err
	}
	return first(o.text(append(path, "serviceAccountName")...), "default"), true, nil
}

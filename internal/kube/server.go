package kube

import (
	"context"
	"errors"
	"strings"
)

// Version is an API server's.
type Version struct {
	// Git is such as v1.33.1-eks-1fbb135; Major and Minor are numbers alone.
	Git, Major, Minor string
}

// String is such as 1.33.
func (v Version) String() string { return v.Major + "." + v.Minor }

// ServerVersion asks for the API server's version. The error is as of Token.
func (c *Client) ServerVersion(ctx context.Context) (Version, error) {
	var v struct{ GitVersion, Major, Minor string }
	err := c.path(ctx, "/version", "version of the API server", &v)
	// EKS says "33+".
	return Version{v.GitVersion, v.Major, strings.TrimRight(v.Minor, "+")}, err
}

// Issuer asks for the issuer of the cluster's tokens. The error is as of Token; the
// permission is in the ClusterRole system:service-account-issuer-discovery, which each
// service account has and people often have not.
func (c *Client) Issuer(ctx context.Context) (string, error) {
	var v struct{ Issuer string }
	err := c.path(ctx, "/.well-known/openid-configuration", "issuer of the cluster's tokens", &v)
	if err == nil && v.Issuer == "" {
		err = c.fault(errors.New("its /.well-known/openid-configuration has no issuer"))
	}
	return v.Issuer, err
}

// path reads a path that is no object. The error is as of ask.
func (c *Client) path(ctx context.Context, path, what string, into any) error {
	return c.one(ctx, Unread{What: what, Permission: Permission{Verb: "get", Resource: path}, Reason: NoObject}, c.rest.Get().AbsPath(path), into)
}

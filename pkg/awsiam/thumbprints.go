package awsiam

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Thumbprints are the SHA-1 fingerprints, in lower case, of the certificates of the server
// that has the issuer's keys, its own first. For AWS one of them must be on the provider
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html).
func Thumbprints(ctx context.Context, issuer string) ([]string, error) {
	at, err := keySetOf(ctx, issuer)
	if err != nil {
		return nil, err
	}
	chain, err := certificates(ctx, at)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(chain))
	for i, c := range chain {
		out[i] = fingerprint(c)
	}
	return out, nil
}

// keySetOf is where an issuer has its keys: it may be another host than its own
// (https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig).
func keySetOf(ctx context.Context, issuer string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", nil)
	if err != nil {
		return "", err
	}
	// As for the certificates: it is read, and nothing is entrusted to it.
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		return "", fmt.Errorf("reading the issuer's configuration: %w", rootOf(err))
	}
	defer answer.Body.Close()
	var doc struct {
		JWKSURI string `json:"jwks_uri"`
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&doc); err != nil || !strings.HasPrefix(doc.JWKSURI, "https://") {
		return "", fmt.Errorf("reading the issuer's configuration: %s, without a jwks_uri by https", answer.Status)
	}
	return doc.JWKSURI, nil
}

// Package issuer is an OpenID Connect issuer for tests and for trying things out: it
// signs tokens as a cluster does, and publishes its keys.
package issuer

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Issuer signs tokens with one RSA key. It is an http.Handler that serves its
// configuration and its key set at its root.
type Issuer struct {
	// URL is the claim iss of its tokens.
	URL    string
	public jose.JSONWebKey
	signer jose.Signer
}

// New makes an issuer with a key of its own.
func New(url string) (*Issuer, error) {
	out := &Issuer{URL: url}
	if err := out.makeKey(); err != nil {
		return nil, fmt.Errorf("making the key of issuer %s: %w", url, err)
	}
	return out, nil
}

// makeKey makes the key, whose ID is made of the key itself, as in a cluster.
func (i *Issuer) makeKey() error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	private := jose.JSONWebKey{Key: key, Algorithm: string(jose.RS256), Use: "sig"}
	sum, err := private.Thumbprint(crypto.SHA256)
	if err != nil {
		return err
	}
	private.KeyID = base64.RawURLEncoding.EncodeToString(sum)
	i.public = private.Public()
	i.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: private}, (&jose.SignerOptions{}).WithType("JWT"))
	return err
}

// Keys are what it publishes.
func (i *Issuer) Keys() jose.JSONWebKeySet {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{i.public}}
}

// ServiceAccount is a token as Kubernetes projects it into a pod of the service account
// (https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/).
func (i *Issuer) ServiceAccount(namespace, name, audience string, at time.Time, valid time.Duration) (string, error) {
	return i.Sign(map[string]any{
		"iss": i.URL, "sub": "system:serviceaccount:" + namespace + ":" + name, "aud": []string{audience},
		"iat": at.Unix(), "nbf": at.Unix(), "exp": at.Add(valid).Unix(),
		"kubernetes.io": map[string]any{"namespace": namespace, "serviceaccount": map[string]any{"name": name}},
	})
}

// Pod is a pod, and the service account that it runs as.
type Pod struct{ Namespace, ServiceAccount, Name, UID string }

// Pod is a token that is bound to a pod, as Kubernetes projects it into that one.
func (i *Issuer) Pod(p Pod, audience string, at time.Time, valid time.Duration) (string, error) {
	return i.Sign(map[string]any{
		"iss": i.URL, "sub": "system:serviceaccount:" + p.Namespace + ":" + p.ServiceAccount, "aud": []string{audience},
		"iat": at.Unix(), "nbf": at.Unix(), "exp": at.Add(valid).Unix(),
		"kubernetes.io": map[string]any{
			"namespace": p.Namespace, "serviceaccount": map[string]any{"name": p.ServiceAccount}, "pod": map[string]any{"name": p.Name, "uid": p.UID},
		},
	})
}

// Sign makes a token of any claims, as they are.
func (i *Issuer) Sign(claims map[string]any) (string, error) {
	text, err := jwt.Signed(i.signer).Claims(claims).Serialize()
	if err != nil {
		return "", fmt.Errorf("signing a token of %s: %w", i.URL, err)
	}
	return text, nil
}

// ServeHTTP answers /.well-known/openid-configuration and /keys.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	base := "http://" + r.Host
	if r.TLS != nil {
		base = "https://" + r.Host
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		write(w, map[string]any{"issuer": i.URL, "jwks_uri": base + "/keys"})
	case "/keys":
		write(w, i.Keys())
	default:
		http.NotFound(w, r)
	}
}

func write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // fails where the caller has gone
}

// Package issuer is an OpenID Connect issuer for tests and for trying things out: it
// signs tokens as a cluster does, and publishes its keys.
package issuer

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"time"
)

// Issuer signs tokens with one RSA key. It is an http.Handler that serves its
// configuration and its key set at its root.
type Issuer struct {
	// URL is the claim iss of its tokens.
	URL   string
	key   *rsa.PrivateKey
	keyID string
}

// New makes an issuer with a key of its own.
func New(url string) (*Issuer, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("making the key of issuer %s: %w", url, err)
	}
	sum := sha256.Sum256(key.N.Bytes())
	return &Issuer{URL: url, key: key, keyID: base64.RawURLEncoding.EncodeToString(sum[:8])}, nil
}

// Keys are what it publishes, by key ID.
func (i *Issuer) Keys() map[string]*rsa.PublicKey {
	return map[string]*rsa.PublicKey{i.keyID: &i.key.PublicKey}
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
	body, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("signing a token of %s: %w", i.URL, err)
	}
	header := fmt.Sprintf(`{"alg":"RS256","typ":"JWT","kid":%q}`, i.keyID)
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(body)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, i.key, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("signing a token of %s: %w", i.URL, err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
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
		key := map[string]string{
			"kty": "RSA", "use": "sig", "alg": "RS256", "kid": i.keyID,
			"n": base64.RawURLEncoding.EncodeToString(i.key.N.Bytes()),
			"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(i.key.E)).Bytes()),
		}
		write(w, map[string]any{"keys": []any{key}})
	default:
		http.NotFound(w, r)
	}
}

func write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // fails where the caller has gone
}

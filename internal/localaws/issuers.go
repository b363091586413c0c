package localaws

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strings"
)

// issuerKeys is where the keys of an issuer of tokens come from: they are given, or the
// URL of a key set on loopback is.
type issuerKeys struct {
	Keys    []jwk  `json:",omitempty"`
	JWKSURL string `json:",omitempty"`
}

// jwk is an RSA public key (https://www.rfc-editor.org/rfc/rfc7517).
type jwk struct {
	Kty string `json:"kty"`
	Kid string `json:"kid"`
	N   string `json:"n"`
	E   string `json:"e"`
}

// keyring is the keys of an issuer by ID, or why there are none.
type keyring struct {
	keys map[string]*rsa.PublicKey
	err  error
}

// AddIssuerKeys publishes keys of an issuer, by key ID, in place of those that it had.
func (s *Server) AddIssuerKeys(issuerURL string, keys map[string]*rsa.PublicKey) {
	published := &issuerKeys{}
	for id, key := range keys {
		published.Keys = append(published.Keys, jwk{
			Kty: "RSA", Kid: id,
			N: base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
			E: base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
		})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Issuers[issuerURL] = published
}

// AddIssuerKeySet publishes a key set as an API server gives it under /openid/v1/jwks
// (https://www.rfc-editor.org/rfc/rfc7517#section-5), in place of the keys that the
// issuer had. Keys that are not RSA are left out, since their signatures are not
// checked here; the error is that no key is left.
func (s *Server) AddIssuerKeySet(issuerURL string, keySet []byte) error {
	var set struct{ Keys []jwk }
	if err := json.Unmarshal(keySet, &set); err != nil {
		return fmt.Errorf("reading the key set of %s: %w", issuerURL, err)
	}
	keys := ring(set.Keys).keys
	if len(keys) == 0 {
		return fmt.Errorf("reading the key set of %s: it has no RSA key", issuerURL)
	}
	s.AddIssuerKeys(issuerURL, keys)
	return nil
}

// AddIssuerURL says where the key set of an issuer is fetched from whenever a token
// of it comes in: a URL on loopback, or the error says that it is not. Issuers of
// clusters that are on loopback themselves need not be added.
func (s *Server) AddIssuerURL(issuerURL, jwksURL string) error {
	if !onLoopback(jwksURL) {
		return fmt.Errorf("adding issuer %s: its key set %s is not on loopback", issuerURL, jwksURL)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Issuers[issuerURL] = &issuerKeys{JWKSURL: jwksURL}
	s.give(jwksURL)
	return nil
}

func onLoopback(text string) bool {
	u, err := url.Parse(text)
	return err == nil && loopback(u.Hostname())
}

// prefetch gets the keys that the call needs, before the server is locked.
func (s *Server) prefetch(q *request) keyring {
	var text string
	switch q.Operation {
	case "AssumeRoleWithWebIdentity":
		text = q.args.get("WebIdentityToken")
	case podOperation:
		text = q.podTokenText()
	default:
		return keyring{}
	}
	t, err := parseToken(text)
	if err != nil {
		return keyring{err: err}
	}
	s.mu.Lock()
	known := s.state.Issuers[t.issuer]
	s.mu.Unlock()
	switch {
	case known != nil && known.JWKSURL == "":
		return ring(known.Keys)
	case known != nil:
		return s.fetchKeys(known.JWKSURL)
	case s.isGiven(t.issuer): // and not whatever host a token names
		return s.discover(t.issuer)
	}
	return keyring{err: noKeys("no keys of %s are known here", t.issuer)}
}

func noKeys(format string, args ...any) error {
	return invalidToken("Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements (%s)", fmt.Sprintf(format, args...))
}

// discover reads the issuer's configuration document
// (https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig).
func (s *Server) discover(issuerURL string) keyring {
	var doc struct {
		JWKSURI string `json:"jwks_uri"`
	}
	if err := s.fetch(strings.TrimSuffix(issuerURL, "/")+"/.well-known/openid-configuration", &doc); err != nil {
		return keyring{err: err}
	}
	if !s.isGiven(doc.JWKSURI) {
		return keyring{err: noKeys("its jwks_uri %q is of a host that local AWS was not given", doc.JWKSURI)}
	}
	return s.fetchKeys(doc.JWKSURI)
}

func (s *Server) fetchKeys(jwksURL string) keyring {
	var set struct{ Keys []jwk }
	if err := s.fetch(jwksURL, &set); err != nil {
		return keyring{err: err}
	}
	return ring(set.Keys)
}

// fetch reads JSON from loopback. An issuer that cannot be reached is
// IDPCommunicationError; one that answers anything else has no keys.
func (s *Server) fetch(from string, into any) error {
	answer, err := s.opts.HTTPClient.Get(from)
	if err != nil {
		return refuse(http.StatusBadRequest, "IDPCommunicationError", "The identity provider could not be reached: %v", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return noKeys("%s answered %s", from, answer.Status)
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxBody)).Decode(into); err != nil {
		return noKeys("%s is not JSON", from)
	}
	return nil
}

// ring leaves out what is no RSA key.
func ring(keys []jwk) keyring {
	out := map[string]*rsa.PublicKey{}
	for _, k := range keys {
		n, errN := base64.RawURLEncoding.DecodeString(k.N)
		e, errE := base64.RawURLEncoding.DecodeString(k.E)
		if k.Kty != "RSA" || errN != nil || errE != nil || len(n) == 0 || len(e) == 0 || len(e) > 4 {
			continue
		}
		out[k.Kid] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	}
	return keyring{keys: out}
}

package localaws

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// issuerKeys is where the keys of an issuer of tokens come from: they are given, or the
// URL of a key set on loopback is.
type issuerKeys struct {
	Keys    []jose.JSONWebKey `json:",omitempty"`
	JWKSURL string            `json:",omitempty"`
}

// keyring is the keys of an issuer, or why there are none.
type keyring struct {
	keys []jose.JSONWebKey
	err  error
}

// AddIssuerKeys publishes keys of an issuer, public ones of RSA or ECDSA, in place of those
// that it had.
func (s *Server) AddIssuerKeys(issuerURL string, set jose.JSONWebKeySet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Issuers[issuerURL] = &issuerKeys{Keys: set.Keys}
}

// signs reports whether it is a public key of the kinds with which clusters sign: see
// tokenAlgorithms.
func signs(k jose.JSONWebKey) bool {
	switch k.Key.(type) {
	case *rsa.PublicKey, *ecdsa.PublicKey:
		return true
	}
	return false
}

// AddIssuerKeySet publishes a key set as an API server gives it under /openid/v1/jwks
// (https://www.rfc-editor.org/rfc/rfc7517#section-5), in place of the keys that the
// issuer had. Keys of other kinds than RSA and ECDSA are left out; the error is that no key
// is left.
func (s *Server) AddIssuerKeySet(issuerURL string, text []byte) error {
	var set keySet
	if err := json.Unmarshal(text, &set); err != nil {
		return fmt.Errorf("reading the key set of %s: %w", issuerURL, err)
	}
	keys := set.usable()
	if len(keys) == 0 {
		return fmt.Errorf("reading the key set of %s: it has no RSA or ECDSA key", issuerURL)
	}
	s.AddIssuerKeys(issuerURL, jose.JSONWebKeySet{Keys: keys})
	return nil
}

// keySet is a key set whose keys are not read yet: a jose.JSONWebKeySet is read whole or not at
// all, where https://www.rfc-editor.org/rfc/rfc7517#section-5 has keys passed over that are not
// understood.
type keySet struct{ Keys []json.RawMessage }

// usable are the keys with which clusters sign.
func (s keySet) usable() []jose.JSONWebKey {
	var out []jose.JSONWebKey
	for _, text := range s.Keys {
		var k jose.JSONWebKey
		if json.Unmarshal(text, &k) == nil && signs(k) {
			out = append(out, k)
		}
	}
	return out
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
		return keyring{keys: known.Keys}
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
	var set keySet
	if err := s.fetch(jwksURL, &set); err != nil {
		return keyring{err: err}
	}
	return keyring{keys: set.usable()}
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

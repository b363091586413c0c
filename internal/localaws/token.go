package localaws

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// tokenAlgorithms are those that an API server signs with
// (https://github.com/kubernetes/kubernetes/blob/master/pkg/serviceaccount/jwt.go,
// signerFromRSAPrivateKey and signerFromECDSAPrivateKey). STS takes RSA and ECDSA
// (https://amazonaws.cn/en/new/2024/announcing-amazon-sts-support-for-ecdsa-based-signatures-of-oidc-tokens).
var tokenAlgorithms = []jose.SignatureAlgorithm{jose.RS256, jose.ES256, jose.ES384, jose.ES512}

// token is a JSON web token (https://www.rfc-editor.org/rfc/rfc7519), as far as STS looks at it.
type token struct {
	issuer, subject    string
	audiences          []string
	expires, notBefore *jwt.NumericDate
	claims             map[string][]string // those that are text or lists of text
	signed             *jwt.JSONWebToken
}

// parseToken reads a token and believes it.
func parseToken(text string) (token, error) {
	signed, err := jwt.ParseSigned(text, tokenAlgorithms)
	if other := (*jose.ErrUnexpectedSignatureAlgorithm)(nil); errors.As(err, &other) {
		return token{}, invalidToken("Token signature algorithm %s is not supported here", other.Got)
	}
	var body struct {
		Issuer    string           `json:"iss"`
		Subject   string           `json:"sub"`
		Expiry    *jwt.NumericDate `json:"exp"`
		NotBefore *jwt.NumericDate `json:"nbf"`
	}
	claims := map[string]json.RawMessage{}
	if err != nil || signed.UnsafeClaimsWithoutVerification(&body, &claims) != nil {
		return token{}, invalidToken("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	t := token{
		issuer: body.Issuer, subject: body.Subject, expires: body.Expiry, notBefore: body.NotBefore,
		claims: map[string][]string{}, signed: signed,
	}
	for name, raw := range claims {
		if values, ok := words(raw); ok {
			t.claims[name] = values
		}
	}
	t.audiences = t.claims["aud"]
	switch {
	case t.issuer == "":
		return token{}, invalidToken("Missing a required claim: iss")
	case t.subject == "":
		return token{}, invalidToken("Missing a required claim: sub")
	case len(t.audiences) == 0:
		return token{}, invalidToken("Missing a required claim: aud")
	}
	return t, nil
}

// verify checks the signature against the issuer's keys. A token without a key ID is
// held against all of them.
func (t token) verify(keys []jose.JSONWebKey) error {
	id := t.signed.Headers[0].KeyID
	if !slices.ContainsFunc(keys, func(k jose.JSONWebKey) bool { return (id == "" || id == k.KeyID) && t.signed.Claims(k) == nil }) {
		return invalidToken("Couldn't verify the token's signature with the keys of %s", t.issuer)
	}
	return nil
}

// expired reports whether the token has an end that has come. jwt.Claims.Validate would take
// the token in that very second, against https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4.
func (t token) expired(now time.Time) bool { return t.expires != nil && !now.Before(t.expires.Time()) }

// early reports whether the token is not valid yet.
func (t token) early(now time.Time) bool { return t.notBefore != nil && now.Before(t.notBefore.Time()) }

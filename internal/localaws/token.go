package localaws

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
)

// token is a JSON web token (https://www.rfc-editor.org/rfc/rfc7519), as far as STS looks at it.
type token struct {
	algorithm, keyID   string
	issuer, subject    string
	audiences          []string
	expires, notBefore int64
	claims             map[string][]string // those that are text or lists of text
	signed             string
	signature          []byte
}

// parseToken reads a token and believes it.
func parseToken(text string) (token, error) {
	notJWT := invalidToken("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return token{}, notJWT
	}
	var header struct{ Alg, Kid string }
	var body struct {
		Iss, Sub string
		Exp, Nbf float64
	}
	claims := map[string]json.RawMessage{}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !decodePart(parts[0], &header) || !decodePart(parts[1], &body) || !decodePart(parts[1], &claims) {
		return token{}, notJWT
	}
	t := token{
		algorithm: header.Alg, keyID: header.Kid, issuer: body.Iss, subject: body.Sub,
		expires: int64(body.Exp), notBefore: int64(body.Nbf),
		claims: map[string][]string{}, signed: parts[0] + "." + parts[1], signature: signature,
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

func decodePart(part string, into any) bool {
	text, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(text, into) == nil
}

// verify checks the signature against the issuer's keys. A token without a key ID is
// held against all of them.
func (t token) verify(keys map[string]*rsa.PublicKey) error {
	if t.algorithm != "RS256" {
		return invalidToken("Token signature algorithm %s is not supported here", t.algorithm)
	}
	sum := sha256.Sum256([]byte(t.signed))
	for id, key := range keys {
		if t.keyID != "" && t.keyID != id {
			continue
		}
		if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], t.signature) == nil {
			return nil
		}
	}
	return invalidToken("Couldn't verify the token's signature with the keys of %s", t.issuer)
}

package kube

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// redacted is what a Token shows of itself.
const redacted = "[token]"

// Token is a service account's token. It does not print itself: only Reveal gives it.
type Token struct {
	// reveal is a function, so that fmt finds no text even where it may call no method,
	// as in an unexported field of another struct.
	reveal func() string
}

// NewToken wraps a token that came from elsewhere.
func NewToken(text string) Token { return Token{func() string { return text }} }

// Reveal is the token itself: for AWS, and for nobody to read.
func (t Token) Reveal() string {
	if t.reveal == nil {
		return ""
	}
	return t.reveal()
}

// String is no token.
func (Token) String() string { return redacted }

// GoString is no token.
func (Token) GoString() string { return redacted }

// Format writes no token, whatever the verb.
func (Token) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte(redacted)) }

// MarshalText gives no token; JSON, YAML and slog use it.
func (Token) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON gives no token.
func (Token) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// Claims are those that IAM looks at.
type Claims struct {
	Issuer, Subject string
	Audiences       []string
	Expires         time.Time
}

// Claims reads the token. Its signature is not checked: that is what AWS does.
func (t Token) Claims() (Claims, error) {
	parts := strings.Split(t.Reveal(), ".")
	if len(parts) != 3 {
		return Claims{}, errors.New("the token is no JSON web token")
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return Claims{}, errors.New("the token's claims are no base64")
	}
	var raw struct {
		Iss, Sub string
		Aud      audiences
		Exp      float64
	}
	if json.Unmarshal(payload, &raw) != nil { // its error may quote the token
		return Claims{}, errors.New("the token's claims are not the JSON of a token")
	}
	out := Claims{Issuer: raw.Iss, Subject: raw.Sub, Audiences: raw.Aud}
	if raw.Exp > 0 {
		out.Expires = time.Unix(int64(raw.Exp), 0).UTC()
	}
	return out, nil
}

// audiences is a list, or one text (https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3).
type audiences []string

func (a *audiences) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*a = audiences{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(a))
}

// Token asks for a token of a service account, as the kubelet does for a pod
// (https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/).
// An empty namespace is the Client's, an empty audience the API server's own; 0 seconds
// are its default, and it takes no less than 600. The error is *Unread, *ConnectError or
// the context's.
func (c *Client) Token(ctx context.Context, namespace, account, audience string, seconds int64) (Token, error) {
	namespace = first(namespace, c.namespace)
	spec := map[string]any{}
	if audience != "" {
		spec["audiences"] = []string{audience}
	}
	if seconds != 0 {
		spec["expirationSeconds"] = seconds
	}
	var answer struct {
		Status struct{ Token string }
	}
	body, err := json.Marshal(map[string]any{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec})
	if err != nil {
		return Token{}, err
	}
	err = c.one(ctx, Unread{
		What: fmt.Sprintf("token of ServiceAccount %s/%s", namespace, account), Kind: "TokenRequest",
		Permission: Permission{Verb: "create", Resource: "serviceaccounts/token", Namespace: namespace, Name: account}, Reason: NoObject,
	}, c.rest.Post().AbsPath(serviceAccounts.path(namespace), account, "token").SetHeader("Content-Type", "application/json").Body(body), &answer)
	if err == nil && answer.Status.Token == "" {
		err = c.fault(errors.New("answers a TokenRequest without a token"))
	}
	if err != nil {
		return Token{}, err
	}
	return NewToken(answer.Status.Token), nil
}

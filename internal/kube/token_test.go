package kube

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

func jwt(payload string) string {
	return "eyJhbGciOiJSUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2lnbmF0dXJl"
}

func TestTokenIsSilent(t *testing.T) {
	t.Parallel()
	text := jwt(`{"sub":"s"}`)
	token := NewToken(text)
	inside := struct {
		token Token
		Open  Token
		more  []Token
		at    *Token
	}{token, token, []Token{token}, &token}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p"} {
		fmt.Fprintf(&out, verb+"\n", token)
		fmt.Fprintf(&out, verb+"\n", &token)
		fmt.Fprintf(&out, verb+"\n", inside)
	}
	fmt.Fprintln(&out, token, inside, token.String(), token.GoString(), errors.Join(fmt.Errorf("%v", token)))
	for _, v := range []any{token, &token, inside, map[string]any{"token": token}} {
		if err := json.NewEncoder(&out).Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("a", "token", token, "inside", inside)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("a", "token", token, "inside", inside)
	for _, part := range append(strings.Split(text, "."), fmt.Sprintf("%x", text), fmt.Sprintf("%X", text)) {
		if strings.Contains(out.String(), part) {
			t.Fatalf("a token printed itself:\n%s", out.String())
		}
	}
	if !strings.Contains(out.String(), redacted) || token.Reveal() != text || (Token{}).Reveal() != "" {
		t.Error("redaction or Reveal does not work")
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		token string
		want  Claims
		fault string
	}{
		"list": {jwt(`{"iss":"https://i","sub":"system:serviceaccount:a:b","aud":["sts.amazonaws.com","x"],"exp":1800000000}`),
			Claims{"https://i", "system:serviceaccount:a:b", []string{"sts.amazonaws.com", "x"}, time.Unix(1800000000, 0).UTC()}, ""},
		"one":        {jwt(`{"aud":"sts.amazonaws.com"}`), Claims{Audiences: []string{"sts.amazonaws.com"}}, ""},
		"no token":   {"hunter2", Claims{}, "no JSON web token"},
		"no base64":  {"a.hunter2!.c", Claims{}, "no base64"},
		"no JSON":    {jwt(`hunter2`), Claims{}, "not the JSON"},
		"wrong type": {jwt(`{"aud":{"hunter2":1}}`), Claims{}, "not the JSON"},
		"zero":       {"", Claims{}, "no JSON web token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := NewToken(c.token).Claims()
			if c.fault != "" {
				if err == nil || !strings.Contains(err.Error(), c.fault) || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("%v, want %s", err, c.fault)
				}
				return
			}
			if err != nil || got.Issuer != c.want.Issuer || got.Subject != c.want.Subject || !slices.Equal(got.Audiences, c.want.Audiences) || !got.Expires.Equal(c.want.Expires) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestTokenRequest(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	var sent object
	a.answers["/api/v1/namespaces/apps/serviceaccounts/web/token"] = func(w http.ResponseWriter, r *http.Request) {
		sent = nil
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
			t.Error(err)
		}
		w.WriteHeader(http.StatusCreated)
		reply(w, object{"status": object{"token": jwt(`{"sub":"system:serviceaccount:apps:web"}`)}})
	}
	a.answers["/api/v1/namespaces/apps/serviceaccounts/mute/token"] = func(w http.ResponseWriter, _ *http.Request) { reply(w, object{}) }
	a.deny["/api/v1/namespaces/other/serviceaccounts/web/token"] = true
	c := a.client(t)
	token, err := c.Token(t.Context(), "", "web", "sts.amazonaws.com", 900)
	if err != nil {
		t.Fatal(err)
	}
	if claims, err := token.Claims(); err != nil || claims.Subject != "system:serviceaccount:apps:web" {
		t.Errorf("%+v, %v", claims, err)
	}
	if fmt.Sprint(sent["spec"]) != "map[audiences:[sts.amazonaws.com] expirationSeconds:900]" || sent.text("kind") != "TokenRequest" {
		t.Errorf("sent %v", sent)
	}
	if _, err := c.Token(t.Context(), "apps", "web", "", 0); err != nil || fmt.Sprint(sent["spec"]) != "map[]" {
		t.Errorf("sent %v, %v", sent, err)
	}
	for name, want := range map[string]string{
		"other/web":      "token of ServiceAccount other/web: forbidden: needs the permission to create serviceaccounts/token web in namespace other",
		"apps/none":      "token of ServiceAccount apps/none: not found",
		"apps/../../../": `token of ServiceAccount apps/../../../: "../../../" is no name`,
		"apps/mute":      "without a token",
	} {
		namespace, account, _ := strings.Cut(name, "/")
		if _, err := c.Token(t.Context(), namespace, account, "", 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

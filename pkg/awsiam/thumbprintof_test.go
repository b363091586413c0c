package awsiam

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestThumbprintOf: it is that of the last certificate which the server sends, also where
// nobody here trusts it.
func TestThumbprintOf(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	sum := sha1.Sum(server.Certificate().Raw)
	if got, err := thumbprint(context.Background(), server.URL+"/id/EXAMPLE"); err != nil || got != hex.EncodeToString(sum[:]) {
		t.Errorf("got %q, %v; want %x", got, err, sum)
	}
	server.Close()
	if got, err := thumbprint(context.Background(), server.URL); err == nil || !strings.Contains(err.Error(), "reaching the issuer") {
		t.Errorf("got %q, %v of a server that is gone", got, err)
	}
}

// TestThumbprints: they are those of the server that has the keys, which is another than
// the issuer's own here.
func TestThumbprints(t *testing.T) {
	t.Parallel()
	keys := httptest.NewTLSServer(nil)
	defer keys.Close()
	answer := `{"jwks_uri":"` + keys.URL + `/keys"}`
	issuer := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/id/A/.well-known/openid-configuration" {
			_, _ = io.WriteString(w, answer)
		}
	}))
	sum := sha1.Sum(keys.Certificate().Raw)
	if got, err := Thumbprints(t.Context(), issuer.URL+"/id/A"); err != nil || len(got) != 1 || got[0] != hex.EncodeToString(sum[:]) {
		t.Errorf("got %q, %v; want %x", got, err, sum)
	}
	for _, answer = range []string{"<html>", `{"jwks_uri":"http://127.0.0.1/keys"}`, "{}"} {
		if got, err := Thumbprints(t.Context(), issuer.URL+"/id/A"); err == nil || !strings.Contains(err.Error(), "200 OK, without a jwks_uri by https") {
			t.Errorf("%s: %q, %v", answer, got, err)
		}
	}
	issuer.Close()
	if got, err := Thumbprints(t.Context(), issuer.URL); err == nil || err.Error() != "reading the issuer's configuration: connection refused" {
		t.Errorf("got %q, %v of a server that is gone", got, err)
	}
}

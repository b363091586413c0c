package awsiam

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
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

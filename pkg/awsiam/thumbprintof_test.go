package awsiam

import (
	"context"
	"crypto/sha1"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// issuerServer is an issuer with its keys on the same host, and of an authority that
// nobody knows. answer is what it says of itself; %s is its own URL.
func issuerServer(t *testing.T, answer string) *httptest.Server {
	t.Helper()
	var server *httptest.Server
	server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/.well-known/openid-configuration"):
			_, _ = io.WriteString(w, strings.ReplaceAll(answer, "%s", server.URL))
		case strings.HasPrefix(r.URL.Path, "/to/"):
			http.Redirect(w, r, strings.TrimPrefix(r.URL.Path, "/to/"), http.StatusFound)
		case r.URL.Path == "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

// knowing is a reader that knows the authority of a server, as the system knows others.
func knowing(server *httptest.Server) *issuerReader {
	l := newIssuerReader()
	l.roots = x509.NewCertPool()
	l.roots.AddCert(server.Certificate())
	return l
}

const sameHostKeys = `{"jwks_uri":"%s/keys"}`

func printOf(server *httptest.Server) string {
	sum := sha1.Sum(server.Certificate().Raw)
	return hex.EncodeToString(sum[:])
}

// TestThumbprintOf: it is that of the last certificate of the keys' server. Where the
// system vouches for it nobody is asked; else somebody is, and may say no.
func TestThumbprintOf(t *testing.T) {
	t.Parallel()
	server := issuerServer(t, sameHostKeys)
	want := printOf(server)
	never := func(c Certificate) error { t.Errorf("asked about %s", c); return nil }
	if got, err := knowing(server).thumbprint(t.Context(), server.URL+"/id/EXAMPLE", never); err != nil || got != want {
		t.Errorf("got %q, %v; want %s", got, err, want)
	}
	var asked []Certificate
	got, err := thumbprint(t.Context(), server.URL+"/id/EXAMPLE", func(c Certificate) error { asked = append(asked, c); return nil })
	if err != nil || got != want || len(asked) != 1 || asked[0].SHA1 != want || len(asked[0].SHA256) != 64 || asked[0].Host != "127.0.0.1" || asked[0].Subject != "O=Acme Co" {
		t.Errorf("got %q, %v, asked about %v", got, err, asked)
	}
	no := errors.New("no")
	if got, err := thumbprint(t.Context(), server.URL, func(Certificate) error { return no }); !errors.Is(err, no) || got != "" {
		t.Errorf("got %q, %v", got, err)
	}
	// A certificate of another name is nobody's to accept.
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	if got, err := thumbprint(t.Context(), "https://localhost:"+port, never); err == nil || !strings.Contains(err.Error(), "not localhost") {
		t.Errorf("got %q, %v", got, err)
	}
	server.Close()
	if got, err := thumbprint(t.Context(), server.URL, never); err == nil || err.Error() != "reading the issuer's configuration: connection refused" {
		t.Errorf("got %q, %v of a server that is gone", got, err)
	}
}

// TestThumbprints: they are those of the server that has the keys, which may be another
// than the issuer's own. What nobody vouches for is shown and not taken.
func TestThumbprints(t *testing.T) {
	t.Parallel()
	keys := issuerServer(t, "")
	server := issuerServer(t, `{"jwks_uri":"`+keys.URL+`/keys"}`)
	if got, err := knowing(server).thumbprints(t.Context(), server.URL+"/id/A"); err != nil || len(got) != 1 || got[0] != printOf(keys) {
		t.Errorf("got %q, %v", got, err)
	}
	got, err := Thumbprints(t.Context(), server.URL+"/id/A")
	if err == nil || got != nil || !strings.Contains(err.Error(), `"127.0.0.1" shows a certificate of an authority that this machine does not know: subject "O=Acme Co", SHA-1 `+printOf(server)) {
		t.Errorf("got %q, %v", got, err)
	}
	for _, answer := range []string{
		"<html>", "{}", `{"jwks_uri":"http://127.0.0.1/keys"}`, `{"jwks_uri":"https://user:pass@127.0.0.1/keys"}`, `{"jwks_uri":"https:///keys"}`,
		`{"jwks_uri":"file:///etc/passwd"}`, `{"jwks_uri":["https://127.0.0.1/"]}`, `{"jwks_uri":"https://` + strings.Repeat("a", 3000) + `"}`,
	} {
		server := issuerServer(t, answer)
		if got, err := knowing(server).thumbprints(t.Context(), server.URL); err == nil || !strings.Contains(err.Error(), "200 OK, without a jwks_uri by https") {
			t.Errorf("%.60s: %q, %v", answer, got, err)
		}
	}
	large := issuerServer(t, strings.Repeat(" ", maxIssuerDoc)+sameHostKeys)
	if got, err := knowing(large).thumbprints(t.Context(), large.URL); err == nil || !strings.Contains(err.Error(), "larger than 1 MiB") {
		t.Errorf("%q, %v", got, err)
	}
	for _, issuer := range []string{"http://127.0.0.1", "https://user@127.0.0.1", "https://", "ftp://127.0.0.1"} {
		if got, err := Thumbprints(t.Context(), issuer); err == nil {
			t.Errorf("%s: %q", issuer, got)
		}
	}
}

// TestRedirects are followed over https, to the same host and port, and not for ever.
func TestRedirects(t *testing.T) {
	t.Parallel()
	other := issuerServer(t, "")
	server := issuerServer(t, "")
	for to, says := range map[string]string{
		"/to//keys":                    "",
		"/to/" + other.URL:             "which is not followed",
		"/to/http://127.0.0.1/":        "which is not followed",
		"/to/https://169.254.169.254/": "which is not followed",
		"/loop":                        "redirected more than 3 times",
	} {
		l := knowing(server)
		l.own = addressLoopback
		if _, err := l.certificates(t.Context(), server.URL+to); (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", to, err)
		}
	}
}

// TestNamedHosts: what a public issuer names is not asked where it is within, whichever
// way it is written.
func TestNamedHosts(t *testing.T) {
	t.Parallel()
	asked := false
	server := httptest.NewUnstartedServer(nil)
	server.Config.ConnState = func(net.Conn, http.ConnState) { asked = true }
	server.StartTLS()
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	for _, host := range []string{"127.0.0.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost", "2130706433", "0x7f000001", "127.1", "0.0.0.0", "[::]"} {
		for _, own := range []addressKind{addressPublic, addressPrivate, addressLinkLocal} {
			l := knowing(server)
			l.own = own
			if _, err := l.certificates(t.Context(), "https://"+host+":"+port+"/keys"); err == nil {
				t.Errorf("%s was asked for %s issuer", host, own)
			}
		}
	}
	l := knowing(server)
	l.own = addressPublic
	if _, err := l.certificates(t.Context(), "https://127.0.0.1:"+port); err == nil || err.Error() != "reaching the issuer's keys for their certificate: 127.0.0.1 has a loopback address, and the issuer has a public one: it is not asked" {
		t.Error(err)
	}
	// The issuer's own name must not come to somewhere within at the next request either.
	if _, err := l.keySetURL(t.Context(), "https://127.0.0.1:"+port); err == nil || !strings.Contains(err.Error(), "it is not asked") {
		t.Error(err)
	}
	if asked {
		t.Error("the server was reached")
	}
}

func TestKindOfAddress(t *testing.T) {
	t.Parallel()
	for kind, addresses := range map[addressKind]string{
		addressPublic:    "52.94.1.1 [2600:1f00::1]:443 1.1.1.1:443 64:ff9b::3401:101 2002:3401:101::1 172.32.0.1 100.128.0.1",
		addressPrivate:   "10.0.0.1 172.16.0.1:443 192.168.1.1 100.64.0.1 100.127.255.255 fc00::1 fd00:ec2::254 ::ffff:10.0.0.1 64:ff9b::a00:1 2002:a00:1::1 fec0::1 192.0.0.192 198.18.0.1",
		addressLinkLocal: "169.254.169.254:80 169.254.170.2 fe80::1%eth0 [fe80::1%eth0]:443 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe::1 ::169.254.169.254",
		addressLoopback:  "127.0.0.1 127.255.0.1:1 ::1 [::1]:443 ::ffff:127.0.0.1 64:ff9b::7f00:1",
		addressNever:     "0.0.0.0 0.1.2.3 :: 224.0.0.1 ff02::1 255.255.255.255 240.0.0.1 nonsense",
	} {
		for _, a := range strings.Fields(addresses) {
			if got := kindOfAddress(a); got != kind {
				t.Errorf("%s has %s address, want %s", a, got, kind)
			}
		}
	}
}

// TestProxy: the proxy settings hold, and what a name comes to here is looked at before a
// proxy is asked for it.
func TestProxy(t *testing.T) {
	t.Parallel()
	server := issuerServer(t, `{"jwks_uri":"https://keys.example/keys"}`)
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.Host)
		to, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		defer to.Close()
		from, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer from.Close()
		_, _ = io.WriteString(from, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(to, from) }()
		_, _ = io.Copy(from, to)
	}))
	defer proxy.Close()
	through, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	reader := func(ips map[string]string) *issuerReader {
		l := knowing(server)
		l.proxy = func(*http.Request) (*url.URL, error) { return through, nil }
		l.resolve = func(_ context.Context, _, host string) ([]net.IP, error) {
			if ip := net.ParseIP(ips[host]); ip != nil {
				return []net.IP{ip}, nil
			}
			return nil, fmt.Errorf("no such host")
		}
		return l
	}
	// The certificate of the test's server is for example.com as well.
	if at, err := reader(nil).keySetURL(t.Context(), "https://example.com"); err != nil || at != "https://keys.example/keys" || len(asked) != 1 || asked[0] != "CONNECT example.com:443" {
		t.Errorf("%q, %v, asked %q", at, err, asked)
	}
	if _, err := reader(nil).certificates(t.Context(), "https://example.com/keys"); err != nil {
		t.Errorf("a name that only the proxy knows: %v", err)
	}
	asked = nil
	for host, ip := range map[string]string{"keys.example": "169.254.169.254", "rebound.example": "127.0.0.1", "10.0.0.1": "", "localhost": "", "a.localhost.": ""} {
		l := reader(map[string]string{"example.com": "52.94.1.1", host: ip})
		l.own = addressPublic
		if _, err := l.certificates(t.Context(), "https://"+host+"/keys"); err == nil || !strings.Contains(err.Error(), "it is not asked") {
			t.Errorf("%s: %v", host, err)
		}
	}
	if asked != nil {
		t.Errorf("the proxy was asked %q", asked)
	}
}

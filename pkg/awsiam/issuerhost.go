package awsiam

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Bounds of what an issuer's servers may take.
const (
	issuerPatience  = 10 * time.Second
	maxIssuerDoc    = 1 << 20
	maxIssuerHeader = 64 << 10
	maxRedirects    = 3
)

// issuerReader reads an issuer's configuration document, and sees the certificates of the
// server that has its keys. What the document names is the document's word: it is not
// believed where it leads to this machine or a network within.
type issuerReader struct {
	proxy   func(*http.Request) (*url.URL, error)
	resolve func(ctx context.Context, network, host string) ([]net.IP, error)
	// roots are the authorities that are believed; the system's where nil.
	roots *x509.CertPool

	mu sync.Mutex
	// own is the kind of address that the issuer itself has; unknown until it was reached.
	own addressKind
}

func newIssuerReader() *issuerReader {
	return &issuerReader{proxy: http.ProxyFromEnvironment, resolve: net.DefaultResolver.LookupIP}
}

// keySetURL is where an issuer has its keys: it may be another host than its own
// (https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig).
func (l *issuerReader) keySetURL(ctx context.Context, issuer string) (string, error) {
	at, err := httpsURL(strings.TrimSuffix(issuer, "/") + "/.well-known/openid-configuration")
	if err != nil {
		return "", fmt.Errorf("reading the issuer's configuration: %w", err)
	}
	answer, err := l.get(ctx, at, true)
	if err != nil {
		return "", fmt.Errorf("reading the issuer's configuration: %w", err)
	}
	var doc struct {
		JWKSURI string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(answer.body, &doc); err == nil {
		if _, err := httpsURL(doc.JWKSURI); err == nil {
			return doc.JWKSURI, nil
		}
	}
	return "", fmt.Errorf("reading the issuer's configuration: %s, without a jwks_uri by https", answer.status)
}

// certificates are those that the server of a key set sends: one at least.
func (l *issuerReader) certificates(ctx context.Context, keySet string) ([]*x509.Certificate, error) {
	at, err := httpsURL(keySet)
	if err != nil {
		return nil, fmt.Errorf("reaching the issuer's keys for their certificate: %w", err)
	}
	answer, err := l.get(ctx, at, false)
	if err != nil {
		return nil, fmt.Errorf("reaching the issuer's keys for their certificate: %w", err)
	}
	return answer.chain, nil
}

// httpsURL takes an https URL with a host, and without a user.
func httpsURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "https" || u.Hostname() == "" || len(text) > 2048:
		return nil, fmt.Errorf("%q is no https URL", text)
	case u.User != nil:
		return nil, fmt.Errorf("a user stands in the URL of %q", u.Host)
	}
	return u, nil
}

// issuerAnswer is what a server answered, and the certificates that it showed.
type issuerAnswer struct {
	status string
	body   []byte
	chain  []*x509.Certificate
}

// get asks one URL. own says that it is the issuer's own, and not one that its document
// names. Where nobody here knows the server's authority, the error is an *untrustedServer.
func (l *issuerReader) get(ctx context.Context, u *url.URL, own bool) (*issuerAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, issuerPatience)
	defer cancel()
	transport, err := l.transport(ctx, u, own)
	if err != nil {
		return nil, err
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: sameHost}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, untrusted(u.Hostname(), err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxIssuerDoc+1))
	switch {
	case err != nil:
		return nil, rootOf(err)
	case len(body) > maxIssuerDoc:
		return nil, errors.New("the answer is larger than 1 MiB")
	case answer.TLS == nil || len(answer.TLS.PeerCertificates) == 0:
		return nil, errors.New("the server sent no certificate")
	}
	return &issuerAnswer{answer.Status, body, answer.TLS.PeerCertificates}, nil
}

// sameHost follows a few redirects, over https and to the same host and port alone.
func sameHost(r *http.Request, via []*http.Request) error {
	first := via[0].URL
	if len(via) > maxRedirects {
		return fmt.Errorf("redirected more than %d times", maxRedirects)
	}
	if r.URL.Scheme != "https" || !strings.EqualFold(r.URL.Host, first.Host) || r.URL.User != nil {
		return fmt.Errorf("redirected from %s to %q, which is not followed", first.Host, r.URL.Scheme+"://"+r.URL.Host)
	}
	return nil
}

// transport reaches a server as the proxy settings say. Without a proxy each address is
// looked at when it is dialled, whatever the name came to before. With one, the proxy finds
// the address: what can be looked at here is what the name comes to on this machine.
func (l *issuerReader) transport(ctx context.Context, u *url.URL, own bool) (*http.Transport, error) {
	out := &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: l.roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: issuerPatience, MaxResponseHeaderBytes: maxIssuerHeader,
		DisableKeepAlives: true, DisableCompression: true,
	}
	proxy, err := l.proxy(&http.Request{URL: u})
	if err != nil {
		return nil, fmt.Errorf("the proxy settings: %w", err)
	}
	if proxy != nil {
		out.Proxy = http.ProxyURL(proxy)
		return out, l.checkName(ctx, u.Hostname(), own)
	}
	dialer := &net.Dialer{Timeout: issuerPatience, Control: func(_, address string, _ syscall.RawConn) error {
		kind := kindOfAddress(address)
		if own {
			return l.checkOwn(u.Hostname(), kind)
		}
		return l.checkNamed(u.Hostname(), kind)
	}}
	out.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, address)
		if err == nil && own {
			l.reached(kindOfAddress(conn.RemoteAddr().String()))
		}
		return conn, err
	}
	return out, nil
}

// checkName looks at what a name comes to on this machine, for a proxy that dials it. A
// name that this machine does not know is the proxy's.
func (l *issuerReader) checkName(ctx context.Context, host string, own bool) error {
	kinds := namedKinds(host)
	if kinds == nil {
		ips, _ := l.resolve(ctx, "ip", host)
		for _, ip := range ips {
			kinds = append(kinds, kindOfAddress(ip.String()))
		}
	}
	if own {
		l.reached(addressPublic)
		for _, kind := range kinds {
			l.reached(kind)
		}
		return nil
	}
	for _, kind := range kinds {
		if err := l.checkNamed(host, kind); err != nil {
			return err
		}
	}
	return nil
}

func (l *issuerReader) reached(kind addressKind) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.own = kind
}

// checkOwn: the issuer is who irsa.yaml, the cluster or AWS names. It may be within, and is
// then not to be somewhere else within at the next request.
func (l *issuerReader) checkOwn(host string, kind addressKind) error {
	l.mu.Lock()
	known := l.own != addressUnknown
	l.mu.Unlock()
	if known {
		return l.checkNamed(host, kind)
	}
	if kind == addressNever {
		return fmt.Errorf("%s has an address that no server has", host)
	}
	return nil
}

// checkNamed: what the issuer's document names is public, or of the issuer's own kind.
func (l *issuerReader) checkNamed(host string, kind addressKind) error {
	l.mu.Lock()
	own := l.own
	l.mu.Unlock()
	if kind == addressPublic || kind == own && kind != addressNever {
		return nil
	}
	return fmt.Errorf("%s has %s address, and the issuer has %s one: it is not asked", host, kind, own)
}

// untrustedServer is a server whose certificates are of no authority that is believed here.
type untrustedServer struct {
	host  string
	chain []*x509.Certificate
	cause error
}

func (e *untrustedServer) Error() string { return e.host + ": " + oneLine(e.cause) }
func (e *untrustedServer) Unwrap() error { return e.cause }

// untrusted tells a server whose authority is not known from one that is not the one that
// was to be asked: of another name, of another time.
func untrusted(host string, err error) error {
	var bad *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &bad) && errors.As(err, &unknown) && len(bad.UnverifiedCertificates) > 0 && fits(host, bad.UnverifiedCertificates) == nil {
		return &untrustedServer{host, bad.UnverifiedCertificates, unknown}
	}
	return rootOf(err)
}

// fits: the chain is whole and of this host, if its last certificate is believed.
func fits(host string, chain []*x509.Certificate) error {
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{DNSName: host, Intermediates: between, Roots: onlyRoot(chain)})
	return err
}

// onlyRoot believes the last certificate of a chain.
func onlyRoot(chain []*x509.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(chain[len(chain)-1])
	return pool
}

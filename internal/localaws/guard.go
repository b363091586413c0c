package localaws

import (
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// A server on loopback is within reach of every page that a browser on this machine shows.
// A page may send it what a form can, without asking first
// (https://fetch.spec.whatwg.org/#cors-safelisted-method), and where the name of the page's
// server resolves to loopback it may read the answers too (DNS rebinding). AWS's SDKs and
// CLI do none of what is refused here.

// guarded answers what is no page's, and refuses the rest before it is read.
func guarded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if why := stranger(r); why != "" {
			http.Error(w, "local AWS answers programs on this machine alone: "+why, http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// stranger says why a request is not answered; empty where it is.
func stranger(r *http.Request) string {
	host := hostOf(r.Host)
	if !loopback(host) {
		return fmt.Sprintf("the Host header is %q; only names of loopback are answered, such as 127.0.0.1 and localhost", r.Host)
	}
	if origin := r.Header.Get("Origin"); r.Header["Origin"] != nil && origin != "http://"+r.Host {
		return fmt.Sprintf("the request comes from a page of %q", origin)
	}
	// https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return "the request comes from a page of another site"
	}
	if kind := formOnly(r); kind != "" {
		return "the body is " + kind + ", as that of a form on a page"
	}
	return ""
}

// formOnly is the content type of a body that a page can send anywhere and that none of
// the protocols has: text/plain and multipart/form-data, and, for EKS, what forms have
// without being told.
func formOnly(r *http.Request) string {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		kind, _, _ = strings.Cut(strings.ToLower(r.Header.Get("Content-Type")), ";")
		kind = strings.TrimSpace(kind)
	}
	switch {
	case kind == "text/plain", strings.HasPrefix(kind, "multipart/"):
		return kind
	case kind == "application/x-www-form-urlencoded" && isEKS(r) && r.ContentLength != 0:
		return kind
	}
	return ""
}

// hostOf is a host without its port and brackets.
func hostOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

// give remembers a host from which keys may be fetched: what the server is told by its
// owner, and by nobody who calls it.
func (s *Server) give(text string) {
	if u, err := url.Parse(text); err == nil && loopback(u.Hostname()) {
		s.given[hostPort(u)] = true
	}
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// isGiven: keys may be fetched from this URL.
func (s *Server) isGiven(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.given[hostPort(u)]
}

// keyClient fetches keys with the client that was given, or one that reaches nothing but
// loopback. Either follows a redirect only to a host that may be asked by itself.
func (s *Server) keyClient(c *http.Client) *http.Client {
	out := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		DialContext: (&net.Dialer{Control: onlyLoopback}).DialContext, DisableKeepAlives: true,
	}}
	if c != nil {
		out = *c
	}
	out.CheckRedirect = func(r *http.Request, via []*http.Request) error {
		if len(via) > 3 || !s.isGiven(r.URL.String()) {
			return fmt.Errorf("redirected to %s, which is not the issuer's", r.URL.Host)
		}
		return nil
	}
	return &out
}

// onlyLoopback looks at the address that a name came to.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	if !loopback(hostOf(address)) {
		return errors.New("not on loopback")
	}
	return nil
}

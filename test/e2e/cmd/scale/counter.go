package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"

	"k8s.io/client-go/rest"
)

// counter is a way to the API server that counts the calls of helm-irsa itself, which
// says who it is, apart from those of Helm.
type counter struct {
	server *httptest.Server

	mu          sync.Mutex
	ours, helms int
}

// startCounter serves one on loopback, with the credentials of the config.
func startCounter(config *rest.Config) (*counter, error) {
	to, err := url.Parse(config.Host)
	if err != nil {
		return nil, fmt.Errorf("counting calls: %w", err)
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		return nil, fmt.Errorf("counting calls: %w", err)
	}
	c := &counter{}
	proxy := &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }}
	c.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.count(r)
		proxy.ServeHTTP(w, r)
	}))
	return c, nil
}

func (c *counter) count(r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if strings.HasPrefix(r.UserAgent(), "helm-irsa") {
		c.ours++
	} else {
		c.helms++
	}
}

// calls are those since the last reset.
func (c *counter) calls() (ours, helms int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ours, c.helms
}

func (c *counter) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ours, c.helms = 0, 0
}

// environment sends Helm and its plugins there.
func (c *counter) environment() string { return "HELM_KUBEAPISERVER=" + c.server.URL }

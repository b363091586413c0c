package controlplane

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// hook is the webhook that is served.
type hook struct {
	handler     http.Handler
	certificate tls.Certificate
	port        int

	mu     sync.Mutex
	server *http.Server // nil while it is down
}

// startWebhook serves the webhook, and registers it.
func (c *Cluster) startWebhook(ctx context.Context) error {
	w := c.options.Webhook
	if w == nil {
		return nil
	}
	serving, err := c.authority.server("webhook")
	if err != nil {
		return err
	}
	h := &hook{handler: w.Handler(c.client)}
	if h.certificate, err = tls.X509KeyPair(serving.certificate, serving.key); err != nil {
		return fmt.Errorf("serving the webhook: %w", err)
	}
	listener, port, err := listen()
	if err != nil {
		return fmt.Errorf("serving the webhook: %w", err)
	}
	c.webhook, h.port = h, port
	h.serve(listener)
	configuration := w.Configuration("https://"+address(port)+"/mutate", c.authority.pem)
	_, err = c.client.AdmissionregistrationV1().MutatingWebhookConfigurations().Create(ctx, configuration, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("registering the webhook %s: %w", configuration.Name, err)
	}
	return nil
}

func (h *hook) serve(listener net.Listener) {
	h.server = &http.Server{
		Handler:           h.handler,
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{h.certificate}},
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0), // connections that an API server under test cuts
	}
	go func(s *http.Server) { _ = s.ServeTLS(listener, "", "") }(h.server) // until it is closed
}

// StopWebhook takes the webhook down; it stays registered. Nothing happens where it is
// down already, or there is none.
func (c *Cluster) StopWebhook() error {
	h := c.webhook
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.server == nil {
		return nil
	}
	server := h.server
	h.server = nil
	if err := server.Close(); err != nil {
		return fmt.Errorf("stopping the webhook: %w", err)
	}
	return nil
}

// StartWebhook serves it again, at the same address.
func (c *Cluster) StartWebhook() error {
	h := c.webhook
	if h == nil {
		return fmt.Errorf("starting the webhook of %s: there is none", c.options.Name)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.server != nil {
		return fmt.Errorf("starting the webhook of %s: it runs", c.options.Name)
	}
	listener, err := net.Listen("tcp", address(h.port))
	if err != nil {
		return fmt.Errorf("starting the webhook of %s: %w", c.options.Name, err)
	}
	h.serve(listener)
	return nil
}

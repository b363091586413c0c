package upgrade

import (
	"io"
	"sync"

	"github.com/helm-irsa/helm-irsa/internal/helm"
)

// helmRun is a Helm that is at work.
type helmRun struct {
	said  *gate
	ended chan struct{}
	err   error // once it has ended
}

// runHelm starts Helm.
func runHelm(client helm.Client, line []string) *helmRun {
	h := &helmRun{said: &gate{w: client.Stderr}, ended: make(chan struct{})}
	client.Stderr = h.said
	go func() {
		defer close(h.ended)
		h.err = client.Run(line...)
	}()
	return h
}

// wait waits for its end.
func (h *helmRun) wait() error {
	<-h.ended
	return h.err
}

// over reports whether it has ended.
func (h *helmRun) over() bool {
	select {
	case <-h.ended:
		return true
	default:
		return false
	}
}

// gate is Helm's stderr. Once it is shut, what Helm says is of a post-renderer that was told
// to fail, and why has been said already.
type gate struct {
	mu   sync.Mutex
	w    io.Writer
	shut bool
}

func (g *gate) Write(b []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		return len(b), nil
	}
	return g.w.Write(b)
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
}

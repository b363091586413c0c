package handover

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
)

// Facts are what helm irsa knows of the cluster and of irsa.yaml's placeholders: from flags, the
// environment, the kubeconfig and AWS.
type Facts struct {
	Name      string `json:"name,omitempty"`
	Region    string `json:"region,omitempty"`
	AccountID string `json:"accountID,omitempty"`
	Issuer    string `json:"issuer,omitempty"`
	// Values are what placeholders stand for, by their name: cluster.name, env.TEAM.
	Values map[string]string `json:"values,omitempty"`
}

// ErrNo is the error of a renderer that was told not to go on. Whoever told it says why.
var ErrNo = errors.New("helm irsa said no")

// Renderer is the post-renderer's side of one rendering.
type Renderer struct{ conn net.Conn }

// Dial reaches the helm irsa that had Helm start this renderer.
func Dial(address string) (*Renderer, error) {
	conn, err := net.Dial("unix", address)
	if err != nil {
		return nil, fmt.Errorf("reaching helm irsa, which has ended: %w", err)
	}
	r := &Renderer{conn}
	if err := writeFrame(conn, kindHello, []byte(protocol)); err != nil {
		return nil, errors.Join(r.said(err), conn.Close())
	}
	return r, nil
}

// said puts an error of the socket into words.
func (r *Renderer) said(err error) error {
	if errors.Is(err, errGone) {
		return errors.New("helm irsa ended before it said yes, so nothing is rendered")
	}
	return fmt.Errorf("talking with helm irsa: %w", err)
}

// Facts waits for what AWS knows. The error is ErrNo where the release is not to be.
func (r *Renderer) Facts() (Facts, error) {
	var f Facts
	k, n, err := readHead(r.conn)
	switch {
	case err != nil:
		return f, r.said(err)
	case k == kindNo:
		return f, ErrNo
	case k != kindFacts:
		return f, r.said(fmt.Errorf("a message of kind %q", byte(k)))
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(r.conn, data); err != nil {
		return f, r.said(errGone)
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return f, r.said(err)
	}
	return f, nil
}

// Give hands over what was rendered: write writes it, and report, which ends it, says what
// was done. Where nothing was rendered, write is nil.
func (r *Renderer) Give(report []byte, write func(io.Writer) error) error {
	if write != nil {
		if err := write(parts{r.conn}); err != nil {
			return r.said(err)
		}
	}
	if err := writeFrame(r.conn, kindReport, report); err != nil {
		return r.said(err)
	}
	return nil
}

// parts writes what it gets as parts of the manifests.
type parts struct{ w io.Writer }

func (p parts) Write(data []byte) (int, error) {
	for rest := data; len(rest) > 0; {
		n := min(len(rest), mostPart)
		if err := writeFrame(p.w, kindManifests, rest[:n]); err != nil {
			return 0, err
		}
		rest = rest[n:]
	}
	return len(data), nil
}

// Wait waits for the word: nil is yes, ErrNo is no.
func (r *Renderer) Wait() error {
	k, _, err := readHead(r.conn)
	switch {
	case err != nil:
		return r.said(err)
	case k == kindYes:
		return nil
	case k == kindNo:
		return ErrNo
	}
	return r.said(fmt.Errorf("a message of kind %q", byte(k)))
}

// Close ends the talk.
func (r *Renderer) Close() error { return r.conn.Close() }

package handover

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
)

// Visit is a post-renderer that has come, on helm irsa's side.
type Visit struct{ conn net.Conn }

// Rendered is what a post-renderer handed over.
type Rendered struct {
	// Manifests are what Helm would install.
	Manifests []byte
	// Report is the JSON of pkg/render's report; where it says error, there are no manifests.
	Report []byte
}

// errAnother is the error of a post-renderer of another version than this program's.
var errAnother = errors.New("the post-renderer that Helm started is of another version of helm-irsa")

// greet reads the renderer's first message.
func (v *Visit) greet() error {
	said, err := readFrame(v.conn, kindHello)
	if err == nil && string(said) != protocol {
		return errAnother
	}
	return err
}

// Tell gives the renderer what AWS knows: it renders then.
func (v *Visit) Tell(f Facts) error {
	data, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("telling the post-renderer: %w", err)
	}
	return writeFrame(v.conn, kindFacts, data)
}

// Rendered waits for what was rendered. The error is that of a renderer that has ended.
func (v *Visit) Rendered() (Rendered, error) {
	var manifests bytes.Buffer
	for {
		k, n, err := readHead(v.conn)
		if err != nil {
			return Rendered{}, err
		}
		switch k {
		case kindManifests:
			if _, err := io.CopyN(&manifests, v.conn, int64(n)); err != nil {
				return Rendered{}, errGone
			}
		case kindReport:
			report := make([]byte, n)
			if _, err := io.ReadFull(v.conn, report); err != nil {
				return Rendered{}, errGone
			}
			return Rendered{manifests.Bytes(), report}, nil
		default:
			return Rendered{}, fmt.Errorf("a message of kind %q", byte(k))
		}
	}
}

// Yes lets the renderer write what it rendered, and Helm go on.
func (v *Visit) Yes() error { return v.end(kindYes) }

// No lets it fail without a word, and Helm with it.
func (v *Visit) No() error { return v.end(kindNo) }

func (v *Visit) end(k kind) error {
	return errors.Join(writeFrame(v.conn, k, nil), v.conn.Close())
}

// Close leaves the renderer without a word.
func (v *Visit) Close() error { return v.conn.Close() }

package handover

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// kind says what a frame holds.
type kind byte

const (
	kindHello     kind = 'h' // the renderer's first: the protocol's number
	kindFacts     kind = 'f' // JSON of Facts
	kindManifests kind = 'm' // a part of the manifests
	kindReport    kind = 'r' // JSON of the report; the renderer has said all
	kindYes       kind = 'y'
	kindNo        kind = 'n'
)

// protocol is another number whenever the frames change: a plugin that was installed over
// another while that one runs says so, and is not misread.
const protocol = "2"

// errGone is the error of a peer that has ended.
var errGone = errors.New("the other side has ended")

// mostSmall bounds what a frame but that of manifests may hold, and mostPart a part of the
// manifests.
const (
	mostSmall = 64 << 20
	mostPart  = 1 << 30
)

// writeFrame writes a frame: its kind, the length in 4 bytes, and what it holds.
func writeFrame(w io.Writer, k kind, data []byte) error {
	var head [5]byte
	head[0] = byte(k)
	binary.BigEndian.PutUint32(head[1:], uint32(len(data)))
	if _, err := w.Write(head[:]); err != nil {
		return errGone
	}
	if len(data) == 0 { // the other side may have ended by then
		return nil
	}
	if _, err := w.Write(data); err != nil {
		return errGone
	}
	return nil
}

// readHead reads the kind and the length of the next frame.
func readHead(r io.Reader) (kind, int, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, 0, errGone
	}
	k, n := kind(head[0]), binary.BigEndian.Uint32(head[1:])
	if most := uint32(mostSmall); n > most && (k != kindManifests || n > mostPart) {
		return 0, 0, fmt.Errorf("a message of %d bytes, which is none of ours", n)
	}
	return k, int(n), nil
}

// readFrame reads a frame that has to be of the kind.
func readFrame(r io.Reader, want kind) ([]byte, error) {
	k, n, err := readHead(r)
	if err != nil {
		return nil, err
	}
	if k != want {
		return nil, fmt.Errorf("a message of kind %q, not %q", byte(k), byte(want))
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, errGone
	}
	return data, nil
}
